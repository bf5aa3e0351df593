"""The menu: the ways to everything that has no place in the bar, and what one chooses for oneself."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gallery.views import choices, fragments

# Name, address, icon. What this installation does not have is left out.
PLACES = (
    (_("Favourites"), "gallery:favourites", "heart"),
    (_("Archive"), "gallery:archive", "archive"),
    (_("On this day"), "gallery:on_this_day", "calendar-days"),
    (_("Tags"), "gallery:tags", "tag"),
    (_("Places"), "gallery:places", "map-pin"),
    (_("Shared links"), "gallery:share_links", "share-2"),
    (_("Duplicates"), "gallery:duplicates", "copy"),
    (_("Bin"), "gallery:bin", "trash-2"),
    (_("Account"), "account", "settings"),
)
ADMINISTRATION = (_("Administration"), "administration", "lock")
# What to press, and what it does.
KEYS = (
    ("/", _("Search")),
    ("?", _("Show these keys")),
    ("g p", _("Go to your photos")),
    ("g a", _("Go to your albums")),
    (
        "\N{LEFTWARDS ARROW} \N{UPWARDS ARROW} \N{RIGHTWARDS ARROW} \N{DOWNWARDS ARROW}",
        _("Go to the next photo in that direction"),
    ),
    ("Home End", _("Go to the first or the last photo of the page")),
    ("Enter", _("Open the photo")),
    ("Space x", _("Select the photo, or no longer")),
    ("Shift + \N{RIGHTWARDS ARROW}", _("Select further photos")),
    ("Ctrl + A", _("Select the day; pressed again, all photos of the page")),
    ("f", _("Mark as a favourite, or no longer")),
    ("Delete", _("Move to the bin")),
    ("Esc", _("Clear the selection, close what is open")),
)
THEME_ICONS = {"auto": "sun-moon", "light": "sun", "dark": "moon"}


@require_safe
def menu(request: HttpRequest) -> HttpResponse:
    # Anybody: who is not signed in chooses the theme here.
    part = fragments.wanted(request)
    context = {
        "places": _places(request),
        "theme_choices": [(name, choices.LABELS[name], icon) for name, icon in THEME_ICONS.items()],
        "back": request.GET.get("next", "") if part else request.get_full_path(),
    }
    return fragments.answer(request, "menu.html", "_menu.html", context)


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    # Anybody: it is the same for all.
    return fragments.answer(request, "keys.html", "_keys.html", {"keys": KEYS})


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    # Anybody: it is a matter of their own eyes, also before they sign in.
    return _chosen(request, choices.THEME)


@require_POST
def density(request: HttpRequest) -> HttpResponse:
    # Anybody, as above.
    return _chosen(request, choices.DENSITY)


@require_POST
def letter_keys(request: HttpRequest) -> HttpResponse:
    # Anybody, as above.
    return _chosen(request, choices.KEYS)


def _chosen(request: HttpRequest, name: str) -> HttpResponse:
    value = request.POST.get(name, "")
    if value not in choices.VALUES[name]:
        words = gettext("There is no such choice: take one of %(values)s.")
        return HttpResponseBadRequest(words % {"values": ", ".join(choices.VALUES[name])})
    return choices.keep(request, name, value)


def _places(request: HttpRequest) -> list[tuple[object, str, str]]:
    staff = getattr(request.user, "is_staff", False)
    found: list[tuple[object, str, str]] = []
    for name, view, icon in (*PLACES, *([ADMINISTRATION] if staff else [])):
        try:
            found.append((name, reverse(view), icon))
        except NoReverseMatch:
            continue
    return found
