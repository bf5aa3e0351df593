"""Albums: making, filling, arranging and removing them, and the order of what is inside."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, Max, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import access, audit, jobs
from gallery.errors import GalleryError
from gallery.models import Album, AlbumImage, Image, Job, ShareLink, Tombstone, Upload, User
from gallery.models.albums import CHUNK
from gallery.search import index
from photosky import database
from photosky.database import atomic_retry

RENAMED = "rename"
# Gathering the words of more photos takes longer than anybody waits for a page: a job does it.
MANY = 2_000


class InsideItself(GalleryError):
    """An album would come to lie inside itself."""

    code = "inside_itself"
    status = 409


class NotInAlbum(GalleryError):
    """A cover is to be what the album does not show."""

    code = "not_in_album"


class Place(NamedTuple):
    """Where an entry stands in its album: the position or the time taken, then the key that breaks ties."""

    place: int | datetime
    key: uuid.UUID


@atomic_retry
def create(owner: User, title: str, parent: Album | None = None, description: str = "") -> Album:
    """Make an empty album after its siblings."""
    album = Album.objects.create(
        owner=owner,
        title=title,
        parent=parent,
        description=description,
        position=_next_position(owner, parent),
    )
    audit.note("album.made", album, owner=owner)
    return album


@atomic_retry
def at_path(owner: User, titles: Sequence[str]) -> Album | None:
    """Return the album at the end of a path of titles, making what is missing; None for an empty path."""
    album: Album | None = None
    for title in titles:
        found = Album.objects.owned_by(owner).filter(parent=album, title=title[:200]).in_order().first()
        album = found or create(owner, title[:200], album)
    return album


def add(album: Album, image_ids: Sequence[uuid.UUID], by: User | None = None) -> None:
    """Put images into an album, in steps that every engine can take; `by` is who brings them.

    Asks not whether they may: gallery.access does.
    """
    for chunk in _chunks(image_ids):
        _add(album, chunk, by)


def remove(album: Album, image_ids: Sequence[uuid.UUID]) -> None:
    """Take images out of an album; they stay in the library. What is not inside is passed over."""
    for chunk in _chunks(image_ids):
        _take_out(album, chunk)


def withdraw(user: User, album: Album, image_ids: Sequence[uuid.UUID]) -> int:
    """Take those of the images out of an album that the user may take out. Returns how many that were."""
    removable = access.entries_removable_by(user, album)
    allowed = [
        key
        for chunk in _chunks(image_ids)
        for key in removable.filter(image_id__in=chunk).values_list("image_id", flat=True)
    ]
    remove(album, allowed)
    return len(allowed)


def in_order(album: Album, entries: QuerySet[AlbumImage]) -> QuerySet[AlbumImage]:
    """Order entries of the album as the album shows them."""
    if album.sort == Album.Sort.OLDEST:
        return entries.order_by("image__taken_at", "image_id")
    if album.sort == Album.Sort.NEWEST:
        return entries.order_by("-image__taken_at", "-image_id")
    return entries.order_by("position", "id")


def place_of(album: Album, entry: AlbumImage) -> Place:
    """Return where the entry stands in the album's order."""
    if album.sort in {Album.Sort.OLDEST, Album.Sort.NEWEST}:
        return Place(entry.image.taken_at, entry.image_id)
    return Place(entry.position, entry.pk)


def beyond(album: Album, entries: QuerySet[AlbumImage], place: Place) -> QuerySet[AlbumImage]:
    """Return the entries that follow a place in the album's order, in that order."""
    by, key, side = _keyset(album)
    return in_order(album, _side(entries, (by, key), side, place))


def neighbours(album: Album, image: Image, user: User) -> tuple[Image | None, Image | None]:
    """Return the images before and after one in the album's order; raises Http404 where it is not in the album.

    The user may see the album: gallery.access was asked.
    """
    entries = access.entries_of(album).select_related("image").defer("image__metadata")
    here = entries.filter(image=image).first()
    if here is None or not access.role_in(user, album):
        raise Http404(access.GONE)
    place, (by, key, side) = place_of(album, here), _keyset(album)
    other = "lt" if side == "gt" else "gt"
    earlier = in_order(album, _side(entries, (by, key), other, place)).reverse().first()
    later = beyond(album, entries, place).first()
    return earlier.image if earlier else None, later.image if later else None


