"""Images: listing, showing, describing, the bin, and the way to the original."""

import uuid
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from gallery import access, editing, objectstore, renditions, rotation
from gallery import bin as photo_bin
from gallery.api.fields import LocalMomentField, StrictMixin, TagsField, UtcDateTimeField
from gallery.api.filters import ImageFilter, StrictFilterBackend
from gallery.api.pagination import InvalidParameter, TimelinePages
from gallery.models import Image

RUNGS = ("h240", "h480", "l1280", "l2560")
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER,
    description="The ETag of the version that you read; 412 where the image was changed since.",
)  # fmt: skip
# S3 looks at the clock when a download begins, so this bounds how long a copied address is of use, not the download.
ORIGINAL_EXPIRES_S = 900


class CameraSerializer(serializers.ModelSerializer[Image]):
    """How the picture was taken. Exposure is in seconds, focal lengths in millimetres; null where not known."""

    make = serializers.CharField(source="camera_make")
    model = serializers.CharField(source="camera_model")

    class Meta:
        model = Image
        fields = [
            "make",
            "model",
            "lens",
            "f_number",
            "exposure_s",
            "iso",
            "focal_length_mm",
            "focal_length_35mm",
        ]
        read_only_fields = fields


class PlaceSerializer(StrictMixin, serializers.Serializer[Image]):
    """Where the picture was taken: in words, and in degrees of WGS 84. Null where neither is known."""

    name = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=120,
        help_text="As a person wrote it, or as the gazetteer knows it; emptied, the gazetteer names it again.",
    )  # fmt: skip
    region = serializers.CharField(read_only=True, allow_null=True)
    country = serializers.CharField(read_only=True, allow_null=True, help_text="ISO 3166-1 alpha-2.")
    latitude = serializers.FloatField(required=False, allow_null=True, min_value=-90, max_value=90)
    longitude = serializers.FloatField(required=False, allow_null=True, min_value=-180, max_value=180)
    altitude_m = serializers.FloatField(
        read_only=True, allow_null=True, help_text="Metres above the sea; forgotten with a new position."
    )

    def get_attribute(self, instance: Any) -> Any:
        """Return the image itself, for the place is a part of its row; None for who may not know it."""
        known = instance.place or instance.latitude is not None
        is_own = instance.owner_id == self.context["request"].user.pk
        return instance if known and is_own else None

    def to_representation(self, instance: Image) -> dict[str, Any]:
        names = ("region", "country", "latitude", "longitude", "altitude_m")
        return {"name": instance.place, **{name: getattr(instance, name) for name in names}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs.get("latitude") is None) != (attrs.get("longitude") is None):
            lonely = "longitude" if attrs.get("longitude") is None else "latitude"
            raise serializers.ValidationError(
                {lonely: "Send both the latitude and the longitude, or neither."}
            )
        return attrs


class ImageUrlsSerializer(serializers.Serializer[Any]):
    """Where the renditions are. h: that height; l: that long edge, in pixels. The addresses hold for hours."""

    h240 = serializers.URLField()
    h480 = serializers.URLField()
    l1280 = serializers.URLField()
    l2560 = serializers.URLField()


class ImageLinksSerializer(serializers.Serializer[Any]):
    """Where to go from here: the image in this API, its page, and its original (null where that is not yours)."""

    self = serializers.URLField()
    page = serializers.URLField()
    original = serializers.URLField(allow_null=True)


