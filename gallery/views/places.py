"""Places as lists, which need no map: countries, the places of one, and the photos of a place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gallery import renditions
from gallery.models import Image
from gallery.places import countries, listing
from gallery.views import cursors, tiles
from gallery.views.people import SignedIn


@dataclass(frozen=True, slots=True)
class Card:
    """A country or a place with its cover."""

    title: str
    url: str
    count: int
    color: str
    srcset: str


@require_safe
@login_required
def places(request: SignedIn) -> HttpResponse:
    entries = listing.countries_of(request.user)
    cards = _cards(entries, [_country_name(entry.key) for entry in entries], _country_url)
    return render(request, "places.html", {"cards": cards})


@require_safe
@login_required
def country(request: SignedIn, code: str) -> HttpResponse:
    after = request.GET.get("after", "")
    entries = listing.places_of(request.user, code, after, cursors.PAGE_SIZE + 1)
    if not entries and not after and not listing.photos_of(request.user, code).exists():
        raise Http404(_("You have no photos of this country."))
    shown, more = entries[: cursors.PAGE_SIZE], len(entries) > cursors.PAGE_SIZE
    context = {
        "title": _country_name(code),
        "code": code,
        "cards": _cards(
            shown, [entry.key for entry in shown], lambda key: reverse("gallery:place", args=[code, key])
        ),
        "onward": "?" + urlencode({"after": shown[-1].key}) if more else "",
        "further": bool(after),
    }
    return render(request, "places_country.html", context)


@require_safe
@login_required
def country_photos(request: SignedIn, code: str) -> HttpResponse:
    return _photos(request, code, "")


@require_safe
@login_required
def place(request: SignedIn, code: str, name: str) -> HttpResponse:
    return _photos(request, code, name)


def _photos(request: SignedIn, code: str, name: str) -> HttpResponse:
    page = cursors.timeline(listing.photos_of(request.user, code, name), request.GET)
    if not page.rows and not {"before", "after"} & request.GET.keys():
        raise Http404(_("You have no photos of this place."))
    context = {
        "title": name or _country_name(code),
        "country": _country_name(code) if name else "",
        "country_url": _country_url(code),
        "page": page,
        "tiles": tiles.tiles(page.rows),
    }
    return render(request, "places_photos.html", context)


def _country_name(code: str) -> str:
    return _("Without a country") if code == listing.NOWHERE else countries.name(code)


def _country_url(code: str) -> str:
    return reverse("gallery:country", args=[code])


def _cards(entries: Sequence[listing.Entry], titles: Sequence[str], url: Callable[[str], str]) -> list[Card]:
    covers: list[Image] = [entry.cover for entry in entries if entry.cover]
    signed = dict(zip((image.pk for image in covers), renditions.urls(covers, ("h240", "h480")), strict=True))
    return [
        Card(
            title,
            url(entry.key),
            entry.count,
            tiles.short_color(entry.cover.color) if entry.cover else "",
            tiles.srcset(entry.cover, signed[entry.cover.pk]) if entry.cover else "",
        )
        for entry, title in zip(entries, titles, strict=True)
    ]
