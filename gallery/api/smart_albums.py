"""Smart albums: searches that are kept under a title."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import search, smart_albums
from gallery.api import versions
from gallery.api.authentication import person
from gallery.api.fields import SparseMixin, StrictMixin, UtcDateTimeField
from gallery.api.filters import NoFilter, StrictFilterBackend
from gallery.api.pagination import CursorPages
from gallery.api.views import GenericViewSet
from gallery.models import SmartAlbum


@extend_schema_serializer(component_name="SmartAlbum")
class SmartAlbumSerializer(SparseMixin, StrictMixin, serializers.ModelSerializer[SmartAlbum]):
    """A search under a title, which finds anew whenever it is looked at."""

    created_at = UtcDateTimeField(read_only=True)
    updated_at = UtcDateTimeField(read_only=True)

    class Meta:
        model = SmartAlbum
        fields = ["id", "title", "query", "created_at", "updated_at"]

    def validate_query(self, query: str) -> str:
        """Refuse a search that cannot be understood."""
        try:
            smart_albums.check(query)
        except search.QueryError as error:
            raise serializers.ValidationError(f"{error.term}: {error.message}", code=error.code) from error
        return query

    def create(self, validated_data: dict[str, Any]) -> SmartAlbum:
        return smart_albums.create(self.context["request"].user, **validated_data)

    def update(self, instance: SmartAlbum, validated_data: dict[str, Any]) -> SmartAlbum:
        """Write what was sent; what was not sent stays."""
        said = {"title": instance.title, "query": instance.query}
        smart_albums.change(instance, **{**said, **validated_data})
        return instance


class SmartAlbumViewSet(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    mixins.ListModelMixin,
    GenericViewSet,
):
    """Your smart albums. What one finds is what the search for its query finds."""

    queryset = SmartAlbum.objects.none()
    serializer_class = SmartAlbumSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = NoFilter
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]
    sparse = ("list", "retrieve")
    versioned = ("retrieve", "partial_update", "destroy")

    def get_queryset(self) -> QuerySet[SmartAlbum]:
        return smart_albums.of(person(self.request))

    def get_object(self) -> SmartAlbum:
        self.found = smart_albums.one(person(self.request), self.kwargs["pk"])
        if self.action in {"partial_update", "destroy"}:
            versions.require(self.request, _version(self.found))
        return self.found

    def perform_destroy(self, instance: SmartAlbum) -> None:
        smart_albums.delete(instance)

    @extend_schema(operation_id="smart_albums_list", summary="List smart albums")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your smart albums, the newest first. What one finds is told by /api/search/?q=QUERY."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="smart_albums_create", summary="Keep a search as a smart album")
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep a search. One that cannot be understood is a 400 that names the term."""
        return super().create(request, *args, **kwargs)

    @extend_schema(operation_id="smart_albums_retrieve", summary="Show a smart album")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One smart album of yours."""
        return versions.tagged(request, super().retrieve(request, *args, **kwargs), _version(self.found))

    @extend_schema(operation_id="smart_albums_update", summary="Change title or query")
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is sent; what is not sent stays."""
        update = super().partial_update
        answer = versions.guarded(request, lambda: update(request, *args, **kwargs))
        return versions.tagged(request, answer, _version(self.found))

    @extend_schema(operation_id="smart_albums_delete", summary="Delete a smart album")
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Forget the search. The images stay."""
        destroy = super().destroy
        return versions.guarded(request, lambda: destroy(request, *args, **kwargs))


def _version(album: SmartAlbum) -> str:
    return versions.of(album.pk, album.title, album.query)
