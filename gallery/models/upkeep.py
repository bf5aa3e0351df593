"""The library's upkeep: which bucket is its own, which objects are to go, and what the last inspections found."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone as django_timezone

from gallery.models.keys import new_id


class Library(models.Model):
    """The identity of this library, one row: the same id stands in its bucket, so that a wrong bucket is noticed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "libraries"

    def __str__(self) -> str:
        return f"library {self.id}"


class RemovalQuerySet(models.QuerySet["Removal"]):
    """Questions about removals."""

    def due(self, now: datetime) -> Self:
        """Keep what may be deleted now."""
        return self.filter(not_before__lte=now)

    def set_aside(self) -> Self:
        """Keep what is never deleted by itself."""
        return self.filter(not_before=None)


class Removal(models.Model):
    """An object to which nothing refers any more, and which is deleted once `not_before` has passed.

    The row is written in the transaction that takes the last reference away. Where `not_before` is empty the object
    is set aside: it stays until a person decides. A key that stood here is never given to another upload.
    """

    class Reason(models.TextChoices):
        """Why nothing refers to the object."""

        PURGED = "purged", "deleted for good by its owner"
        REPLACED = "replaced", "a rendition by a former recipe"
        ABANDONED = "abandoned", "the upload was given up"
        COPIED = "copied", "posted by a form and copied to its place"
        DUPLICATE = "duplicate", "a photo that was in the library already"
        REJECTED = "rejected", "no photo that can be kept"
        WRONG_BYTES = "wrong_bytes", "not the bytes that were announced"
        UNTRACKED = "untracked", "found in the bucket, unknown to the library"
        EXPORT = "export", "packed to be fetched, and its time is over"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=1024, unique=True, editable=False)
    reason = models.CharField(max_length=12, choices=Reason)
    not_before = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)

    objects = RemovalQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["not_before", "id"], name="removal_due")]

    def __str__(self) -> str:
        return self.key


class Inspection(models.Model):
    """One run of `manage.py fsck`. `report` is what it printed as JSON; `cursor` the last image whose bytes it read."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    started_at = models.DateTimeField(default=django_timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    repairing = models.BooleanField(default=False)
    problems = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    cursor = models.UUIDField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"inspection of {self.started_at:%Y-%m-%d %H:%M}"
