"""Albums: making, describing, filling and removing them."""

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from gallery import access, albums
from gallery.api.authentication import person
from gallery.api.fields import IdsSerializer, StrictMixin, UtcDateTimeField
from gallery.api.filters import AlbumFilter, StrictFilterBackend
from gallery.api.pagination import CursorPages
from gallery.models import Album, AlbumImage


@extend_schema_serializer(component_name="Album")
class AlbumSerializer(StrictMixin, serializers.ModelSerializer[Album]):
    """An ordered collection of images. Where it lies among other albums is for its owner to know and to change."""

    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    # The stubs know the other meaning of the name, the serializer that a field lies in.
    parent = serializers.UUIDField(source="parent_id", required=False, allow_null=True)  # type: ignore[assignment]
    cover = serializers.UUIDField(source="cover_id", required=False, allow_null=True)
    is_own = serializers.SerializerMethodField(help_text="Whether you are the owner.")
    created_at = UtcDateTimeField(read_only=True)
    updated_at = UtcDateTimeField(read_only=True)

    class Meta:
        model = Album
        fields = ["id", "title", "description", "parent", "cover", "is_own", "created_at", "updated_at"]

    def get_is_own(self, album: Album) -> bool:
        return bool(album.owner_id == self.context["request"].user.pk)

    def to_representation(self, instance: Album) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not self.get_is_own(instance):
            shown["parent"] = None
        return shown

    def validate_parent(self, key: uuid.UUID | None) -> uuid.UUID | None:
        """Refuse what is not one of the user's own albums, or would put the album into itself."""
        user = self.context["request"].user
        parent = access.albums_visible_to(user).filter(owner=user, pk=key).first() if key else None
        if key and parent is None:
            raise serializers.ValidationError("There is no such album of yours.", code="not_found")
        if self.instance is not None and self.instance.owner_id != user.pk:
            raise serializers.ValidationError("Only the owner may move this album.", code="not_yours")
        if parent is not None and self.instance is not None and albums.is_inside(parent, self.instance):
            raise serializers.ValidationError("An album cannot lie inside itself.", code="inside_itself")
        return key

    def validate_cover(self, key: uuid.UUID | None) -> uuid.UUID | None:
        """Refuse what is not in the album."""
        if key is None:
            return None
        inside = AlbumImage.objects.filter(album=self.instance, image_id=key, image__binned_at=None)
        if self.instance is None or not inside.exists():
            raise serializers.ValidationError(
                "The cover must be one of the album's images.", code="not_found"
            )
        return key

    def create(self, validated_data: dict[str, Any]) -> Album:
        user, parent_id = self.context["request"].user, validated_data.get("parent_id")
        parent = access.own_album(user, parent_id) if parent_id else None
        return albums.create(user, validated_data["title"], parent, validated_data.get("description", ""))

    def update(self, instance: Album, validated_data: dict[str, Any]) -> Album:
        """Write what was sent and nothing else."""
        for name, value in validated_data.items():
            setattr(instance, name, value)
        access.save_changes(instance, validated_data)
        return instance


class AlbumViewSet(ModelViewSet[Album]):
    """Your albums and those that you were invited to. /api/images/?album=ID lists what is inside."""

    queryset = Album.objects.none()
    serializer_class = AlbumSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = AlbumFilter
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the action takes, from which the browsable API makes its form."""
        return IdsSerializer if self.action in {"add", "remove"} else AlbumSerializer

    def get_queryset(self) -> QuerySet[Album]:
        return access.albums_visible_to(self.request.user)

    def get_object(self) -> Album:
        asked = {"retrieve": access.visible_album, "destroy": access.own_album}
        return asked.get(self.action, access.changeable_album)(self.request.user, self.kwargs["pk"])

    @extend_schema(operation_id="albums_list", summary="List albums")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="albums_create", summary="Make an album")
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make an empty album of your own, on top or inside another one of yours."""
        return super().create(request, *args, **kwargs)

    @extend_schema(operation_id="albums_retrieve", summary="Show an album")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(operation_id="albums_update", summary="Change title, description, cover, place")
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is sent; what is not sent stays. For the owner and editors."""
        return super().partial_update(request, *args, **kwargs)

    @extend_schema(operation_id="albums_delete", summary="Remove an album")
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Remove the album and those inside it. The images stay in the library. For the owner."""
        return super().destroy(request, *args, **kwargs)

    def perform_destroy(self, instance: Album) -> None:
        albums.delete(instance)

    @extend_schema(
        operation_id="albums_add", summary="Add images", request=IdsSerializer, responses={204: None}
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def add(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Put images of your own at the end, in the given order; what is inside already keeps its place.

        All or nothing: an id that is not one of your images is an error. For the owner and editors.
        """
        album, keys = self.get_object(), _keys(request)
        own = set(access.library_of(person(request)).filter(pk__in=keys).values_list("pk", flat=True))
        if strange := {place: key for place, key in enumerate(keys) if key not in own}:
            error = serializers.ErrorDetail("There is no such image of yours.", code="not_found")
            raise serializers.ValidationError({"images": {str(place): [error] for place in strange}})
        albums.add(album, keys)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="albums_remove", summary="Take images out", request=IdsSerializer, responses={204: None}
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def remove(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Take images out of the album; they stay in the library. What is not inside is passed over."""
        albums.remove(self.get_object(), _keys(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _keys(request: Request) -> list[uuid.UUID]:
    """Return the ids that the body names, each once, in order."""
    asked = IdsSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return list(dict.fromkeys(asked.validated_data["images"]))
