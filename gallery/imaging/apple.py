"""What Apple's maker note says that EXIF does not: which live photo and which burst a picture belongs to."""

import struct

from gallery.imaging import exif, text

_HEADER = b"Apple iOS\x00"
# The note's own directory: big-endian, without TIFF's header; positions count from the note's beginning.
_DIRECTORY = 14
_ASCII = 2
_NAMES = {0x000B: "burst_identifier", 0x0011: "content_identifier"}
_MAX_LENGTH = 100


def read(note: bytes) -> dict[str, str]:
    """Return the identifiers by name; nothing for another maker's note or a broken one."""
    found: dict[str, str] = {}
    if not note.startswith(_HEADER) or note[12:14] != b"MM":
        return found
    for tag, kind, count, at in exif.entries(note, ">", _DIRECTORY):
        if tag not in _NAMES or kind != _ASCII or not 4 < count <= _MAX_LENGTH:
            continue
        (start,) = struct.unpack_from(">I", note, at)
        value = text.decoded(note[start : start + count])
        if value:
            found[_NAMES[tag]] = value
    return found
