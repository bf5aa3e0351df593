"""Photos on the map: clusters of those in a box, and the photos of a box themselves. Only ever one user's own."""

import hashlib
import math
import operator
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from django.db.models import Count, F, Max, Min, Q

from gallery import access, remembered
from gallery.errors import GalleryError
from gallery.models import Image, ImageQuerySet, User
from gallery.models.images import IN_TIMELINE
from gallery.places import cells
from gallery.places.cells import Box, Span

# At most this many squares side by side, so that an answer is bounded whatever is asked.
ACROSS = 24
MAX_ZOOM = 22
# From so many photos on, what was counted is remembered, and holds for a while even if there are more meanwhile.
MANY = 20_000
MANY_KEPT_S = 120
# All photos by squares of this level, some kilometres wide, are few numbers; of them any larger squares are made.
FINEST = 13
MOST_SQUARES = 5_000
# From so many on, the newest of a box are found sooner by reading the library from its newest photo on.
FEW = 2_000


class InvalidBox(GalleryError):
    """The box or the zoom cannot be understood."""

    code = "invalid_bbox"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Photos that lie close together: how many, their middle, the box around them, and the place of one of them."""

    count: int
    latitude: float
    longitude: float
    box: Box
    place: str
    country: str


def read_box(text: str) -> Box:
    """Return the box written as west,south,east,north in degrees; raises InvalidBox."""
    message = "bbox: write west,south,east,north in degrees, for example -9.6,36.9,-6.1,42.2."
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidBox(message) from error
    box = Box(west, south, east, north)
    if not all(map(math.isfinite, box)):
        raise InvalidBox(message)
    if not (-90 <= south <= north <= 90):
        raise InvalidBox("bbox: south and north lie between -90 and 90, south first.")
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise InvalidBox(
            "bbox: west and east lie between -180 and 180; west is the greater across the antimeridian."
        )
    return box


def read_zoom(text: str) -> int:
    """Return the zoom of the map; raises InvalidBox."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 2 and int(text) <= MAX_ZOOM):
        raise InvalidBox(f"zoom: write a whole number from 0 to {MAX_ZOOM}.")
    return int(text)


def write_box(box: Box) -> str:
    """Return the box as read_box() takes it."""
    return ",".join(f"{number:.6f}".rstrip("0").rstrip(".") for number in box)


def clusters(user: User, box: Box, zoom: int) -> list[Cluster]:
    """Return the user's photos in the squares that the box touches, the largest clusters first.

    Four squares lie along a tile's side. All that is asked of the photos stands in an index; where they are, too.
    """
    level = cells.level_for(box, zoom, ACROSS)
    shift = 2 * (cells.LEVEL - level)
    seen = [row for row in _counted(user, box, shift) if cells.touches(row[0] << shift, level, box)]
    names = _names(user, [first for _, _, first, _ in seen])
    found = [
        Cluster(
            count,
            *cells.middle(first, last),
            _extent(square << shift, level, first, last),
            *names.get(first, ("", "")),
        )
        for square, count, first, last in seen
    ]
    return sorted(found, key=lambda cluster: -cluster.count)


def _counted(user: User, box: Box, shift: int) -> list[tuple[int, int, int, int]]:
    """Return each square that has photos in or near the box: how many, and the first and the last of their cells.

    Where nothing has changed for a while, squares that are large enough are put together of those of the whole library.
    Else maps of the world, on which most of a large library lies, are asked for again and again, at a few widths: what was
    counted there is remembered until something changes, and while photos keep coming for some time longer.
    """
    finest = 2 * (cells.LEVEL - FINEST)
    if shift >= finest:
        every = remembered.while_unchanged(user, "squares", lambda: _squares(user, finest))
        if every:
            near = cells.spans(box)
            return [row for row in _together(every, shift - finest) if _overlaps(row[0], shift, near)]
    spans = [(span.first, span.beyond) for span in cells.spans(box)]
    return remembered.or_counted(
        user,
        f"map:{shift}:{hashlib.sha256(repr(spans).encode()).hexdigest()}",
        lambda: _count(user, box, shift),
        is_worth_it=lambda rows: sum(count for _, count, _, _ in rows) >= MANY,
        at_least_s=MANY_KEPT_S,
    )


