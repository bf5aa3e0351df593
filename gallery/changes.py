"""The change feed: what in a person's library was made, changed, binned or deleted, in the order of its last change.

Each thing stands in it once, at its last change, so that the feed is as long as the library and never longer. Nothing
writes it: it is read from the rows themselves, and from the tombstones of those that are gone.
"""

import heapq
import struct
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from gallery.errors import GalleryError
from gallery.models import Album, Image, ShareLink, Tombstone, User
from photosky import database

# A change is dated when it is made and seen when its transaction ends, so that changes appear out of order: one that was
# dated before a cursor may be committed after the cursor was read. Nothing younger than this is told, because by then
# whatever was dated so early has ended: a request is cut off after 29 s, SQLite waits 20 s for its one writer, and no
# transaction of ours writes more than 500 rows.
LAG = timedelta(seconds=30)
# Where nothing has changed the cursor follows at this distance, so that it never becomes too old by itself; the
# distance costs nothing, for nothing lies within it.
TRAIL = timedelta(hours=1)
# How long it is remembered what is gone. A cursor that is older has to begin again.
KEPT = timedelta(days=90)
# Rows go a while after cursors, so that none is missing under a cursor that was just in time.
FORGOTTEN_AFTER = KEPT + timedelta(days=1)
MAX_LIMIT = 500
LAST_ID = uuid.UUID(int=2**128 - 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PACKED = struct.Struct(">Bq16s")
_VERSION = 1

Kind = Tombstone.Kind


class Change(StrEnum):
    """What became of a thing since the reader asked last."""

    CREATED = "created"
    CHANGED = "changed"
    BINNED = "binned"
    GONE = "gone"


class InvalidCursor(GalleryError):
    """No feed gave this cursor."""

    code = "invalid_cursor"


class CursorTooOld(GalleryError):
    """So much time has passed that it is not known any more what is gone."""

    code = "cursor_too_old"
    status = 410


class Cursor(NamedTuple):
    """A place in the feed: all that is not after it was read."""

    at: datetime
    key: uuid.UUID

    def __str__(self) -> str:
        packed = _PACKED.pack(_VERSION, (self.at - EPOCH) // timedelta(microseconds=1), self.key.bytes)
        return urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Return the cursor that a client sends back. Raises InvalidCursor."""
        try:
            version, moment, key = _PACKED.unpack(urlsafe_b64decode(text.encode("ascii") + b"=="))
            cursor = cls(EPOCH + timedelta(microseconds=moment), uuid.UUID(bytes=key))
        except (ValueError, OverflowError, struct.error) as error:
            raise _invalid() from error
        # One way of writing each, so that what was altered is noticed.
        if version != _VERSION or str(cursor) != text:
            raise _invalid()
        return cursor


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of the library, and what became of it last."""

    kind: Tombstone.Kind
    key: uuid.UUID
    change: Change
    at: datetime
    place: uuid.UUID

    @property
    def cursor(self) -> Cursor:
        """The place of the entry in the feed."""
        return Cursor(self.at, self.place)


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in their order, where to go on, and whether there are more to be had at once."""

    entries: list[Entry]
    cursor: Cursor
    has_more: bool


def beginning(now: datetime | None = None) -> Cursor:
    """Return the cursor after which all is new to whoever lists the library now."""
    return Cursor((now or timezone.now()) - LAG, LAST_ID)


def since(owner: User, cursor: Cursor, limit: int = 100, now: datetime | None = None) -> Page:
    """Return what changed in the owner's library after the cursor, the oldest change first. Raises CursorTooOld."""
    now = now or timezone.now()
    if cursor.at < now - KEPT:
        raise CursorTooOld(
            f"This cursor is older than {KEPT.days} days, and what was deleted since is not known any more: "
            "ask for a new cursor, list everything again, and delete what is not listed."
        )
    found = list(islice(_merged(owner, cursor, now - LAG, limit + 1), limit + 1))
    entries, has_more = found[:limit], len(found) > limit
    last = entries[-1].cursor if entries else cursor
    onward = last if has_more else max(last, Cursor(now - TRAIL, LAST_ID))
    return Page(entries, onward, has_more)


def oldest_since(owner: User, cursor: Cursor, now: datetime | None = None) -> datetime | None:
    """Return when the first change after the cursor was made, told yet or not; None where nothing has changed."""
    now = now or timezone.now()
    firsts = [
        source.after(owner, cursor, now).order_by(source.dated).values_list(source.dated, flat=True).first()
        for source in _SOURCES
    ]
    return min((first for first in firsts if first is not None), default=None)


def forget_gone(now: datetime | None = None) -> int:
    """Delete tombstones that no cursor needs any more, at most 500. Returns how many."""
    old = Tombstone.objects.filter(gone_at__lt=(now or timezone.now()) - FORGOTTEN_AFTER)
    chosen = list(old.order_by("gone_at", "id").values_list("pk", flat=True)[:MAX_LIMIT])
    return database.delete(Tombstone.objects.filter(pk__in=chosen)) if chosen else 0


def _merged(owner: User, cursor: Cursor, until: datetime, most: int) -> Iterator[Entry]:
    lists = [source.entries(owner, cursor, until, most) for source in _SOURCES]
    return heapq.merge(*lists, key=lambda entry: entry.cursor)


@dataclass(frozen=True, slots=True)
class _Source:
    """A table of the feed: its rows, the column that dates a row's last change, and what else an entry is made of."""

    rows: Callable[[User], QuerySet[Any]]
    dated: str
    columns: tuple[str, ...]
    entry: Callable[[Cursor, datetime, uuid.UUID, Any], Entry]

    def after(self, owner: User, cursor: Cursor, until: datetime) -> QuerySet[Any]:
        """Return the rows after the cursor; written so that both engines answer from the index (ImageQuerySet.before)."""
        later = Q(**{f"{self.dated}__gt": cursor.at}) | Q(id__gt=cursor.key)
        bounds = {f"{self.dated}__gte": cursor.at, f"{self.dated}__lte": until}
        return self.rows(owner).filter(**bounds).filter(later)

    def entries(self, owner: User, cursor: Cursor, until: datetime, most: int) -> list[Entry]:
        """Return the first entries after the cursor, in their order."""
        rows = self.after(owner, cursor, until).order_by(self.dated, "id")
        return [
            self.entry(cursor, at, key, more)
            for at, key, *more in rows.values_list(self.dated, "id", *self.columns)[:most]
        ]


def _of_image(cursor: Cursor, at: datetime, key: uuid.UUID, more: Any) -> Entry:
    created_at, binned_at = more
    change = Change.BINNED if binned_at else _made_or_changed(cursor, created_at, key)
    return Entry(Kind.IMAGE, key, change, at, key)


def _of_album(cursor: Cursor, at: datetime, key: uuid.UUID, more: Any) -> Entry:
    return Entry(Kind.ALBUM, key, _made_or_changed(cursor, more[0], key), at, key)


def _of_link(cursor: Cursor, at: datetime, key: uuid.UUID, more: Any) -> Entry:
    return Entry(Kind.SHARE_LINK, key, _made_or_changed(cursor, more[0], key), at, key)


def _of_tombstone(_cursor: Cursor, at: datetime, key: uuid.UUID, more: Any) -> Entry:
    kind, thing = more
    return Entry(Kind(kind), thing, Change.GONE, at, key)


def _made_or_changed(cursor: Cursor, created_at: datetime, key: uuid.UUID) -> Change:
    return Change.CREATED if (created_at, key) > cursor else Change.CHANGED


def _invalid() -> InvalidCursor:
    return InvalidCursor("since: no feed gave this. Leave it out to get a cursor to begin with.")


# What a guest brought is in the library when its owner has approved it.
_SOURCES = (
    _Source(
        lambda owner: Image.objects.owned_by(owner).filter(held_at=None),
        "updated_at",
        ("created_at", "binned_at"),
        _of_image,
    ),
    _Source(Album.objects.owned_by, "updated_at", ("created_at",), _of_album),
    _Source(ShareLink.objects.owned_by, "updated_at", ("created_at",), _of_link),
    _Source(lambda owner: Tombstone.objects.filter(owner=owner), "gone_at", ("kind", "thing"), _of_tombstone),
)
