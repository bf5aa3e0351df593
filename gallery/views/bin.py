"""The bin: what was deleted and can still be taken back."""

from datetime import timedelta
from math import ceil

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from gallery import access
from gallery.models import Image, ImageQuerySet
from gallery.views import cursors, tiles
from gallery.views.people import SignedIn


@require_safe
@login_required
def bin_page(request: SignedIn) -> HttpResponse:
    images = access.bin_of(request.user)
    page = _page(images.defer("metadata"), request.GET.get("before", ""))
    rows = [(tile, days_left(tile.image)) for tile in tiles.tiles(page.rows)]
    return render(request, "bin.html", {"rows": rows, "page": page, "bin_days": settings.BIN_DAYS})


def days_left(image: Image) -> int:
    """Return the days until the photo may be deleted for good, those begun included; 0 when that is due."""
    binned_at = image.binned_at or timezone.now()
    left = binned_at + timedelta(days=settings.BIN_DAYS) - timezone.now()
    return max(0, ceil(left / timedelta(days=1)))


def _page(images: ImageQuerySet, before: str) -> cursors.Page[Image]:
    if before:
        place = cursors.read(before)
        further = Q(binned_at__lt=place.moment) | Q(pk__lt=place.key)
        images = images.filter(binned_at__lte=place.moment).filter(further)
    rows = list(images.order_by("-binned_at", "-pk")[: cursors.PAGE_SIZE + 1])
    return cursors.onward(rows, lambda image: cursors.at(image.binned_at or cursors.EPOCH, image.pk))