def is_inside(album: Album, other: Album) -> bool:
    """Return whether the album is the other one or lies somewhere inside it."""
    return other.pk in _upwards(album.pk)


def path(user: User, album: Album) -> list[Album]:
    """Return the albums around one, the outermost first, as far as the user may see them without a break."""
    found: list[Album] = []
    visible = access.albums_visible_to(user)
    above = album.parent_id
    while above is not None and (outer := visible.filter(pk=above).first()) and outer not in found:
        found.insert(0, outer)
        above = outer.parent_id
    return found


def inner(album: Album) -> list[uuid.UUID]:
    """Return the albums anywhere inside one, the nearest first."""
    found: list[uuid.UUID] = []
    level = [album.pk]
    while level := [
        key
        for chunk in _chunks(level)
        for key in Album.objects.filter(parent__in=chunk).values_list("pk", flat=True)
        if key not in found
    ]:
        found += level
    return found


def outline(owner: User, without: Album | None = None) -> list[tuple[uuid.UUID, int, str]]:
    """Return (id, depth, title) of the owner's albums as a tree is read, one album and what lies in it left out."""
    children: dict[uuid.UUID | None, list[tuple[uuid.UUID, str]]] = {}
    rows = Album.objects.owned_by(owner).in_order().values_list("pk", "parent_id", "title")
    for key, parent, title in rows:
        if without is None or key != without.pk:
            children.setdefault(parent, []).append((key, title))
    found: list[tuple[uuid.UUID, int, str]] = []
    waiting = [(key, 0, title) for key, title in reversed(children.get(None, []))]
    while waiting:
        key, depth, title = waiting.pop()
        found.append((key, depth, title))
        waiting += [(inside, depth + 1, name) for inside, name in reversed(children.get(key, []))]
    return found


@atomic_retry
def move(album: Album, parent: Album | None) -> None:
    """Put an album inside another one of its owner's, or on top. Raises InsideItself, or Http404 where one is gone."""
    if parent is not None and parent.owner_id != album.owner_id:
        raise Http404(access.GONE)
    around = _upwards(parent.pk) if parent is not None else []
    if album.pk in around:
        raise InsideItself(_("An album cannot lie inside itself."))
    # Written, though nothing changes: so of two moves at a time that would make a circle, one loses and looks again.
    touched = Album.objects.filter(pk__in=around).update(parent=F("parent"))
    if touched < len(around) or (parent is not None and not around):
        raise Http404(access.GONE)
    position = _next_position(album.owner, parent)
    values = {"parent": parent, "position": position, "updated_at": timezone.now()}
    if not Album.objects.filter(pk=album.pk).update(**values):
        raise Http404(access.GONE)
    audit.note("album.moved", album, owner=album.owner_id)
    album.parent, album.position = parent, position


def change(album: Album, **values: Any) -> None:
    """Write a new title, description, order or cover; photos are found by the title at once, many soon."""
    renamed = values.get("title", album.title) != album.title
    for name, value in values.items():
        setattr(album, name, value)
    _write(album, values)
    if not renamed:
        return
    most = database.at_most(MANY)
    images = list(_own_images(album.pk).values_list("image_id", flat=True)[: most + 1])
    if len(images) <= most:
        index.refresh(images)
    else:
        jobs.start(RENAMED, album.owner, {"album": str(album.pk)})


def gather_words(job: Job, turn: jobs.Round) -> dict[str, Any]:
    """Let the photos of an album of many be found by its new title, in steps."""
    album, last = uuid.UUID(job.payload["album"]), uuid.UUID(job.payload.get("last", uuid.UUID(int=0).hex))
    rows = _own_images(album).order_by("image_id").values_list("image_id", flat=True)
    done = int(job.payload.get("done", 0))
    while images := list(rows.filter(image_id__gt=last)[:CHUNK]):
        index.refresh(images)
        last, done = images[-1], done + len(images)
        turn.report(done, done)
        if turn.is_over:
            raise jobs.Unfinished({"album": str(album), "last": str(last), "done": done})
    return {"photos": done}


