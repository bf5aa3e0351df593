"""Pictures without private metadata, losslessly: the compressed picture stays bit for bit, what is told of it goes.

JPEG (ITU-T T.81, annex B), PNG (W3C PNG, third edition) and WebP (RFC 9649) are sequences of named parts; only those
that are needed to show the picture are kept. The orientation is written anew, the colour profile loses its names.
"""

import re
import struct
import zlib
from collections.abc import Iterator

# A marker that ends compressed data: neither a stuffed zero nor a restart nor a fill byte.
_END_OF_SCAN = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
# Frames, tables, lines, restart interval: B.1.1.3, without APPn, JPGn, COM, what is reserved and hierarchies, which
# no browser shows.
_JPEG_NEEDED = frozenset({*range(0xC0, 0xC8), *range(0xC9, 0xD0), _SOS, 0xDB, 0xDC, 0xDD})
# Number of lines and restart interval: one number of two bytes each (B.2.4.4, B.2.5).
_OF_TWO_BYTES = frozenset({0xDC, 0xDD})
_ICC = b"ICC_PROFILE\0"
_ICC_CHUNK = 65_000
_MOST_ICC = 8 * 1024**2
_TOO_LARGE = "a colour profile of more than 8 MB"
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_NEEDED = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB cICP mDCV cLLI sBIT bKGD pHYs acTL fcTL fdAT".split()
)
_WEBP_NEEDED = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM"})
# RFC 9649, 2.7.1.1: position, size, duration and how to draw a frame; its picture follows in chunks of its own.
_ANMF_HEAD = 16
_HAS_EXIF, _HAS_XMP = 0x08, 0x04
# ICC.1:2022, 9.2: what a transform is computed from. Everything else in a profile is words about where it is from.
_ICC_NEEDED = frozenset(
    b"wtpt bkpt rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC chad lumi gamt cicp meas view "
    b"A2B0 A2B1 A2B2 B2A0 B2A1 B2A2 D2B0 D2B1 D2B2 D2B3 B2D0 B2D1 B2D2 B2D3".split()
)


class CannotStrip(Exception):
    """The bytes are not built as their format says, or lack a place for the orientation."""


def strip(data: bytes, content_type: str, orientation: int) -> bytes:
    """Return the picture with its colours and the given EXIF orientation (1 to 8), and with nothing else told of it.

    Raises CannotStrip for other formats and for damaged structures.
    """
    formats = {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp}
    try:
        return formats[content_type](data, orientation)
    except (KeyError, IndexError, ValueError, struct.error, zlib.error) as error:
        raise CannotStrip(content_type) from error


def _exif(orientation: int) -> bytes:
    """Return a TIFF structure whose one entry is the orientation."""
    return struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def _jpeg(data: bytes, orientation: int) -> bytes:
    if data[:2] != b"\xff\xd8":
        raise CannotStrip("no JPEG")
    first, needed, profile = [b"\xff\xd8"], [], {}
    for marker, body in _jpeg_parts(data):
        if marker == _APP0 and body.startswith(b"JFIF\0"):
            # Version and density; not the thumbnail.
            first.append(_segment(_APP0, body[:12].ljust(12, b"\0") + b"\0\0"))
        elif marker == _APP2 and body.startswith(_ICC):
            profile[body[12]] = body[14:]
        else:
            needed.append(_needed(marker, body))
    if orientation != 1:
        first.append(_segment(_APP1, b"Exif\0\0" + _exif(orientation)))
    icc = _nameless(b"".join(profile[number] for number in sorted(profile)))
    chunks = [icc[at : at + _ICC_CHUNK] for at in range(0, len(icc), _ICC_CHUNK)]
    first += [
        _segment(_APP2, _ICC + bytes([number, len(chunks)]) + chunk)
        for number, chunk in enumerate(chunks, start=1)
    ]
    return b"".join([*first, *needed, b"\xff\xd9"])


def _needed(marker: int, body: bytes) -> bytes:
    """Return what stays of a segment, or of compressed data (0); nothing of most."""
    if marker == _APP14 and body.startswith(b"Adobe"):
        # Says how colours were transformed; 12 bytes by its definition.
        return _segment(_APP14, body[:12])
    if marker in _OF_TWO_BYTES:
        return _segment(marker, body[:2])
    if marker in _JPEG_NEEDED:
        return _segment(marker, body)
    return b"" if marker else body


