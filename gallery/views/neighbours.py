"""The photos before and after one: in the library, in an album, among favourites, in the archive, in a search."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from gallery import access, albums
from gallery.models import Album, Image, ImageQuerySet, User
from gallery.views import cursors


@dataclass(frozen=True, slots=True)
class Around:
    """Where a photo stands: `newer` comes before it on the page, `older` after it; `back` leads to the grid there."""

    newer: Image | None
    older: Image | None
    back: str
    back_name: str
    query: str = ""


def around(user: User, image: Image, query: Mapping[str, str]) -> Around:
    """Return the neighbours in the place that the query names: `album`, `q` for a search, `in` for the rest.

    Without any it is the library, or for an archived photo the archive. Raises Http404 for a photo that is not there.
    """
    if album := query.get("album", ""):
        return in_album(user, image, access.visible_album(user, _key(album)))
    if words := query.get("q", ""):
        return in_search(user, image, words)
    if query.get("in") == "favourites":
        found = access.favourites_of(user)
        return _in_order(found, image, _address("favourites"), _("Favourites"), {"in": "favourites"})
    if image.archived_at:
        found = access.library_of(user).exclude(archived_at=None)
        return _in_order(found, image, _address("archive"), _("Archive"), {})
    return in_library(user, image)


def place_query(query: Mapping[str, str]) -> str:
    """Return the part of an address that names the place, as it was given."""
    named = {name: query[name] for name in ("album", "q", "in") if query.get(name)}
    return f"?{urlencode(named)}" if named else ""


def in_library(user: User, image: Image) -> Around:
    """Return the neighbours in the user's own library; somebody else's photo has none."""
    if image.owner_id != user.pk:
        return Around(None, None, "/", _("Photos"))
    return _in_order(access.timeline_of(user), image, "/", _("Photos"), {})


def in_search(user: User, image: Image, words: str) -> Around:
    """Return the neighbours among what a search finds; a photo that it finds no more stands where it would."""
    # Its engine is loaded by who searches.
    from gallery import search

    named = {"q": words}
    address = f"{_address('search')}?{urlencode(named)}"
    try:
        found = search.run(user, words)
    except search.QueryError:
        return Around(None, None, address, _("Search"), place_query(named))
    return _in_order(found, image, address, _("Search"), named)


def in_album(user: User, image: Image, album: Album) -> Around:
    """Return the neighbours in an album, among what the user may see of it; Http404 for a photo outside it."""
    earlier, later = albums.neighbours(album, image, user)
    return Around(
        earlier, later, album.get_absolute_url(), album.title, place_query({"album": str(album.pk)})
    )


def _in_order(
    images: ImageQuerySet, image: Image, address: str, name: str, named: Mapping[str, str]
) -> Around:
    """Return the neighbours in a list whose newest photo comes first, and the page of it that begins with this one."""
    images = images.defer("metadata")
    newer = images.after(image.taken_at, image.pk).oldest_first().first()
    older = images.before(image.taken_at, image.pk).newest_first().first()
    back = address
    if newer:
        begin = urlencode({"before": cursors.at(newer.taken_at, newer.pk)})
        back = f"{address}{'&' if '?' in address else '?'}{begin}"
    return Around(newer, older, back, name, place_query(named))


def _address(name: str) -> str:
    return reverse(f"gallery:{name}")


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404("There is no such album.") from error
