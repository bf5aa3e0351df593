"""Selecting photos on a page: what the bar over the selection is told there, and the page's address with and without it."""

from django.http import QueryDict

from gallery.models import Album
from gallery.views import choices
from gallery.views.people import SignedIn

ASKED = "select"


def wanted(request: SignedIn) -> bool:
    """Return whether the page was asked for with a box on each photo, as browsers without scripts do."""
    return ASKED in request.GET


def context(request: SignedIn, place: str, album: Album | None = None) -> dict[str, object]:
    """Return what templates of a page with a grid need to offer selecting.

    `place` decides what the bar offers and what leaves the page; `album` is one that the reader may take photos out of.
    """
    return {
        "place": place,
        "selection_album": album.pk if album else "",
        "selecting": wanted(request),
        "select_url": _address(request, on=True),
        "unselect_url": _address(request, on=False),
    }


def density(request: SignedIn) -> str:
    """Return how large the reader wants the photos of a grid."""
    return choices.chosen(request, choices.DENSITY)


def onward(request: SignedIn, link: str) -> str:
    """Return the link to a neighbouring page, which keeps what this one was asked for beside its place."""
    if not link:
        return ""
    kept, turned = request.GET.copy(), QueryDict(link.removeprefix("?"))
    for name in ("before", "after"):
        kept.pop(name, None)
    kept.update(turned.dict())
    return f"?{kept.urlencode()}"


def _address(request: SignedIn, *, on: bool) -> str:
    asked = request.GET.copy()
    asked.pop(ASKED, None)
    if on:
        asked[ASKED] = "1"
    return f"{request.path}?{asked.urlencode()}" if asked else request.path
