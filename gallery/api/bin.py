"""The bin: what lies in it, taking it back, putting the whole library there, and deleting for good."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, Sum
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, bulk, remembered
from gallery import bin as photo_bin
from gallery.api.authentication import person
from gallery.api.fields import StrictMixin
from gallery.api.image_lists import ImageListView
from gallery.api.pagination import EPOCH, Cursor, CursorPages
from gallery.api.views import APIView
from gallery.models import Image, ImageQuerySet, User

WORDS = "delete all photos"


class BinPages(CursorPages):
    """Pages of the bin, what came into it last first."""

    def ordered(self, rows: Any, *, backwards: bool) -> Any:
        """Order by when it came."""
        return rows.order_by("binned_at", "id") if backwards else rows.order_by("-binned_at", "-id")

    def beyond(self, rows: Any, cursor: Cursor) -> Any:
        """Keep what came before or after the cursor; two plain comparisons are answered from the index."""
        if cursor.backwards:
            further = Q(binned_at__gt=cursor.taken_at) | Q(id__gt=cursor.key)
            return rows.filter(binned_at__gte=cursor.taken_at).filter(further)
        further = Q(binned_at__lt=cursor.taken_at) | Q(id__lt=cursor.key)
        return rows.filter(binned_at__lte=cursor.taken_at).filter(further)

    def place(self, row: Image, *, backwards: bool) -> Cursor:
        """Return the cursor that begins at an image."""
        return Cursor(backwards, ((row.binned_at or EPOCH) - EPOCH) // timedelta(microseconds=1), row.pk)


class BinSerializer(serializers.Serializer[Any]):
    """What the bin holds."""

    images = serializers.IntegerField()
    bytes = serializers.IntegerField()
    days = serializers.IntegerField(help_text="So long an image waits here before it is deleted for good.")
    is_busy = serializers.BooleanField(help_text="Whether a job fills or empties it at this moment.")


class RestoreSerializer(StrictMixin, serializers.Serializer[Any]):
    """Up to 500 images of the bin, or all of it."""

    images = serializers.ListField(
        child=serializers.UUIDField(), required=False, min_length=1, help_text="Up to 500 ids."
    )
    all = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two."""
        if attrs["all"] == ("images" in attrs):
            raise serializers.ValidationError("Give either images, or all as true.", code="either_or")
        return attrs


class EmptySerializer(StrictMixin, serializers.Serializer[Any]):
    """How many images are to be deleted for good: as many as the bin holds, or nothing is deleted."""

    images = serializers.IntegerField(min_value=0, max_value=2**31)


class FillSerializer(StrictMixin, serializers.Serializer[Any]):
    """The words that confirm it."""

    confirm = serializers.CharField(max_length=100, help_text=f"Exactly: {WORDS}")

    def validate_confirm(self, words: str) -> str:
        """Take these words and no others."""
        if words.strip().casefold() != WORDS:
            raise serializers.ValidationError(f"To confirm, send: {WORDS}.", code="unconfirmed")
        return words


class MovedSerializer(serializers.Serializer[Any]):
    """How many images that concerned; null where they are so many that a job does it (see is_busy of the bin)."""

    images = serializers.IntegerField(allow_null=True)


class BinListView(ImageListView):
    """What you deleted and can still take back."""

    pagination_class: Any = BinPages
    ordered_by = ("binned_at",)

    @extend_schema(operation_id="bin_list", summary="List what is in the bin")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your images in the bin, those deleted last first."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> ImageQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Image.objects.none()
        return access.bin_of(person(self.request))


class BinSummaryView(APIView):
    """The bin as a whole."""

    @extend_schema(operation_id="bin_summary", summary="Count the bin", responses={200: BinSerializer})
    def get(self, request: Request) -> Response:
        """How much it holds, which is what emptying it must confirm."""
        user = person(request)
        images, size = remembered.or_counted(user, "bin", lambda: _counted(user))
        return Response(
            {
                "images": images,
                "bytes": size,
                "days": settings.BIN_DAYS,
                "is_busy": photo_bin.is_busy(user),
            }
        )


class RestoreView(APIView):
    """Taking back."""

    @extend_schema(
        operation_id="bin_restore",
        summary="Take images out of the bin",
        request=RestoreSerializer,
        responses={200: MovedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take images back into the library and the albums they were in. What is not in your bin is passed over."""
        sent = RestoreSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        user, given = person(request), sent.validated_data
        if given["all"]:
            return Response({"images": photo_bin.restore_all(user)})
        bulk.check_size(given["images"])
        return Response({"images": photo_bin.restore(access.bin_of(user).filter(pk__in=given["images"]))})


class EmptyView(APIView):
    """Deleting for good."""

    @extend_schema(
        operation_id="bin_empty",
        summary="Delete for good what is in the bin",
        request=EmptySerializer,
        responses={200: MovedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Delete everything in the bin, where `images` says how many that are. 409 unconfirmed for another number."""
        sent = EmptySerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return Response({"images": photo_bin.empty(person(request), sent.validated_data["images"])})


class FillView(APIView):
    """Deleting the whole library, by way of the bin."""

    @extend_schema(
        operation_id="bin_fill",
        summary="Put the whole library into the bin",
        request=FillSerializer,
        responses={200: MovedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Put all of your images into the bin, from which they can be taken back until their days there are over."""
        sent = FillSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return Response({"images": photo_bin.put_all(person(request))})


def _counted(user: User) -> tuple[int, int]:
    """Return how many images lie in the bin, and their bytes."""
    held = access.bin_of(user).aggregate(count=Count("pk"), bytes=Sum("bytes"))
    return held["count"], held["bytes"] or 0
