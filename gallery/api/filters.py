"""Filters that are strict: what they do not know or understand is an error, never the whole library."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request
from rest_framework.views import APIView

from gallery import access
from gallery.api.views import refuse_unknown
from gallery.models import Album, AlbumQuerySet, Image, ImageQuerySet, Upload, UploadQuerySet

MAX_IDS = 100
SHA256 = re.compile("[0-9a-f]{64}")


class StrictFilterBackend(DjangoFilterBackend):  # type: ignore[misc]  # django-filter is untyped
    """Applies the view's filters, and refuses parameters that the list does not know."""

    template = "rest_framework/filters/form.html"

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        """Return the filtered rows; raises UnknownParameter or ValidationError."""
        filters = self.get_filterset_class(view, queryset).base_filters
        paginator = getattr(view, "paginator", None)
        own = getattr(view, "known_parameters", ())
        refuse_unknown(request, [*filters, *getattr(paginator, "parameters", ()), *own])
        found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return found


class _MomentField(IsoDateTimeField):  # type: ignore[misc]
    default_error_messages = {
        "invalid": "Write an ISO 8601 time, best in UTC: 2026-09-14T18:03:00Z.",
    }

    def to_python(self, value: Any) -> datetime | None:
        try:
            moment: datetime | None = super().to_python(value)
            return moment.astimezone(UTC) if moment else None
        except (OverflowError, ValueError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]
    """A moment in ISO 8601."""

    field_class = _MomentField


class _SwitchField(forms.CharField):
    def clean(self, value: Any) -> bool | None:
        text = super().clean(value)
        if text not in {"", "true", "false"}:
            raise ValidationError("Write true or false.", code="invalid")
        return text == "true" if text else None


@extend_schema_field(OpenApiTypes.BOOL)
class SwitchFilter(django_filters.Filter):  # type: ignore[misc]
    """true or false; anything else is an error."""

    field_class = _SwitchField


class ImageFilter(FilterSet):  # type: ignore[misc]
    """Which images are listed: the library, an album, or the bin."""

    taken_after = MomentFilter(help_text="Taken at this moment or later.")
    taken_before = MomentFilter(help_text="Taken before this moment.")
    favorite = SwitchFilter(help_text="Your own favourites, or your own others.")
    album = django_filters.UUIDFilter(
        help_text="The images of an album that you may see, in order of the time taken."
    )
    binned = SwitchFilter(help_text="true lists the bin in place of the library.")

    class Meta:
        model = Image
        fields: list[str] = []

    def filter_queryset(self, queryset: ImageQuerySet) -> ImageQuerySet:  # noqa: ARG002
        """Return the images asked for; raises Http404 for an album that the user may not see."""
        user, asked = self.request.user, self.form.cleaned_data
        if asked["binned"]:
            images = access.bin_of(user)
        else:
            images = Image.objects.shown() if asked["album"] else access.library_of(user)
        if asked["album"]:
            images = images.filter(entries__album=access.visible_album(user, asked["album"]))
        if asked["favorite"] is not None:
            # Whom somebody else's photo pleases is theirs to know.
            images = images.owned_by(user).filter(is_favorite__in=[asked["favorite"]])
        if asked["taken_after"]:
            images = images.filter(taken_at__gte=asked["taken_after"])
        if asked["taken_before"]:
            images = images.filter(taken_at__lt=asked["taken_before"])
        return images.defer("metadata")


class _IdsField(forms.CharField):
    """Identifiers with commas between them."""

    def clean(self, value: Any) -> list[uuid.UUID] | None:
        """Return the ids, None where none were asked for."""
        text = super().clean(value)
        words = [word.strip() for word in text.split(",") if word.strip()]
        if len(words) > MAX_IDS:
            raise ValidationError(
                f"{len(words)} ids are too many: at most {MAX_IDS} in one request.", code="too_many"
            )
        try:
            return [uuid.UUID(word) for word in words] or None
        except ValueError as error:
            raise ValidationError("Write ids with commas between them.", code="invalid") from error


@extend_schema_field(OpenApiTypes.STR)
class IdsFilter(django_filters.Filter):  # type: ignore[misc]
    """Up to 100 ids with commas between them."""

    field_class = _IdsField


class _ChecksumsField(forms.CharField):
    """SHA-256 checksums with commas between them."""

    def clean(self, value: Any) -> list[str] | None:
        """Return the checksums, None where none were asked for."""
        words = [word.strip().lower() for word in super().clean(value).split(",") if word.strip()]
        if len(words) > MAX_IDS:
            raise ValidationError(
                f"{len(words)} are too many: at most {MAX_IDS} in one request.", code="too_many"
            )
        if not all(SHA256.fullmatch(word) for word in words):
            raise ValidationError(
                "Write 64 hexadecimal digits each, with commas between them.", code="invalid"
            )
        return words or None


@extend_schema_field(OpenApiTypes.STR)
class ChecksumsFilter(django_filters.Filter):  # type: ignore[misc]
    """Up to 100 SHA-256 checksums in hexadecimal with commas between them."""

    field_class = _ChecksumsField


class UploadFilter(FilterSet):  # type: ignore[misc]
    """Which uploads are listed."""

    ids = IdsFilter(field_name="id", lookup_expr="in", help_text="Up to 100 ids with commas between them.")
    sha256 = ChecksumsFilter(
        lookup_expr="in", help_text="Up to 100 checksums: which of these files are there?"
    )
    state = django_filters.ChoiceFilter(choices=Upload.State.choices)
    in_bin = SwitchFilter(method="of_bin", help_text="Whose photo lies in the bin, or the others.")

    class Meta:
        model = Upload
        fields: list[str] = []

    def of_bin(self, uploads: UploadQuerySet, name: str, in_bin: bool) -> UploadQuerySet:  # noqa: ARG002, FBT001
        """Keep the uploads whose image is in the bin, or the others."""
        lies_there = Q(image__isnull=False, image__binned_at__isnull=False)
        return uploads.filter(lies_there) if in_bin else uploads.exclude(lies_there)


class AlbumFilter(FilterSet):  # type: ignore[misc]
    """Which albums are listed."""

    parent = django_filters.UUIDFilter(method="inside", help_text="Your albums inside this one.")
    own = SwitchFilter(method="of_user", help_text="Your own, or those that you were invited to.")

    class Meta:
        model = Album
        fields: list[str] = []

    def inside(self, albums: AlbumQuerySet, name: str, parent: uuid.UUID) -> AlbumQuerySet:  # noqa: ARG002
        """Keep what lies in an album; where an album lies is for its owner to know."""
        return albums.filter(owner=self.request.user, parent=parent)

    def of_user(self, albums: AlbumQuerySet, name: str, own: bool) -> AlbumQuerySet:  # noqa: ARG002, FBT001
        """Keep the user's own albums, or the others."""
        return albums.filter(owner=self.request.user) if own else albums.exclude(owner=self.request.user)


class NoFilter(FilterSet):  # type: ignore[misc]
    """For lists that are always whole."""
