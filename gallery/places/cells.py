"""Cells of the map: where a photo was taken as one number, so that an index finds all that lie in a box.

The world is a square in the Mercator projection, as on the map. It is halved in both directions again and again; the
bits that say in which half a point lies, of longitude and latitude in turn, are its Morton code. A square of level n,
which is a tile of the map at zoom n, is a range of codes.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

# Squares of 0.6 m at the equator; 52 bits, which every number in JavaScript can hold.
LEVEL = 26
# Where Mercator's square ends: nearer to the poles everything lies in its last row.
MAX_LATITUDE = 85.0511287798
_SIDE = 1 << LEVEL
# A long edge runs through thousands of squares that are few ranges: they would be divided for a third of a second.
DIVIDED = 4


class Box(NamedTuple):
    """A box in degrees; one whose west is greater than its east crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def parts(self) -> list["Box"]:
        """Return the box in parts that do not cross the antimeridian."""
        if self.west <= self.east:
            return [self]
        return [Box(self.west, self.south, 180.0, self.north), Box(-180.0, self.south, self.east, self.north)]


@dataclass(frozen=True, slots=True)
class Span:
    """The codes from `first` up to, without it, `beyond`."""

    first: int
    beyond: int


def cell(latitude: float, longitude: float) -> int:
    """Return the Morton code of a point."""
    x, y = _grid(latitude, longitude)
    return _spread(x) | _spread(y) << 1


def middle(first: int, last: int) -> tuple[float, float]:
    """Return latitude and longitude of the point half-way between two cells."""
    (x, y), (other_x, other_y) = _place(first), _place(last)
    return _latitude((y + other_y + 1) / 2), _longitude((x + other_x + 1) / 2)


def bounds(code: int, level: int) -> Box:
    """Return the box of a square, named by the first of its codes."""
    x, y = _place(code)
    side = 1 << (LEVEL - level)
    return Box(_longitude(x), _latitude(y + side), _longitude(x + side), _latitude(y))


def touches(code: int, level: int, box: Box) -> bool:
    """Return whether a square, named by the first of its codes, has a point in common with the box."""
    shift = LEVEL - level
    x, y = _place(code)
    return any(_meets((level, x >> shift, y >> shift), _edges(part)) for part in box.parts())


def level_for(box: Box, zoom: int, across: int) -> int:
    """Return the level of the squares, four to a tile's side at the zoom, of which at most `across` lie side by side."""
    widest = max(max(east - west, south - north) + 1 for west, north, east, south in map(_edges, box.parts()))
    enough = LEVEL - max(0, math.ceil(math.log2(widest / across)))
    return max(0, min(zoom + 2, enough))


def spans(box: Box, most: int = 24) -> list[Span]:
    """Return ranges of codes in order that cover the box: at most `most`, so that they cover somewhat more."""
    found: list[Span] = []
    parts = box.parts()
    for part in parts:
        found += _covering(_edges(part), most // len(parts))
    return _joined(sorted(found, key=lambda span: span.first))


def _grid(latitude: float, longitude: float) -> tuple[int, int]:
    held = math.radians(min(max(latitude, -MAX_LATITUDE), MAX_LATITUDE))
    down = (1 - math.asinh(math.tan(held)) / math.pi) / 2
    across = (longitude + 180) / 360
    return min(max(int(across * _SIDE), 0), _SIDE - 1), min(max(int(down * _SIDE), 0), _SIDE - 1)


def _edges(box: Box) -> tuple[int, int, int, int]:
    """Return the columns and rows of a box's corners: west, north, east, south."""
    return *_grid(box.north, box.west), *_grid(box.south, box.east)


def _covering(edges: tuple[int, int, int, int], most: int) -> list[Span]:
    """Divide the squares that the edge of the box runs through until there are too many."""
    whole: list[tuple[int, int, int]] = []
    cut = [(0, 0, 0)]
    while cut and cut[0][0] < LEVEL:
        divided = [part for square in cut for part in _quarters(square) if _meets(part, edges)]
        if len(divided) > DIVIDED * most:
            break
        inner = [part for part in divided if _inside(part, edges)]
        if len(_joined(sorted(map(_span, [*whole, *divided]), key=lambda span: span.first))) > most:
            break
        whole += inner
        cut = [part for part in divided if part not in set(inner)]
    return _joined(sorted(map(_span, [*whole, *cut]), key=lambda span: span.first))


def _quarters(square: tuple[int, int, int]) -> Iterator[tuple[int, int, int]]:
    level, x, y = square
    return ((level + 1, 2 * x + right, 2 * y + low) for low in (0, 1) for right in (0, 1))


def _sides(square: tuple[int, int, int]) -> tuple[int, int, int, int]:
    level, x, y = square
    shift = LEVEL - level
    return x << shift, y << shift, ((x + 1) << shift) - 1, ((y + 1) << shift) - 1


def _meets(square: tuple[int, int, int], edges: tuple[int, int, int, int]) -> bool:
    west, north, east, south = _sides(square)
    return west <= edges[2] and edges[0] <= east and north <= edges[3] and edges[1] <= south


def _inside(square: tuple[int, int, int], edges: tuple[int, int, int, int]) -> bool:
    west, north, east, south = _sides(square)
    return edges[0] <= west and east <= edges[2] and edges[1] <= north and south <= edges[3]


def _span(square: tuple[int, int, int]) -> Span:
    level, x, y = square
    shift = 2 * (LEVEL - level)
    code = _spread(x) | _spread(y) << 1
    return Span(code << shift, (code + 1) << shift)


def _joined(spans_in_order: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans_in_order:
        if joined and span.first <= joined[-1].beyond:
            joined[-1] = Span(joined[-1].first, max(joined[-1].beyond, span.beyond))
        else:
            joined.append(span)
    return joined


def _place(code: int) -> tuple[int, int]:
    """Return the column and row of a code."""
    return _gather(code), _gather(code >> 1)


def _longitude(x: float) -> float:
    return x / _SIDE * 360 - 180


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / _SIDE))))


def _gather(code: int) -> int:
    """Return every second bit of the code, the reverse of _spread()."""
    code &= 0x5555555555555555
    for shift, mask in (
        (1, 0x3333333333333333),
        (2, 0x0F0F0F0F0F0F0F0F),
        (4, 0x00FF00FF00FF00FF),
        (8, 0x0000FFFF0000FFFF),
        (16, 0x00000000FFFFFFFF),
    ):
        code = (code | code >> shift) & mask
    return code


def _spread(number: int) -> int:
    """Return the number with a zero between every two of its bits."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        number = (number | number << shift) & mask
    return number
