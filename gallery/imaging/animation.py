"""Short animations: kept moving as one animated WebP beside the ladder, which shows their first frame."""

from typing import NamedTuple

import pyvips

from gallery.imaging import libvips
from gallery.imaging.facts import Rendition
from gallery.imaging.formats import Format
from gallery.imaging.ladder import ANIMATION

FORMATS = frozenset({Format.GIF, Format.WEBP})
# What is longer is a video in the wrong clothes; it is shown by its first frame, and its original is kept.
MAX_SECONDS = 60.0
MAX_FRAMES = 600
# All frames together, as they are decoded: 600 frames of 480 x 360.
MAX_PIXELS = 104_000_000
_BOX = 640
# Browsers show a frame of 10 ms or less for 100 ms, because the first ones could not be faster.
_LEAST_MS, _USUAL_MS = 11, 100
_WEBP = {"Q": 70, "effort": 2, "keep": "none"}


class Timing(NamedTuple):
    """How long an animation runs, and whether it is kept moving."""

    seconds: float
    is_kept: bool


def timing(pixels: pyvips.Image, kind: Format) -> Timing | None:
    """Tell by a file's header how its frames move; None for a still picture."""
    frames = int(libvips.field(pixels, "n-pages") or 1)
    if kind not in FORMATS or frames < 2:
        return None
    delays = list(libvips.field(pixels, "delay") or [])[:frames]
    delays += [_USUAL_MS] * (frames - len(delays))
    seconds = sum(delay if delay >= _LEAST_MS else _USUAL_MS for delay in delays) / 1000
    size = pixels.width * pixels.height * frames
    return Timing(seconds, frames <= MAX_FRAMES and seconds <= MAX_SECONDS and size <= MAX_PIXELS)


def rendition(data: bytes, turn: int) -> Rendition:
    """Make the animated rendition, never larger than its box or the picture. Raises Refused."""
    try:
        frames = pyvips.Image.thumbnail_source(
            libvips.source(data), _BOX, height=_BOX, size="down", option_string="n=-1,fail_on=truncated"
        )
        if turn:
            frames = _turned(frames, turn)
        encoded = bytes(frames.webpsave_buffer(**_WEBP))
    except pyvips.Error as error:
        raise libvips.refused(error) from error
    height = int(libvips.field(frames, "page-height") or frames.height)
    return Rendition(ANIMATION.name, ANIMATION.content_type, frames.width, height, encoded)


def _turned(frames: pyvips.Image, turn: int) -> pyvips.Image:
    """Turn each frame: they lie one below the other in one tall picture."""
    height = frames.get("page-height")
    single = [
        frames.crop(0, top, frames.width, height).rot(f"d{turn}") for top in range(0, frames.height, height)
    ]
    joined = pyvips.Image.arrayjoin(single, across=1).copy()
    joined.set_type(pyvips.GValue.gint_type, "page-height", single[0].height)
    for name in ("delay", "loop"):
        if frames.get_typeof(name):
            joined.set_type(frames.get_typeof(name), name, frames.get(name))
    return joined
