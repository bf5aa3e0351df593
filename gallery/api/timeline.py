"""The timeline for programs that draw it themselves: the months with their counts, and the columns of a month."""

from datetime import date
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, timeline
from gallery.api import image_rows
from gallery.api.authentication import person
from gallery.api.image_rows import utc
from gallery.api.image_serializers import ImageSerializer
from gallery.api.pagination import InvalidParameter, TimelinePages
from gallery.api.views import APIView
from gallery.models import Image, ImageQuerySet

COLUMNS = (
    "id", "width", "height", "taken_at", "taken_offset_minutes", "kind", "duration_s", "is_favorite", "color",
    "thumbhash",
)  # fmt: skip
YEARS = range(2, 9999)


class MonthSerializer(serializers.Serializer[timeline.Month]):
    """A month that holds photos. `month` is year x 100 + month."""

    month = serializers.IntegerField(source="number")
    count = serializers.IntegerField(source="photos")


class MonthsSerializer(serializers.Serializer[Any]):
    """All months that hold photos, newest first."""

    months = MonthSerializer(many=True)


class ColumnsSerializer(serializers.Serializer[Any]):
    """Columns of equal length: the first of each belongs to the first image, and so on."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    id = serializers.ListField(child=serializers.UUIDField())
    ratio = serializers.ListField(child=serializers.FloatField(), help_text="Width by height.")
    taken_at = serializers.ListField(child=serializers.DateTimeField())
    taken_offset_minutes = serializers.ListField(child=serializers.IntegerField(allow_null=True))
    kind = serializers.ListField(child=serializers.ChoiceField(Image.Kind.choices))
    duration_s = serializers.ListField(child=serializers.FloatField(allow_null=True))
    is_favorite = serializers.ListField(child=serializers.BooleanField())
    color = serializers.ListField(child=serializers.CharField())
    thumbhash = serializers.ListField(child=serializers.CharField())


class MonthsView(APIView):
    """The months of your timeline."""

    @extend_schema(
        operation_id="timeline_months", summary="Count photos by month", responses={200: MonthsSerializer}
    )
    def get(self, request: Request) -> Response:
        """List the months that hold photos of yours, newest first, by the date of the place; the archive is left out."""
        found = timeline.months(person(request))
        return Response(MonthsSerializer({"months": found}).data)


class DaySerializer(serializers.Serializer[Any]):
    """The images of one date in the years before, newest first: at most 30 of each year, and 1,000 in all."""

    date = serializers.DateField()
    images = ImageSerializer(many=True)


class OnThisDayView(APIView):
    """What you took on this date in the years before."""

    parameters = {"get": ("date",)}
    sparse = ("get",)

    @extend_schema(
        operation_id="timeline_on_this_day",
        summary="Show what was taken on this day",
        parameters=[OpenApiParameter("date", OpenApiTypes.DATE, description="Another day than today.")],
        responses={200: DaySerializer},
    )
    def get(self, request: Request) -> Response:
        """List your photos of this date in earlier years, by the calendar of each place."""
        day = _day(request.query_params.get("date", ""))
        found = timeline.of_other_years(access.timeline_of(person(request)), day)
        return Response({"date": day.isoformat(), "images": image_rows.page(found, request, self.only)})

    def shown_by(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the images are shown by."""
        return ImageSerializer


def _day(text: str) -> date:
    if not text:
        return timezone.localdate()
    try:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidParameter("date: write a day like 2026-09-14.", code="invalid_date") from error


class ColumnPages(TimelinePages):
    """Pages of columns: as many as one answer may hold."""

    default_limit = 500


class ColumnsView(APIView):
    """The photos of your timeline, as columns."""

    parameters = {"get": ("month", "cursor", "limit")}

    @extend_schema(
        operation_id="timeline_columns",
        summary="Show the timeline in columns",
        parameters=[
            OpenApiParameter("month", OpenApiTypes.INT, description="Year x 100 + month; without it, all."),
            OpenApiParameter(
                "cursor",
                OpenApiTypes.STR,
                description="Where the page begins: taken from `next` or `previous`.",
            ),
            OpenApiParameter("limit", OpenApiTypes.INT, default=500, description="How many, at most 500."),
        ],
        responses={200: ColumnsSerializer},
    )
    def get(self, request: Request) -> Response:
        """List what a program needs to lay the timeline out, newest first, in a tenth of the bytes of a list of images."""
        images = _of_month(access.timeline_of(person(request)), request.query_params.get("month", ""))
        pages = ColumnPages()
        rows: list[Image] = pages.paginate_queryset(images.only(*COLUMNS), request)
        return Response({"next": pages.next, "previous": pages.previous, **_columns(rows)})


def _columns(rows: list[Image]) -> dict[str, list[Any]]:
    return {
        "id": [row.pk for row in rows],
        "ratio": [round(row.width / row.height, 4) for row in rows],
        "taken_at": [utc(row.taken_at) for row in rows],
        "taken_offset_minutes": [row.taken_offset_minutes for row in rows],
        "kind": [row.kind or Image.Kind.PHOTO for row in rows],
        "duration_s": [row.duration_s for row in rows],
        "is_favorite": [row.is_favorite for row in rows],
        "color": [row.color for row in rows],
        "thumbhash": [row.thumbhash for row in rows],
    }


def _of_month(images: ImageQuerySet, text: str) -> ImageQuerySet:
    if not text:
        return images
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0
    if number // 100 not in YEARS or not 1 <= number % 100 <= 12:
        raise InvalidParameter("month: write year x 100 + month, like 202609.", code="invalid_month")
    return timeline.within(images, timeline.month_span(number // 100, number % 100))
