"""The places of a library as lists: countries with their photos, and the places of a country. Only one user's own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import CharField, Count, Max, Q
from django.db.models.functions import Cast

from gallery import access, remembered
from gallery.models import Image, ImageQuerySet, User
from gallery.places import countries

# The country of places that a person named without one.
NOWHERE = "other"
FEW = 2_000
# Of the photos of a place, the one that arrived last is its cover: ids are in the order of arrival.
_LAST = Max(Cast("pk", CharField()))


@dataclass(frozen=True, slots=True)
class Entry:
    """A country or a place: its code or name, how many photos, and the one that stands for it."""

    key: str
    count: int
    cover: Image | None


def countries_of(user: User) -> list[Entry]:
    """Return the countries in which the user's photos were taken, by their names."""
    entries = _entries(user, remembered.or_counted(user, "countries", lambda: _by_country(user)))
    return sorted(entries, key=lambda entry: (entry.key == NOWHERE, countries.name(entry.key)))


def _by_country(user: User) -> list[tuple[str, int, str]]:
    rows = _named(user).values("country").order_by().annotate(count=Count("pk"), last=_LAST)
    return [(row["country"] or NOWHERE, row["count"], row["last"]) for row in rows]


def places_of(user: User, country: str, after: str, limit: int) -> list[Entry]:
    """Return up to `limit` places of the country by name, from the one that follows `after`."""
    named = _in_country(_named(user), country).filter(place__gt=after)
    rows = named.values("place").order_by("place").annotate(count=Count("pk"), last=_LAST)[:limit]
    return _entries(user, [(row["place"] or "", row["count"], row["last"]) for row in rows])


def photos_of(user: User, country: str, place: str = "") -> ImageQuerySet:
    """Return the user's photos of a country or one of its places, in no order."""
    images = _in_country(_named(user), country)
    if place:
        images = images.filter(place=place)
    keys = list(images.order_by().values_list("pk", flat=True)[:FEW])
    # Few are put in order; the newest of many are found sooner by reading the library from its newest photo on.
    return access.timeline_of(user).filter(pk__in=keys) if len(keys) < FEW else images


def _named(user: User) -> ImageQuerySet:
    images = access.timeline_of(user)
    return images.filter(~Q(country=None) | ~Q(place=None))


def _in_country(images: ImageQuerySet, country: str) -> ImageQuerySet:
    return images.filter(country=None if country == NOWHERE else country)


def _entries(user: User, rows: Sequence[tuple[str, int, str]]) -> list[Entry]:
    covers = _covers(user, [last for _, _, last in rows])
    return [Entry(key, count, covers.get(last.replace("-", ""))) for key, count, last in rows]


def _covers(user: User, keys: Iterable[str]) -> dict[str, Image]:
    images = access.timeline_of(user).filter(pk__in=list(keys)).defer("metadata")
    return {image.pk.hex: image for image in images}
