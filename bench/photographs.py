"""The photographs that benchmarks work on: people's own, and some drawn here, which are kept."""

import subprocess
import sys
from pathlib import Path

from bench.shape import PEERS, ROOT

# What is drawn: its size, and how it is written.
DRAWN = {
    "drawn-24mp.jpg": (6000, 4000),
    "drawn-48mp-turned.jpg": (8000, 6000),
    "drawn-24mp-progressive.jpg": (6000, 4000),
}


def drawn(name: str) -> Path:
    """Return a drawn photograph, made on the first call in a process of its own, so that this one stays small."""
    photo = PEERS / name
    if not photo.exists():
        PEERS.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "bench.photographs", name], check=True, cwd=ROOT)
    return photo


def _draw(name: str) -> None:
    """Draw the detail of a photograph: soft colour, edges at every scale, and a sensor's noise."""
    import pyvips

    width, height = DRAWN[name]
    layers = []
    for band in range(3):
        soft = pyvips.Image.gaussnoise(width // 100, height // 100, mean=128, sigma=60, seed=band).resize(100)
        edges = pyvips.Image.perlin(width, height, cell_size=160, uchar=True, seed=7) > 118
        fine = pyvips.Image.perlin(width, height, cell_size=12, uchar=True, seed=11)
        noise = pyvips.Image.gaussnoise(width, height, mean=0, sigma=3, seed=20 + band)
        layers.append(soft * 0.6 + edges * 0.15 + fine * 0.25 + noise)
    picture = layers[0].bandjoin(layers[1:]).cast("uchar").copy(interpretation="srgb").copy_memory()
    picture.set_type(pyvips.GValue.gint_type, "orientation", 6 if "turned" in name else 1)
    # Cameras subsample colour where they write progressive files; libvips would not at this quality.
    is_progressive = "progressive" in name
    subsampling = "on" if is_progressive else "auto"
    picture.jpegsave(str(PEERS / name), Q=92, interlace=is_progressive, subsample_mode=subsampling)


if __name__ == "__main__":
    _draw(sys.argv[1])
