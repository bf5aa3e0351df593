"""Albums: making, describing, filling, arranging and removing them."""

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, albums, covers, letting_go, ordering
from gallery.api import versions
from gallery.api.authentication import person
from gallery.api.fields import IdsSerializer, SparseMixin, StrictMixin, UtcDateTimeField
from gallery.api.filters import AlbumFilter, StrictFilterBackend
from gallery.api.pagination import CursorPages
from gallery.api.views import GenericViewSet
from gallery.models import Album, AlbumImage, AlbumMember


@extend_schema_serializer(component_name="Album")
class AlbumSerializer(SparseMixin, StrictMixin, serializers.ModelSerializer[Album]):
    """An ordered collection of images. Where it lies among other albums is for its owner to know and to change."""

    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    # The stubs know the other meaning of the name, the serializer that a field lies in.
    parent = serializers.UUIDField(source="parent_id", required=False, allow_null=True)  # type: ignore[assignment]
    cover = serializers.UUIDField(
        source="cover_id",
        required=False,
        allow_null=True,
        help_text="Chosen by hand; null: the first image.",
    )
    sort = serializers.ChoiceField(choices=Album.Sort.choices, required=False)
    is_own = serializers.SerializerMethodField(help_text="Whether you are the owner.")
    role = serializers.SerializerMethodField(help_text="What you are there.")
    images = serializers.SerializerMethodField(help_text="How many everybody in the album sees.")
    created_at = UtcDateTimeField(read_only=True)
    updated_at = UtcDateTimeField(read_only=True)

    class Meta:
        model = Album
        fields = [
            "id", "title", "description", "parent", "cover", "sort", "is_own", "role", "images", "created_at",
            "updated_at",
        ]  # fmt: skip

    def get_is_own(self, album: Album) -> bool:
        return bool(album.owner_id == self.context["request"].user.pk)

    def get_role(self, album: Album) -> str:
        roles: dict[Any, str] = self.context.get("roles", {})
        if album.pk in roles or self.get_is_own(album):
            return roles.get(album.pk, "owner")
        return access.role_in(self.context["request"].user, album)

    def get_images(self, album: Album) -> int:
        """Return how many there are; those of a list were counted together."""
        counted: dict[Any, covers.Summary] = self.context.get("summaries") or covers.summaries(
            self.context["request"].user, [album]
        )
        return counted[album.pk].photos

    def to_representation(self, instance: Album) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if "sort" in shown:
            shown["sort"] = instance.sort or Album.Sort.MANUAL
        if "parent" in shown and not self.get_is_own(instance):
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
        if self.instance is None or not access.entries_of(self.instance).filter(image_id=key).exists():
            raise serializers.ValidationError(
                "The cover must be one of the album's images.", code="not_found"
            )
        return key

    def create(self, validated_data: dict[str, Any]) -> Album:
        user, parent_id = self.context["request"].user, validated_data.pop("parent_id", None)
        parent = access.own_album(user, parent_id) if parent_id else None
        album = albums.create(
            user, validated_data.pop("title"), parent, validated_data.pop("description", "")
        )
        if validated_data:
            albums.change(album, **validated_data)
        return album

    def update(self, instance: Album, validated_data: dict[str, Any]) -> Album:
        """Write what was sent and nothing else."""
        if "parent_id" in validated_data:
            parent_id = validated_data.pop("parent_id")
            if parent_id != instance.parent_id:
                user = self.context["request"].user
                albums.move(instance, access.own_album(user, parent_id) if parent_id else None)
        albums.change(instance, **validated_data)
        return instance


class ArrangeSerializer(StrictMixin, serializers.Serializer[Any]):
    """One image of the album, and before which it is to stand."""

    image = serializers.UUIDField()
    before = serializers.UUIDField(allow_null=True, help_text="null: to the end.")


class AlbumPlaceSerializer(StrictMixin, serializers.Serializer[Any]):
    """Before which of its siblings the album is to stand."""

    before = serializers.UUIDField(allow_null=True, help_text="null: to the end.")


SENT: dict[str, type[serializers.BaseSerializer[Any]]] = {
    "add": IdsSerializer,
    "remove": IdsSerializer,
    "arrange": ArrangeSerializer,
    "place": AlbumPlaceSerializer,
}


