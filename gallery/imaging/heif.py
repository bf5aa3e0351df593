"""The door to libheif, for HEIC only: libvips' own build has no HEVC decoder."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pi_heif
import pyvips

from gallery.imaging import refusals

# The codecs' own names for what can go wrong with a file, after pi-heif.
_ERRORS = (ValueError, EOFError, SyntaxError, RuntimeError, OSError, IndexError, MemoryError)
# One photograph, one core; the machine is shared out by process.
pi_heif.options.DECODE_THREADS = 1
pi_heif.options.THUMBNAILS = False
pi_heif.options.DEPTH_IMAGES = False
pi_heif.options.AUX_IMAGES = False


class Header(NamedTuple):
    """What a HEIC file says before it is decoded. Width and height are upright: libheif applies the rotation."""

    width: int
    height: int
    frames: int
    exif: bytes
    xmp: bytes


def open_header(data: bytes) -> Header:
    """Read the header of the primary picture. Raises Refused."""
    heif = _open(data)
    width, height = heif.size
    info = heif.info
    return Header(width, height, len(heif), info.get("exif") or b"", info.get("xmp") or b"")


@contextmanager
def decoded(data: bytes) -> Iterator[pyvips.Image]:
    """Decode the primary picture to 8 bits, upright, with its colour profile attached. Raises Refused.

    The pixels are libheif's memory, not a copy of it: they are gone when the block is left.
    """
    heif = _open(data)
    try:
        pixels_data = heif.data
    except _ERRORS as error:
        raise refusals.corrupt(str(error)) from error
    width, height = heif.size
    pixels = pyvips.Image.new_from_memory(pixels_data, width, height, len(heif.mode), "uchar")
    pixels = pixels.copy(interpretation="b-w" if heif.mode in {"L", "LA"} else "srgb")
    profile = heif.info.get("icc_profile")
    if profile:
        pixels.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    yield pixels


def _open(data: bytes) -> pi_heif.HeifFile:
    try:
        heif = pi_heif.open_heif(data, convert_hdr_to_8bit=True)
        if len(heif):
            return heif
    except _ERRORS as error:
        raise refusals.corrupt(str(error)) from error
    raise refusals.corrupt("no pictures in the container")