def _jpeg_parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of each segment up to the end of the picture; 0 and the bytes for compressed data.

    What stands behind the end (a second picture, a video, a maker's trailer) is no part of the picture.
    """
    at = 2
    while at < len(data):
        if data[at] != 0xFF:
            raise CannotStrip("no marker where one must be")
        while data[at] == 0xFF:
            at += 1
        marker, at = data[at], at + 1
        if marker == _EOI:
            return
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if length < 2 or at + length > len(data):
            raise CannotStrip("a segment is cut off")
        yield marker, data[at + 2 : at + length]
        at += length
        if marker == _SOS:
            end = _END_OF_SCAN.search(data, at)
            until = end.start() if end else len(data)
            yield 0, data[at:until]
            at = until


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _png(data: bytes, orientation: int) -> bytes:
    if not data.startswith(_PNG):
        raise CannotStrip("no PNG")
    kept, at, told = [_PNG], len(_PNG), orientation == 1
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        body, end = data[at + 8 : at + 8 + length], at + 12 + length
        if end > len(data):
            raise CannotStrip("a chunk is cut off")
        if name == b"IDAT" and not told:
            kept.append(_chunk(b"eXIf", _exif(orientation)))
            told = True
        if name == b"iCCP":
            packed = body.split(b"\0", 1)[1][1:]
            kept.append(_chunk(name, b"icc\0\0" + zlib.compress(_nameless(_inflated(packed)))))
        elif name in _PNG_NEEDED:
            kept.append(data[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end


def _inflated(packed: bytes) -> bytes:
    """Return a colour profile; one that claims to be larger than any real one is no profile."""
    inflater = zlib.decompressobj()
    profile = inflater.decompress(packed, _MOST_ICC)
    if inflater.unconsumed_tail:
        raise CannotStrip(_TOO_LARGE)
    return profile


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), name) + body + struct.pack(">I", zlib.crc32(name + body))


def _webp(data: bytes, orientation: int) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise CannotStrip("no WebP")
    kept: list[bytes] = []
    extended = False
    for name, body in _webp_chunks(data):
        if name == b"VP8X":
            extended = True
            flags = body[0] & ~(_HAS_EXIF | _HAS_XMP) | (_HAS_EXIF if orientation != 1 else 0)
            kept.append(_riff(name, bytes([flags]) + body[1:10]))
        elif name == b"ICCP":
            kept.append(_riff(name, _nameless(body)))
        else:
            kept.append(_webp_picture(name, body))
    if orientation != 1:
        if not extended:
            raise CannotStrip("a simple WebP has no place for the orientation")
        kept.append(_riff(b"EXIF", _exif(orientation)))
    return _riff(b"RIFF", b"WEBP" + b"".join(kept))


def _webp_picture(name: bytes, body: bytes) -> bytes:
    """Return the chunk where it is of the picture, of a frame its own chunks alike; nothing of all else."""
    if name == b"ANMF":
        inside = b"".join(
            _riff(*chunk) for chunk in _webp_chunks(body, _ANMF_HEAD) if chunk[0] in _WEBP_NEEDED
        )
        return _riff(name, body[:_ANMF_HEAD] + inside)
    return _riff(name, body) if name in _WEBP_NEEDED else b""


def _webp_chunks(data: bytes, at: int = 12) -> Iterator[tuple[bytes, bytes]]:
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > len(data):
            raise CannotStrip("a chunk is cut off")
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _riff(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)


def _nameless(profile: bytes) -> bytes:
    """Return a colour profile of the same size and effect that does not tell who made it, when and for what device."""
    if len(profile) < 132:
        return b""
    if len(profile) > _MOST_ICC:
        raise CannotStrip(_TOO_LARGE)
    told = bytearray(profile)
    # 7.2: preferred module, date, platform, manufacturer, model, creator, id.
    for start, end in ((4, 8), (40, 44), (48, 56), (80, 100)):
        told[start:end] = bytes(end - start)
    told[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    (count,) = struct.unpack_from(">I", told, 128)
    tags = [struct.unpack_from(">4sII", told, 132 + 12 * number) for number in range(min(count, 200))]
    needed = {at for name, at, _ in tags if name in _ICC_NEEDED}
    for name, at, size in tags:
        if name in _ICC_NEEDED or at in needed or size < 8 or at + size > len(told):
            continue
        # 10.15: no records, each of which would have 12 bytes; also an empty text of the older types.
        blank = struct.pack(">II", 0, 12) if told[at : at + 4] == b"mluc" else b""
        told[at + 8 : at + size] = blank[: size - 8].ljust(size - 8, b"\0")
    return bytes(told)