class AlbumViewSet(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    mixins.ListModelMixin,
    GenericViewSet,
):
    """Your albums and those that you were invited to. /api/images/?album=ID lists what is inside."""

    queryset = Album.objects.none()
    serializer_class = AlbumSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = AlbumFilter
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]
    sparse = ("list", "retrieve")
    versioned = ("retrieve", "partial_update", "destroy")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the action takes, from which the browsable API makes its form."""
        return SENT.get(self.action, AlbumSerializer)

    def get_queryset(self) -> QuerySet[Album]:
        return access.albums_visible_to(self.request.user)

    def get_object(self) -> Album:
        asked = {
            "retrieve": access.visible_album,
            "destroy": access.own_album,
            "place": access.own_album,
            "add": access.contributable_album,
            "remove": access.visible_album,
        }
        self.found = asked.get(self.action, access.changeable_album)(self.request.user, self.kwargs["pk"])
        if self.action in {"partial_update", "destroy"}:
            versions.require(self.request, _version(self.found))
        return self.found

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return a page of albums; ask once what the person is in each, and how many images each holds."""
        page: list[Album] = super().paginate_queryset(queryset) or []
        if self.wants("role"):
            mine = AlbumMember.objects.filter(user=person(self.request), album__in=page)
            self.roles = dict(mine.values_list("album_id", "role"))
        if self.wants("images"):
            self.summaries = covers.summaries(person(self.request), page)
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        more = {"roles": getattr(self, "roles", {}), "summaries": getattr(self, "summaries", None)}
        return {**super().get_serializer_context(), **more}

    @extend_schema(operation_id="albums_list", summary="List albums")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your albums and those that you were invited to, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="albums_create", summary="Make an album")
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make an empty album of your own, on top or inside another one of yours."""
        return super().create(request, *args, **kwargs)

    @extend_schema(operation_id="albums_retrieve", summary="Show an album")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show an album of yours, or one that you were invited to."""
        return versions.tagged(request, super().retrieve(request, *args, **kwargs), _version(self.found))

    @extend_schema(operation_id="albums_update", summary="Change title, description, order, cover, place")
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is sent; what is not sent stays. For the owner and editors; `parent` for the owner."""
        update = super().partial_update
        answer = versions.guarded(request, lambda: update(request, *args, **kwargs))
        return versions.tagged(request, answer, _version(self.found))

    @extend_schema(operation_id="albums_delete", summary="Remove an album")
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Remove the album and those inside it. The images stay in the library. For the owner."""
        destroy = super().destroy
        return versions.guarded(request, lambda: destroy(request, *args, **kwargs))

    def perform_destroy(self, instance: Album) -> None:
        letting_go.delete_album(instance)

    @extend_schema(
        operation_id="albums_add", summary="Add images", request=IdsSerializer, responses={204: None}
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def add(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Put images of your own at the end, in the given order; what is inside already keeps its place.

        All or nothing: an id that is not one of your images is an error. For the owner, editors and contributors.
        """
        album, keys = self.get_object(), _keys(request)
        own = set(access.library_of(person(request)).filter(pk__in=keys).values_list("pk", flat=True))
        _refuse(keys, own, "There is no such image of yours.", "not_found")
        albums.add(album, keys, by=person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="albums_remove", summary="Take images out", request=IdsSerializer, responses={204: None}
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def remove(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Take images out of the album; they stay in the library. What is not inside is passed over.

        The owner and editors take out any; others what they brought, all or nothing.
        """
        album, user = self.get_object(), person(request)
        removable = access.entries_removable_by(user, album)
        if access.role_in(user, album) == AlbumMember.Role.VIEWER:
            # Whoever only looks has nothing to do here, unless something of theirs is inside.
            access.must_exist(removable)
        keys = _keys(request)
        inside = access.entries_of(album).filter(image_id__in=keys).values_list("image_id", flat=True)
        allowed = set(removable.filter(image_id__in=keys).values_list("image_id", flat=True))
        _refuse(
            keys,
            allowed.union(set(keys) - set(inside)),
            "Only the owner and editors take out what others brought.",
            "not_yours",
        )
        albums.withdraw(user, album, keys)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="albums_arrange",
        summary="Move an image within an album",
        request=ArrangeSerializer,
        responses={204: None},
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def arrange(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Put one image before another, in the order by hand, which shows while `sort` is manual.

        For the owner and editors. An image that is not inside is an error.
        """
        album, asked = self.get_object(), ArrangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        entries = AlbumImage.objects.filter(album=album).order_by("position", "id")
        places = dict(entries.filter(image_id__in=values.values()).values_list("image_id", "pk"))
        missing = [name for name, key in values.items() if key is not None and key not in places]
        if missing:
            error = serializers.ErrorDetail("This image is not in the album.", code="not_found")
            raise serializers.ValidationError({name: [error] for name in missing})
        ordering.put_before(entries, places[values["image"]], places.get(values["before"]))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="albums_place",
        summary="Move an album among its siblings",
        request=AlbumPlaceSerializer,
        responses={204: None},
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def place(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Put the album before another one with the same parent. For the owner."""
        album, asked = self.get_object(), AlbumPlaceSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        before = asked.validated_data["before"]
        siblings = Album.objects.filter(owner=album.owner, parent=album.parent_id).in_order()
        if before is not None and not siblings.filter(pk=before).exists():
            error = serializers.ErrorDetail(
                "There is no such album of yours beside this one.", code="not_found"
            )
            raise serializers.ValidationError({"before": [error]})
        ordering.put_before(siblings, album.pk, before)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _version(album: Album) -> str:
    said = (album.title, album.description, album.sort, album.parent_id, album.cover_id)
    return versions.of(album.pk, album.updated_at, *said)


def _keys(request: Request) -> list[uuid.UUID]:
    """Return the ids that the body names, each once, in order."""
    asked = IdsSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return list(dict.fromkeys(asked.validated_data["images"]))


def _refuse(keys: list[uuid.UUID], allowed: set[uuid.UUID], words: str, code: str) -> None:
    """Raise ValidationError that points at each id that is not allowed."""
    error = serializers.ErrorDetail(words, code=code)
    if strange := {str(place): [error] for place, key in enumerate(keys) if key not in allowed}:
        raise serializers.ValidationError({"images": strange})
