"""Albums, their order, and who is invited."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import DateTimeField, F, Max, Q, Value
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils import timezone as django_timezone
from django.utils.translation import gettext_lazy as _

from gallery.models.images import Image
from gallery.models.keys import new_id
from gallery.models.users import User

# Aurora DSQL takes at most 3,000 changed rows in a transaction; smaller steps also keep SQLite's one writer free.
CHUNK = 500
# Photos that go into one album by many workers at a time all date its change: most of them need not write, and wait for
# none that does. Far less than what the change feed waits before it tells a change (gallery/changes.py, LAG).
DATED_EVERY = timedelta(seconds=1)


class AlbumQuerySet(models.QuerySet["Album"]):
    """Questions about albums."""

    def owned_by(self, user: User) -> Self:
        """Keep the albums of one owner."""
        return self.filter(owner=user)

    def in_order(self) -> Self:
        """Order as the owner arranged them, then by title."""
        return self.order_by("position", "title", "id")

    def touch(self) -> None:
        """Date the albums' last change: what is inside has changed, or who may see it.

        Each has another date than before, and so another version, however soon and by whichever clock.
        """
        later = F("updated_at") + timedelta(microseconds=1)
        self.update(updated_at=Greatest(Value(django_timezone.now()), later, output_field=DateTimeField()))

    def touch_now_and_then(self) -> None:
        """Date the albums' last change where that was not done a moment ago."""
        now = django_timezone.now()
        self.filter(updated_at__lt=now - DATED_EVERY).update(updated_at=now)


class Album(models.Model):
    """An ordered collection of images; albums nest."""

    class Sort(models.TextChoices):
        """The order of the photos: as arranged by hand, or by the time they were taken."""

        MANUAL = "manual", _("By hand")
        OLDEST = "oldest", _("Oldest first")
        NEWEST = "newest", _("Newest first")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="albums")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    cover = models.ForeignKey(Image, models.SET_NULL, null=True, blank=True, related_name="+")
    position = models.IntegerField(default=0)
    images = models.ManyToManyField(Image, through="AlbumImage", related_name="albums")
    members = models.ManyToManyField(User, through="AlbumMember", related_name="shared_albums")
    sort = models.CharField(max_length=8, choices=Sort, null=True, blank=True, help_text="Empty: by hand.")
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AlbumQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("id")), name="album_not_inside_itself"),
            models.CheckConstraint(condition=~Q(title=""), name="album_has_a_title"),
        ]
        indexes = [
            models.Index(fields=["owner", "parent", "position"], name="album_order"),
            models.Index(fields=["owner", "updated_at", "id"], name="album_feed"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the album's page."""
        return reverse("gallery:album", args=[self.pk])

    def add(self, image_ids: Sequence[uuid.UUID], by: User | None = None, *, of_many: bool = False) -> None:
        """Put images at the end in the given order; one that is already inside keeps its place.

        At most CHUNK images in one call. `by` is who brings them. Where it is one call `of_many` at a time, the change
        may be dated with another one's.
        """
        last = self.entries.aggregate(last=Max("position"))["last"] or 0
        AlbumImage.objects.bulk_create(
            [
                AlbumImage(album=self, image_id=image_id, position=last + place, added_by=by)
                for place, image_id in enumerate(image_ids, start=1)
            ],
            ignore_conflicts=True,
        )
        around = Album.objects.filter(pk=self.pk)
        around.touch_now_and_then() if of_many else around.touch()

    @classmethod
    def touch_around(cls, image_ids: Iterable[uuid.UUID]) -> None:
        """Date the last change of all albums that hold one of these images: it is shown there now, or no longer."""
        around = AlbumImage.objects.filter(image__in=list(image_ids)).order_by("album").values("album")
        keys = list(around.values_list("album", flat=True).distinct())
        for start in range(0, len(keys), CHUNK):
            cls.objects.filter(pk__in=keys[start : start + CHUNK]).touch()


class AlbumImage(models.Model):
    """The place of one image in one album."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    album = models.ForeignKey(Album, models.CASCADE, related_name="entries")
    image = models.ForeignKey(Image, models.CASCADE, related_name="entries")
    position = models.IntegerField(default=0)
    added_at = models.DateTimeField(default=django_timezone.now, editable=False)
    added_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["album", "image"], name="album_image_once")]
        indexes = [models.Index(fields=["album", "position", "id"], name="album_image_order")]

    def __str__(self) -> str:
        return f"{self.image_id} in {self.album_id}"


class AlbumMember(models.Model):
    """A person invited to an album of somebody else's."""

    class Role(models.TextChoices):
        """Viewers look, contributors add, editors arrange."""

        VIEWER = "viewer"
        CONTRIBUTOR = "contributor"
        EDITOR = "editor"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    album = models.ForeignKey(Album, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["album", "user"], name="album_member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} of {self.album_id}"
