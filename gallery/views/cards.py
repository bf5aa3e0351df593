"""The cards of albums in a list: cover, title, how many photos and from when; and the pages of such a list."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from gallery import covers, renditions
from gallery.models import Album, AlbumQuerySet, User
from gallery.views import cursors, tiles

# Ten rows on a desk. A card takes several times as long as a photo: its pictures come from all over the library.
PAGE_SIZE = 60


@dataclass(frozen=True, slots=True)
class Cover:
    """The picture of a card: its candidates by width, and its colour until it is there."""

    srcset: str
    color: str


@dataclass(frozen=True, slots=True)
class Card:
    """One album in a list."""

    album: Album
    summary: covers.Summary
    cover: Cover | None
    is_own: bool


def cards(user: User, albums: Sequence[Album]) -> list[Card]:
    """Return the cards of albums that the user may see; as many queries for a hundred as for one."""
    summaries, found = covers.summaries(user, albums), pictures(user, albums)
    return [
        Card(album, summaries[album.pk], found.get(album.pk), album.owner_id == user.pk) for album in albums
    ]


def pictures(user: User, albums: Sequence[Album]) -> dict[uuid.UUID, Cover]:
    """Return the covers of albums, by album."""
    images = covers.of(user, albums)
    addresses = renditions.urls(list(images.values()), ("h240", "h480"))
    return {
        album: Cover(tiles.srcset(image, urls), tiles.short_color(image.color))
        for (album, image), urls in zip(images.items(), addresses, strict=True)
    }


def page(albums: AlbumQuerySet, before: str) -> cursors.Page[Album]:
    """Return a page of albums in their order, from the place that `before` names."""
    if before:
        place = cursors.read(before)
        title = albums.filter(pk=place.key).values_list("title", flat=True).first()
        # Of an album that was removed meanwhile the title is not known: its equals are shown once more, none is missed.
        further = Q(title__gt=title) | Q(title=title, pk__gt=place.key) if title else Q()
        albums = albums.filter(Q(position__gt=place.place) | Q(position=place.place) & further)
    rows = list(albums.in_order()[: PAGE_SIZE + 1])
    return cursors.onward(rows, lambda album: cursors.Cursor(album.position, album.pk), PAGE_SIZE)
