"""What guests add to an album, and the owner's look at it."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from gallery import access, imaging, renditions, sharing
from gallery.errors import GalleryError
from gallery.models import ShareLink, Upload
from gallery.sharing.addresses import absolute
from gallery.views import tiles
from gallery.views.people import SignedIn
from gallery.views.share_doors import by_link
from gallery.views.share_forms import GuestForm
from gallery.views.share_pages import title_of
from photosky.counting import count

PAGE_SIZE = 100
# Announcements from one address: more than the guests of one network send, who add a photo every few seconds.
MOST_WITHIN, WITHIN_S = 120, 60


@by_link("GET", "HEAD", "POST")
def add(request: HttpRequest, link: ShareLink) -> HttpResponseBase:
    if not link.allow_upload:
        raise Http404
    form = GuestForm(request.POST or None)
    context = {
        "link": link,
        "title": title_of(link),
        "form": form,
        "kinds": [kind.label for kind in imaging.Format],
        "room": sharing.room_for_guests(link),
    }
    if request.method != "POST" or not form.is_valid():
        return render(request, "share/add.html", context)
    tries = count(f"bring:{sharing.network_of(request.META.get('REMOTE_ADDR', ''))}", WITHIN_S)
    if tries.total > MOST_WITHIN:
        answer = render(request, "429.html", status=429)
        answer["Retry-After"] = str(tries.left_s)
        return answer

    def done(upload_id: uuid.UUID) -> str:
        return absolute(request, reverse("gallery:shared_added", args=[link.plain, upload_id]))

    asked = request.headers.get("X-Requested-Fragment") == "1"
    try:
        size = _size(request.POST.get("bytes", "")) if asked else None
        upload, signed = sharing.announce(link, form.cleaned_data["name"], done, size)
    except GalleryError as error:
        if asked:
            return JsonResponse({"error": error.message}, status=error.status)
        return render(request, "share/add.html", {**context, "error": error.message}, status=error.status)
    if asked:
        return JsonResponse({"url": signed.url, "fields": dict(signed.fields), "done": done(upload.pk)})
    context |= {"signed": signed, "most_mb": upload.bytes // 1024**2}
    return render(request, "share/add_file.html", context)


@by_link("GET", "HEAD")
def added(request: HttpRequest, link: ShareLink, upload_id: uuid.UUID) -> HttpResponseBase:
    # The store sends the browser here after the file. To take it up twice changes nothing.
    arrived = sharing.close_form(link, upload_id)
    if not arrived and not Upload.objects.filter(pk=upload_id, share_link=link).exists():
        raise Http404
    context = {"link": link, "title": title_of(link), "arrived": arrived}
    return render(request, "share/added.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def review(request: SignedIn) -> HttpResponse:
    if request.method == "POST":
        keys = _keys(request.POST.getlist("image"))
        if request.POST.get("verdict") == "show":
            count = sharing.approve(request.user, keys)
            messages.success(
                request, ngettext("%d photo is shown now.", "%d photos are shown now.", count) % count
            )
        else:
            count = sharing.reject(request.user, keys)
            messages.success(
                request,
                ngettext("%d photo is in the bin now.", "%d photos are in the bin now.", count) % count,
            )
        return redirect("gallery:share_review")
    held = list(access.held_for(request.user).defer("metadata").order_by("held_at", "id")[:PAGE_SIZE])
    brought = {
        row.image_id: row
        for row in Upload.objects.filter(image__in=held).exclude(guest_name=None).select_related("album")
    }
    addresses = renditions.urls(held, ("h240", "h480"))
    rows = [
        {"image": image, "srcset": tiles.srcset(image, urls), "brought": brought.get(image.pk)}
        for image, urls in zip(held, addresses, strict=True)
    ]
    return render(request, "share/review.html", {"rows": rows})


def _keys(texts: list[str]) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(text) for text in texts]
    except ValueError as error:
        raise Http404(access.GONE) from error


def _size(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise sharing.InvalidLink(_("Say how large the file is."))
    return int(text)
