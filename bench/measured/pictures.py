"""What bench/pipeline.py measures of ours, one task a process; prints JSON. CPU time counts from where all is loaded."""

import json
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import pyvips
from PIL import Image, ImageCms  # noqa: F401  loaded before the clock starts

from gallery import imaging
from gallery.imaging import heif, inspection, rendering  # noqa: F401
from gallery.imaging.facts import Facts

LONG_EDGES = (2560, 1280, 640, 320)
JPEG = {"Q": 80, "optimize_coding": True, "keep": "none"}
EARLY, LATE = 10, 200


def thumbnail(photo: Path) -> list[int]:
    """Make one JPEG of 320 pixels, as the pipeline decodes."""
    data = photo.read_bytes()
    read = inspection.read(data)
    size = _fit(read.facts, 320)
    small = rendering._decoded(data, size, has_own_colours=read.has_own_colours)
    return [len(small.jpegsave_buffer(**JPEG))]


def jpegs(photo: Path) -> list[int]:
    """Make four JPEGs, each from the one above it."""
    data = photo.read_bytes()
    read = inspection.read(data)
    pixels: dict[str, pyvips.Image] = {}
    for edge in LONG_EDGES:
        size = _fit(read.facts, edge)
        if pixels:
            pixels[str(edge)] = rendering._shrunk(pixels, size)
        else:
            pixels[str(edge)] = rendering._decoded(data, size, has_own_colours=read.has_own_colours)
    return [len(level.jpegsave_buffer(**JPEG)) for level in pixels.values()]


def ladder(photo: Path) -> list[int]:
    """Do all that a decoder does with one photograph, and no more than that."""
    return [len(rendition.data) for rendition in rendering.process(photo.read_bytes()).renditions]


def sharpness(photo: Path) -> dict[str, float]:
    """Compare each rendition, before it is encoded, with a full decode and Pillow's Lanczos; in dB."""
    data = photo.read_bytes()
    read = inspection.read(data)
    base = rendering._base(data, read.facts, imaging.LADDER["l2560"], has_own_colours=read.has_own_colours)
    levels = rendering._levels(base, read.facts, 0)
    full = _reference(data, has_own_colours=read.has_own_colours)
    found = {}
    for name, level in levels.pixels.items():
        if name != "og":
            exact = full.resize((level.width, level.height), Image.Resampling.LANCZOS)
            found[name] = _psnr(rendering._flat(level), exact)
    return found


def endurance(folder: Path) -> dict[str, float]:
    """Work on 200 photographs in one process, and tell what it holds after 10 and after all."""
    photos = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".heic", ".hif", ".avif"}
    )
    held = {}
    for number, photo in enumerate(islice(cycle(photos), LATE), 1):
        ladder(photo)
        if number in {EARLY, LATE}:
            held[str(number)] = _resident_mb()
    return held


def _fit(facts: Facts, edge: int) -> tuple[int, int]:
    longest = max(facts.width, facts.height)
    return max(1, round(facts.width * edge / longest)), max(1, round(facts.height * edge / longest))


def _reference(data: bytes, *, has_own_colours: bool) -> Image.Image:
    pixels = pyvips.Image.new_from_buffer(data, "").autorot()
    if has_own_colours:
        pixels = pixels.icc_transform("srgb", embedded=True)
    pixels = pixels.flatten(background=[255] * 3) if pixels.hasalpha() else pixels
    return Image.frombytes("RGB", (pixels.width, pixels.height), bytes(pixels.write_to_memory()))


def _psnr(level: pyvips.Image, exact: Image.Image) -> float:
    other = pyvips.Image.new_from_memory(exact.tobytes(), exact.width, exact.height, 3, "uchar")
    error = float(((level - other) ** 2).avg())
    return float(10 * pyvips.Image.new_from_array([[255 * 255 / max(error, 1e-9)]]).log10().avg())


def _resident_mb() -> float:
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


TASKS: dict[str, Callable[[Path], object]] = {
    task.__name__: task for task in (thumbnail, jpegs, ladder, sharpness, endurance)
}

if __name__ == "__main__":
    started = time.process_time()
    result = TASKS[sys.argv[1]](Path(sys.argv[2]))
    print(json.dumps({"cpu_s": time.process_time() - started, "result": result}))
