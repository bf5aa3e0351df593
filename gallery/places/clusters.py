"""Photos on the map: clusters of those in a box, and the photos of a box themselves. Only ever one user's own."""

import math
import operator
from dataclasses import dataclass
from functools import reduce

from django.db.models import Avg, Count, F, Max, Min, Q, Value
from django.db.models.functions import Mod

from gallery import access
from gallery.errors import GalleryError
from gallery.models import ImageQuerySet, User
from gallery.places import cells
from gallery.places.cells import Box

# At most this many squares side by side, so that an answer is bounded whatever is asked.
ACROSS = 24
MAX_ZOOM = 22
# From so many on, the newest of a box are found sooner by reading the library from its newest photo on.
FEW = 4_000


class InvalidBox(GalleryError):
    """The box or the zoom cannot be understood."""

    code = "invalid_bbox"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Photos that lie close together: how many, their middle, the box around them, and the one place of all, if any."""

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
    """Return the user's photos in the box, in squares of a quarter of a tile's side, the largest clusters first."""
    shift = 4 ** (cells.LEVEL - cells.level_for(box, zoom, ACROSS))
    rows = (
        access.timeline_of(user)
        .filter(_inside(box), _exactly(box))
        .annotate(square=F("cell") - Mod(F("cell"), Value(shift)))
        .values("square")
        .order_by()
        .annotate(
            count=Count("pk"), latitude__avg=Avg("latitude"), longitude__avg=Avg("longitude"),
            west=Min("longitude"), south=Min("latitude"), east=Max("longitude"), north=Max("latitude"),
            place_first=Min("place"), place_last=Max("place"),
            country_first=Min("country"), country_last=Max("country"),
        )
    )  # fmt: skip
    found = [
        Cluster(
            count=row["count"],
            latitude=row["latitude__avg"],
            longitude=row["longitude__avg"],
            box=Box(row["west"], row["south"], row["east"], row["north"]),
            place=_common(row["place_first"], row["place_last"]),
            country=_common(row["country_first"], row["country_last"]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda cluster: -cluster.count)


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
    return reduce(operator.or_, (Q(cell__gte=span.first, cell__lt=span.beyond) for span in spans))


def _exactly(box: Box) -> Q:
    where = Q()
    for west, south, east, north in box.parts():
        where |= Q(longitude__gte=west, longitude__lte=east, latitude__gte=south, latitude__lte=north)
    return where


def _common(first: str | None, last: str | None) -> str:
    return first if first and first == last else ""
