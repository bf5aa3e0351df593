"""Keyset pages: a page begins where another ended, so that the millionth photo costs what the first one does."""

import binascii
import struct
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from django.http import Http404, QueryDict

from gallery.models import Image, ImageQuerySet

PAGE_SIZE = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = struct.Struct(">q16s")
T = TypeVar("T")


class Cursor(NamedTuple):
    """A place in an ordered list: the number that orders it, then the key that breaks ties."""

    place: int
    key: uuid.UUID

    def __str__(self) -> str:
        return urlsafe_b64encode(_PLACE.pack(self.place, self.key.bytes)).decode()

    @property
    def moment(self) -> datetime:
        """The place read as microseconds since 1970; Http404 where no calendar reaches."""
        try:
            return EPOCH + timedelta(microseconds=self.place)
        except OverflowError as error:
            raise Http404("There is no such page: the link to it is damaged.") from error


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of rows, and the query strings of its neighbours ("" where there is none)."""

    rows: Sequence[T]
    newer: str = ""
    older: str = ""


def at(moment: datetime, key: uuid.UUID) -> Cursor:
    """Return the place of a row that is ordered by a time."""
    return Cursor((moment - EPOCH) // timedelta(microseconds=1), key)


def from_the(image: Image) -> str:
    """Return the query string of the page that begins with this photo."""
    return f"?before={Cursor(_of_image(image).place, uuid.UUID(int=image.pk.int + 1))}"


def up_to_the(image: Image) -> str:
    """Return the query string of the page that ends with this photo."""
    return f"?after={Cursor(_of_image(image).place, uuid.UUID(int=image.pk.int - 1))}"


def read(text: str) -> Cursor:
    """Return the place that a query string names; Http404 where it was damaged on its way."""
    try:
        place, key = _PLACE.unpack(urlsafe_b64decode(text.encode("ascii")))
    except (ValueError, binascii.Error, struct.error) as error:
        raise Http404("There is no such page: the link to it is damaged.") from error
    return Cursor(place, uuid.UUID(bytes=key))


def timeline(images: ImageQuerySet, query: QueryDict) -> Page[Image]:
    """Return a page of photos, newest first, at the place that `before` or `after` names."""
    images = images.defer("metadata")
    if "after" in query:
        place = read(query.get("after", ""))
        rows = list(images.after(place.moment, place.key).oldest_first()[: PAGE_SIZE + 1])
        more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE][::-1]
        return _page(rows, _of_image, newer=more, older=True)
    if "before" in query:
        place = read(query.get("before", ""))
        images = images.before(place.moment, place.key)
    rows = list(images.newest_first()[: PAGE_SIZE + 1])
    return _page(rows[:PAGE_SIZE], _of_image, newer="before" in query, older=len(rows) > PAGE_SIZE)


def onward(rows: Sequence[T], place_of: Callable[[T], Cursor], size: int = PAGE_SIZE) -> Page[T]:
    """Return a page of at most `size` rows that only leads on; one row more tells that there is a next."""
    return _page(rows[:size], place_of, newer=False, older=len(rows) > size)


def _page(rows: Sequence[T], place_of: Callable[[T], Cursor], *, newer: bool, older: bool) -> Page[T]:
    if not rows:
        return Page(rows)
    return Page(
        rows,
        newer=f"?after={place_of(rows[0])}" if newer else "",
        older=f"?before={place_of(rows[-1])}" if older else "",
    )


def _of_image(image: Image) -> Cursor:
    return at(image.taken_at, image.pk)
