"""The picture pipeline against sharp: one photograph to the full ladder, on one core, in a fresh process."""

import json
import os
import sys
from pathlib import Path

from bench.shape import PEERS, ROUNDS, Bar, interleave, judge, middle, npm_peer, print_table, sample
from gallery import imaging

SHARP = "0.35.5"
MAX_RATIO = 0.55
MAX_PEAK_MB = 150
MIN_PIXELS = 20_000_000
# What a worker is started with (see gallery/imaging). sharp is given the same.
ENVIRONMENT = {"VIPS_CONCURRENCY": "1", "MALLOC_ARENA_MAX": "1"}


def main(arguments: list[str]) -> int:
    """Measure, print, and give the exit status; with `--size FILE` or `--synthesise FILE` be a child."""
    match arguments:
        case ["--synthesise", file]:
            return _synthesise(Path(file))
        case ["--size", file]:
            return _size(Path(file))
    peer = npm_peer("sharp", SHARP)
    rows, bars = [], []
    for photo, size in _photographs():
        commands = {
            "ours": [sys.executable, "-m", "bench.measured.pipeline", str(photo)],
            "sharp": _sharp(peer, photo, size),
        }
        samples = interleave(commands, ROUNDS, ENVIRONMENT)
        for name, taken in samples.items():
            cpu_s, wall_s, peak = (middle(taken, figure) for figure in ("cpu_s", "wall_s", "peak_mb"))
            kilobytes = sum(json.loads(taken[0].output)) / 1000
            label = f"{photo.name} ({size[0] * size[1] / 1e6:.0f} MP)"
            rows.append([label, name, f"{cpu_s:.3f}", f"{wall_s:.3f}", f"{peak:.0f}", f"{kilobytes:.0f}"])
        ratio = middle(samples["ours"], "cpu_s") / middle(samples["sharp"], "cpu_s")
        bars.append(Bar(f"{photo.name} time against sharp", ratio, MAX_RATIO, "x"))
        bars.append(Bar(f"{photo.name} peak memory", middle(samples["ours"], "peak_mb"), MAX_PEAK_MB, " MB"))
    print_table(["photograph", "program", "CPU s", "wall s", "peak MB", "kB made"], rows)
    return judge(bars)


def _size(photo: Path) -> int:
    facts = imaging.inspect(photo.read_bytes())
    print(json.dumps([facts.width, facts.height]))
    return 0


def _sharp(folder: Path, photo: Path, size: tuple[int, int]) -> list[str]:
    ladder = []
    for name, rung in imaging.LADDER.items():
        width, height = imaging.rung_size(name, *size)
        ladder.append({"width": width, "height": height, "crop": rung.crop})
    script = Path(__file__).parent / "measured" / "pipeline.mjs"
    return ["node", str(script), str(folder), str(photo), json.dumps(ladder)]


def _photographs() -> list[tuple[Path, tuple[int, int]]]:
    """Find the JPEG photographs of 20 MP and more in PHOTOSKY_PHOTOS, or make one."""
    folder = os.environ.get("PHOTOSKY_PHOTOS")
    found = sorted(Path(folder).glob("*.jpg")) if folder else [_synthetic()]
    sized = [(photo, _measured(photo)) for photo in found]
    large = [(photo, size) for photo, size in sized if size[0] * size[1] >= MIN_PIXELS]
    if not large:
        raise SystemExit(
            f"no JPEG photograph of {MIN_PIXELS // 1_000_000} megapixels in {folder}: unset PHOTOSKY_PHOTOS"
        )
    return large


def _measured(photo: Path) -> tuple[int, int]:
    width, height = json.loads(_run(_child("--size", photo)))
    return width, height


def _synthetic() -> Path:
    photo = PEERS / "photograph-24mp.jpg"
    if not photo.exists():
        PEERS.mkdir(exist_ok=True)
        _run(_child("--synthesise", photo))
    return photo


def _synthesise(photo: Path) -> int:
    """Draw 24 MP with the detail of a photograph: soft colour, edges at every scale, and a sensor's noise."""
    import pyvips

    layers = []
    for band in range(3):
        soft = pyvips.Image.gaussnoise(60, 40, mean=128, sigma=60, seed=band).resize(100)
        edges = pyvips.Image.perlin(6000, 4000, cell_size=160, uchar=True, seed=7) > 118
        fine = pyvips.Image.perlin(6000, 4000, cell_size=12, uchar=True, seed=11)
        noise = pyvips.Image.gaussnoise(6000, 4000, mean=0, sigma=3, seed=20 + band)
        layers.append(soft * 0.6 + edges * 0.15 + fine * 0.25 + noise)
    picture = layers[0].bandjoin(layers[1:]).cast("uchar").copy(interpretation="srgb")
    picture.jpegsave(str(photo), Q=92)
    return 0


def _child(task: str, photo: Path) -> list[str]:
    return [sys.executable, "-m", "bench.pipeline", task, str(photo)]


def _run(command: list[str]) -> str:
    # In a child of its own, so that this process stays small: its size is in the peak of every child it starts.
    return sample(command).output


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
