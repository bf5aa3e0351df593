"""What people choose for their own eyes and hands and a cookie keeps: theme, density of the grid, single-letter keys."""

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

YEAR_S = 365 * 24 * 3600
THEME: Final = "theme"
DENSITY: Final = "density"
KEYS: Final = "keys"
# The first of each is what holds until one chooses.
VALUES: Final[dict[str, tuple[str, ...]]] = {
    THEME: ("auto", "light", "dark"),
    DENSITY: ("m", "s", "l"),
    KEYS: ("on", "off"),
}
LABELS: Final = {"auto": _("Auto"), "light": _("Light"), "dark": _("Dark")}
# Value, the letter on its button, and its name.
DENSITIES: Final = (
    ("s", pgettext_lazy("size of the photos", "S"), _("Small")),
    ("m", pgettext_lazy("size of the photos", "M"), _("Medium")),
    ("l", pgettext_lazy("size of the photos", "L"), _("Large")),
)


def chosen(request: HttpRequest, name: str) -> str:
    """Return the value that holds; a cookie that was forged or is out of date counts as none."""
    value = request.COOKIES.get(name, "")
    return value if value in VALUES[name] else VALUES[name][0]


def keep(request: HttpRequest, name: str, value: str) -> HttpResponse:
    """Return the answer that keeps the value and leads back to the page that `next` names."""
    response = HttpResponseRedirect(way_back(request))
    response.set_cookie(
        name, value, max_age=YEAR_S, secure=request.is_secure(), httponly=True, samesite="Lax"
    )
    return response


def way_back(request: HttpRequest) -> str:
    """Return the address that the form's `next` names, on this site only; the timeline where it names none."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    # Never relative to the form's own address, which may take only POST.
    return back if safe and back.startswith("/") else reverse("gallery:timeline")
