"""A picture's perceptual hash: 64 bits, few of which change when it is shrunk, saved anew or lit a little otherwise.

The signs of the lowest frequencies against their median, after Zauner, "Implementation and Benchmarking of Perceptual
Image Hash Functions" (2010), section 3.2: by a discrete cosine transform of 32 x 32 grey values.
"""

import math
from operator import mul
from statistics import median, pstdev

import pyvips

from gallery.imaging import libvips

# What a picture gets that has nothing to be recognised by: a white page, a black frame.
PLAIN = 0
_SIDE, _KEPT = 32, 8
# Of 256 shades; the grain of a covered lens stays below.
_LEAST_CONTRAST = 2.0
_COSINES = [
    [math.cos(math.pi * frequency * (2 * place + 1) / (2 * _SIDE)) for place in range(_SIDE)]
    for frequency in range(_KEPT)
]


def of(picture: pyvips.Image) -> int:
    """Return the hash as a signed number; PLAIN for what is too plain to be told from other such pictures."""
    grey = (picture.flatten(background=[255, 255, 255]) if picture.hasalpha() else picture).colourspace("b-w")
    small = grey.thumbnail_image(_SIDE, height=_SIDE, size="force").cast("uchar")
    pixels = bytes(small.write_to_memory())
    if pstdev(pixels) < _LEAST_CONTRAST:
        return PLAIN
    rows = [pixels[start : start + _SIDE] for start in range(0, _SIDE * _SIDE, _SIDE)]
    across = [[sum(map(mul, row, cosines)) for cosines in _COSINES] for row in rows]
    waves = [
        sum(across[place][column] * _COSINES[row][place] for place in range(_SIDE))
        for row in range(_KEPT)
        for column in range(_KEPT)
    ]
    # The first is the mean brightness, which tells nothing: its bit is always 0.
    middle = median(waves[1:])
    value = sum(1 << place for place, wave in enumerate(waves) if place and wave > middle)
    return value - (1 << 64) if value >> 63 else value


def of_rendition(data: bytes) -> int:
    """Return the hash of one of our own renditions. Raises Refused where it is none."""
    try:
        return of(pyvips.Image.new_from_buffer(data, ""))
    except pyvips.Error as error:
        raise libvips.refused(error) from error


def distance(one: int, other: int) -> int:
    """Return in how many bits two hashes differ."""
    return ((one ^ other) & (1 << 64) - 1).bit_count()
