"""Raw files: the picture that the camera has put in, or where that is too small a development; and their own EXIF."""

from typing import NamedTuple

import pyvips

from gallery.imaging import exif, libraw, libvips, refusals, structure
from gallery.imaging.exif import Directory, Exif, Tag
from gallery.imaging.formats import Format

# A preview shorter than this along its longer edge is good for a grid, not for a screen.
LEAST_PREVIEW = 1280
# By what a development holds for each pixel, 13 bytes, within what the decoding process may have.
MAX_DEVELOPED_PIXELS = 64_000_000
MAX_PREVIEW_PIXELS = 110_000_000
_DEVELOPED = "developed"
_PREVIEW = "preview"
# The header of an Olympus or Panasonic file but for its first four bytes is TIFF's.
_OWN_TIFF = {b"IIRO": b"II*\x00", b"IIRS": b"II*\x00", b"MMOR": b"MM\x00*", b"IIU\x00": b"II*\x00"}
# ISO media: the box in which Canon keeps its directories, each a TIFF block (CMT1 the camera's, CMT2 EXIF, CMT4 GPS).
_CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_MAX_BOXES = 200
# Where in a Fujifilm file its JPEG begins, and how long it is.
_RAF_JPEG = slice(84, 92)


class Shown(NamedTuple):
    """What a raw file is shown by: upright pixels in sRGB or with their profile, and where they are from."""

    pixels: pyvips.Image
    source: str


def read_exif(data: bytes, kind: Format) -> Exif:
    """Read the camera's own directories; what is broken is left out."""
    if kind is Format.CR3:
        return _canon_exif(data)
    if kind is Format.RAF:
        offset, length = (int.from_bytes(data[_RAF_JPEG][at : at + 4], "big") for at in (0, 4))
        return exif.read(_jpeg_exif(data[offset : offset + min(length, 1 << 20)]))
    own = _OWN_TIFF.get(bytes(data[:4]))
    return exif.read(own + data[4:] if own else data)


def sensor_size(data: bytes, orientation: int) -> tuple[int, int]:
    """Give width and height of the picture that the sensor took, upright. Raises Refused."""
    with libraw.opened(data) as file:
        width, height = file.width, file.height
    if width < 1 or height < 1:
        raise refusals.corrupt("a raw file without pixels")
    return (height, width) if orientation >= 5 else (width, height)


def decoded(data: bytes, orientation: int) -> Shown:
    """Decode the embedded preview, upright; where there is none of use, develop the file. Raises Refused."""
    with libraw.opened(data) as file:
        preview = _preview(file, orientation)
        if preview is not None and _is_large_enough(preview, file):
            return Shown(preview, _PREVIEW)
        try:
            return Shown(_developed(file), _DEVELOPED)
        except (libraw.Unreadable, MemoryError) as error:
            if preview is None:
                raise refusals.no_preview(str(error)) from error
            return Shown(preview, _PREVIEW)


def _preview(file: libraw.File, orientation: int) -> pyvips.Image | None:
    try:
        picture = file.preview()
    except libraw.Unreadable:
        return None
    if picture.width:
        pixels = _bitmap(picture)
    else:
        try:
            pixels = _jpeg(picture.data)
        except (refusals.Refused, pyvips.Error):
            # The sensor's picture may be whole where the preview is not.
            return None
    return _upright(pixels, orientation, is_wide=file.width > file.height)


def _jpeg(data: bytes) -> pyvips.Image:
    if not data.startswith(b"\xff\xd8\xff"):
        raise refusals.corrupt("a preview that is no JPEG")
    pixels = libvips.open_header(data, Format.JPEG)
    if pixels.width * pixels.height > MAX_PREVIEW_PIXELS:
        raise refusals.too_many_pixels(pixels.width, pixels.height, MAX_PREVIEW_PIXELS, "raw previews")
    structure.check_scans(data)
    side = max(min(max(pixels.width, pixels.height), 2560), 1)
    options = {"export_profile": "srgb"} if libvips.has_own_colours(pixels) else {}
    return pyvips.Image.thumbnail_buffer(
        data, side, height=side, no_rotate=True, option_string="fail_on=truncated", **options
    ).copy_memory()


def _upright(pixels: pyvips.Image, orientation: int, *, is_wide: bool) -> pyvips.Image:
    """Turn a preview as the raw file's orientation asks, unless the camera has turned it already."""
    is_done = orientation >= 5 and is_wide != (pixels.width > pixels.height)
    # By a field that libvips reads, so that mirrored pictures come out right as well; and a preview may have one, too.
    pixels = pixels.copy()
    pixels.set_type(pyvips.GValue.gint_type, "orientation", 1 if is_done else orientation)
    return pixels.autorot().copy_memory()


def _is_large_enough(preview: pyvips.Image, file: libraw.File) -> bool:
    longest = int(max(preview.width, preview.height))
    return longest >= min(LEAST_PREVIEW, max(file.width, file.height) // 2)


def _developed(file: libraw.File) -> pyvips.Image:
    if file.width * file.height > MAX_DEVELOPED_PIXELS:
        raise libraw.Unreadable(f"{file.width} x {file.height} pixels are too many to develop")
    return _bitmap(file.developed())


def _bitmap(picture: libraw.Picture) -> pyvips.Image:
    if picture.bands not in {1, 3}:
        raise libraw.Unreadable(f"a picture of {picture.bands} colours")
    pixels = pyvips.Image.new_from_memory(picture.data, picture.width, picture.height, picture.bands, "uchar")
    return pixels.copy(interpretation="srgb" if picture.bands == 3 else "b-w")


def _canon_exif(data: bytes) -> Exif:
    found: dict[bytes, Directory] = {}
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind != b"moov":
            continue
        for inner, inner_start, inner_end in _boxes(data, start, end):
            if inner == b"uuid" and data[inner_start : inner_start + 16] == _CANON_UUID:
                for name, at, until in _boxes(data, inner_start + 16, inner_end):
                    if name in {b"CMT1", b"CMT2", b"CMT4"}:
                        found.setdefault(name, exif.read(bytes(data[at:until])).image)
    empty = Directory()
    return Exif(found.get(b"CMT1", empty), found.get(b"CMT2", empty), found.get(b"CMT4", empty))


def _boxes(data: bytes, start: int, end: int) -> list[tuple[bytes, int, int]]:
    """List kind, start and end of what is in the boxes of a range (ISO/IEC 14496-12 section 4.2)."""
    found: list[tuple[bytes, int, int]] = []
    while start + 8 <= end and len(found) < _MAX_BOXES:
        size, header = int.from_bytes(data[start : start + 4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(data[start + 8 : start + 16], "big"), 16
        if size < header or start + size > end:
            break
        found.append((bytes(data[start + 4 : start + 8]), start + header, start + size))
        start += size
    return found


def _jpeg_exif(data: bytes) -> bytes:
    """Return the EXIF block of a JPEG, found by its segments (ITU-T T.81 section B.1.1.4)."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xE1 and data[at + 4 : at + 10] == b"Exif\x00\x00":
            return bytes(data[at + 4 : at + 2 + length])
        at += 2 + max(length, 2)
    return b""


def orientation_of(tags: Exif) -> int:
    """Give the orientation as the raw file has it."""
    value = tags.image.number(Tag.ORIENTATION)
    return int(value) if value is not None and 1 <= value <= 8 else 1
