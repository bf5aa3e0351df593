"""Lists of images: pages of rows that are shown by hand, with only the columns that are asked for."""

from typing import Any, ClassVar

from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from gallery.api import image_rows
from gallery.api.filters import NoFilter, StrictFilterBackend
from gallery.api.image_serializers import ImageSerializer
from gallery.api.pagination import TimelinePages
from gallery.api.views import StrictQuery
from gallery.models import Image, ImageQuerySet


class ImagePages:
    """Shows pages of images; a mixin for views whose query takes `fields`."""

    # What the order of the list needs of each row.
    ordered_by: ClassVar[tuple[str, ...]] = ("taken_at",)
    request: Any
    only: frozenset[str] | None

    def filter_queryset(self, queryset: Any) -> Any:
        """Filter, and read no more of each row than is shown."""
        found: ImageQuerySet = super().filter_queryset(queryset)  # type: ignore[misc]
        return image_rows.bare(found, self.only, *self.ordered_by)

    def list(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        """Answer with a page."""
        queryset = self.filter_queryset(self.get_queryset())  # type: ignore[attr-defined]
        rows = self.paginate_queryset(queryset)  # type: ignore[attr-defined]
        body = image_rows.page(rows, request, self.only)
        response: Response = self.get_paginated_response(body)  # type: ignore[attr-defined]
        return response


class ImageListView(ImagePages, StrictQuery, ListAPIView[Image]):
    """A list of images at an address of its own, the one taken last first."""

    queryset = Image.objects.none()
    serializer_class = ImageSerializer
    pagination_class: Any = TimelinePages
    filter_backends = [StrictFilterBackend]
    filterset_class: Any = NoFilter
    sparse = ("get",)
    filtered = ("get",)

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer with a page."""
        return self.list(request, *args, **kwargs)
