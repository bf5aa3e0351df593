"""The calendar of the library: all months with their numbers of photos, and the pages of a year, a month and a day."""

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from gallery import access
from gallery import timeline as calendar
from gallery.views import cursors, fragments, tiles
from gallery.views.people import SignedIn
from gallery.views.timeline import Shown, days

# Dates that every database and every calendar can count beyond.
YEARS = range(2, 9999)


@require_safe
@login_required
def months(request: SignedIn) -> HttpResponse:
    # A name is formatted once and not in each of three hundred months.
    names = [date_format(date(YEARS.start, number, 1), "F") for number in range(1, 13)]
    found = [
        {"year": year.year, "photos": year.photos, "address": address, "months": _lines(year, address, names)}
        for year in calendar.years(calendar.months(request.user))
        for address in (reverse("gallery:year", args=[year.year]),)
    ]
    return fragments.answer(request, "months.html", "_months.html", {"years": found})


@require_safe
@login_required
def year(request: SignedIn, year: int) -> HttpResponse:
    return _span(request, calendar.year_span(_day(year).year), str(year))


@require_safe
@login_required
def month(request: SignedIn, year: int, month: int) -> HttpResponse:
    first = _day(year, month)
    return _span(request, calendar.month_span(year, month), date_format(first, "YEAR_MONTH_FORMAT"))


@require_safe
@login_required
def day(request: SignedIn, year: int, month: int, day: int) -> HttpResponse:
    chosen = _day(year, month, day)
    images = calendar.on(access.timeline_of(request.user), chosen)
    return days(request, cursors.timeline(images, request.GET), Shown(tiles.long_date(chosen), scrubber=True))


def _lines(year: calendar.Year, address: str, names: Sequence[str]) -> SafeString:
    """Return a line for each month: three hundred of them take a template several times as long."""
    return format_html_join(
        "\n",
        '<li><a href="{}{}/">{} <small>{}</small></a>',
        ((address, f"{month.month:02}", names[month.month - 1], str(month.photos)) for month in year.months),
    )


def _span(request: SignedIn, span: calendar.Span, heading: str) -> HttpResponse:
    """Show what was taken between two dates; at either end the timeline goes on."""
    library = access.timeline_of(request.user)
    page = cursors.timeline(calendar.within(library, span), request.GET)
    earlier = None if page.older else calendar.following(library, span)
    later = None if page.newer else calendar.preceding(library, span)
    root = reverse("gallery:timeline")
    return days(
        request,
        page,
        Shown(heading, scrubber=True),
        older=f"{root}{cursors.from_the(earlier)}" if earlier else "",
        newer=f"{root}{cursors.up_to_the(later)}" if later else "",
    )


def _day(year: int, month: int = 1, day: int = 1) -> date:
    if year not in YEARS:
        raise Http404("No calendar of this gallery has that year.")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Http404("No calendar has that date.") from error
