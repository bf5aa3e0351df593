"""The map: the page, the strip of photos in what is seen of it, and the photos of an area as a page of their own."""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from gallery import access
from gallery.places import clusters
from gallery.views import cursors, tiles
from gallery.views.people import SignedIn

STRIP = 40


@require_safe
@login_required
def map_page(request: SignedIn) -> HttpResponse:
    placed = access.timeline_of(request.user).filter(cell__isnull=False).exists()
    response = render(request, "map.html", {"placed": placed, "tiles_url": settings.PMTILES_URL})
    if settings.PMTILES_URL:
        # As django-csp's decorators do: the map's own tiles are fetched by its page alone.
        address = urlsplit(settings.PMTILES_URL)
        response._csp_update = {"connect-src": [f"{address.scheme}://{address.netloc}"]}  # type: ignore[attr-defined]
    return response


@require_safe
@login_required
def map_photos(request: SignedIn) -> HttpResponse:
    """Show the newest photos of the box, as a piece of the map's page."""
    try:
        box = clusters.read_box(request.GET.get("bbox", ""))
    except clusters.InvalidBox as error:
        return HttpResponse(error.message, status=400, content_type="text/plain; charset=utf-8")
    rows = list(clusters.in_box(request.user, box).defer("metadata").newest_first()[: STRIP + 1])
    context = {
        "tiles": tiles.tiles(rows[:STRIP]),
        "said": _said(len(rows)),
        "bbox": clusters.write_box(box),
    }
    return render(request, "_map_photos.html", context)


def _said(count: int) -> str:
    if count > STRIP:
        return _("The newest %(count)s photos in view") % {"count": number_format(STRIP)}
    if not count:
        return _("No photos in view")
    return ngettext("%(count)s photo in view", "%(count)s photos in view", count) % {
        "count": number_format(count)
    }


@require_safe
@login_required
def map_area(request: SignedIn) -> HttpResponse:
    """Show all photos of the box, by pages."""
    try:
        box = clusters.read_box(request.GET.get("bbox", ""))
    except clusters.InvalidBox as error:
        return HttpResponse(error.message, status=400, content_type="text/plain; charset=utf-8")
    page = cursors.timeline(clusters.in_box(request.user, box), request.GET)
    asked = "?" + urlencode({"bbox": clusters.write_box(box)}) + "&"
    newer, older = (asked + link[1:] if link else "" for link in (page.newer, page.older))
    context = {
        "title": _("Photos in this area"),
        "area": True,
        "page": cursors.Page(page.rows, newer=newer, older=older),
        "tiles": tiles.tiles(page.rows),
    }
    return render(request, "places_photos.html", context)
