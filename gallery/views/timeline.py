"""Photos by day, newest first: the library, the favourites, the archive, and what was taken on this day."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from gallery import access
from gallery import timeline as calendar
from gallery.models import Image, ImageQuerySet
from gallery.views import cursors, fragments, selecting, tiles
from gallery.views.people import SignedIn

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page of days says of itself: its heading, and the icon and words where there is nothing to show."""

    heading: Words
    icon: str = "images"
    empty: Words = ""
    hint: Words = ""
    # What the links of the photos say of the place in which they are looked at.
    query: str = ""
    # What the bar over a selection is told.
    place: str = "timeline"
    # The library itself, where photos are dropped and what is archived disappears.
    library: bool = False
    # The months of the library beside it: they lead nowhere else.
    scrubber: bool = False


LIBRARY = Shown(
    _("Photos"),
    "image-plus",
    _("Your library is empty"),
    _(
        "Drop photos or folders anywhere on this page, or choose them. Originals are kept exactly as they are."
    ),
    library=True,
    scrubber=True,
)
FAVOURITES = Shown(
    _("Favourites"),
    "heart",
    _("No favourites yet"),
    _("Press the heart beside a photo, and it is found here again."),
    query="?in=favourites",
    place="favourites",
)
ARCHIVE = Shown(
    _("Archive"),
    "archive",
    _("The archive is empty"),
    _("What you archive leaves your timeline; albums and search still show it."),
    place="archive",
)
ON_THIS_DAY = Shown(
    _("On this day"),
    "calendar-days",
    _("Nothing on this day"),
    _("In earlier years you took no photos on this date."),
)


@require_safe
@login_required
def timeline(request: SignedIn) -> HttpResponse:
    page = cursors.timeline(access.timeline_of(request.user), request.GET)
    if "after" in request.GET and not page.newer and not fragments.wanted(request):
        # The newest photos have one address, and it is always a full page.
        return redirect("gallery:timeline")
    return days(request, page, LIBRARY)


@require_safe
@login_required
def favourites(request: SignedIn) -> HttpResponse:
    return _pages(request, access.favourites_of(request.user), FAVOURITES)


@require_safe
@login_required
def archive(request: SignedIn) -> HttpResponse:
    return _pages(request, access.archive_of(request.user), ARCHIVE)


@require_safe
@login_required
def on_this_day(request: SignedIn) -> HttpResponse:
    found = calendar.of_other_years(access.timeline_of(request.user), timezone.localdate())
    return days(request, cursors.Page(found), ON_THIS_DAY)


def days(
    request: SignedIn, page: cursors.Page[Image], shown: Shown, *, newer: str = "", older: str = ""
) -> HttpResponse:
    """Render a page of photos by day. `newer` and `older` lead on where the list itself ends."""
    density = selecting.density(request)
    found = tiles.tiles(page.rows, shown.query, density=density, stacks=tiles.stack_sizes(page.rows))
    select = f"&{selecting.ASKED}=1" if selecting.wanted(request) else ""
    newer = f"{request.path}{page.newer}{select}" if page.newer else newer
    older = f"{request.path}{page.older}{select}" if page.older else older
    scrubber = shown.scrubber and bool(newer or older or len(_months(page.rows)) > 1)
    context = {
        "shown": shown,
        "days": tiles.by_day(found, density, beside_months=scrubber),
        "newer": newer,
        "older": older,
        "scrubber": scrubber,
        **selecting.context(request, shown.place),
        "further": bool(request.GET.get("before")),
    }
    return fragments.answer(request, "timeline.html", "_days.html", context)


def _months(images: Iterable[Image]) -> set[tuple[int, int]]:
    return {(image.taken_local.year, image.taken_local.month) for image in images}


def _pages(request: SignedIn, images: ImageQuerySet, shown: Shown) -> HttpResponse:
    return days(request, cursors.timeline(images, request.GET), shown)
