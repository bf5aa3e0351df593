"""A library as files and back: originals under readable names, beside each what is known of it.

    DIR/library.json                            albums, their order and covers
    DIR/photos/2026/2026-09-14/IMG_0001.jpg     the original, byte for byte
    DIR/photos/2026/2026-09-14/IMG_0001.jpg.json  everything that the library knows, for import_library
    DIR/photos/2026/2026-09-14/IMG_0001.jpg.xmp   what other programs understand of it

Both ways can be broken off anywhere and run again.
"""

from gallery.exporting.layout import ExportError
from gallery.exporting.restoring import Restorer
from gallery.exporting.writing import Exporter

__all__ = ["ExportError", "Exporter", "Restorer"]
