"""Tags: listing with counts, renaming, merging and deleting; putting them on images and taking them off."""

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import letting_go, tags
from gallery.api import versions
from gallery.api.authentication import person
from gallery.api.fields import MAX_IDS, SparseMixin, StrictMixin
from gallery.api.filters import NoFilter, StrictFilterBackend
from gallery.api.pagination import CursorPages
from gallery.api.views import GenericViewSet
from gallery.models import Tag


@extend_schema_serializer(component_name="Tag")
class TagSerializer(SparseMixin, StrictMixin, serializers.ModelSerializer[Tag]):
    """A word of yours, and how many of your images carry it, the bin not counted."""

    images = serializers.SerializerMethodField()

    class Meta:
        model = Tag
        fields = ["id", "name", "images"]

    def get_images(self, tag: Tag) -> int:
        """Return how many images carry the tag; those of a list were counted together."""
        return int((self.context.get("counts") or tags.counts([tag]))[tag.pk])

    def update(self, instance: Tag, validated_data: dict[str, Any]) -> Tag:
        """Call it otherwise. Raises gallery.tags.TagExists and InvalidTag."""
        return tags.rename(instance, validated_data["name"]) if validated_data else instance


class MergeSerializer(StrictMixin, serializers.Serializer[Any]):
    """The tag that the images carry from now on."""

    into = serializers.UUIDField()


class TaggingSerializer(StrictMixin, serializers.Serializer[Any]):
    """Up to 500 images of yours, and up to 50 tags by their names."""

    images = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MAX_IDS)
    names = serializers.ListField(
        child=serializers.CharField(max_length=200), min_length=1, max_length=tags.MAX_NAMES
    )


class TagViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet,
):
    """Your tags, the newest first."""

    queryset = Tag.objects.none()
    serializer_class = TagSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = NoFilter
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]
    sparse = ("list", "retrieve")
    versioned = ("retrieve", "partial_update", "destroy")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the action takes, from which the browsable API makes its form."""
        sent: dict[str, type[serializers.BaseSerializer[Any]]] = {
            "merge": MergeSerializer,
            "add": TaggingSerializer,
            "remove": TaggingSerializer,
        }
        return sent.get(self.action, TagSerializer)

    def get_queryset(self) -> QuerySet[Tag]:
        return tags.of(person(self.request))

    def get_object(self) -> Tag:
        self.found = tags.one(person(self.request), self.kwargs["pk"])
        if self.action in {"partial_update", "destroy"}:
            versions.require(self.request, _version(self.found))
        return self.found

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return a page of tags and count the images of these alone, in one go."""
        page: list[Tag] = super().paginate_queryset(queryset) or []
        if self.wants("images"):
            self.counts = tags.counts(page)
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "counts": getattr(self, "counts", None)}

    @extend_schema(operation_id="tags_list", summary="List tags")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your tags, with how many of your images carry each; the bin does not count."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="tags_retrieve", summary="Show a tag")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One tag of yours. /api/search/?q=tag:NAME finds what carries it."""
        return versions.tagged(request, super().retrieve(request, *args, **kwargs), _version(self.found))

    @extend_schema(operation_id="tags_update", summary="Rename a tag")
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Call the tag otherwise. 409 tag_exists where another one is called so: merge the two."""
        update = super().partial_update
        answer = versions.guarded(request, lambda: update(request, *args, **kwargs))
        return versions.tagged(request, answer, _version(self.found))

    @extend_schema(operation_id="tags_delete", summary="Delete a tag")
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take the tag off all images and delete it. The images stay."""
        return super().destroy(request, *args, **kwargs)

    def perform_destroy(self, instance: Tag) -> None:
        letting_go.delete_tag(instance)

    @extend_schema(
        operation_id="tags_merge",
        summary="Merge a tag into another",
        request=MergeSerializer,
        responses={204: None},
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def merge(self, request: Request, pk: uuid.UUID) -> Response:
        """Let the images of this tag carry the other one, and delete this one."""
        user, asked = person(request), MergeSerializer(data=request.data)
        tag = tags.one(user, pk)
        asked.is_valid(raise_exception=True)
        into = Tag.objects.filter(owner=user, pk=asked.validated_data["into"]).exclude(pk=tag.pk).first()
        if into is None:
            error = serializers.ErrorDetail("There is no such other tag of yours.", code="not_found")
            raise serializers.ValidationError({"into": [error]})
        letting_go.merge_tag(tag, into)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="tags_add", summary="Tag images", request=TaggingSerializer, responses={204: None}
    )
    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    def add(self, request: Request) -> Response:
        """Put tags on your images, making the tags that are missing. Images of others are passed over."""
        asked = TaggingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        images, names = asked.validated_data["images"], asked.validated_data["names"]
        tags.add(person(request), images, names, noted=True)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="tags_remove",
        summary="Take tags off images",
        request=TaggingSerializer,
        responses={204: None},
    )
    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    def remove(self, request: Request) -> Response:
        """Take tags off your images. What does not carry them is passed over; the tags stay."""
        asked = TaggingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        images, names = asked.validated_data["images"], asked.validated_data["names"]
        tags.remove(person(request), images, names, noted=True)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _version(tag: Tag) -> str:
    return versions.of(tag.pk, tag.name)
