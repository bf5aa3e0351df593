"""The timeline's calendar: how many photos each month holds, what is of a year, a month or a day, and of this day.

A photo belongs to the date that the clocks showed where it was taken. The order, by the moment it was taken, is another
one where zones overlap: so each question asks a range of moments a day wider than the dates, which the index
(owner, taken_at, id) answers, and the dates within it.
"""

import calendar
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from itertools import groupby
from typing import NamedTuple

from django.db.models import Count, Q
from django.utils import timezone

from gallery import remembered
from gallery.models import Image, ImageQuerySet, User
from gallery.models.images import IN_TIMELINE

# No offset from UTC reaches a whole day (RFC 3339).
A_DAY = timedelta(days=1)
# Of one date in one year; its own page shows all.
PER_YEAR = 30
# Of one date in all years together.
MOST = 1000
# So many years in one question: engines bound how deep a condition may be.
YEARS_ASKED = 100


class Month(NamedTuple):
    """How many photos were taken in a month."""

    year: int
    month: int
    photos: int

    @property
    def number(self) -> int:
        """Year x 100 + month, as Image.month has it."""
        return self.year * 100 + self.month

    @property
    def first(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)


class Year(NamedTuple):
    """The months of a year that hold photos, newest first."""

    year: int
    photos: int
    months: Sequence[Month]


class Span(NamedTuple):
    """Dates from the first to the last, both included."""

    first: date
    last: date

    @property
    def numbers(self) -> tuple[int, int]:
        """The first and the last month, as Image.month has them."""
        return _number(self.first), _number(self.last)

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """When it was one of these dates anywhere on Earth."""
        return _start(self.first), _end(self.last)


def year_span(year: int) -> Span:
    """Return the dates of a year."""
    return Span(date(year, 1, 1), date(year, 12, 31))


def month_span(year: int, month: int) -> Span:
    """Return the dates of a month; ValueError where there is none."""
    return Span(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


def months(user: User) -> list[Month]:
    """Return the months of the user's timeline that hold photos, newest first.

    They are remembered until something in the library changes.
    """
    return [Month(*month) for month in remembered.or_counted(user, "months", lambda: _counted(user))]


def _counted(user: User) -> list[tuple[int, int, int]]:
    """Count each month: the index image_month holds all that is asked.

    A condition beside the owner might lead a planner to another index.
    """
    owned = Image.objects.owned_by(user).order_by("-month").values_list("month")
    counted = owned.annotate(count=Count("month", filter=IN_TIMELINE))
    return [(number // 100, number % 100, count) for number, count in counted if count]


def years(found: Iterable[Month]) -> Iterator[Year]:
    """Group months, which stand newest first, by year."""
    for year, group in groupby(found, key=lambda month: month.year):
        inside = list(group)
        yield Year(year, sum(month.photos for month in inside), inside)


def within(images: ImageQuerySet, span: Span) -> ImageQuerySet:
    """Keep what was taken in these whole months."""
    return images.filter(month__range=span.numbers, taken_at__range=span.moments)


def on(images: ImageQuerySet, day: date) -> ImageQuerySet:
    """Keep what was taken on this date, by the clocks of the place."""
    images = within(images, Span(day, day))
    offsets = images.order_by().values_list("taken_offset_minutes", flat=True).distinct()
    exact = (
        Q(
            taken_offset_minutes=offset,
            taken_at__gte=_midnight(day, _zone(offset)),
            taken_at__lt=_midnight(day + A_DAY, _zone(offset)),
        )
        for offset in offsets
    )
    return images.filter(_any(exact))


def of_other_years(images: ImageQuerySet, day: date) -> list[Image]:
    """Return what was taken on this date in the years before, newest first.

    At most PER_YEAR of each year, and MOST in all.
    """
    days = [earlier for year in range(day.year - 1, 0, -1) if (earlier := _in_year(day, year))]
    there = images.filter(month__in=[_number(earlier) for earlier in days])
    taken = set(there.order_by().values_list("month", flat=True).distinct())
    days = [earlier for earlier in days if _number(earlier) in taken]
    keys: list[uuid.UUID] = []
    for start in range(0, len(days), YEARS_ASKED):
        if len(keys) < MOST:
            keys += _of_days(images, days[start : start + YEARS_ASKED])
    return list(images.filter(pk__in=keys[:MOST]).newest_first().defer("metadata"))


def _of_days(images: ImageQuerySet, days: Sequence[date]) -> list[uuid.UUID]:
    """Return the keys of what was taken on these dates, newest first, at most PER_YEAR of each.

    Which date it was where a photo was taken is not asked of the engine: each offset would be a term beside each date.
    """
    around = images.filter(_any(Q(taken_at__range=Span(day, day).moments) for day in days))
    rows = around.filter(month__in=[_number(day) for day in days]).newest_first()
    room = dict.fromkeys(days, PER_YEAR)
    keys = []
    # A row is a hundred times as large as what is read of it here.
    for key, taken_at, offset in rows.values_list("pk", "taken_at", "taken_offset_minutes").iterator():
        taken_on = taken_at.astimezone(_zone(offset)).date()
        if room.get(taken_on):
            room[taken_on] -= 1
            keys.append(key)
    return keys


def following(images: ImageQuerySet, span: Span) -> Image | None:
    """Return the newest photo that was taken before these months."""
    earlier = images.filter(month__lt=span.numbers[0], taken_at__lte=_end(span.first - A_DAY))
    return earlier.newest_first().defer("metadata").first()


def preceding(images: ImageQuerySet, span: Span) -> Image | None:
    """Return the oldest photo that was taken after these months."""
    later = images.filter(month__gt=span.numbers[1], taken_at__gte=_start(span.last + A_DAY))
    return later.oldest_first().defer("metadata").first()


def _in_year(day: date, year: int) -> date | None:
    """Return the date in another year; None where that year has no 29 February."""
    try:
        return day.replace(year=year)
    except ValueError:
        return None


def _any(terms: Iterable[Q]) -> Q:
    """Return what holds where one of the terms does; where there is none, nothing."""
    return Q(pk__in=[]) | Q(*terms, _connector=Q.OR)


def _number(day: date) -> int:
    return day.year * 100 + day.month


def _start(day: date) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight if day == date.min else midnight - A_DAY


def _end(day: date) -> datetime:
    if day >= date.max - A_DAY:
        return datetime.max.replace(tzinfo=UTC)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + 2 * A_DAY


def _zone(offset: int | None) -> tzinfo:
    return timezone.get_default_timezone() if offset is None else fixed_zone(timedelta(minutes=offset))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
