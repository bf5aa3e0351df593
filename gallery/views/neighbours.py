"""The photos before and after one, in the library's order or in an album's."""

import uuid
from dataclasses import dataclass

from django.db.models import Q
from django.http import Http404

from gallery import access
from gallery.models import Album, AlbumImage, Image, User
from gallery.views import cursors


@dataclass(frozen=True, slots=True)
class Around:
    """Where a photo stands: `newer` comes before it on the page, `older` after it; `back` leads to the grid there."""

    newer: Image | None
    older: Image | None
    back: str
    back_name: str
    query: str = ""


def in_library(user: User, image: Image) -> Around:
    """Return the neighbours in the user's own library; somebody else's photo has none."""
    if image.owner_id != user.pk:
        return Around(None, None, "/", "Photos")
    images = access.timeline_of(user).defer("metadata")
    newer = images.after(image.taken_at, image.pk).oldest_first().first()
    older = images.before(image.taken_at, image.pk).newest_first().first()
    back = f"/?before={cursors.at(newer.taken_at, newer.pk)}" if newer else "/"
    return Around(newer, older, back, "Photos")


def in_album(user: User, image: Image, album: Album) -> Around:
    """Return the neighbours in an album, among what the user may see of it; Http404 for a photo outside it."""
    rows = AlbumImage.objects.filter(album=album, image__in=access.images_visible_to(user)).select_related(
        "image"
    )
    here = rows.filter(image=image).first()
    if here is None:
        raise Http404("This photo is not in that album.")
    where, key = here.position, here.pk
    earlier = rows.filter(position__lte=where).filter(Q(position__lt=where) | Q(pk__lt=key))
    later = rows.filter(position__gte=where).filter(Q(position__gt=where) | Q(pk__gt=key))
    newer = earlier.order_by("-position", "-pk").first()
    older = later.order_by("position", "pk").first()
    return Around(
        newer.image if newer else None,
        older.image if older else None,
        album.get_absolute_url(),
        album.title,
        f"?album={album.pk}",
    )


def around(user: User, image: Image, album_id: str) -> Around:
    """Return the neighbours in the album with this id, or in the library where it is empty."""
    if not album_id:
        return in_library(user, image)
    try:
        key = uuid.UUID(album_id)
    except ValueError as error:
        raise Http404("There is no such album.") from error
    return in_album(user, image, access.visible_album(user, key))
