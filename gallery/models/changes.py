"""What is left of what was deleted for good, so that clients that keep a copy hear of it."""

import uuid
from collections.abc import Iterable

from django.db import models
from django.utils import timezone as django_timezone

from gallery.models.keys import new_id
from gallery.models.users import User


class Tombstone(models.Model):
    """Says that a thing of the owner's is gone: its row was deleted, or became another person's.

    Written in the transaction that takes the row away, kept as long as gallery/changes.py says.
    """

    class Kind(models.TextChoices):
        """What it was."""

        IMAGE = "image"
        ALBUM = "album"
        SHARE_LINK = "share_link"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    thing = models.UUIDField(editable=False)
    gone_at = models.DateTimeField(default=django_timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "gone_at", "id"], name="tombstone_feed"),
            models.Index(fields=["gone_at", "id"], name="tombstone_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.thing} is gone"

    @staticmethod
    def leave(kind: "Tombstone.Kind", things: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> None:
        """Write down in the caller's transaction that these are gone: pairs of an owner's key and the thing's."""
        now = django_timezone.now()
        Tombstone.objects.bulk_create(
            [Tombstone(owner_id=owner, kind=kind, thing=thing, gone_at=now) for owner, thing in things]
        )
