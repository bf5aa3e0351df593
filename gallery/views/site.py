"""The site itself: the theme, and whether it is well."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gallery.views.context import THEME_COOKIE, THEMES

YEAR_S = 365 * 24 * 3600


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    # Anybody: it is a matter of their own eyes, also before they sign in.
    chosen = request.POST.get("theme")
    if chosen not in THEMES:
        return HttpResponseBadRequest(f"Unknown theme: choose one of {', '.join(THEMES)}.")
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    # Never what redirect() would look up as a name, and never relative to this address, which only takes POST.
    response = HttpResponseRedirect(back if safe and back.startswith("/") else reverse("gallery:timeline"))
    response.set_cookie(
        THEME_COOKIE, chosen, max_age=YEAR_S, secure=request.is_secure(), httponly=True, samesite="Lax"
    )
    return response


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    # Anybody: a load balancer does not sign in, and learns one word.
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
