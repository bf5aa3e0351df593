"""The door to libvips: loaded once per process, with the loaders of our own formats and no other."""

from typing import Any

import pyvips

from gallery.imaging import refusals
from gallery.imaging.formats import Format

_LOADERS = {
    Format.JPEG: ("VipsForeignLoadJpeg", "jpegload"),
    Format.PNG: ("VipsForeignLoadPng", "pngload"),
    Format.WEBP: ("VipsForeignLoadWebp", "webpload"),
    Format.GIF: ("VipsForeignLoadNsgif", "gifload"),
    Format.TIFF: ("VipsForeignLoadTiff", "tiffload"),
    Format.AVIF: ("VipsForeignLoadHeif", "heifload"),
}

# Everything first, then the allow-list: a loader that a later libvips adds stays shut.
pyvips.operation_block_set("VipsForeignLoad", state=True)
for _class, _ in _LOADERS.values():
    pyvips.operation_block_set(_class, state=False)
# No two originals are alike: the operation cache would only hold on to memory.
pyvips.cache_set_max(0)


def source(data: bytes) -> pyvips.Source:
    """Show bytes to libvips where they lie; as a buffer they would be copied first."""
    return pyvips.Source.new_from_memory(data)


def open_header(data: bytes, kind: Format) -> pyvips.Image:
    """Read the header only; pixels follow when they are asked for. Raises Refused."""
    try:
        pixels = pyvips.Image.new_from_source(source(data), "", access="sequential", fail_on="none")
    except pyvips.Error as error:
        raise refused(error) from error
    # A file may be two formats at once; what was sniffed and checked must be what is decoded.
    if not str(field(pixels, "vips-loader")).startswith(_LOADERS[kind][1]):
        raise refusals.corrupt(f"sniffed {kind} but libvips chose {field(pixels, 'vips-loader')}")
    return pixels


def field(pixels: pyvips.Image, name: str) -> Any:
    """Give a header field, or None where the file has no such field."""
    return pixels.get(name) if pixels.get_typeof(name) else None


def blob(pixels: pyvips.Image, name: str) -> bytes:
    """Give a header field of bytes, or no bytes."""
    value = field(pixels, name)
    return bytes(value) if value is not None else b""


def has_own_colours(pixels: pyvips.Image) -> bool:
    """Tell whether the colours are other than sRGB, by an embedded profile or by being CMYK."""
    return bool(pixels.get_typeof("icc-profile-data")) or pixels.interpretation == "cmyk"


_CUT_OFF = (
    "premature end",
    "end of file",
    "not enough data",
    "truncated",
    "read error",
    "unexpected end",
    "read gave",
)

_NO_MEMORY = ("out of memory", "unable to allocate", "cannot allocate", "insufficient memory")


def refused(error: pyvips.Error) -> refusals.Refused:
    """Translate a decoder's complaint; its own words go to the log."""
    words = " ".join(str(error).split())[:500]
    if any(sign in words.lower() for sign in _NO_MEMORY):
        return refusals.decoder_memory(words)
    if any(sign in words.lower() for sign in _CUT_OFF):
        return refusals.truncated(words)
    return refusals.corrupt(words)
