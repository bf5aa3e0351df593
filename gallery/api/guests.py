"""What guests brought through share links: it waits until the owner has looked at it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, sharing
from gallery.api import image_rows
from gallery.api.authentication import person
from gallery.api.fields import IdsSerializer
from gallery.api.image_lists import ImageListView
from gallery.api.image_serializers import ImageSerializer
from gallery.api.views import APIView
from gallery.models import Image, ImageQuerySet, Upload


class GuestsImageSerializer(ImageSerializer):
    """An image that a guest brought, by which name and to which album."""

    guest_name = serializers.CharField(read_only=True)
    album = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta(ImageSerializer.Meta):
        fields = [*ImageSerializer.Meta.fields, "guest_name", "album"]


class ReviewedSerializer(serializers.Serializer[Any]):
    """How many images that concerned."""

    images = serializers.IntegerField()


class GuestImagesView(ImageListView):
    """Images that wait for your review."""

    serializer_class = GuestsImageSerializer

    @extend_schema(operation_id="guest_images_list", summary="List what guests brought")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what guests of your share links brought and you have not looked at. Nobody else sees it until you do."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> ImageQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Image.objects.none()
        return access.held_for(person(self.request))

    def list(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        """Answer with a page, and who brought what."""
        only, mine = self.only, {"guest_name", "album"}
        own = self.only - mine if self.only is not None else None
        # To the rows it is as if these two had not been asked for.
        self.only = own
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        shown = image_rows.page(rows, request, own)
        if only is None or only & mine:
            brought = {
                row.image_id: row for row in Upload.objects.filter(image__in=rows).exclude(guest_name=None)
            }
            for image, one in zip(rows, shown, strict=True):
                row = brought.get(image.pk)
                said = {"guest_name": row.guest_name if row else "", "album": row.album_id if row else None}
                one.update({name: value for name, value in said.items() if only is None or name in only})
        return self.get_paginated_response(shown)


class ApproveView(APIView):
    """Showing what guests brought."""

    @extend_schema(
        operation_id="guest_images_approve",
        summary="Show what guests brought",
        request=IdsSerializer,
        responses={200: ReviewedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Show images in the albums to which they were brought. What does not wait for you is passed over."""
        return _decided(sharing.approve, request)


class RejectView(APIView):
    """Refusing what guests brought."""

    @extend_schema(
        operation_id="guest_images_reject",
        summary="Refuse what guests brought",
        request=IdsSerializer,
        responses={200: ReviewedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Put images into the bin. Taken out of it, they wait for your review again."""
        return _decided(sharing.reject, request)


def _decided(act: Any, request: Request) -> Response:
    asked = IdsSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return Response({"images": act(person(request), asked.validated_data["images"])})
