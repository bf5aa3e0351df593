"""One made-up library: its events in the order of time, and of each event its photos, as plain values of columns."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gallery.places import cells
from gallery.seeding.vocabulary import CAMERAS, EVENTS, RARE, TAGS, TITLES, TOWNS, Camera, Town

FIRST_YEAR = 2004
# How many photos an event may have, and how often as many.
SIZES, WEIGHTS = (1, 4, 12, 30, 80, 250), (30, 30, 20, 12, 6, 2)
HOME = 0.5
# What of a hundred events or photos is so.
TAGGED, IN_ALBUM, PLACED, PLACED_BY_PHONE = 0.35, 0.3, 0.45, 0.95
FAVOURITE, BEST, ARCHIVED, BINNED, TITLED, DESCRIBED, RATED = 0.04, 0.05, 0.03, 0.01, 0.03, 0.01, 0.05
RARELY = 0.0001
VIDEO, ANIMATION, BURST, SHARE_ALIKE = 0.05, 0.003, 0.02, 0.005
MOST_IN_BURST = 8


@dataclass(slots=True)
class Event:
    """Photos of one place and time; `album` is its title where its owner made one of them."""

    town: Town
    camera: Camera
    tags: tuple[str, ...]
    album: str
    photos: int
    begins: datetime
    placed: bool


class Shot(NamedTuple):
    """What is particular about one photo. `burst` is the place in one, from 1, or 0."""

    taken: datetime
    latitude: float | None
    longitude: float | None
    cell: int | None
    kind: str
    title: str
    description: str
    rating: int | None
    burst: int
    favourite: bool
    best: bool
    archived: bool
    binned: bool
    alike: bool


@dataclass(slots=True)
class Library:
    """The photos of one person: so many, spread over the years until `now`, more of them in the later ones."""

    photos: int
    now: datetime
    chance: random.Random
    made: int = 0
    home: Town = field(init=False)
    begins: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.home = self.chance.choice(TOWNS[:7])
        self.begins = datetime(FIRST_YEAR + self.chance.randrange(3), 1, 1, tzinfo=UTC)

    @property
    def left(self) -> int:
        """How many photos are still to be made."""
        return self.photos - self.made

    def event(self) -> Event:
        """Return the next event in the order of time."""
        chance = self.chance
        passed = self.made / self.photos
        camera = CAMERAS[min(int(passed * len(CAMERAS)) + chance.choice((0, 0, 0, -1)), len(CAMERAS) - 1)]
        town = self.home if chance.random() < HOME else chance.choice(TOWNS)
        tagged = chance.random() < TAGGED
        begins = self.begins + (self.now - timedelta(days=12) - self.begins) * passed**0.7
        return Event(
            town,
            camera,
            tuple(sorted(chance.sample(TAGS, chance.randint(1, 3)))) if tagged else (),
            f"{chance.choice(EVENTS)} {town.name} {begins.year}" if chance.random() < IN_ALBUM else "",
            min(self.left, chance.choices(SIZES, WEIGHTS)[0] + chance.randrange(3)),
            begins,
            camera.phone or chance.random() < PLACED,
        )

    def shots(self, event: Event) -> Iterator[Shot]:
        """Yield the photos of the event, in the order in which they were taken."""
        chance, draw = self.chance, self.chance.random
        taken, burst = event.begins + timedelta(seconds=chance.randrange(80_000)), 0
        for _ in range(event.photos):
            self.made += 1
            if burst and burst < MOST_IN_BURST and draw() < 0.7:
                burst += 1
                taken += timedelta(milliseconds=chance.randint(90, 400))
            else:
                burst = 1 if draw() < BURST and event.photos > 1 else 0
                taken += timedelta(seconds=chance.randint(2, 900))
            yield self._shot(event, taken, burst)

    def _shot(self, event: Event, taken: datetime, burst: int) -> Shot:
        chance, draw = self.chance, self.chance.random
        latitude = longitude = cell = None
        if event.placed and draw() < PLACED_BY_PHONE:
            latitude = round(event.town.latitude + chance.gauss(0, 0.03), 6)
            longitude = round(event.town.longitude + chance.gauss(0, 0.04), 6)
            cell = cells.cell(latitude, longitude)
        kind = draw()
        return Shot(
            taken,
            latitude,
            longitude,
            cell,
            "photo" if burst or kind > VIDEO else "animation" if kind < ANIMATION else "video",
            self._title(),
            f"{chance.choice(TITLES)}, {event.town.name}." if draw() < DESCRIBED else "",
            chance.randint(1, 5) if draw() < RATED else None,
            burst,
            draw() < FAVOURITE,
            draw() < BEST,
            draw() < ARCHIVED and not burst,
            draw() < BINNED and not burst,
            draw() < SHARE_ALIKE and not burst,
        )

    def _title(self) -> str:
        chance = self.chance
        if chance.random() < RARELY:
            return f"The {chance.choice(RARE)}"
        return chance.choice(TITLES) if chance.random() < TITLED else ""


def sizes(images: int, people: int) -> list[int]:
    """Return how many photos each person has: the second half as many as the first, the third a third, and so on."""
    shares = [1 / place for place in range(1, people + 1)]
    found = [int(images * share / sum(shares)) for share in shares]
    found[0] += images - sum(found)
    return found
