"""PhotoSky's command line: brings photos into any gallery, over the same requests as its upload page."""

__version__ = "0.1.0"
