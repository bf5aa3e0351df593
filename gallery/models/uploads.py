"""Uploads: the act of bringing a file in, and the outbox of the workers."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone as django_timezone

from gallery.models.images import Image
from gallery.models.keys import new_id, new_token
from gallery.models.users import User


class UploadQuerySet(models.QuerySet["Upload"]):
    """Questions about uploads."""

    def due(self, now: datetime) -> Self:
        """Keep what waits for a worker: arrived, and leased by nobody or by one that ran out of time."""
        return self._free(now).filter(state=Upload.State.PROCESSING)

    def unconfirmed(self, now: datetime) -> Self:
        """Keep what was announced and not finished by its client, and is to be looked at now."""
        return self._free(now).filter(state=Upload.State.PENDING)

    def _free(self, now: datetime) -> Self:
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=now))


class Upload(models.Model):
    """The act of bringing one file into a library; also the outbox from which workers take their work.

    One row for an owner and a checksum, however often the file is offered. A row without a checksum
    comes from the form for browsers without JavaScript.

    Nobody else works on the row before `lease_until`: while it is PROCESSING that is the end of a worker's lease,
    while it is PENDING the next time that the store is asked whether the bytes came. `parts` holds for an upload in
    parts the SHA-256 that was signed for each, by number as text: not every store tells them again.
    """

    class State(models.TextChoices):
        """PENDING waits for bytes, PROCESSING for a worker, READY has an image, REJECTED a reason."""

        PENDING = "pending"
        PROCESSING = "processing"
        READY = "ready"
        REJECTED = "rejected"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="uploads")
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=40)
    bytes = models.BigIntegerField(help_text="As announced; 0 while unknown.")
    sha256 = models.CharField(max_length=64, null=True, blank=True)
    sha1 = models.CharField(
        max_length=40, null=True, blank=True, editable=False, help_text="By which some clients know a file."
    )
    key = models.CharField(max_length=200, unique=True, editable=False)
    rendition_token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    album = models.ForeignKey("Album", models.SET_NULL, null=True, blank=True, related_name="+")
    share_link = models.ForeignKey(
        "ShareLink",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="By which a guest brings it.",
    )
    guest_name = models.CharField(max_length=60, null=True, blank=True)
    file_modified_at = models.DateTimeField(null=True, blank=True)
    image = models.ForeignKey(Image, models.SET_NULL, null=True, blank=True, related_name="uploads")
    code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    multipart_id = models.CharField(max_length=1024, null=True, blank=True, editable=False)
    part_bytes = models.BigIntegerField(null=True, blank=True, editable=False)
    parts = models.JSONField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="upload_once_per_owner"),
            models.CheckConstraint(condition=Q(bytes__gte=0), name="upload_bytes_not_negative"),
        ]
        indexes = [
            models.Index(fields=["state", "lease_until", "id"], name="upload_outbox"),
            models.Index(fields=["owner", "id"], name="upload_by_owner"),
            models.Index(fields=["owner", "sha1"], name="upload_by_sha1"),
        ]

    def __str__(self) -> str:
        return self.filename
