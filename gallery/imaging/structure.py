"""Checks on the bytes of a file before any decoder sees them: cut ends, scan bombs, raw files in TIFF's clothes."""

import re
import struct

from gallery.imaging import exif, refusals
from gallery.imaging.exif import Tag
from gallery.imaging.formats import Format

# Real progressive files have 2 to 11 scans. Each costs a pass over the whole picture, and no decoder limits the sum
# (libjpeg-turbo, finding LJT-01-003).
MAX_SCANS = 64
_MAX_SEGMENTS = 5000
# A marker is FF and a code; FF 00 is data, FF D0 to D7 are restart points within data (ITU-T T.81 section B.1.1.2).
_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
_SCAN, _END, _NO_LENGTH = 0xDA, 0xD9, {0x01, 0xD8}

# XMP with previews of a whole editing history has some megabytes.
MAX_BESIDE_BYTES = 16_000_000
MAX_BESIDE_CHUNKS = 10_000
_PIXELS = {b"IDAT", b"fdAT", b"fcTL", b"VP8 ", b"VP8L", b"ALPH", b"ANMF"}

_PARTS = {Tag.STRIP_OFFSETS, Tag.STRIP_BYTE_COUNTS, Tag.TILE_OFFSETS, Tag.TILE_BYTE_COUNTS}
_MAX_PARTS = 1_000_000

_HEIF_BOXES = {b"ftyp", b"meta", b"mdat", b"moov", b"idat", b"free", b"skip", b"uuid"}


def check_scans(data: bytes) -> None:
    """Refuse a JPEG of more than MAX_SCANS scans. Only worth its time for files that have more than one."""
    scans = segments = 0
    position = 2
    while (marker := _MARKER.search(data, position)) is not None:
        code, position = marker[1][0], marker.end()
        if code == _END:
            return
        if code in _NO_LENGTH:
            continue
        segments += 1
        scans += code == _SCAN
        if scans > MAX_SCANS or segments > _MAX_SEGMENTS:
            raise refusals.too_many_scans(MAX_SCANS)
        position += max(2, int.from_bytes(data[position : position + 2], "big"))


def check_chunks(data: bytes, kind: Format) -> None:
    """Refuse a PNG or WebP that carries more than pictures do beside its pixels; its decoder would hold several copies."""
    if kind not in {Format.PNG, Format.WEBP}:
        return
    # PNG (section 5.3): length, type, data, check sum. RIFF: type, length, data, padded to even.
    order, kind_at, length_at, around = (">I", 4, 0, 12) if kind is Format.PNG else ("<I", 0, 4, 8)
    position, beside, chunks = (8 if kind is Format.PNG else 12), 0, 0
    while position + 8 <= len(data):
        (length,) = struct.unpack_from(order, data, position + length_at)
        if position + length > len(data):
            # Cut off, or no chunk at all: the decoder says which.
            return
        if data[position + kind_at : position + kind_at + 4] not in _PIXELS:
            beside, chunks = beside + length, chunks + 1
        if beside > MAX_BESIDE_BYTES or chunks > MAX_BESIDE_CHUNKS:
            raise refusals.too_much_metadata(MAX_BESIDE_BYTES)
        position += length + around + (length % 2 if kind is Format.WEBP else 0)


def check_end(data: bytes, kind: Format) -> None:
    """Refuse a WebP or TIFF that says it is longer than it is.

    The decoder of WebP only says that it is broken; that of TIFF invents the missing part.
    """
    end = 0
    if kind is Format.WEBP:
        end = 8 + int.from_bytes(data[4:8], "little")
    elif kind is Format.TIFF:
        end = _tiff_end(data)
    if end > len(data):
        raise refusals.truncated(f"{end} bytes announced, {len(data)} there")


def _tiff_end(data: bytes) -> int:
    """Give the end of the first directory's strips or tiles (TIFF 6.0 sections 8 and 15); 0 for BigTIFF."""
    order = exif.byte_order(data)
    if not order or len(data) < 8:
        return 0
    (directory,) = struct.unpack_from(order + "I", data, 4)
    if directory + 2 > len(data):
        return int(directory) + 2
    numbers = {
        tag: _whole_numbers(data, order, *rest)
        for tag, *rest in exif.entries(data, order, directory)
        if tag in _PARTS
    }
    for offsets, lengths in (
        (Tag.STRIP_OFFSETS, Tag.STRIP_BYTE_COUNTS),
        (Tag.TILE_OFFSETS, Tag.TILE_BYTE_COUNTS),
    ):
        if offsets in numbers and lengths in numbers:
            ends = map(sum, zip(numbers[offsets], numbers[lengths], strict=False))
            return max(ends, default=0)
    return 0


def _whole_numbers(data: bytes, order: str, kind: int, count: int, at: int) -> tuple[int, ...]:
    size, code = {3: (2, "H"), 4: (4, "I")}.get(kind, (0, ""))
    if not size or count > _MAX_PARTS:
        return ()
    if count * size > 4:
        (at,) = struct.unpack_from(order + "I", data, at)
    if at + count * size > len(data):
        # The list itself is cut off: whatever it says, the file ends too early.
        return (at + count * size,)
    return struct.unpack_from(f"{order}{count}{code}", data, at)


def check_boxes(data: bytes) -> None:
    """Refuse a HEIC file whose boxes (ISO/IEC 14496-12 section 4.2) end after the file does; its decoder would not."""
    position = 0
    while position + 8 <= len(data):
        size, kind = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8]
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        if size == 0 or kind not in _HEIF_BOXES:
            # The last box, or what a maker has appended after the picture.
            return
        if size < 8:
            raise refusals.corrupt(f"box {kind!r} of {size} bytes")
        position += size
        if position > len(data):
            raise refusals.truncated(f"box {kind!r} ends at {position} of {len(data)}")


def raw_kind(data: bytes) -> Format | None:
    """Tell which raw format a TIFF file is; None for a plain TIFF. Its first picture would be a thumbnail."""
    image = exif.read(data).image
    if image.raw(Tag.DNG_VERSION):
        return Format.DNG
    reduced = int(image.number(Tag.NEW_SUBFILE_TYPE) or 0) & 1
    if not reduced or Tag.SUB_IFDS not in image.values:
        return None
    make = image.text(Tag.MAKE).upper()
    for name, kind in (("NIKON", Format.NEF), ("SONY", Format.ARW)):
        if make.startswith(name):
            return kind
    raise refusals.unsupported_format("a camera raw file of a kind that is not known here")
