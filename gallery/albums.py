"""Albums: making, filling and removing them."""

import uuid
from collections.abc import Sequence

from gallery.models import Album, AlbumImage, User
from gallery.models.albums import CHUNK
from photosky.database import atomic_retry


@atomic_retry
def create(owner: User, title: str, parent: Album | None = None, description: str = "") -> Album:
    """Make an empty album after its siblings."""
    position = Album.objects.owned_by(owner).filter(parent=parent).count()
    return Album.objects.create(
        owner=owner, title=title, parent=parent, description=description, position=position
    )


@atomic_retry
def at_path(owner: User, titles: Sequence[str]) -> Album | None:
    """Return the album at the end of a path of titles, making what is missing; None for an empty path."""
    album: Album | None = None
    for title in titles:
        found = Album.objects.owned_by(owner).filter(parent=album, title=title[:200]).in_order().first()
        album = found or create(owner, title[:200], album)
    return album


def add(album: Album, image_ids: Sequence[uuid.UUID]) -> None:
    """Put images into an album, in steps that every engine can take."""
    for start in range(0, len(image_ids), CHUNK):
        atomic_retry(album.add)(image_ids[start : start + CHUNK])


def remove(album: Album, image_ids: Sequence[uuid.UUID]) -> None:
    """Take images out of an album; they stay in the library. What is not inside is passed over."""
    for start in range(0, len(image_ids), CHUNK):
        AlbumImage.objects.filter(album=album, image_id__in=image_ids[start : start + CHUNK]).delete()


def is_inside(album: Album, other: Album) -> bool:
    """Return whether the album is the other one or lies somewhere inside it."""
    seen: set[uuid.UUID] = set()
    here: Album | None = album
    while here is not None and here.pk not in seen:
        if here.pk == other.pk:
            return True
        seen.add(here.pk)
        here = here.parent
    return False


def delete(album: Album) -> None:
    """Remove an album, its inner albums and all memberships; the images stay in the library."""
    for child in album.children.all():
        delete(child)
    while entries := list(AlbumImage.objects.filter(album=album).values_list("pk", flat=True)[:CHUNK]):
        AlbumImage.objects.filter(pk__in=entries).delete()
    album.delete()
