"""What is done with many photos at once, by their owner. Pages and API call the same functions.

Each takes at most LIMIT ids and answers for every one of them: done, or not found, which is said of what is not there
and of what is somebody else's alike.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import access, albums, audit, tags
from gallery import bin as photo_bin
from gallery.errors import GalleryError
from gallery.imaging import YEARS
from gallery.models import Album, Image, ImageQuerySet, User
from gallery.places import naming
from gallery.search import index
from photosky.database import atomic_retry

# As many rows as one transaction may change on every engine.
LIMIT = 500
TIME_FIELDS = ("taken_at", "taken_offset_minutes", "taken_source", "month", "updated_at")


class TooMany(GalleryError):
    """More ids than one call takes."""

    code = "too_many"
    status = 413


class NoSuchTime(GalleryError):
    """A photo would come to lie where no calendar reaches."""

    code = "no_such_time"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of each id, in the order in which they were given."""

    done: Sequence[uuid.UUID]
    missing: Sequence[uuid.UUID] = ()


def check_size(ids: Collection[object]) -> None:
    """Raise TooMany where one call cannot take so many."""
    if len(ids) > LIMIT:
        raise TooMany(
            _("%(count)s photos are too many at once: send at most %(limit)s, then the next ones.")
            % {"count": len(ids), "limit": LIMIT}
        )


def chosen(user: User, ids: Iterable[uuid.UUID]) -> Outcome:
    """Tell which of the ids are the user's own photos. Raises TooMany."""
    keys = list(dict.fromkeys(ids))
    check_size(keys)
    own = set(access.images_changeable_by(user).filter(pk__in=keys).values_list("pk", flat=True))
    return _outcome(keys, own)


def add_to_album(user: User, ids: Iterable[uuid.UUID], album: Album) -> Outcome:
    """Put photos at the end of an album. Raises Http404 for an album to which the user may not add."""
    found = chosen(user, ids)
    albums.add(access.contributable_album(user, album.pk), found.done, by=user)
    index.refresh(found.done)
    return found


def remove_from_album(user: User, ids: Iterable[uuid.UUID], album: Album) -> Outcome:
    """Take photos out of an album, those of others included where the user may; they stay in the library."""
    keys = list(dict.fromkeys(ids))
    check_size(keys)
    removable = access.entries_removable_by(user, album).filter(image_id__in=keys)
    inside = set(removable.values_list("image_id", flat=True))
    found = _outcome(keys, inside)
    albums.withdraw(user, album, found.done)
    index.refresh(found.done)
    return found


def add_tags(user: User, ids: Iterable[uuid.UUID], names: Iterable[str]) -> Outcome:
    """Put tags on photos, making those that are missing. Raises tags.InvalidTag."""
    found = chosen(user, ids)
    tags.add(user, found.done, names, noted=True)
    index.refresh(found.done)
    return found


def remove_tags(user: User, ids: Iterable[uuid.UUID], names: Iterable[str]) -> Outcome:
    """Take tags off photos; what does not carry them stays as it is."""
    found = chosen(user, ids)
    tags.remove(user, found.done, names, noted=True)
    index.refresh(found.done)
    return found


def favourite(user: User, ids: Iterable[uuid.UUID], *, on: bool = True) -> Outcome:
    """Mark photos as favourites, or no longer."""
    found = chosen(user, ids)
    _images(found).update(is_favorite=on, updated_at=timezone.now())
    return found


def archive(user: User, ids: Iterable[uuid.UUID], *, on: bool = True) -> Outcome:
    """Keep photos out of the timeline, or show them there again; what is archived already keeps its date."""
    found = chosen(user, ids)
    _archive(_images(found), on=on)
    return found


def to_bin(user: User, ids: Iterable[uuid.UUID]) -> Outcome:
    """Put photos into the bin, from which `restore` takes them back."""
    found = chosen(user, ids)
    photo_bin.put(_images(found))
    return found


