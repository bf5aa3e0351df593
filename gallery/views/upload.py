"""Bringing photos in: the page with the queue, and the form for browsers without JavaScript."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery import access, imaging, reasons, uploads
from gallery.errors import GalleryError
from gallery.models import Album
from gallery.views.people import SignedIn


@require_safe
@login_required
def upload(request: SignedIn) -> HttpResponse:
    album = _album(request, request.GET.get("album", ""))
    return render(request, "upload.html", {"album": album, **limits()})


@require_POST
@login_required
def upload_form(request: SignedIn) -> HttpResponse:
    album = _album(request, request.POST.get("album", ""))

    def done(upload_id: uuid.UUID) -> str:
        return request.build_absolute_uri(reverse("gallery:upload_done", args=[upload_id]))

    try:
        _, form = uploads.start_form(request.user, done, album)
    except GalleryError as error:
        messages.error(request, error.message)
        return redirect("gallery:upload")
    return render(request, "upload_form.html", {"form": form, "album": album, **limits()})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def upload_done(request: SignedIn, upload_id: uuid.UUID) -> HttpResponse:
    found = access.own_upload(request.user, upload_id)
    if request.method == "POST":
        try:
            uploads.finish(found)
        except GalleryError as error:
            messages.error(request, error.message)
        return redirect("gallery:upload_done", upload_id=found.pk)
    reason = reasons.said(found.reason) or gettext("The file is not a photo that can be shown.")
    return render(request, "upload_done.html", {"upload": found, "reason": reason})


def limits() -> dict[str, object]:
    """Return what a file may be, for the pages to say before it is chosen."""
    return {
        "kinds": [kind.label for kind in imaging.Format],
        "accept": imaging.ACCEPT,
        "max_mb": settings.MAX_UPLOAD_BYTES // 1024**2,
    }


def _album(request: SignedIn, text: str) -> Album | None:
    return access.contributable_album(request.user, _key(text)) if text else None


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404("There is no such thing here: the link to it is damaged.") from error
