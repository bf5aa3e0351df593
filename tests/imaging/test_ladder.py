"""The arithmetic of the ladder, and that encoders obey it."""

import io
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gallery import imaging
from tests.imaging import corpus

sides = st.integers(1, 100_000)


@given(sides, sides, st.sampled_from(sorted(imaging.LADDER)))
def test_no_rendition_is_larger_than_its_box_or_its_picture(width: int, height: int, name: str) -> None:
    rung = imaging.LADDER[name]

    made_width, made_height = imaging.rung_size(name, width, height)

    assert 1 <= made_width <= min(width, rung.box_width)
    assert 1 <= made_height <= min(height, rung.box_height)


@given(sides, sides, st.sampled_from(["h240", "h480", "l1280", "l2560"]))
def test_proportions_are_kept_to_within_half_a_pixel(width: int, height: int, name: str) -> None:
    rung = imaging.LADDER[name]
    scale = min(Fraction(1), Fraction(rung.box_width, width), Fraction(rung.box_height, height))

    made_width, made_height = imaging.rung_size(name, width, height)

    assert made_width == 1 or abs(made_width - width * scale) <= Fraction(1, 2)
    assert made_height == 1 or abs(made_height - height * scale) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("name", "width", "height", "expected"),
    [
        ("h240", 6000, 4000, (360, 240)),
        ("h480", 4000, 6000, (320, 480)),
        ("l1280", 6000, 4000, (1280, 853)),
        ("l2560", 4000, 6000, (1707, 2560)),
        ("l2560", 800, 600, (800, 600)),
        ("og", 6000, 4000, (1200, 630)),
        ("og", 600, 600, (600, 315)),
        ("h240", 20_000, 2_000, (1440, 144)),
        ("h480", 20_000, 2_000, (2560, 256)),
        ("og", 20_000, 2_000, (488, 256)),
        ("h240", 1, 20_000, (1, 240)),
    ],
)
def test_the_sizes_people_see(name: str, width: int, height: int, expected: tuple[int, int]) -> None:
    assert imaging.rung_size(name, width, height) == expected


def test_a_picture_without_pixels_or_an_unknown_rung_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 x 10"):
        imaging.rung_size("h240", 0, 10)
    with pytest.raises(KeyError):
        imaging.rung_size("h360", 10, 10)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000))
def test_encoded_sizes_equal_the_arithmetic(width: int, height: int) -> None:
    processed = imaging.process(corpus.png(width, height))

    assert (processed.facts.width, processed.facts.height) == (width, height)
    for rendition in processed.renditions:
        size = imaging.rung_size(rendition.name, width, height)
        assert (rendition.width, rendition.height) == size
        assert Image.open(io.BytesIO(rendition.data)).size == size


@pytest.mark.parametrize(
    ("width", "height"), [(12_000, 1_200), (1_200, 12_000), (20_000, 2), (2, 20_000), (1, 1)]
)
def test_panoramas_and_slivers_have_a_whole_ladder(width: int, height: int) -> None:
    renditions = list(imaging.process(corpus.png(width, height)).renditions)

    assert [rendition.name for rendition in renditions] == list(imaging.LADDER)
    for rendition in renditions:
        assert Image.open(io.BytesIO(rendition.data)).size == imaging.rung_size(rendition.name, width, height)
