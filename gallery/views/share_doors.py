"""Who comes in by a share link: the one answer for links that do not work, the password, and what is said of every page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt

from gallery import access, sharing
from gallery.models import ShareLink

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, ShareLink, P], HttpResponseBase]
Routed = Callable[..., HttpResponseBase]


def gone(request: HttpRequest) -> HttpResponse:
    """Answer alike for a link that is unknown, has expired or was revoked, and for what lies outside an open one."""
    response = HttpResponse(render_to_string("share/gone.html", request=request), status=404)
    _seal(response, keep=False)
    return response


def by_link(*methods: str, locked: bool = False) -> Callable[[View[P]], Routed]:
    """Give a view the link that the address names, and its answers their headers.

    Methods other than these, and whatever raises Http404, are answered by `gone`. Whoever has not given the password is
    led to the form, unless `locked` says that the view is for them.
    """

    def decorate(view: View[P]) -> Routed:
        # The address is what a forger would have to know: it is the token. No cookie need be set for a form then, and
        # browsers that tell no referrer, as these pages ask, tell no origin either.
        @csrf_exempt
        @wraps(view)
        def routed(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                link = access.link_opened_by(token)
                if request.method not in methods:
                    return _sealed(HttpResponseNotAllowed(methods))
                if not locked and not is_let_in(request, link):
                    return _sealed(redirect("gallery:shared", token=token))
                response = view(request, link, *args, **kwargs)
            except Http404:
                return gone(request)
            _seal(response, keep=not link.password)
            return response

        return routed

    return decorate


def is_let_in(request: HttpRequest, link: ShareLink) -> bool:
    """Return whether the sender need give no password, or has given it."""
    return sharing.is_unlocked(link, request.COOKIES.get(sharing.COOKIE, ""))


def cookie_options(request: HttpRequest, token: str) -> dict[str, Any]:
    """Return what all cookies of guests have in common: they are for one link's address and no other."""
    return {
        "path": f"/s/{token}/",
        "secure": request.is_secure(),
        "httponly": True,
        "samesite": "Lax",
    }


def closed(request: HttpRequest, link: ShareLink, error: str = "", status: int = 200) -> HttpResponse:
    """Return the form that asks for the password and tells nothing of what is behind it."""
    context = {"link": link, "token": link.plain, "error": error}
    return render(request, "share/password.html", context, status=status)


def _sealed(response: HttpResponse) -> HttpResponse:
    _seal(response, keep=False)
    return response


def _seal(response: HttpResponseBase, *, keep: bool) -> None:
    """Keep the address out of search engines, referrers and shared caches; behind a password, out of every cache."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = "private, no-cache" if keep else "private, no-store"