def restore(user: User, ids: Iterable[uuid.UUID]) -> Outcome:
    """Take photos out of the bin, into the library and the albums they were in."""
    found = chosen(user, ids)
    photo_bin.restore(_images(found))
    return found


def set_time(user: User, ids: Iterable[uuid.UUID], local: datetime) -> Outcome:
    """Let photos be taken at this time by the clocks of the place; each keeps its offset from UTC."""
    return _retime(user, ids, lambda _image: local.replace(tzinfo=None))


def shift_time(user: User, ids: Iterable[uuid.UUID], minutes: int) -> Outcome:
    """Let photos be taken so many minutes later, or earlier: a clock that was wrong is put right."""
    return _retime(user, ids, lambda image: image.taken_at + timedelta(minutes=minutes))


def set_place(
    user: User,
    ids: Iterable[uuid.UUID],
    *,
    place: str | None = None,
    position: tuple[float, float] | None = None,
) -> Outcome:
    """Say where photos were taken: a name, a position in degrees of WGS 84, or both. What is None stays."""
    found = chosen(user, ids)
    _write_place(found, place, position)
    return found


@atomic_retry
def _archive(images: ImageQuerySet, *, on: bool) -> None:
    now = timezone.now()
    rows = images.filter(archived_at=None) if on else images.exclude(archived_at=None)
    owners = dict(rows.values_list("pk", "owner_id"))
    Image.objects.filter(pk__in=owners).update(archived_at=now if on else None, updated_at=now)
    audit.note_photos("photo.archived" if on else "photo.unarchived", owners)


@atomic_retry
def _write_place(found: Outcome, place: str | None, position: tuple[float, float] | None) -> None:
    rows, now = _images(found), timezone.now()
    if place is not None:
        # Emptied: the gazetteer may name the place again.
        rows.update(place=place or None, place_by_person=True if place else None, updated_at=now)
    if position is not None:
        there = Image(latitude=position[0], longitude=position[1])
        naming.locate(there)
        # The camera's height belongs to the camera's place.
        rows.update(
            latitude=position[0], longitude=position[1], altitude_m=None, cell=there.cell, updated_at=now
        )
        unnamed = rows.filter(Q(place_by_person=None) | Q(place_by_person=False))
        unnamed.update(place=there.place, region=there.region, country=there.country)
    elif not place:
        naming.fill(found.done)
    index.refresh(found.done)
    fields = [name for name, value in (("place", place), ("position", position)) if value is not None]
    audit.note_photos("photo.changed", rows.only("pk", "owner_id"), fields=fields)


def _retime(user: User, ids: Iterable[uuid.UUID], moment_of: Callable[[Image], datetime]) -> Outcome:
    found = chosen(user, ids)
    _write_times(found.done, moment_of)
    return found


@atomic_retry
def _write_times(keys: Sequence[uuid.UUID], moment_of: Callable[[Image], datetime]) -> None:
    images = list(Image.objects.filter(pk__in=keys).only("owner_id", *TIME_FIELDS))
    now = timezone.now()
    for image in images:
        try:
            image.set_taken(moment_of(image), image.taken_offset_minutes, Image.TakenSource.PERSON)
        except OverflowError as error:
            raise _no_such_time() from error
        if image.taken_local.year not in YEARS:
            raise _no_such_time()
        image.updated_at = now
    Image.objects.bulk_update(images, TIME_FIELDS)
    audit.note_photos("photo.changed", images, fields=["taken_at"])


def _no_such_time() -> NoSuchTime:
    return NoSuchTime(
        _("A photo would be taken outside the years %(first)s to %(last)s: choose another time.")
        % {"first": YEARS[0], "last": YEARS[-1]}
    )


def _images(found: Outcome) -> ImageQuerySet:
    return Image.objects.filter(pk__in=found.done)


def _outcome(keys: Sequence[uuid.UUID], own: Collection[uuid.UUID]) -> Outcome:
    return Outcome([key for key in keys if key in own], [key for key in keys if key not in own])
