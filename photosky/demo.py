"""Example photographs for `make demo`: landscapes that are painted here, so that nothing has to be shipped."""

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyvips
from PIL import Image as PillowImage

SHAPES = ((2400, 1600), (2400, 1600), (1600, 2400), (2000, 1500), (1500, 2000), (1800, 1800), (3600, 1200))
# Sky above, sky at the horizon, the farthest ridge, the nearest: by the hour of the day.
PALETTES = {
    6: ((86, 98, 148), (248, 196, 164), (158, 138, 160), (38, 36, 58)),
    10: ((92, 150, 214), (214, 232, 244), (142, 170, 186), (36, 66, 56)),
    14: ((54, 118, 196), (190, 218, 240), (128, 158, 168), (58, 84, 44)),
    19: ((58, 66, 122), (255, 172, 96), (170, 110, 106), (44, 26, 40)),
    21: ((16, 22, 52), (92, 82, 128), (58, 58, 96), (10, 12, 26)),
}
PLACES = {
    "Picos de Europa": (43.19, -4.83),
    "Lofoten": (68.21, 13.56),
    "Dolomites": (46.55, 11.84),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What one picture shows: where and when, in which shape, and the seed of its ridges."""

    place: str
    taken: datetime
    shape: tuple[int, int]
    seed: int


def scenes(count: int) -> Iterator[Scene]:
    """Yield days out: several pictures a day, in three places, going back from the end of summer."""
    chance = random.Random(7)  # noqa: S311  # the same demo every time
    day = datetime(2026, 9, 14)  # noqa: DTZ001  # as cameras write it
    for number in range(count):
        if number % 7 == 0 and number:
            day -= timedelta(days=chance.randint(1, 24))
        hour = sorted(PALETTES)[number % len(PALETTES)]
        taken = day.replace(hour=hour, minute=chance.randint(0, 59), second=chance.randint(0, 59))
        yield Scene(list(PLACES)[number // 14 % 3], taken, chance.choice(SHAPES), number)


def paint(scene: Scene) -> bytes:
    """Return the JPEG of a scene, with the EXIF that a camera would have written."""
    width, height = scene.shape
    above, horizon, far, near = (list(map(float, colour)) for colour in PALETTES[scene.taken.hour])
    place = pyvips.Image.xyz(width, height)
    down = place[1] / height
    picture = (down * 1.6).bandjoin([down * 1.6] * 2)
    picture = (picture > 1).ifthenelse(
        horizon, picture * [h - a for h, a in zip(horizon, above, strict=True)] + above
    )
    picture = _sun(picture, place, scene, horizon)
    for layer in range(6):
        depth = layer / 5
        colour = [f * (1 - depth) + n * depth for f, n in zip(far, near, strict=True)]
        crest = height * (0.42 + 0.1 * layer) - _ridge(scene, layer) * height * (0.28 - 0.03 * layer)
        haze = (down * 40 * (1 - depth)).bandjoin([down * 30 * (1 - depth)] * 2)
        picture = (place[1] > crest.replicate(1, height)).ifthenelse(haze + colour, picture)
    grain = pyvips.Image.gaussnoise(width, height, sigma=3, mean=0, seed=scene.seed)
    jpeg = (picture + grain).cast("uchar").copy(interpretation="srgb").jpegsave_buffer(Q=90)
    return _with_exif(jpeg, scene)


def _ridge(scene: Scene, layer: int) -> pyvips.Image:
    """Return a row of heights from 0 to 1: coarse hills with finer ones upon them."""
    width = scene.shape[0]
    row = pyvips.Image.black(width, 1)
    for octave in range(5):
        cell = max(8, width // (2 + layer) // 2**octave)
        noise = pyvips.Image.perlin(width, cell, cell_size=cell, seed=scene.seed * 97 + layer * 11 + octave)
        row = row + noise.extract_area(0, cell // 2, width, 1) / 2**octave
    return (row - row.min()) / max(row.max() - row.min(), 1e-6)


def _sun(picture: pyvips.Image, place: pyvips.Image, scene: Scene, colour: list[float]) -> pyvips.Image:
    width, height = scene.shape
    across = 0.2 + 0.6 * random.Random(scene.seed).random()  # noqa: S311
    away = ((place[0] - width * across) ** 2 + (place[1] - height * 0.3) ** 2) ** 0.5
    glow = ((away / (height * 0.5)) * -1).exp() * 70
    disc = (away < height * 0.035).ifthenelse(
        [255.0, 250.0, 235.0], picture + glow.bandjoin([glow * 0.9, glow * 0.7])
    )
    return disc if scene.taken.hour != 14 else picture + [c * 0.02 for c in colour]


def _with_exif(jpeg: bytes, scene: Scene) -> bytes:
    exif = PillowImage.Exif()
    exif[0x010F], exif[0x0110], exif[0x010E] = "Fujifilm", "X-T5", scene.place
    camera = exif.get_ifd(0x8769)
    camera[0x9003], camera[0x9011] = scene.taken.strftime("%Y:%m:%d %H:%M:%S"), "+02:00"
    camera[0x829A], camera[0x829D], camera[0x8827] = 1 / 250, 5.6, 160
    camera[0x920A], camera[0xA434] = 23.0, "XF23mmF2 R WR"
    latitude, longitude = PLACES[scene.place]
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", _degrees(latitude + scene.seed % 9 / 300)
    gps[3], gps[4] = "E" if longitude > 0 else "W", _degrees(abs(longitude) + scene.seed % 7 / 300)
    buffer = io.BytesIO()
    # Saved from the decoded picture: Pillow joins EXIF to a JPEG only while it encodes one.
    PillowImage.open(io.BytesIO(jpeg)).save(buffer, "JPEG", quality=90, exif=exif)
    return buffer.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = (value - int(value)) * 60
    return float(int(value)), float(int(minutes)), round((minutes - int(minutes)) * 60, 2)


def paint_into(folder: Path, count: int = 63) -> Iterator[Path]:
    """Yield the example photographs in a folder, one sub-folder a place, painting those that are missing."""
    for scene in scenes(count):
        path = folder / scene.place / f"DSCF{1000 + scene.seed}.jpg"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".new")
            temporary.write_bytes(paint(scene))
            temporary.replace(path)
        yield path
