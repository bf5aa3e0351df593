"""From an original's bytes to the ladder: one decode, each rung made from the one above it, then encoded in turn."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import pyvips

from gallery.imaging import animation, inspection, libvips, phash, refusals, thumbhash
from gallery.imaging.facts import Facts, Processed, Rendition
from gallery.imaging.formats import Format
from gallery.imaging.ladder import BASE, LADDER, RECIPE, WHOLE, Rung, crop_area, rung_of, rung_size

_SAVERS: dict[str, tuple[str, dict[str, object]]] = {
    "webp": ("webpsave_buffer", {"Q": 80, "effort": 2, "keep": "none"}),
    "jpg": ("jpegsave_buffer", {"Q": 80, "optimize_coding": True, "keep": "none"}),
    # Effort 0 is the encoder's speed 9; one step slower takes three times as long.
    "avif": ("heifsave_buffer", {"compression": "av1", "Q": 65, "effort": 0, "keep": "none"}),
}
# Of the whole picture, which is kept by whom it is given to: all colours of each pixel.
_WHOLE_SAVER: dict[str, object] = {"Q": 92, "optimize_coding": True, "subsample_mode": "off", "keep": "none"}
# 180 MB of pixels, decoded; libjpeg takes 65,500 in a row.
_MAX_WHOLE_PIXELS, _MAX_WHOLE_SIDE = 60_000_000, 65_500
_WHITE = [255, 255, 255]
_PLACEHOLDER_SIDE = 32


class _Levels(NamedTuple):
    """The decoded picture at the size of each rung, in sRGB, upright."""

    pixels: dict[str, pyvips.Image]
    small: pyvips.Image


def process(data: bytes, *, turn: int = 0, recipe: str = RECIPE) -> Processed:
    """Read, check and decode an original, ready to be encoded rung by rung. Raises Refused.

    `turn` is by how many degrees clockwise (0, 90, 180, 270) a person turned what the camera holds to be upright.
    All of the file has been decoded when this returns, so nothing need be stored of a picture that breaks half way.
    Asked for WHOLE in the place of a recipe, it gives one picture of full size and no more.
    """
    read = inspection.read(data)
    if recipe == WHOLE.name:
        return _whole(data, read, turn)
    facts, base = _upright(data, read, BASE)
    facts = _turned(facts, turn)
    levels = _levels(base, facts, turn)
    return Processed(
        facts=facts,
        colour=_colour(levels.small),
        thumbhash=_hash(levels.small),
        phash=phash.of(levels.pixels["h240"]),
        kind="photo" if read.duration_s is None else "animation",
        duration_s=read.duration_s,
        renditions=chain(_encoded(levels.pixels, recipe), _moving(data, read, turn)),
    )


def _whole(data: bytes, read: inspection.Inspection, turn: int) -> Processed:
    width, height = read.facts.width, read.facts.height
    if width * height > _MAX_WHOLE_PIXELS or max(width, height) > _MAX_WHOLE_SIDE:
        raise refusals.too_many_pixels(width, height, _MAX_WHOLE_PIXELS, "whole pictures")
    facts, base = _upright(data, read, WHOLE)
    facts = _turned(facts, turn)
    try:
        shown = _flat(base.rot(f"d{turn}") if turn else base)
        encoded = bytes(shown.jpegsave_buffer(**_WHOLE_SAVER))
    except pyvips.Error as error:
        raise libvips.refused(error) from error
    made = Rendition(WHOLE.name, WHOLE.content_type, shown.width, shown.height, encoded)
    return Processed(facts=facts, colour="", thumbhash="", renditions=iter([made]))


def _upright(data: bytes, read: inspection.Inspection, rung: Rung) -> tuple[Facts, pyvips.Image]:
    """Decode as the camera held it: to the largest rung, or whole."""
    if read.facts.format.is_raw:
        return _raw(data, read.facts, rung)
    return read.facts, _base(data, read.facts, rung, has_own_colours=read.has_own_colours)


def _size(rung: Rung, width: int, height: int) -> tuple[int, int]:
    return (width, height) if rung is WHOLE else rung_size(rung.name, width, height)


def _moving(data: bytes, read: inspection.Inspection, turn: int) -> Iterator[Rendition]:
    if read.is_kept_moving:
        yield animation.rendition(data, turn)


def _raw(data: bytes, facts: Facts, rung: Rung) -> tuple[Facts, pyvips.Image]:
    """Decode what a raw file is shown by; the size that is told of it is that of the picture that can be seen."""
    from gallery.imaging import raw

    try:
        shown = raw.decoded(data, facts.orientation)
        width, height = shown.pixels.width, shown.pixels.height
        extra = facts.extra | {"raw_shown": shown.source, "sensor_size": [facts.width, facts.height]}
        facts = replace(facts, width=width, height=height, extra=extra)
        size = _size(rung, width, height)
        return facts, _plain(shown.pixels.thumbnail_image(size[0], height=size[1], size="force"))
    except pyvips.Error as error:
        raise libvips.refused(error) from error


def _turned(facts: Facts, turn: int) -> Facts:
    if turn not in {0, 90, 180, 270}:
        raise ValueError(f"a picture is turned by 0, 90, 180 or 270 degrees, not by {turn}")
    return replace(facts, width=facts.height, height=facts.width) if turn in {90, 270} else facts


def _base(data: bytes, facts: Facts, rung: Rung, *, has_own_colours: bool) -> pyvips.Image:
    """Decode to a rung's size, upright as the file has it."""
    size = _size(rung, facts.width, facts.height)
    try:
        if facts.format is Format.HEIC:
            return _heic(data, size)
        return _decoded(data, size, has_own_colours=has_own_colours)
    except pyvips.Error as error:
        raise libvips.refused(error) from error


