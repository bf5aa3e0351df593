"""Metadata in PNG texts, as ImageMagick and its kin have written it since before PNG had a place for it."""

import pyvips

from gallery.imaging import libvips

_KINDS = ("exif", "iptc", "xmp", "APP1")
# Which text is which is not known before: programs write a few.
_MAX_TEXTS = 24
_MAX_TEXT = 1_000_000
_XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\x00"


def read(pixels: pyvips.Image) -> dict[str, bytes]:
    """Return the blocks by kind ("exif", "iptc", "xmp"); what is broken is left out."""
    found: dict[str, bytes] = {}
    for number in range(_MAX_TEXTS):
        for kind in _KINDS:
            block = _block(pixels, f"png-comment-{number}-Raw profile type {kind}")
            # A JPEG's segment is of two kinds, each with a header of its own.
            name = ("xmp" if block.startswith(_XMP_HEAD) else "exif") if kind == "APP1" else kind
            if block:
                found.setdefault(name, block.removeprefix(_XMP_HEAD))
    return found


def _block(pixels: pyvips.Image, name: str) -> bytes:
    """Read the name, the length, and the bytes in hexadecimal digits, on lines of their own."""
    try:
        lines = str(libvips.field(pixels, name) or "")[:_MAX_TEXT].strip().split("\n", 2)
        return bytes.fromhex("".join(lines[2].split())) if len(lines) == 3 else b""
    except ValueError:
        return b""
