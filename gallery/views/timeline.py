"""The library: all photos by day, newest first."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from gallery import access
from gallery.views import cursors, tiles
from gallery.views.people import SignedIn


@require_safe
@login_required
def timeline(request: SignedIn) -> HttpResponse:
    images = access.timeline_of(request.user)
    page = cursors.timeline(images, request.GET)
    if "after" in request.GET and not page.newer:
        # The newest photos have one address, and it is always a full page.
        return redirect("gallery:timeline")
    days = tiles.by_day(tiles.tiles(page.rows))
    return render(request, "timeline.html", {"days": days, "page": page})
