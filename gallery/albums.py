"""Albums: making, filling and removing them."""

import uuid
from collections.abc import Sequence

from photosky.database import atomic_retry

from gallery.models import Album, AlbumImage, User
from gallery.models.albums import CHUNK


@atomic_retry
def create(owner: User, title: str, parent: Album | None = None) -> Album:
    """Make an empty album after its siblings."""
    position = Album.objects.owned_by(owner).filter(parent=parent).count()
    return Album.objects.create(owner=owner, title=title, parent=parent, position=position)


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


def delete(album: Album) -> None:
    """Remove an album, its inner albums and all memberships; the images stay in the library."""
    for child in album.children.all():
        delete(child)
    while entries := list(AlbumImage.objects.filter(album=album).values_list("pk", flat=True)[:CHUNK]):
        AlbumImage.objects.filter(pk__in=entries).delete()
    album.delete()
