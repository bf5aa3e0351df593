"""ThumbHash: the same bytes as the reference encoder (npm thumbhash 0.1.1), whose output is written here."""

import base64
from collections.abc import Callable

import pytest

from gallery.imaging import thumbhash

Pixel = tuple[int, int, int, int]


@pytest.mark.parametrize(
    ("width", "height", "pixel", "expected"),
    [
        (21, 32, lambda x, y: (x * x & 255, y * 7 & 255, x * y & 255, 255), "F7gNHRZCeHCIaIhneIeHd6uWP/SI"),
        (30, 20, lambda x, y: (x * 8, y * 12, 200, (x * 9 + y) & 255), "5jWGG4wnk3mgeYiToDj6hUBKd3h4iIc="),
        (
            32,
            32,
            lambda x, y: (x * 37 + y * 101 & 255, x * 73 + y * 19 & 255, (x * 11 ^ y * 13) & 255, 255),
            "HwgGFwAmiYZ2hndUoGkmqehol4/Yb5wK",
        ),
    ],
    ids=["portrait", "transparent", "square"],
)
def test_hash_is_that_of_the_reference(
    width: int, height: int, pixel: Callable[[int, int], Pixel], expected: str
) -> None:
    rgba = bytes(channel for y in range(height) for x in range(width) for channel in pixel(x, y))

    assert base64.b64encode(thumbhash.encode(width, height, rgba)).decode() == expected


def test_a_wholly_transparent_picture_has_a_hash() -> None:
    assert len(thumbhash.encode(4, 4, bytes(64))) > 5


@pytest.mark.parametrize(("width", "height", "length"), [(0, 1, 0), (101, 1, 404), (2, 2, 15)])
def test_pixels_that_do_not_fit_the_size_are_an_error(width: int, height: int, length: int) -> None:
    with pytest.raises(ValueError, match="are not"):
        thumbhash.encode(width, height, bytes(length))
