"""Fields and serializers that all resources share."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from gallery import tags
from gallery.api.problems import as_text
from gallery.imaging import YEARS

UTC_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
MAX_IDS = 500


class UtcDateTimeField(serializers.DateTimeField):
    """A moment, written in UTC whatever the site's time zone is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format=UTC_FORMAT, default_timezone=UTC, **options)

    def enforce_timezone(self, value: datetime) -> datetime:
        """Convert to UTC; a moment at the very ends of the calendar has no counterpart there."""
        try:
            return super().enforce_timezone(value)
        except OverflowError:
            self.fail("overflow")


@extend_schema_field(OpenApiTypes.DATETIME)
class LocalMomentField(serializers.Field[datetime, str, str, Any]):
    """A moment with the offset of the place, such as 2026-09-14T18:03:00+02:00; it is written in UTC."""

    default_error_messages = {
        "invalid": "This is no ISO 8601 time: write it like 2026-09-14T18:03:00+02:00.",
        "no_offset": "The offset is missing: write the local time and its offset, like 2026-09-14T18:03:00+02:00.",
        "out_of_range": f"The year must be between {YEARS[0]} and {YEARS[-1]}, the offset between -12:00 and +14:00.",
    }

    def to_internal_value(self, data: Any) -> datetime:
        """Return an aware datetime that keeps the offset it was given with."""
        try:
            moment = parse_datetime(data) if isinstance(data, str) else None
        except ValueError:
            moment = None
        if moment is None:
            self.fail("invalid")
        offset = moment.utcoffset()
        if offset is None:
            self.fail("no_offset")
        if moment.year not in YEARS or not -12 * 3600 <= offset.total_seconds() <= 14 * 3600:
            self.fail("out_of_range")
        return moment

    def to_representation(self, value: datetime) -> str:
        """Write the moment in UTC."""
        return value.astimezone(UTC).strftime(UTC_FORMAT)


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "string", "maxLength": tags.MAX_LENGTH},
        "maxItems": tags.MAX_NAMES,
    }
)
class TagsField(serializers.Field[list[str], list[str], list[str], Any]):
    """The names of the tags on an image; unknown ones are made."""

    default_error_messages = {"invalid": "Send a list of names.", "too_many": "Send at most {limit} tags."}

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the names as they are kept; raises ValidationError for what cannot be a tag."""
        if not isinstance(data, list) or not all(isinstance(name, str) for name in data):
            self.fail("invalid")
        if len(data) > tags.MAX_NAMES:
            self.fail("too_many", limit=tags.MAX_NAMES)
        try:
            return [tags.clean(name) for name in data]
        except tags.InvalidTag as error:
            raise serializers.ValidationError(error.message, code=error.code) from error

    def to_representation(self, value: Any) -> list[str]:
        """Return the names in the order of the alphabet."""
        return [tag.name for tag in sorted(value.all(), key=lambda tag: tag.slug)]


def wrong_type(field: serializers.Field[Any, Any, Any, Any], value: Any) -> str:
    """Return what a JSON value should be that is of another type than its field, "" where it is right.

    The framework makes text of numbers, and truth of "yes", as forms need it; a program that sends them is mistaken.
    """
    if value is None:
        return ""
    if isinstance(field, serializers.ListField) and isinstance(value, list) and field.child is not None:
        return next(filter(None, (wrong_type(field.child, one) for one in value)), "")
    if isinstance(field, serializers.ChoiceField) and not isinstance(field, serializers.MultipleChoiceField):
        kinds = {type(choice) for choice in field.choices if choice is not None}
        return "" if type(value) in kinds else "Take one of the choices."
    for kind, types, words in JSON_TYPES:
        if isinstance(field, kind):
            return "" if isinstance(value, types) and isinstance(value, bool) == (types is bool) else words
    return ""


JSON_TYPES: tuple[tuple[type, Any, str], ...] = (
    (serializers.BooleanField, bool, "Write true or false."),
    (serializers.IntegerField, int | float, "Write a whole number."),
    (serializers.FloatField, int | float, "Write a number."),
    (serializers.CharField, str, "Write text."),
    (serializers.UUIDField, str, "Write an id as text."),
)


class StrictMixin:
    """Refuses members that it does not know, that cannot be changed or are of another type: what passes is meant so."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated data; raises ValidationError that names each unknown member."""
        fields: Mapping[str, serializers.Field[Any, Any, Any, Any]] = self.fields  # type: ignore[attr-defined]
        writable = [name for name, field in fields.items() if not field.read_only]
        if isinstance(data, Mapping) and (unknown := [name for name in data if name not in writable]):
            known = ", ".join(writable)
            raise serializers.ValidationError(
                {
                    as_text(name): serializers.ErrorDetail(
                        "This cannot be changed."
                        if name in fields
                        else f"This is not known here. Known are: {known}.",
                        code="read_only" if name in fields else "unknown_field",
                    )
                    for name in unknown
                }
            )
        if isinstance(data, Mapping):
            wrong = {name: wrong_type(fields[name], value) for name, value in data.items()}
            if any(wrong.values()):
                raise serializers.ValidationError(
                    {n: serializers.ErrorDetail(words, code="invalid") for n, words in wrong.items() if words}
                )
        return super().to_internal_value(data)  # type: ignore[misc]


class SparseMixin:
    """Shows the members that `fields` names in the query, where the view has understood it; all of them otherwise."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields to show: what is left out costs nothing."""
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()  # type: ignore[misc]
        only = self.context.get("only")  # type: ignore[attr-defined]
        return fields if only is None else {name: one for name, one in fields.items() if name in only}


class ImageRefSerializer(serializers.Serializer[Any]):
    """An image by its id, and the address of its page."""

    id = serializers.UUIDField()
    url = serializers.CharField()


class IdsSerializer(StrictMixin, serializers.Serializer[Any]):
    """Up to 500 images by their ids."""

    images = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MAX_IDS)


def image_ref(image_id: uuid.UUID | None) -> dict[str, Any] | None:
    """Return the reference to an image, None for no image; costs no query."""
    return {"id": image_id, "url": reverse("gallery:photo", args=[image_id])} if image_id else None
