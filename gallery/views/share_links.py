"""The owner's share links: the list, making one, its page with the address shown once, ending it."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery import access, renditions, sharing
from gallery.errors import GalleryError
from gallery.models import Album, ShareLink, ShareLinkImage
from gallery.sharing.addresses import absolute
from gallery.views import cursors
from gallery.views.people import SignedIn
from gallery.views.share_forms import LinkForm
from gallery.views.share_pages import title_of

# The new address travels from the form to its page in a cookie of that page, so that no server keeps it.
COOKIE = "share_token"
COOKIE_S = 120
PREVIEWED = 12


@require_safe
@login_required
def links(request: SignedIn) -> HttpResponse:
    picks = ShareLinkImage.objects.filter(link=OuterRef("pk")).order_by().values("link")
    counted = picks.annotate(count=Count("pk")).values("count")
    found = access.links_of(request.user).select_related("album", "image")
    found = found.annotate(picked=Coalesce(Subquery(counted), 0)).order_by("-id")
    if before := request.GET.get("before", ""):
        found = found.filter(pk__lt=cursors.read(before).key)
    rows = list(found[: cursors.PAGE_SIZE + 1])
    page = cursors.onward(rows, lambda row: cursors.Cursor(0, row.pk))
    now = timezone.now()
    context = {
        "rows": [{"link": row, "what": what_of(row), "state": state_of(row, now)} for row in page.rows],
        "page": page,
        "held": access.held_for(request.user).count(),
    }
    return render(request, "share/links.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: SignedIn) -> HttpResponse:
    album, keys = _target(request)
    sent = request.POST if "lifetime" in request.POST else None
    form = LinkForm(sent, has_album=album is not None)
    if form.is_valid():
        try:
            link, token = sharing.make(request.user, album=album, images=keys, **form.terms())
        except GalleryError as error:
            form.add_error(None, error.message)
        else:
            return _with_token(request, link, token)
    images = list(access.library_of(request.user).filter(pk__in=keys[:PREVIEWED]).defer("metadata"))
    context = {
        "form": form,
        "album": album,
        "ids": ",".join(str(key) for key in keys),
        "count": len(keys),
        "previews": [{"src": urls["h240"]} for urls in renditions.urls(images, ("h240",))],
    }
    return render(request, "share/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def link(request: SignedIn, link_id: uuid.UUID) -> HttpResponse:
    found = access.own_link(request.user, link_id)
    form = LinkForm(request.POST or None, link=found, has_album=found.album_id is not None)
    if request.method == "POST" and form.is_valid():
        try:
            sharing.change(found, **form.terms(found))
        except GalleryError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("gallery:share_link", link_id=found.pk)
    token = request.COOKIES.get(COOKIE, "")
    context = {
        "form": form,
        "link": found,
        "what": what_of(found),
        "state": state_of(found, timezone.now()),
        "address": absolute(request, reverse("gallery:shared", args=[token])) if _is_of(found, token) else "",
    }
    response = render(request, "share/link.html", context, status=422 if form.errors else 200)
    if token:
        response.delete_cookie(COOKIE, path=_path(found))
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@login_required
def renew(request: SignedIn, link_id: uuid.UUID) -> HttpResponse:
    found = access.own_link(request.user, link_id)
    try:
        token = sharing.renew(found)
    except GalleryError as error:
        messages.error(request, error.message)
        return redirect("gallery:share_link", link_id=found.pk)
    return _with_token(request, found, token)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def revoke(request: SignedIn, link_id: uuid.UUID) -> HttpResponse:
    found = access.own_link(request.user, link_id)
    if request.method == "POST":
        sharing.revoke(found)
        messages.success(request, _("The link opens nothing any more."))
        return redirect("gallery:share_links")
    return render(request, "share/revoke.html", {"link": found, "what": what_of(found)})


def what_of(link: ShareLink) -> str:
    """Return in words what a link opens, for its owner."""
    if link.album is not None:
        return _("Album “%(title)s”") % {"title": link.album.title}
    if link.image is not None:
        return _("Photo “%(title)s”") % {"title": link.image}
    return title_of(link)


def state_of(link: ShareLink, now: Any) -> str:
    """Return "open", "expired" or "revoked"."""
    if link.revoked_at:
        return "revoked"
    return "expired" if link.expires_at and link.expires_at <= now else "open"


def _with_token(request: SignedIn, link: ShareLink, token: str) -> HttpResponse:
    response = redirect("gallery:share_link", link_id=link.pk)
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_S,
        path=_path(link),
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


def _path(link: ShareLink) -> str:
    return reverse("gallery:share_link", args=[link.pk])


def _is_of(link: ShareLink, token: str) -> bool:
    return bool(token) and ShareLink.objects.matching(token).filter(pk=link.pk).exists()


def _target(request: SignedIn) -> tuple[Album | None, list[uuid.UUID]]:
    """Return the album or the photos that the address or the form names: `album`, `image`, `ids` (commas or repeated)."""
    asked: QueryDict = request.POST if request.method == "POST" else request.GET
    if "album" in asked:
        return access.own_album(request.user, _key(asked.get("album", ""))), []
    texts = [
        text for name in ("image", "ids") for value in asked.getlist(name) for text in str(value).split(",")
    ]
    keys = list(dict.fromkeys(_key(text) for text in texts if text))
    if not 0 < len(keys) <= sharing.MAX_PICKS:
        raise BadRequest(f"Name an album, or 1 to {sharing.MAX_PICKS} photos, to share.")
    found = set(access.library_of(request.user).filter(pk__in=keys).values_list("pk", flat=True))
    if len(found) != len(keys):
        raise Http404(access.GONE)
    return None, keys


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404(access.GONE) from error
