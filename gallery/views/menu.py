"""The menu: the ways to everything that has no place in the bar, and what one chooses for oneself."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gallery.accounts import language as languages
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
    (_("Home End"), _("Go to the first or the last photo of the page")),
    (_("Enter"), _("Open the photo")),
    (_("Space x"), _("Select the photo, or no longer")),
    (_("Shift + →"), _("Select further photos")),
    (_("Ctrl + A"), _("Select the day; pressed again, all photos of the page")),
    ("f", _("Mark as a favourite, or no longer")),
    (pgettext_lazy("key", "Delete"), _("Move to the bin")),
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
        "languages": settings.LANGUAGES,
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


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    # Anybody, as above; of who is signed in it is kept for their other browsers as well.
    code = request.POST.get("language", "")
    if not languages.known(code):
        words = gettext("There is no such choice: take one of %(values)s.")
        return HttpResponseBadRequest(words % {"values": ", ".join(dict(settings.LANGUAGES))})
    if request.user.is_authenticated:
        request.user.language = code
        request.user.save(update_fields=["language"])
    response = HttpResponseRedirect(choices.way_back(request))
    languages.remember(response, code, secure=request.is_secure())
    return response


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