def _own_images(album: uuid.UUID) -> QuerySet[AlbumImage]:
    """Return the entries whose photos are found by the title: those of the album's owner."""
    return AlbumImage.objects.filter(album=album, image__owner=F("album__owner"))


def set_cover(album: Album, image_id: uuid.UUID | None) -> None:
    """Choose the cover among the album's photos; with None the album shows its first photo. Raises NotInAlbum."""
    if image_id is not None and not access.entries_of(album).filter(image_id=image_id).exists():
        raise NotInAlbum(_("The cover must be one of the album's photos."))
    album.cover_id = image_id
    _write(album, ["cover_id"])


def delete(album: Album) -> None:
    """Remove an album, the albums inside it and all memberships; the images stay in the library."""
    for key in [*reversed(inner(album)), album.pk]:
        inside = AlbumImage.objects.filter(album=key).values_list("image_id", flat=True)
        while images := list(inside[:CHUNK]):
            _remove(key, images)
        while uploads := list(Upload.objects.filter(album=key).values_list("pk", flat=True)[:CHUNK]):
            Upload.objects.filter(pk__in=uploads).update(album=None)
        _delete(key, album.owner_id)


@atomic_retry
def _add(album: Album, image_ids: Sequence[uuid.UUID], by: User | None) -> None:
    album.add(image_ids, by=by)
    index.refresh(image_ids)
    if image_ids:
        audit.note("album.photos_added", album, owner=album.owner_id, photos=len(image_ids))


@atomic_retry
def _take_out(album: Album, image_ids: Sequence[uuid.UUID]) -> None:
    _remove(album, image_ids)
    audit.note("album.photos_removed", album, owner=album.owner_id, photos=len(image_ids))


@atomic_retry
def _write(album: Album, values: Iterable[str]) -> None:
    names = sorted(values)
    access.save_changes(album, names)
    audit.note(
        "album.changed", album, owner=album.owner_id, fields=[name.removesuffix("_id") for name in names]
    )


@atomic_retry
def _delete(key: uuid.UUID, owner_id: uuid.UUID) -> None:
    # Its links go with it.
    links = list(ShareLink.objects.filter(album=key).values_list("owner_id", "pk"))
    if Album.objects.filter(pk=key).delete()[0]:
        Tombstone.leave(Tombstone.Kind.ALBUM, [(owner_id, key)])
        Tombstone.leave(Tombstone.Kind.SHARE_LINK, links)
        audit.note("album.deleted", Album(pk=key), owner=owner_id)


@atomic_retry
def _remove(album: Album | uuid.UUID, image_ids: Sequence[uuid.UUID]) -> None:
    AlbumImage.objects.filter(album=album, image_id__in=image_ids).delete()
    Album.objects.filter(pk=album.pk if isinstance(album, Album) else album).touch()
    index.refresh(image_ids)


def _next_position(owner: User, parent: Album | None) -> int:
    siblings = Album.objects.owned_by(owner).filter(parent=parent)
    last: int | None = siblings.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _upwards(key: uuid.UUID | None) -> list[uuid.UUID]:
    """Return an album and those around it, the outermost last; nothing for one that is not there."""
    found: list[uuid.UUID] = []
    while key is not None and key not in found:
        row = Album.objects.filter(pk=key).values_list("pk", "parent_id").first()
        if row is None:
            break
        found.append(row[0])
        key = row[1]
    return found


def _keyset(album: Album) -> tuple[str, str, str]:
    """Return the two columns of the album's order, and the comparison that leads onward."""
    if album.sort == Album.Sort.OLDEST:
        return "image__taken_at", "image_id", "gt"
    if album.sort == Album.Sort.NEWEST:
        return "image__taken_at", "image_id", "lt"
    return "position", "pk", "gt"


def _side(
    entries: QuerySet[AlbumImage], columns: tuple[str, str], side: str, place: Place
) -> QuerySet[AlbumImage]:
    by, key = columns
    further = Q(**{f"{by}__{side}": place.place}) | Q(**{f"{key}__{side}": place.key})
    return entries.filter(**{f"{by}__{side}e": place.place}).filter(further)


def _chunks(keys: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))
