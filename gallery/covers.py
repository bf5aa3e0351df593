"""What stands for an album in a list: its cover, how many photos it holds and from when they are."""

import uuid
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import Case, Count, Exists, Max, Min, OuterRef, QuerySet, Subquery, UUIDField, When
from django.db.models.functions import Coalesce

from gallery import access, remembered
from gallery.models import Album, AlbumImage, AlbumQuerySet, Image, User

# An album without photos of its own borrows the picture of one inside it, down to here.
DEPTH = 3
Held = remembered.Held
NOTHING = Held(0, None, None, frozenset())


class Summary(NamedTuple):
    """The photos that everybody in the album sees, the months of the first and last, and the albums inside."""

    photos: int = 0
    since: date | None = None
    until: date | None = None
    albums: int = 0


def summaries(user: User, albums: Collection[Album]) -> dict[uuid.UUID, Summary]:
    """Return for each album what it holds; the number of queries does not grow with that of albums."""
    if not albums:
        return {}
    inside = access.albums_visible_to(user).filter(parent__in=albums).order_by()
    inner: dict[uuid.UUID | None, int] = dict(inside.values_list("parent").annotate(Count("pk")))
    found = remembered.of_albums([album.pk for album in albums], _counted)
    return {
        album.pk: Summary(held.photos, _month(held.since), _month(held.until), inner.get(album.pk, 0))
        for album in albums
        for held in [found.get(album.pk, NOTHING)]
    }


def _counted(albums: Collection[uuid.UUID]) -> dict[uuid.UUID, Held]:
    shown = AlbumImage.objects.filter(album__in=albums, image__binned_at=None, image__held_at=None)
    rows = shown.order_by().values_list("album", "image__owner")
    found: dict[uuid.UUID, Held] = {}
    counted = rows.annotate(Count("pk"), Min("image__month"), Max("image__month"))
    for album, owner, photos, since, until in counted:
        of_one = Held(photos, since, until, frozenset({owner}))
        found[album] = found[album].with_those(of_one) if album in found else of_one
    return found


def of(user: User, albums: Sequence[Album]) -> dict[uuid.UUID, Image]:
    """Return the picture of each album that has one: its cover, else its first photo, else that of an inner album.

    Of the inner albums those count that the user may see. The number of queries does not grow with that of albums.
    """
    chosen = _pictures([album.pk for album in albums])
    lacking = [album.pk for album in albums if album.pk not in chosen]
    visible = access.albums_visible_to(user)
    for depth in range(1, DEPTH + 1):
        if not lacking:
            break
        inside = _first_inside(visible, lacking, depth)
        pictures = _pictures(inside.values())
        chosen |= {outer: pictures[inner] for outer, inner in inside.items() if inner in pictures}
        lacking = [key for key in lacking if key not in chosen]
    if not chosen:
        return {}
    images = Image.objects.shown().defer("metadata").in_bulk(set(chosen.values()))
    return {album: images[image] for album, image in chosen.items() if image in images}


def _pictures(keys: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Return the cover, where the album still shows it, or the first photo."""
    if not keys:
        return {}
    shown = AlbumImage.objects.filter(album=OuterRef("pk"), image__binned_at=None, image__held_at=None)
    first = Case(
        When(sort=Album.Sort.OLDEST, then=_image(shown.order_by("image__taken_at", "image_id"))),
        When(sort=Album.Sort.NEWEST, then=_image(shown.order_by("-image__taken_at", "-image_id"))),
        default=_image(shown.order_by("position", "id")),
        output_field=UUIDField(),
    )
    cover = _image(shown.filter(image_id=OuterRef("cover_id")))
    # Asked in this order, so that the first photo is looked for only where there is no cover.
    shown_first = Coalesce(cover, first, output_field=UUIDField())
    rows = Album.objects.filter(pk__in=keys).values_list("pk", shown_first)
    return {album: image for album, image in rows if image}


def _image(entries: QuerySet[AlbumImage]) -> Subquery:
    # Named, or SQLite would answer with text.
    return Subquery(entries.values("image_id")[:1], output_field=UUIDField())


def _first_inside(
    visible: AlbumQuerySet, keys: Collection[uuid.UUID], depth: int
) -> dict[uuid.UUID, uuid.UUID]:
    """Return for each album the first one so many levels inside it that holds a photo."""
    above = "__".join(["parent"] * depth)
    shown = AlbumImage.objects.filter(album=OuterRef("pk"), image__binned_at=None, image__held_at=None)
    inside = visible.filter(Exists(shown), **{above: OuterRef("pk")}).in_order().values("pk")[:1]
    rows = Album.objects.filter(pk__in=keys).annotate(inner=Subquery(inside, output_field=UUIDField()))
    return dict(rows.exclude(inner=None).values_list("pk", "inner"))


def _month(number: int | None) -> date | None:
    return date(number // 100, number % 100, 1) if number else None
