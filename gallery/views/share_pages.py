"""What guests are shown of photos: tiles, words, facts, addresses; nothing that the link's owner did not allow."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from gallery import access
from gallery.models import Image, ImageQuerySet, ShareLink
from gallery.sharing.names import name_of, named
from gallery.views import facts, tiles

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class GuestPage:
    """One page of tiles, and the queries of its neighbours."""

    tiles: list[tiles.Tile]
    first: bool
    older: str


def title_of(link: ShareLink) -> str:
    """Return what guests read as the name of what they were sent."""
    if link.title or link.album is None:
        return link.title or (_("A photo") if link.image_id else _("Photos"))
    return link.album.title


def image_at(link: ShareLink, place: str) -> Image:
    """Return the photo that an address names; raise Http404 for one that the link does not open.

    Photos are named as gallery.sharing.names says.
    """
    image = access.images_opened_by(link).filter(pk=named(link, place)).defer("metadata").first()
    if image is None:
        raise Http404
    return image


def page_of(link: ShareLink, after: str, start: str) -> GuestPage:
    """Return the tiles behind the photo that `after` names, counted from `start`; from the first for one that is gone."""
    images = access.images_opened_by(link).defer("metadata")
    here = images.filter(pk=named(link, after)).first() if after else None
    if here is not None:
        images = beyond(images, here, onward=True)
    number = int(start) if here is not None and start.isdecimal() and len(start) < 9 else 1
    rows = list(images[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    older = f"?after={name_of(link, rows[-1])}&from={number + PAGE_SIZE}" if more else ""
    return GuestPage(guest_tiles(link, rows, number), here is None, older)


def guest_tiles(link: ShareLink, rows: list[Image], start: int = 1) -> list[tiles.Tile]:
    """Return tiles that lead to the guests' pages and tell of a photo only what guests may know."""
    return [
        replace(
            tile,
            url=photo_url(link, tile.image),
            alt=guest_alt(link, tile.image, start + at),
            is_favorite=False,
        )
        for at, tile in enumerate(tiles.tiles(rows))
    ]


def guest_alt(link: ShareLink, image: Image, number: int | None = None) -> str:
    """Return the words that stand for a photo: the owner's, else its date where guests may know it, else its number."""
    words = " ".join((image.description or image.title).split())
    if words:
        return words
    if link.show_camera:
        dated = _("Video, %(date)s") if image.is_video else _("Photo, %(date)s")
        return dated % {"date": date_format(image.taken_local, "DATE_FORMAT")}
    if image.is_video:
        return _("Video %(number)d") % {"number": number} if number else _("Video")
    return _("Photo %(number)d") % {"number": number} if number else _("Photo")


def photo_url(link: ShareLink, image: Image) -> str:
    """Return the address of a photo's page among those of a link."""
    return reverse("gallery:shared_photo", args=[link.plain, name_of(link, image)])


def beyond(images: ImageQuerySet, here: Any, *, onward: bool) -> ImageQuerySet:
    """Keep what stands behind (or, nearest first, before) a row in the order of images_opened_by.

    Written `a >= x AND (a > x OR b > y)`, which engines answer from an index.
    """
    falling = images.query.order_by[:1] == ("-rank",)
    word = "gt" if onward != falling else "lt"
    further = Q(**{f"rank__{word}": here.rank}) | Q(**{f"tie__{word}": here.tie})
    found = images.filter(**{f"rank__{word}e": here.rank}).filter(further)
    return found if onward else found.reverse()


def guest_facts(link: ShareLink, image: Image) -> list[tuple[str, str]]:
    """Return (name, value) pairs of what the link lets guests know. What others brought into the album stays theirs."""
    own = image.owner_id == link.owner_id
    camera, location = link.show_camera and own, link.show_location and own
    found = [
        (_("Taken"), facts.taken(image) if camera else ""),
        (_("Camera"), facts.camera(image) if camera else ""),
        (_("Lens"), image.lens if camera else ""),
        (_("Exposure"), facts.exposure(image) if camera else ""),
        (_("Focal length"), facts.focal_length(image) if camera else ""),
        (_("Place"), (image.place or "") if location else ""),
        (_("Coordinates"), facts.place(image) if location else ""),
    ]
    return [(name, value) for name, value in found if value]
