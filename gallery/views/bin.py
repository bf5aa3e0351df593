"""The bin: what was deleted and can still be taken back, emptying it, and deleting everything by way of it."""

import uuid
from datetime import timedelta
from math import ceil

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery import access, transitions
from gallery import bin as photo_bin
from gallery.forms import DeleteAllForm
from gallery.models import Image, ImageQuerySet
from gallery.views import cursors, tiles
from gallery.views.people import SignedIn


@require_safe
@login_required
def bin_page(request: SignedIn) -> HttpResponse:
    images = access.bin_of(request.user)
    page = _page(images.defer("metadata"), request.GET.get("before", ""))
    rows = [(tile, days_left(tile.image)) for tile in tiles.tiles(page.rows)]
    return render(
        request,
        "bin.html",
        {
            "rows": rows,
            "page": page,
            "bin_days": settings.BIN_DAYS,
            "library": access.library_of(request.user).exists(),
            "busy": photo_bin.is_busy(request.user),
        },
    )


@require_POST
@login_required
def restore_many(request: SignedIn) -> HttpResponse:
    if request.POST.get("all") == "yes":
        restored = photo_bin.restore_all(request.user)
    else:
        chosen = request.POST.getlist("photo")
        if not chosen:
            messages.error(request, gettext("Choose the photos to restore first."))
        images = access.bin_of(request.user).filter(pk__in=[_key(text) for text in chosen])
        restored = photo_bin.restore(images)
    if restored:
        words = ngettext(
            "%(count)s photo is back in your library.", "%(count)s photos are back in your library.", restored
        )
        messages.success(request, words % {"count": number_format(restored)})
    return redirect("gallery:bin")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def empty_bin(request: SignedIn) -> HttpResponse:
    if request.method == "POST":
        return _emptied(request)
    held = access.bin_of(request.user).aggregate(size=Sum("bytes"))
    context = {
        "count": access.bin_of(request.user).count(),
        "size": held["size"] or 0,
        "grace": transitions.GRACE.days,
    }
    return render(request, "bin_empty.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def delete_all(request: SignedIn) -> HttpResponse:
    form = DeleteAllForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        moved = photo_bin.put_all(request.user)
        if moved is not None:
            words = ngettext(
                "%(count)s photo is in the bin now.", "%(count)s photos are in the bin now.", moved
            )
            messages.success(request, words % {"count": number_format(moved)})
        return redirect("gallery:bin")
    context = {
        "form": form,
        "count": access.library_of(request.user).count(),
        "bin_days": settings.BIN_DAYS,
    }
    return render(request, "delete_all.html", context, status=422 if form.errors else 200)


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


def _emptied(request: SignedIn) -> HttpResponse:
    """Delete exactly as many photos as the page said; where it is another number by now, ask again."""
    count = request.POST.get("count", "")
    try:
        deleted = photo_bin.empty(request.user, int(count) if count.isdecimal() and len(count) < 12 else -1)
    except photo_bin.Unconfirmed as error:
        messages.error(request, error.message)
        return redirect("gallery:empty_bin")
    if deleted is not None:
        words = ngettext(
            "%(count)s photo is deleted for good.", "%(count)s photos are deleted for good.", deleted
        )
        messages.success(request, words % {"count": number_format(deleted)})
    return redirect("gallery:bin")


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404("There is no such photo: the list of those to restore is damaged.") from error
