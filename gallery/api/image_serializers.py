"""What an image looks like in the API, and how a change of one is read."""

from typing import Any

from rest_framework import serializers

from gallery import editing, rotation
from gallery.api import image_rows
from gallery.api.fields import LocalMomentField, SparseMixin, StrictMixin, TagsField, UtcDateTimeField
from gallery.models import Image


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


class ImageSerializer(SparseMixin, StrictMixin, serializers.ModelSerializer[Image]):
    """A photograph. What only its owner may know is null or false for everybody else."""

    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    ratio = serializers.FloatField(read_only=True, help_text="Width by height.")
    taken_at = LocalMomentField(
        required=False,
        help_text="In UTC. To change it, send the local time with its offset: 2026-09-14T18:03:00+02:00.",
    )
    taken_local = serializers.CharField(
        read_only=True, help_text="What the clocks showed there, without an offset."
    )
    kind = serializers.ChoiceField(choices=Image.Kind.choices, read_only=True)
    camera = CameraSerializer(source="*", read_only=True)
    place = PlaceSerializer(required=False, allow_null=True, help_text="For the owner only.")
    tags = TagsField(required=False, help_text="For the owner only. What is sent replaces what was.")
    rotation = serializers.IntegerField(
        read_only=True, help_text="Degrees clockwise by which a person turned it."
    )
    is_archived = serializers.BooleanField(
        required=False, source="archived_at", help_text="For the owner only: kept out of the timeline."
    )
    is_favorite = serializers.BooleanField(required=False, help_text="For the owner only.")
    is_own = serializers.BooleanField(
        read_only=True, help_text="Whether you are the owner, who alone may change it."
    )
    binned_at = UtcDateTimeField(read_only=True, allow_null=True)
    created_at = UtcDateTimeField(read_only=True)
    urls = ImageUrlsSerializer(read_only=True)
    links = ImageLinksSerializer(read_only=True)

    class Meta:
        model = Image
        fields = [
            "id", "title", "description", "filename", "bytes", "content_type", "sha256", "width", "height", "ratio",
            "color", "thumbhash", "taken_at", "taken_local", "taken_offset_minutes", "taken_source", "kind",
            "duration_s", "camera", "place", "tags", "rotation", "is_archived", "is_favorite", "is_own", "created_at", "binned_at", "urls", "links",
        ]  # fmt: skip
        read_only_fields = [
            "filename", "bytes", "content_type", "sha256", "width", "height", "color", "thumbhash",
            "taken_offset_minutes", "taken_source", "duration_s",
        ]  # fmt: skip

    def to_representation(self, instance: Image) -> dict[str, Any]:
        """Return the image as image_rows writes it; for one answer, what is around it is made once."""
        context: Any = self.context
        if "around" not in context:
            context["around"] = image_rows.Around.of(context["request"], context.get("only"))
        return image_rows.shown(instance, context["around"])

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
