"""Videos, animations and raw files drawn in code, for the tests."""

import functools
import io
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from PIL import Image

from gallery.imaging import ffmpeg
from tests.imaging import corpus

# TIFF 6.0 section 2: type number and struct code of the values of a directory.
_TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 10: "ii"}
Entries = Mapping[int, tuple[int, Sequence[int] | bytes]]
# A quarter turn clockwise, as a QuickTime track header asks for it (16.16 and 2.30 fixed point).
_UPRIGHT = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_QUARTER = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)

needs_ffmpeg = pytest.mark.skipif(
    not (ffmpeg.available() and shutil.which("ffmpeg")),
    reason="ffmpeg, which makes the videos, is not installed",
)


@functools.cache
def video_bytes(
    *,
    seconds: int = 2,
    width: int = 96,
    height: int = 64,
    codec: str = "libx264",
    sound: str = "",
    container: str = "mp4",
    tags: tuple[tuple[str, str], ...] = (),
    is_turned: bool = False,
    is_black_at_first: bool = False,
) -> bytes:
    """Encode the corners as a video of 10 frames a second; turned, it is to be shown a quarter clockwise."""
    picture = corpus.corners(width, height).tobytes()
    frames = [picture] * (10 * seconds)
    if is_black_at_first:
        frames[: len(frames) // 4] = [bytes(len(picture))] * (len(frames) // 4)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "frames"), Path(folder, f"out.{container}")
        source.write_bytes(b"".join(frames))
        heard = [
            "-f",
            "s16le",
            "-ar",
            "8000",
            "-ac",
            "1",
            "-i",
            str(_silence(Path(folder), seconds)),
            "-c:a",
            sound,
        ]
        named = [part for name, value in tags for part in ("-metadata", f"{name}={value}")]
        subprocess.run(
            [
                shutil.which("ffmpeg") or "ffmpeg", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
                "-s", f"{width}x{height}", "-r", "10", "-i", str(source), *(heard if sound else []), "-c:v", codec,
                "-pix_fmt", "yuv422p10le" if codec == "prores" else "yuv420p",
                *(["-x265-params", "log-level=none"] if codec == "libx265" else []),
                "-movflags", "use_metadata_tags", *named, str(target),
            ],
            check=True,
        )  # fmt: skip
        data = target.read_bytes()
    return data.replace(_UPRIGHT, _QUARTER, 2).replace(_QUARTER, _UPRIGHT, 1) if is_turned else data


def _silence(folder: Path, seconds: int) -> Path:
    path = folder / "sound"
    path.write_bytes(bytes(16_000 * seconds))
    return path


def gif_bytes(
    frames: int = 6, *, delay_ms: int = 100, width: int = 120, height: int = 80, shade: int = 0
) -> bytes:
    """Draw an animation whose first frame is the corners."""
    pictures = [corpus.corners(width, height)]
    pictures += [
        Image.new("RGB", (width, height), (shade, 40 * (n % 6), 255 - 3 * n % 250)) for n in range(1, frames)
    ]
    stream = io.BytesIO()
    pictures[0].save(stream, "GIF", save_all=True, append_images=pictures[1:], duration=delay_ms, loop=0)
    return stream.getvalue()


def dng_bytes(
    width: int = 64,
    height: int = 48,
    *,
    preview: bytes = b"",
    orientation: int = 1,
    taken: str = "2026:09:14 19:42:11",
    offset: str = "+02:00",
    make: bytes = b"Fujifilm",
    model: str = "X-T5",
    is_dng: bool = True,
) -> bytes:
    """Write a raw file as Adobe lays it out: preview in the first directory, the sensor's mosaic in the second."""
    mosaic = _mosaic(width, height)
    shown = Image.open(io.BytesIO(preview)).size if preview else (1, 1)
    exif: Entries = {0x829A: (5, [1, 250]), 0x8827: (3, [200]), 0x9003: (2, taken.encode() + b"\0"),
                     0x9011: (2, offset.encode() + b"\0")}  # fmt: skip

    def first(exif_at: int, sensor_at: int, preview_at: int) -> Entries:
        entries: dict[int, tuple[int, Sequence[int] | bytes]] = {
            0xFE: (4, [1]), 0x100: (4, [shown[0]]), 0x101: (4, [shown[1]]), 0x102: (3, [8, 8, 8]),
            0x103: (3, [7 if preview else 1]), 0x106: (3, [6 if preview else 2]), 0x10F: (2, make + b"\0"),
            0x110: (2, model.encode() + b"\0"), 0x111: (4, [preview_at]), 0x112: (3, [orientation]), 0x115: (3, [3]),
            0x116: (4, [shown[1]]), 0x117: (4, [len(preview) or 3]), 0x14A: (4, [sensor_at]), 0x8769: (4, [exif_at]),
            0xC612: (1, [1, 4, 0, 0]), 0xC613: (1, [1, 1, 0, 0]), 0xC614: (2, make + b" " + model.encode() + b"\0"),
            0xC621: (10, [1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1]), 0xC628: (5, [1, 1, 1, 1, 1, 1]),
            0xC65A: (3, [21]),
        }  # fmt: skip
        return entries if is_dng else {tag: value for tag, value in entries.items() if tag < 0xC612}

    def sensor(mosaic_at: int) -> Entries:
        return {
            0xFE: (4, [0]), 0x100: (4, [width]), 0x101: (4, [height]), 0x102: (3, [16]), 0x103: (3, [1]),
            0x106: (3, [32803]), 0x111: (4, [mosaic_at]), 0x115: (3, [1]), 0x116: (4, [height]),
            0x117: (4, [len(mosaic)]), 0x11C: (3, [1]), 0x828D: (3, [2, 2]), 0x828E: (1, [0, 1, 1, 2]),
            0xC61D: (4, [65535]),
        }  # fmt: skip

    exif_at = 8 + len(_directory(first(0, 0, 0), 8))
    sensor_at = exif_at + len(_directory(exif, exif_at))
    preview_at = sensor_at + len(_directory(sensor(0), sensor_at))
    kept = preview + bytes(4 - len(preview) % 4)
    return b"".join(
        (
            b"II*\0" + struct.pack("<I", 8),
            _directory(first(exif_at, sensor_at, preview_at), 8),
            _directory(exif, exif_at),
            _directory(sensor(preview_at + len(kept)), sensor_at),
            kept,
            mosaic,
        )
    )


def _directory(entries: Entries, at: int) -> bytes:
    head, tail = struct.pack("<H", len(entries)), b""
    tail_at = at + 2 + 12 * len(entries) + 4
    for tag, (kind, values) in sorted(entries.items()):
        code = _TYPES[kind]
        raw = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{code[0]}", *values)
        count = len(raw) if kind == 2 else len(values) // len(code)
        if len(raw) > 4:
            head += struct.pack("<HHII", tag, kind, count, tail_at + len(tail))
            tail += raw + bytes(len(raw) % 2)
        else:
            head += struct.pack("<HHI", tag, kind, count) + raw.ljust(4, b"\0")
    return head + bytes(4) + tail


def _mosaic(width: int, height: int) -> bytes:
    """See the corners through red, green and blue filters: RGGB, linear, 16 bits."""
    quarters = (corpus.RED, corpus.GREEN, corpus.BLUE, corpus.WHITE)
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            colour = quarters[2 * (y >= height // 2) + (x >= width // 2)]
            band = (x % 2) if y % 2 == 0 else 1 + x % 2
            row.append(round((colour[band] / 255) ** 2.2 * 65535))
        rows.append(struct.pack(f"<{width}H", *row))
    return b"".join(rows)
