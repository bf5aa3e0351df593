"""Places in a list that a person arranges: whatever is moved, the others keep their order, and few rows are written."""

import uuid
from typing import Any

from django.db.models import F, QuerySet

from gallery.models import Album, AlbumImage
from gallery.models.albums import CHUNK
from photosky.database import atomic_retry

# How far apart places are made where there is no room between two: the next moves to there write one row each.
GAP = 1024
ATTEMPTS = 5
Rows = QuerySet[Any, Any]


def put_before(rows: Rows, key: uuid.UUID, target: uuid.UUID | None) -> None:
    """Move one row to before another, or to the end where there is none. What is not in the list changes nothing.

    `rows` is the whole list in its order, of which `position` is the first part.
    """
    for _ in range(ATTEMPTS):
        if key == target or _put(rows, key, target):
            return
        _make_room(rows.exclude(pk=key), target)


def put_at(rows: Rows, shown: Rows, key: uuid.UUID, place: int) -> None:
    """Move one row to the place, counted from 1, among the rows that are shown."""
    start = max(place, 1) - 1
    target = shown.exclude(pk=key).values_list("pk", flat=True)[start : start + 1]
    put_before(rows, key, next(iter(target), None))


def step(rows: Rows, shown: Rows, key: uuid.UUID, by: int) -> None:
    """Move one row by so many places among the rows that are shown; beyond the first is the first."""
    here = place_of(shown, key)
    if here:
        put_at(rows, shown, key, here + by)


def place_of(rows: Rows, key: uuid.UUID) -> int:
    """Return the place of a row, counted from 1; 0 for one that is not in the list."""
    position = rows.filter(pk=key).values_list("position", flat=True).first()
    if position is None:
        return 0
    equals = list(rows.filter(position=position).values_list("pk", flat=True))
    return int(rows.filter(position__lt=position).order_by().count()) + equals.index(key) + 1


@atomic_retry
def _put(rows: Rows, key: uuid.UUID, target: uuid.UUID | None) -> bool:
    """Write the row's new position. Returns False where there is no room for it."""
    others = rows.exclude(pk=key)
    if target is None:
        last = others.reverse().values_list("position", flat=True).first()
        _move(rows, key, 0 if last is None else last + 1)
        return True
    place = others.filter(pk=target).values_list("position", flat=True).first()
    if place is None:
        return True
    equals = list(others.filter(position=place).values_list("pk", flat=True)[:2])
    before = others.filter(position__lt=place).reverse().values_list("position", flat=True).first()
    lowest = place - 2 * GAP if before is None else before
    if equals[0] != target or place - lowest < 2:
        return False
    _move(rows, key, (lowest + place) // 2)
    return True


def _move(rows: Rows, key: uuid.UUID, position: int) -> None:
    rows.filter(pk=key).order_by().update(position=position)
    if rows.model is AlbumImage:
        Album.objects.filter(entries=key).touch()
    elif rows.model is Album:
        Album.objects.filter(pk=key).touch()


def _make_room(others: Rows, target: uuid.UUID | None) -> None:
    """Move the target and all that follows away, the last rows first: so their order holds at every moment."""
    place = others.filter(pk=target).values_list("position", flat=True).first()
    if place is None:
        return
    keys = list(others.filter(position__gte=place).values_list("pk", flat=True))
    following = keys[keys.index(target) :] if target in keys else []
    for end in range(len(following), 0, -CHUNK):
        _shift(others.model, following[max(end - CHUNK, 0) : end])


@atomic_retry
def _shift(model: Any, keys: list[uuid.UUID]) -> None:
    model.objects.filter(pk__in=keys).update(position=F("position") + GAP)