class ImageSerializer(StrictMixin, serializers.ModelSerializer[Image]):
    """A photograph. What only its owner may know is null or false for everybody else."""

    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    ratio = serializers.SerializerMethodField(help_text="Width by height.")
    taken_at = LocalMomentField(
        required=False,
        help_text="In UTC. To change it, send the local time with its offset: 2026-09-14T18:03:00+02:00.",
    )
    taken_local = serializers.SerializerMethodField(
        help_text="What the clocks showed there, without an offset."
    )
    camera = CameraSerializer(source="*", read_only=True)
    place = PlaceSerializer(required=False, allow_null=True, help_text="For the owner only.")
    tags = TagsField(required=False, help_text="For the owner only. What is sent replaces what was.")
    rotation = serializers.SerializerMethodField(help_text="Degrees clockwise by which a person turned it.")
    is_archived = serializers.BooleanField(
        required=False, source="archived_at", help_text="For the owner only: kept out of the timeline."
    )
    is_favorite = serializers.BooleanField(required=False, help_text="For the owner only.")
    is_own = serializers.SerializerMethodField(
        help_text="Whether you are the owner, who alone may change it."
    )
    binned_at = UtcDateTimeField(read_only=True, allow_null=True)
    created_at = UtcDateTimeField(read_only=True)
    urls = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Image
        fields = [
            "id", "title", "description", "filename", "bytes", "content_type", "sha256", "width", "height", "ratio",
            "color", "thumbhash", "taken_at", "taken_local", "taken_offset_minutes", "taken_source", "camera", "place",
            "tags", "rotation", "is_archived", "is_favorite", "is_own", "created_at", "binned_at", "urls", "links",
        ]  # fmt: skip
        read_only_fields = [
            "filename", "bytes", "content_type", "sha256", "width", "height", "color", "thumbhash",
            "taken_offset_minutes", "taken_source",
        ]  # fmt: skip

    def get_ratio(self, image: Image) -> float:
        return round(image.width / image.height, 4)

    def get_taken_local(self, image: Image) -> str:
        return image.taken_local.strftime("%Y-%m-%dT%H:%M:%S")

    def get_rotation(self, image: Image) -> int:
        return image.rotation or 0

    def get_is_own(self, image: Image) -> bool:
        return bool(image.owner_id == self.context["request"].user.pk)

    @extend_schema_field(ImageUrlsSerializer)
    def get_urls(self, image: Image) -> dict[str, str]:
        signed: dict[Any, dict[str, str]] = self.context.get("signed", {})
        return signed.get(image.pk) or renditions.urls([image], RUNGS)[0]

    @extend_schema_field(ImageLinksSerializer)
    def get_links(self, image: Image) -> dict[str, str | None]:
        site = self.context["request"].build_absolute_uri
        original = site(reverse("api:image-original", args=[image.pk]))
        return {
            "self": site(reverse("api:image-detail", args=[image.pk])),
            "page": site(image.get_absolute_url()),
            "original": original if self.get_is_own(image) else None,
        }

    def to_representation(self, instance: Image) -> dict[str, Any]:
        shown = super().to_representation(instance)
        is_own = self.get_is_own(instance)
        shown["is_favorite"] = instance.is_favorite and is_own
        shown["is_archived"] = bool(instance.archived_at) and is_own
        shown["tags"] = shown["tags"] if is_own else []
        return shown

    def update(self, instance: Image, validated_data: dict[str, Any]) -> Image:
        """Write what was sent and nothing else, so that two changes at a time do not undo each other."""
        editing.change(instance, _changes(validated_data), if_match=self.context.get("if_match", ()))
        # Their names may have been written otherwise.
        getattr(instance, "_prefetched_objects_cache", {}).pop("tags", None)
        return instance


def _changes(sent: dict[str, Any]) -> editing.Changes:
    plain = ("title", "description", "taken_at", "tags", "is_favorite")
    changes: editing.Changes = editing.Changes(**{name: sent[name] for name in plain if name in sent})  # type: ignore[typeddict-item]
    if "archived_at" in sent:
        changes["is_archived"] = sent["archived_at"]
    if "place" in sent:
        there = sent["place"] or {"name": "", "latitude": None, "longitude": None}
        if "name" in there:
            changes["place"] = there["name"] or ""
        if "latitude" in there:
            latitude, longitude = there["latitude"], there["longitude"]
            changes["position"] = None if latitude is None else (latitude, longitude)
    return changes


class TurnSerializer(StrictMixin, serializers.Serializer[Any]):
    """By how much the picture is to be turned, clockwise."""

    degrees = serializers.ChoiceField(choices=rotation.QUARTERS)


class TurnedSerializer(serializers.Serializer[Any]):
    """Where the picture will stand once its renditions are made, in degrees from how it was taken."""

    rotation = serializers.IntegerField()


class OriginalSerializer(serializers.Serializer[Any]):
    """Where the bytes as they were uploaded can be read for a while."""

    url = serializers.URLField()
    expires_s = serializers.IntegerField(help_text="Seconds for which the address can be used.")


class ImageViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet[Image],
):
    """Your photographs, newest first; with `album`, those of an album that you own or were invited to."""

    queryset = Image.objects.none()
    serializer_class = ImageSerializer
    pagination_class = TimelinePages
    filter_backends = [StrictFilterBackend]
    filterset_class = ImageFilter
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the action takes, from which the browsable API makes its form; answers name their own."""
        if self.action == "rotate":
            return TurnSerializer
        return serializers.Serializer if self.action in {"restore", "original"} else ImageSerializer

    def get_object(self) -> Image:
        user, key = self.request.user, self.kwargs["pk"]
        if self.action == "retrieve":
            own = access.images_changeable_by(user).filter(pk=key).first()
            self.found = own or access.visible_image(user, key)
        else:
            self.found = access.changeable_image(user, key)
        return self.found

    @extend_schema(
        operation_id="images_rotate", summary="Turn an image", request=TurnSerializer, responses={202: TurnedSerializer}
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Turn the picture by a quarter or two; its renditions follow in a moment, the original stays as it is."""
        image = self.get_object()
        asked = TurnSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = rotation.turn(image, asked.validated_data["degrees"])
        return Response({"rotation": wanted}, status=status.HTTP_202_ACCEPTED)

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return a page of images and sign the addresses of all of them in one go, many times as fast as one by one."""
        page: list[Image] = super().paginate_queryset(queryset) or []
        prefetch_related_objects(page, "tags")
        signed = renditions.urls(page, RUNGS)
        self.signed = {image.pk: urls for image, urls in zip(page, signed, strict=True)}
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        asked = self.request.headers.get("If-Match", "") if self.request else ""
        return {
            **super().get_serializer_context(),
            "signed": getattr(self, "signed", {}),
            "if_match": [tag.strip() for tag in asked.split(",") if tag.strip()],
        }

    @extend_schema(operation_id="images_list", summary="List images")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="images_retrieve", summary="Show an image")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._versioned(super().retrieve(request, *args, **kwargs))

    @extend_schema(
        operation_id="images_update",
        summary="Change title, description, time taken, tags, place, favourite, archive",
        parameters=[IF_MATCH],
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is sent; what is not sent stays. The original is never changed."""
        return self._versioned(super().partial_update(request, *args, **kwargs))

    def _versioned(self, response: Response) -> Response:
        """Say by which version a later change may ask that nothing came between."""
        response["ETag"] = editing.version(self.found)
        return response

    @extend_schema(operation_id="images_delete", summary="Put an image into the bin")
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put the image into the bin, from which `restore` takes it back. Repeating it changes nothing."""
        return super().destroy(request, *args, **kwargs)

    def perform_destroy(self, instance: Image) -> None:
        photo_bin.put(access.images_changeable_by(self.request.user).filter(pk=instance.pk))

    @extend_schema(
        operation_id="images_restore",
        summary="Take an image out of the bin",
        request=None,
        responses={200: ImageSerializer},
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Take the image back into the library and the albums it was in. Repeating it changes nothing."""
        image = self.get_object()
        photo_bin.restore(access.images_changeable_by(request.user).filter(pk=image.pk))
        image.refresh_from_db(fields=["binned_at", "updated_at"])
        return Response(ImageSerializer(image, context=self.get_serializer_context()).data)

    @extend_schema(
        operation_id="images_original",
        summary="Download the original",
        parameters=[
            OpenApiParameter(
                "redirect", OpenApiTypes.BOOL, default=True, description="false: give the address."
            )
        ],
        responses={200: OriginalSerializer, 302: OpenApiResponse(description="The address is in Location.")},
    )
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def original(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Lead to the bytes as they were uploaded. For the owner only: they may hold the place where it was taken."""
        image = self.get_object()
        redirect = request.query_params.get("redirect", "true")
        if redirect not in {"true", "false"}:
            raise InvalidParameter("redirect: write true or false.")
        url = objectstore.presign_get(
            image.original_key, expires_s=ORIGINAL_EXPIRES_S, filename=image.filename
        )
        if redirect == "true":
            return Response(
                status=status.HTTP_302_FOUND, headers={"Location": url, "Cache-Control": "no-store"}
            )
        return Response({"url": url, "expires_s": ORIGINAL_EXPIRES_S}, headers={"Cache-Control": "no-store"})
