"""Photographs, and the questions asked of a library."""

import uuid
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import IsNull
from django.urls import reverse
from django.utils import timezone as django_timezone

from gallery.models.keys import new_id
from gallery.models.users import User

if TYPE_CHECKING:
    from gallery.models.tags import ImageTag, Tag

# Earlier than any date that an image carries.
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


class Aside(Func):
    """A column by which SQLite looks nothing up: nearly all rows have the value that is asked for, which it cannot know."""

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Put the sign before the column, which changes no value."""
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


def unstacked(path: str = "stacked_under") -> Q:
    """Return the condition that an image lies under no other in a stack."""
    return Q(IsNull(Aside(F(path)), True))  # noqa: FBT003  # the lookup's own order


IN_TIMELINE = Q(binned_at=None, held_at=None, archived_at=None) & unstacked()


def zone_of(offset_minutes: int | None) -> tzinfo:
    """Return the zone of a place by its offset; the site's zone where that is not known."""
    if offset_minutes is None:
        return django_timezone.get_default_timezone()
    return timezone(timedelta(minutes=offset_minutes))


class ImageQuerySet(models.QuerySet["Image"]):
    """Questions about images, each a word of a sentence."""

    def owned_by(self, user: User) -> Self:
        """Keep the images of one owner."""
        return self.filter(owner=user)

    def live(self) -> Self:
        """Keep what is not in the bin."""
        return self.filter(binned_at=None)

    def binned(self) -> Self:
        """Keep what is in the bin; asked as a range, for which SQLite reads an index."""
        return self.filter(binned_at__gt=LONG_AGO)

    def shown(self) -> Self:
        """Keep what people may come upon: neither in the bin nor a guest's photo that nobody has looked at yet."""
        return self.filter(binned_at=None, held_at=None)

    def in_timeline(self) -> Self:
        """Keep what the timeline shows: without the archive, and of each stack its top alone."""
        return self.filter(IN_TIMELINE)

    def newest_first(self) -> Self:
        """Order by the time taken, newest first; the index is read backwards."""
        return self.order_by("-taken_at", "-id")

    def oldest_first(self) -> Self:
        """Order by the time taken, oldest first."""
        return self.order_by("taken_at", "id")

    def before(self, taken_at: datetime, image_id: uuid.UUID) -> Self:
        """Keep what follows the given place in the order newest first.

        Written `a <= x AND (a < x OR b < y)`, which both SQLite and PostgreSQL answer from the index; the plain OR
        form reads the whole library.
        """
        return self.filter(taken_at__lte=taken_at).filter(Q(taken_at__lt=taken_at) | Q(id__lt=image_id))

    def after(self, taken_at: datetime, image_id: uuid.UUID) -> Self:
        """Keep what precedes the given place in the order newest first."""
        return self.filter(taken_at__gte=taken_at).filter(Q(taken_at__gt=taken_at) | Q(id__gt=image_id))


