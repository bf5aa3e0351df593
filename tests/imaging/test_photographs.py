"""Real photographs, where the folder named by PHOTOSKY_PHOTOS has them."""

import io
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gallery import imaging
from tests.imaging.corpus import colour_at, is_near

FOLDER = os.environ.get("PHOTOSKY_PHOTOS", "")

pytestmark = pytest.mark.skipif(not FOLDER, reason="PHOTOSKY_PHOTOS names no folder of photographs")


def photograph(name: str) -> bytes:
    file = Path(FOLDER) / name
    if not file.exists():
        pytest.skip(f"{file} is not there")
    return file.read_bytes()


EXPECTED: dict[str, dict[str, Any]] = {
    "arrow.heic": {
        "format": "heic",
        "size": (3024, 4032),
        "camera": ("Apple", "iPhone 8 Plus"),
        "taken": "2018-07-31 14:52:07",
        "orientation": 6,
    },
    "phone-pug.heic": {
        "format": "heic",
        "size": (4032, 3024),
        "camera": ("Apple", "iPhone 13 Pro"),
        "taken": "2023-02-21 14:33:08",
        "offset": 180,
        "place": (44.85048, 34.97665),
    },
    "canon-10bit.hif": {
        "format": "heic",
        "size": (4240, 2832),
        "camera": ("Sony", "ILCE-7SM3"),
        "taken": "2020-09-14 11:09:34",
        "offset": -300,
    },
    "canon-22mp.jpg": {
        "format": "jpeg",
        "size": (5760, 3840),
        "camera": ("Canon", "EOS 5D Mark III"),
        "taken": "2016-06-23 13:18:05",
    },
    "sony-a6000-24mp.jpg": {
        "format": "jpeg",
        "size": (6000, 4000),
        "camera": ("Sony", "ILCE-6000"),
        "taken": "2014-04-18 20:33:53",
    },
    "cmyk-orientation.jpg": {
        "format": "jpeg",
        "size": (533, 800),
        "camera": ("Canon", "EOS 5D Mark III"),
        "taken": "2015-01-21 14:22:30",
        "orientation": 6,
    },
    "nokia.jpg": {
        "format": "jpeg",
        "size": (500, 667),
        "camera": ("Casio", "QV-R51"),
        "taken": "2006-02-14 22:00:58",
    },
    "starfish-gps.jpg": {
        "format": "jpeg",
        "size": (1278, 720),
        "camera": ("Nokia", "Lumia 820"),
        "taken": "2013-05-10 15:21:35",
        "place": (55.03876, 8.45719),
    },
    "sample.avif": {
        "format": "avif",
        "size": (1920, 1080),
        "camera": ("", ""),
        "taken": "2018-08-15 11:37:35",
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_facts_of_real_photographs_are_right(name: str) -> None:
    expected = EXPECTED[name]

    facts = imaging.inspect(photograph(name))

    assert facts.format == expected["format"]
    assert (facts.width, facts.height) == expected["size"]
    assert (facts.camera_make, facts.camera_model) == expected["camera"]
    assert facts.taken_at is not None
    assert facts.taken_at.replace(microsecond=0) == datetime.fromisoformat(expected["taken"])
    assert facts.taken_offset_minutes == expected.get("offset")
    assert facts.orientation == expected.get("orientation", 1)
    if "place" in expected:
        assert facts.latitude == pytest.approx(expected["place"][0], abs=1e-5)
        assert facts.longitude == pytest.approx(expected["place"][1], abs=1e-5)
    else:
        assert (facts.latitude, facts.longitude) == (None, None)


@pytest.mark.parametrize("name", EXPECTED)
def test_ladder_of_real_photographs_is_whole_and_silent(name: str) -> None:
    processed = imaging.process(photograph(name))

    for rendition in processed.renditions:
        picture = Image.open(io.BytesIO(rendition.data))
        assert picture.size == imaging.rung_size(
            rendition.name, processed.facts.width, processed.facts.height
        )
        assert not picture.getexif()
        assert "icc_profile" not in picture.info


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_the_same_view_in_four_orientations_looks_the_same(orientation: int) -> None:
    places = [(0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9), (0.2, 0.5)]

    upright = _small(photograph("orientation-1.jpg"))
    turned = _small(photograph(f"orientation-{orientation}.jpg"))

    for across, down in places:
        assert is_near(colour_at(turned, across, down), colour_at(upright, across, down), 40)


def test_half_a_real_heic_is_refused() -> None:
    data = photograph("arrow.heic")

    with pytest.raises(imaging.Refused) as caught:
        imaging.process(data[: len(data) // 2])

    assert caught.value.code == "truncated"


def _small(data: bytes) -> bytes:
    """Shrink the picture to 12 x 9 pixels, so that a place is an area."""
    rendition = next(imaging.process(data).renditions)
    picture = Image.open(io.BytesIO(rendition.data)).convert("RGB").resize((12, 9), Image.Resampling.BOX)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
