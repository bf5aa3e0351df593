"""What a file is and what it says of itself, read from its header; no pixel is decoded here."""

from typing import NamedTuple

import pyvips

from gallery.imaging import (
    animation,
    camera,
    described,
    exif,
    iptc,
    libvips,
    moment,
    place,
    profiles,
    refusals,
    structure,
    xmp,
)
from gallery.imaging.exif import Exif, Tag
from gallery.imaging.facts import Facts
from gallery.imaging.formats import Format, foreign, sniff
from gallery.imaging.ladder import ANIMATION

MAX_FRAMES = 10_000
# By decoder: those that stream hold some lines, the others the whole picture (WebP and GIF 4 bytes a pixel, HEIC 16).
MAX_PIXELS = {
    Format.JPEG: 220_000_000,
    Format.PNG: 220_000_000,
    Format.WEBP: 100_000_000,
    Format.GIF: 100_000_000,
    Format.TIFF: 100_000_000,
    Format.AVIF: 100_000_000,
    Format.HEIC: 60_000_000,
}
# What streams is still inflated whole: 220 megapixels of 8-bit colour, fewer of more.
MAX_INFLATED_BYTES = 660_000_000
_BYTES_A_SAMPLE = {"uchar": 1, "ushort": 2}
# Progressive JPEG and interlaced PNG are held whole, at up to 6 and 8 bytes a pixel.
MAX_WHOLE_PIXELS = 60_000_000


class _Header(NamedTuple):
    width: int
    height: int
    frames: int
    orientation: int
    exif: Exif
    xmp: bytes
    has_own_colours: bool = False
    duration_s: float | None = None
    is_kept_moving: bool = False
    iptc: bytes = b""


class Inspection(NamedTuple):
    """The facts, and what the decoding wants to know without reading the header again."""

    facts: Facts
    has_own_colours: bool
    # Of an animation, and whether it is short enough to be kept moving.
    duration_s: float | None = None
    is_kept_moving: bool = False


def inspect(data: bytes) -> Facts:
    """Read the facts of a file from its bytes. Raises Refused for what is not taken.

    Passing says that the header is good; whether the pixels are is known when they are decoded (`process`).
    """
    return read(data).facts


def read(data: bytes) -> Inspection:
    """Do what `inspect` does, for the one who goes on to decode. Raises Refused."""
    kind = recognise(data)
    header = _header(data, kind)
    packet, records = xmp.read(header.xmp), iptc.read(header.iptc)
    when, where = moment.read(header.exif, packet, records), place.read(header.exif.gps, packet)
    facts = Facts(
        format=kind,
        content_type=kind.content_type,
        width=header.width,
        height=header.height,
        orientation=header.orientation,
        frames=header.frames,
        taken_at=when.at,
        taken_offset_minutes=when.offset_minutes,
        taken_source=when.source,
        latitude=where.latitude,
        longitude=where.longitude,
        altitude_m=where.altitude_m,
        flash=described.flash(header.exif),
        rating=described.rating(header.exif, packet),
        title=described.title(packet, records),
        description=described.description(header.exif, packet, records),
        extra=described.lesser(header.exif, packet, records, when)
        | ({"moving": ANIMATION.name} if header.is_kept_moving else {}),
        **camera.read(header.exif, packet),
    )
    return Inspection(facts, header.has_own_colours, header.duration_s, header.is_kept_moving)


def recognise(data: bytes) -> Format:
    """Tell the format; raises Refused, with the name of what was sent instead where that is known."""
    if not data:
        raise refusals.empty()
    head = data[:1024]
    kind = sniff(head)
    if kind is Format.TIFF:
        return structure.raw_kind(data) or kind
    if kind is not None:
        return kind
    what = foreign(head)
    raise refusals.unsupported_format(what) if what else refusals.not_an_image()


def _header(data: bytes, kind: Format) -> _Header:
    if kind.is_video:
        # Never read as a whole: gallery.imaging.video makes a poster of it, which then comes here.
        raise refusals.unsupported_format("a video where a picture is expected")
    if kind.is_raw:
        return _raw_header(data, kind)
    return _heic_header(data) if kind is Format.HEIC else _vips_header(data, kind)


def _raw_header(data: bytes, kind: Format) -> _Header:
    # Loaded for those who need it.
    from gallery.imaging import raw

    tags = raw.read_exif(data, kind)
    orientation = _orientation(tags)
    width, height = raw.sensor_size(data, orientation)
    return _Header(width, height, 1, orientation, tags, b"")


def _heic_header(data: bytes) -> _Header:
    # Loaded for those who need it: it brings Pillow along.
    from gallery.imaging import heif

    structure.check_boxes(data)
    header = heif.open_header(data)
    _check_pixels(header.width, header.height, Format.HEIC, MAX_PIXELS[Format.HEIC])
    tags = exif.read(header.exif)
    return _Header(header.width, header.height, header.frames, _orientation(tags), tags, header.xmp)


def _vips_header(data: bytes, kind: Format) -> _Header:
    structure.check_end(data, kind)
    structure.check_chunks(data, kind)
    pixels = libvips.open_header(data, kind)
    width, height = pixels.width, pixels.height
    several_scans = bool(libvips.field(pixels, "jpeg-multiscan"))
    is_whole = several_scans or bool(libvips.field(pixels, "interlaced"))
    limit = min(MAX_PIXELS[kind], MAX_INFLATED_BYTES // _bytes_a_pixel(pixels))
    _check_pixels(width, height, kind, min(limit, MAX_WHOLE_PIXELS) if is_whole else limit)
    if several_scans:
        structure.check_scans(data)
    frames = int(libvips.field(pixels, "n-pages") or 1)
    if frames > MAX_FRAMES:
        raise refusals.too_many_frames(MAX_FRAMES)
    # libvips' own reading decides how it will rotate, so it decides here; AVIF has been rotated by the container.
    rotation = _valid(libvips.field(pixels, "orientation"))
    if rotation >= 5:
        width, height = height, width
    texts = profiles.read(pixels) if kind is Format.PNG else {}
    block = libvips.blob(pixels, "exif-data") or texts.get("exif", b"")
    tags = exif.read(data if kind is Format.TIFF else block)
    stored = _orientation(tags) if kind is Format.AVIF else rotation
    packet = libvips.blob(pixels, "xmp-data") or texts.get("xmp", b"")
    header = _Header(width, height, frames, stored, tags, packet, libvips.has_own_colours(pixels))
    header = header._replace(iptc=libvips.blob(pixels, "iptc-data") or texts.get("iptc", b""))
    moving = animation.timing(pixels, kind)
    if moving is None:
        return header
    return header._replace(duration_s=moving.seconds, is_kept_moving=moving.is_kept)


def _bytes_a_pixel(pixels: pyvips.Image) -> int:
    return int(pixels.bands) * _BYTES_A_SAMPLE.get(pixels.format, 4)


def _check_pixels(width: int, height: int, kind: Format, limit: int) -> None:
    if width * height > limit:
        raise refusals.too_many_pixels(width, height, limit, kind.label)


def _orientation(tags: Exif) -> int:
    return _valid(tags.image.number(Tag.ORIENTATION))


def _valid(orientation: float | None) -> int:
    return int(orientation) if orientation is not None and 1 <= orientation <= 8 else 1
