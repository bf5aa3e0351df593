"""Search: the images that a query in the language of docs/search.md finds."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import search
from gallery.api.authentication import person
from gallery.api.image_lists import ImageListView
from gallery.models import Image, ImageQuerySet


class SearchFilter(django_filters.rest_framework.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    """What is searched for."""

    q = django_filters.CharFilter(
        method="found",
        help_text='Words and fields, such as `tag:beach "evening light" -is:video`; empty: everything.',
    )

    class Meta:
        model = Image
        fields: list[str] = []

    def found(self, images: ImageQuerySet, name: str, query: str) -> ImageQuerySet:  # noqa: ARG002
        """Return what the query finds; raises QueryError, which is a 400 that names the term."""
        return search.run(self.request.user, query)


class SearchView(ImageListView):
    """The images that a query finds, the one taken last first: your own, and those of a shared album that it names."""

    filterset_class = SearchFilter

    @extend_schema(operation_id="search", summary="Search images")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what the query finds. One that cannot be understood is a 400 whose `term` and `start` say where."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> ImageQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Image.objects.none()
        return search.run(person(self.request), "")
