"""Images: listing, showing, describing, the bin, and the way to the original."""

import uuid
from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from gallery import access, objectstore, renditions
from gallery import bin as photo_bin
from gallery.api.fields import LocalMomentField, StrictMixin, UtcDateTimeField
from gallery.api.filters import ImageFilter, StrictFilterBackend
from gallery.api.pagination import InvalidParameter, TimelinePages
from gallery.models import Image

RUNGS = ("h240", "h480", "l1280", "l2560")
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


class PlaceSerializer(serializers.Serializer[Image]):
    """Where the picture was taken: degrees of WGS 84, metres above the sea."""

    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    altitude_m = serializers.FloatField(allow_null=True)


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
    place = serializers.SerializerMethodField(help_text="For the owner only.")
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
            "is_favorite", "is_own", "created_at", "binned_at", "urls", "links",
        ]  # fmt: skip
        read_only_fields = [
            "filename", "bytes", "content_type", "sha256", "width", "height", "color", "thumbhash",
            "taken_offset_minutes", "taken_source",
        ]  # fmt: skip

    def get_ratio(self, image: Image) -> float:
        return round(image.width / image.height, 4)

    def get_taken_local(self, image: Image) -> str:
        return image.taken_local.strftime("%Y-%m-%dT%H:%M:%S")

    @extend_schema_field(PlaceSerializer(allow_null=True))
    def get_place(self, image: Image) -> dict[str, Any] | None:
        if image.latitude is None or image.longitude is None or not self.get_is_own(image):
            return None
        return {"latitude": image.latitude, "longitude": image.longitude, "altitude_m": image.altitude_m}

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
        shown["is_favorite"] = instance.is_favorite and self.get_is_own(instance)
        return shown

    def update(self, instance: Image, validated_data: dict[str, Any]) -> Image:
        """Write what was sent and nothing else, so that two changes at a time do not undo each other."""
        changed = list(validated_data)
        taken_at = validated_data.pop("taken_at", None)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        if taken_at is not None:
            offset = taken_at.utcoffset().total_seconds() // 60
            instance.set_taken(taken_at, int(offset), Image.TakenSource.PERSON)
            changed += ["taken_offset_minutes", "taken_source", "month"]
        access.save_changes(instance, changed)
        return instance


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
        return serializers.Serializer if self.action in {"restore", "original"} else ImageSerializer

    def get_object(self) -> Image:
        user, key = self.request.user, self.kwargs["pk"]
        if self.action == "retrieve":
            return access.images_changeable_by(user).filter(pk=key).first() or access.visible_image(user, key)
        return access.changeable_image(user, key)

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return a page of images and sign the addresses of all of them in one go, many times as fast as one by one."""
        page: list[Image] = super().paginate_queryset(queryset) or []
        signed = renditions.urls(page, RUNGS)
        self.signed = {image.pk: urls for image, urls in zip(page, signed, strict=True)}
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "signed": getattr(self, "signed", {})}

    @extend_schema(operation_id="images_list", summary="List images")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="images_retrieve", summary="Show an image")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(operation_id="images_update", summary="Change title, description, time taken, favourite")
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is sent; what is not sent stays. The original is never changed."""
        return super().partial_update(request, *args, **kwargs)

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