def _squares(user: User, shift: int) -> list[tuple[int, int, int, int]]:
    """Return the squares of the whole library; none where they are too many to be gone through for each box."""
    found = _by_square(Image.objects.owned_by(user).filter(cell__gte=0), shift, MOST_SQUARES + 1)
    return [] if len(found) > MOST_SQUARES else found


def _together(squares: list[tuple[int, int, int, int]], shift: int) -> list[tuple[int, int, int, int]]:
    """Return the larger squares that smaller ones lie in."""
    found: dict[int, tuple[int, int, int, int]] = {}
    for square, count, first, last in squares:
        around = square >> shift
        _, others, lowest, highest = found.get(around, (around, 0, first, last))
        found[around] = (around, others + count, min(lowest, first), max(highest, last))
    return list(found.values())


def _overlaps(square: int, shift: int, spans: Sequence[Span]) -> bool:
    """Return whether a square has a cell in common with the spans, which stand in order."""
    before = bisect_left(spans, (square + 1) << shift, key=lambda span: span.first)
    return before > 0 and spans[before - 1].beyond > square << shift


def _count(user: User, box: Box, shift: int) -> list[tuple[int, int, int, int]]:
    return _by_square(Image.objects.owned_by(user).filter(_inside(box)), shift)


def _by_square(near: ImageQuerySet, shift: int, most: int | None = None) -> list[tuple[int, int, int, int]]:
    """Count by squares. What is in the timeline is asked inside: beside, it might lead a planner to another index."""
    counted = (
        near.order_by()
        .annotate(square=F("cell").bitrightshift(shift))
        .values_list("square")
        .annotate(
            count=Count("cell", filter=IN_TIMELINE),
            first=Min("cell", filter=IN_TIMELINE),
            last=Max("cell", filter=IN_TIMELINE),
        )[:most]
    )
    return [row for row in counted if row[1]]


def _extent(square: int, level: int, first: int, last: int) -> Box:
    """Return the box around a cluster: that of its square, or the spot at which all of it lies."""
    if first == last:
        return cells.bounds(first, cells.LEVEL)
    return cells.bounds(square, level)


def _names(user: User, codes: list[int]) -> dict[int, tuple[str, str]]:
    """Return place and country of a photo at each of the cells."""
    there = Image.objects.owned_by(user).filter(cell__in=codes).order_by().values_list("cell")
    # One row for each cell, however many photos were taken there.
    rows = there.annotate(
        a_place=Max("place", filter=IN_TIMELINE), a_country=Max("country", filter=IN_TIMELINE)
    )
    return {code or 0: (place or "", country or "") for code, place, country in rows}


def in_box(user: User, box: Box) -> ImageQuerySet:
    """Return the user's photos in the box, in no order."""
    images = access.timeline_of(user)
    near = images.filter(_inside(box)).order_by().values_list("pk", flat=True)[:FEW]
    keys = list(near)
    if len(keys) < FEW:
        return images.filter(_exactly(box), pk__in=keys)
    return images.filter(_exactly(box))


def _inside(box: Box) -> Q:
    """Return the condition that the index by cells answers; it lets through a little more than the box."""
    spans = cells.spans(box)
    if spans == [cells.Span(0, 4**cells.LEVEL)]:
        return Q(cell__gte=0)
    # SQLite reads no index by ranges of which one must hold, but it does between the first and the last.
    around = Q(cell__gte=spans[0].first, cell__lt=spans[-1].beyond)
    return around & reduce(operator.or_, (Q(cell__gte=span.first, cell__lt=span.beyond) for span in spans))


def _exactly(box: Box) -> Q:
    where = Q()
    for west, south, east, north in box.parts():
        where |= Q(longitude__gte=west, longitude__lte=east, latitude__gte=south, latitude__lte=north)
    return where
