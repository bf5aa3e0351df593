"""The timeline's calendar: how many photos each month holds, what is of a year, a month or a day, and of this day.

A photo belongs to the date that the clocks showed where it was taken. The order, by the moment it was taken, is another
one where zones overlap: so each question asks a range of moments a day wider than the dates, which the index
(owner, taken_at, id) answers, and the dates within it.
"""

import calendar
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from itertools import groupby
from typing import NamedTuple

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from gallery.models import Image, ImageQuerySet

# No offset from UTC reaches a whole day (RFC 3339).
A_DAY = timedelta(days=1)
# Of one date in one year; its own page shows all.
PER_YEAR = 30


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


def months(images: ImageQuerySet) -> list[Month]:
    """Return the months that hold photos, newest first."""
    counted = images.order_by("-month").values_list("month").annotate(count=Count("pk"))
    return [Month(number // 100, number % 100, count) for number, count in counted]


def years(found: Iterable[Month]) -> Iterator[Year]:
    """Group months, which stand newest first, by year."""
    for year, group in groupby(found, key=lambda month: month.year):
        inside = list(group)
        yield Year(year, sum(month.photos for month in inside), inside)


def within(images: ImageQuerySet, span: Span) -> ImageQuerySet:
    """Keep what was taken in these whole months."""
    return images.filter(month__range=span.numbers, taken_at__range=span.moments)


def on(images: ImageQuerySet, days: Sequence[date]) -> ImageQuerySet:
    """Keep what was taken on these dates, each by the clocks of the place."""
    images = images.filter(month__in={_number(day) for day in days})
    around = images.filter(_any(Q(taken_at__range=Span(day, day).moments) for day in days))
    offsets = set(around.order_by().values_list("taken_offset_minutes", flat=True).distinct())
    exact = (
        Q(
            taken_offset_minutes=offset,
            taken_at__gte=_midnight(day, _zone(offset)),
            taken_at__lt=_midnight(day + A_DAY, _zone(offset)),
        )
        for offset in offsets
        for day in days
    )
    return images.filter(_any(exact))


def of_other_years(images: ImageQuerySet, day: date) -> list[Image]:
    """Return what was taken on this date in the years before, newest first, at most PER_YEAR of each year."""
    oldest = images.oldest_first().values_list("taken_at", flat=True).first()
    if oldest is None:
        return []
    days = list(_anniversaries(day, oldest.year - 1))
    if not days:
        return []
    rank = Window(RowNumber(), partition_by=F("month"), order_by=[F("taken_at").desc(), F("pk").desc()])
    ranked = on(images, days).order_by().annotate(rank=rank).values_list("pk", "rank")
    # Ranked by their keys alone: a row is a hundred times as large.
    keys = [key for key, place in ranked if place <= PER_YEAR]
    return list(images.filter(pk__in=keys).newest_first().defer("metadata"))


def following(images: ImageQuerySet, span: Span) -> Image | None:
    """Return the newest photo that was taken before these months."""
    earlier = images.filter(month__lt=span.numbers[0], taken_at__lte=_end(span.first - A_DAY))
    return earlier.newest_first().defer("metadata").first()


def preceding(images: ImageQuerySet, span: Span) -> Image | None:
    """Return the oldest photo that was taken after these months."""
    later = images.filter(month__gt=span.numbers[1], taken_at__gte=_start(span.last + A_DAY))
    return later.oldest_first().defer("metadata").first()


def _anniversaries(day: date, first_year: int) -> Iterator[date]:
    for year in range(max(first_year, 1), day.year):
        try:
            yield day.replace(year=year)
        except ValueError:  # 29 February
            continue


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