class Image(models.Model):
    """A photograph: what is known of its original and what was derived from it.

    A row exists only once its original was read and its renditions stand in the object store, so that every row can
    be shown. `width` and `height` are of the upright picture, in pixels.
    """

    class TakenSource(models.TextChoices):
        """Where the time taken comes from."""

        EXIF = "exif", "the camera"
        GPS = "gps", "the satellite clock"
        NAME = "name", "the file's name"
        FILE = "file", "the file's date"
        UPLOAD = "upload", "the time of upload"
        PERSON = "person", "a person"

    class Kind(models.TextChoices):
        """What is shown: a still picture, a video, or a short animation."""

        PHOTO = "photo"
        VIDEO = "video"
        ANIMATION = "animation"

    class StackKind(models.TextChoices):
        """Why images lie in one stack, of which the top alone is in the timeline."""

        RAW = "raw", "RAW and JPEG"
        LIVE = "live", "live photo"
        BURST = "burst", "burst"
        PERSON = "person", "put together by a person"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="images")

    original_key = models.CharField(max_length=200, unique=True, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    bytes = models.BigIntegerField(editable=False)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=40, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)

    rendition_token = models.CharField(max_length=32, unique=True, editable=False)
    recipe = models.CharField(max_length=16, editable=False)
    color = models.CharField(max_length=7, default="#808080", editable=False)
    thumbhash = models.CharField(max_length=40, blank=True, editable=False)

    taken_at = models.DateTimeField()
    taken_offset_minutes = models.SmallIntegerField(null=True, blank=True)
    taken_source = models.CharField(max_length=8, choices=TakenSource, default=TakenSource.UPLOAD)
    month = models.PositiveIntegerField(
        editable=False, help_text="Year x 100 + month of the local time taken."
    )

    camera_make = models.CharField(max_length=80, blank=True)
    camera_model = models.CharField(max_length=80, blank=True)
    lens = models.CharField(max_length=120, blank=True)
    f_number = models.FloatField(null=True, blank=True)
    exposure_s = models.FloatField(null=True, blank=True)
    iso = models.PositiveIntegerField(null=True, blank=True)
    focal_length_mm = models.FloatField(null=True, blank=True)
    focal_length_35mm = models.FloatField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    altitude_m = models.FloatField(null=True, blank=True)
    orientation = models.PositiveSmallIntegerField(default=1, editable=False)
    metadata = models.JSONField(default=dict, blank=True, editable=False)

    # Columns that came after the first release are nullable: an engine that adds none with a default takes them too.
    kind = models.CharField(max_length=10, choices=Kind, null=True, blank=True, editable=False)
    duration_s = models.FloatField(null=True, blank=True, editable=False)
    rotation = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="Degrees clockwise by which a person turned the picture.",
    )
    flash = models.BooleanField(null=True, blank=True)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    phash = models.BigIntegerField(null=True, blank=True, editable=False)
    place = models.CharField(max_length=120, null=True, blank=True)
    region = models.CharField(max_length=120, null=True, blank=True)
    country = models.CharField(max_length=2, null=True, blank=True, help_text="ISO 3166-1 alpha-2.")
    place_by_person = models.BooleanField(null=True, blank=True, editable=False)
    cell = models.BigIntegerField(
        null=True, blank=True, editable=False, help_text="Where it was taken, as a Morton code for the map."
    )
    stacked_under = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="stack")
    stack_kind = models.CharField(max_length=8, choices=StackKind, null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    held_at = models.DateTimeField(
        null=True, blank=True, help_text="A guest brought it; it waits for the owner's review."
    )

    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    is_favorite = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    binned_at = models.DateTimeField(null=True, blank=True)
    tags: "models.ManyToManyField[Tag, ImageTag]" = models.ManyToManyField(
        "Tag", through="ImageTag", related_name="images", blank=True
    )

    objects = ImageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="image_once_per_owner"),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="image_has_a_size"),
            models.CheckConstraint(
                condition=Q(latitude=None) | Q(latitude__gte=-90, latitude__lte=90),
                name="image_latitude_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(longitude=None) | Q(longitude__gte=-180, longitude__lte=180),
                name="image_longitude_on_earth",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "taken_at", "id"], name="image_timeline"),
            # Months are counted from this alone, without a look at any row.
            models.Index(
                fields=["owner", "month", "binned_at", "held_at", "archived_at", "stacked_under"],
                name="image_month",
            ),
            # To SQLite's planner, once it has statistics, next to nothing seems to have no date in the bin, and it
            # chooses this for every list: so it gives the order of a list too.
            models.Index(fields=["owner", "binned_at", "taken_at", "id"], name="image_bin"),
            # Everything that map and places ask is in these two: a row would have to be read for each photo otherwise.
            models.Index(
                fields=["owner", "cell", "binned_at", "held_at", "archived_at", "stacked_under"],
                name="image_map",
            ),
            models.Index(fields=["owner", "phash"], name="image_phash"),
            models.Index(
                fields=[
                    "owner",
                    "country",
                    "place",
                    "binned_at",
                    "held_at",
                    "archived_at",
                    "stacked_under",
                    "id",
                ],
                name="image_places",
            ),
            models.Index(fields=["owner", "is_favorite", "taken_at", "id"], name="image_favourites"),
            models.Index(fields=["owner", "updated_at", "id"], name="image_feed"),
            # Which few are archived, without a look at the others.
            models.Index(fields=["owner", "archived_at", "taken_at", "id"], name="image_archive"),
        ]

    def __str__(self) -> str:
        return self.title or self.filename

    def get_absolute_url(self) -> str:
        """Return the address of the photo's page."""
        return reverse("gallery:photo", args=[self.pk])

    @property
    def zone(self) -> tzinfo:
        """The zone in which the picture was taken; the site's zone where the camera did not know."""
        return zone_of(self.taken_offset_minutes)

    @property
    def taken_local(self) -> datetime:
        """The time taken as the clocks showed it there."""
        return self.taken_at.astimezone(self.zone)

    @property
    def is_video(self) -> bool:
        """Whether the original is a video, of which the renditions show one frame."""
        return self.kind == self.Kind.VIDEO

    def set_taken(self, taken_at: datetime, offset_minutes: int | None, source: "Image.TakenSource") -> None:
        """Set the time taken and the month that is derived from it. A naive time is read as local to the place."""
        self.taken_offset_minutes = offset_minutes
        self.taken_source = source
        aware = taken_at if taken_at.tzinfo else taken_at.replace(tzinfo=self.zone)
        self.taken_at = aware.astimezone(UTC)
        local = self.taken_local
        self.month = local.year * 100 + local.month