def _levels(base: pyvips.Image, facts: Facts, turn: int) -> _Levels:
    """Shrink from the largest rung: 1 MP is shrunk rather than 24, at equal or better quality."""
    try:
        if turn:
            # The largest rung's box is a square, so the turned picture fits it as well.
            base = base.rot(f"d{turn}").copy_memory()
        pixels = {BASE.name: base}
        for name in ("l1280", "h480", "h240"):
            pixels[name] = _shrunk(pixels, rung_size(name, facts.width, facts.height))
        pixels["og"] = _cropped(pixels, LADDER["og"], facts)
        small = _small(pixels["h240"])
    except pyvips.Error as error:
        raise libvips.refused(error) from error
    return _Levels(pixels, small)


def _heic(data: bytes, size: tuple[int, int]) -> pyvips.Image:
    from gallery.imaging import heif

    width, height = size
    with heif.decoded(data) as source:
        options = {"size": "force", "no_rotate": True} | _to_srgb(
            has_own_colours=libvips.has_own_colours(source)
        )
        return _plain(source.thumbnail_image(width, height=height, **options))


def _decoded(data: bytes, size: tuple[int, int], *, has_own_colours: bool) -> pyvips.Image:
    width, height = size
    # The loader's options go in as a string: thumbnail_source takes a fail_on of its own and does not pass it on.
    options = {"option_string": "fail_on=truncated", "size": "force"} | _to_srgb(
        has_own_colours=has_own_colours
    )
    return _plain(pyvips.Image.thumbnail_source(libvips.source(data), width, height=height, **options))


def _plain(pixels: pyvips.Image) -> pyvips.Image:
    """Compute the pixels, as 8 bits of red, green, blue and perhaps alpha."""
    if pixels.interpretation != "srgb":
        pixels = pixels.colourspace("srgb")
    if pixels.format != "uchar":
        pixels = pixels.cast("uchar")
    return pixels.copy_memory()


def _to_srgb(*, has_own_colours: bool) -> dict[str, str]:
    # Only where there is something to convert: naming a profile makes libvips take the slow way (2.4 times the
    # whole ladder) even for a picture that has none.
    return {"export_profile": "srgb"} if has_own_colours else {}


def _shrunk(pixels: dict[str, pyvips.Image], size: tuple[int, int]) -> pyvips.Image:
    """Shrink the smallest level that is large enough; every box is inside the base's, so there is one."""
    width, height = size
    source = _covering(pixels, width, height)
    if (source.width, source.height) == size:
        return source
    return source.thumbnail_image(width, height=height, size="force").copy_memory()


def _cropped(pixels: dict[str, pyvips.Image], rung: Rung, facts: Facts) -> pyvips.Image:
    width, height = rung_size(rung.name, facts.width, facts.height)
    source = _covering(pixels, width, height)
    across, down = crop_area(source.width, source.height, rung)
    area = source.crop((source.width - across) // 2, (source.height - down) // 2, across, down)
    if (across, down) != (width, height):
        area = area.thumbnail_image(width, height=height, size="force")
    return _flat(area).copy_memory()


def _covering(pixels: dict[str, pyvips.Image], width: int, height: int) -> pyvips.Image:
    large_enough = (level for level in pixels.values() if level.width >= width and level.height >= height)
    return min(large_enough, key=lambda level: level.width * level.height)


def _encoded(pixels: dict[str, pyvips.Image], recipe: str) -> Iterator[Rendition]:
    """Encode in the order of the ladder, letting go of each level; a size that repeats is encoded once."""
    made: dict[tuple[str, int, int], bytes] = {}
    for name in LADDER:
        rung, level = rung_of(name, recipe), pixels.pop(name)
        key = (rung.content_type, level.width, level.height)
        if key not in made:
            made[key] = _encode(level, rung)
        yield Rendition(name, rung.content_type, level.width, level.height, made[key])


def _encode(level: pyvips.Image, rung: Rung) -> bytes:
    saver, options = _SAVERS[rung.extension]
    return bytes(getattr(level, saver)(**options))


def _flat(pixels: pyvips.Image) -> pyvips.Image:
    return pixels.flatten(background=_WHITE) if pixels.hasalpha() else pixels


def _small(level: pyvips.Image) -> pyvips.Image:
    side = min(_PLACEHOLDER_SIDE, max(level.width, level.height))
    return level.thumbnail_image(side, height=side, size="down").copy_memory()


def _colour(small: pyvips.Image) -> str:
    flat = _flat(small)
    return "#" + "".join(f"{round(flat[band].avg()):02x}" for band in range(3))


def _hash(small: pyvips.Image) -> str:
    rgba = small if small.hasalpha() else small.bandjoin(255)
    return b64encode(thumbhash.encode(small.width, small.height, bytes(rgba.write_to_memory()))).decode()
