"""The audit log: who did what, when, by which way, to whose things."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone as django_timezone

from gallery.models.keys import least_id, new_id
from gallery.models.users import User


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Questions about the log."""

    def about(self, subject_id: uuid.UUID) -> Self:
        """Keep what happened to one thing, the latest first."""
        return self.filter(subject_id=subject_id).order_by("-id")

    def before(self, moment: datetime) -> Self:
        """Keep what was written before; answered by the primary key, which holds the time."""
        return self.filter(pk__lt=least_id(moment))


class AuditEntry(models.Model):
    """One act, written in the transaction that did it. Rows are never changed, and forgotten after a time.

    `actor` is empty for who is not signed in, for upkeep, and for a person who has gone; `actor_name` stays. `action` is
    a stable code such as "photo.binned". What was done at once shares a `batch`.
    """

    class Via(models.TextChoices):
        """By which way somebody acted."""

        PAGE = "page"
        API = "api", "API"
        ADMIN = "admin"
        COMMAND = "command"
        WORKER = "worker"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(default=django_timezone.now, editable=False)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    actor_name = models.CharField(max_length=150, blank=True)
    via = models.CharField(max_length=8, choices=Via)
    via_name = models.CharField(
        max_length=40, blank=True, help_text="How the token begins, or the command or job."
    )
    address = models.CharField(max_length=45, blank=True)
    action = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=20, blank=True)
    subject_id = models.UUIDField(null=True, blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    details = models.JSONField(default=dict, blank=True)
    batch = models.UUIDField(null=True, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject_id", "id"], name="audit_by_subject"),
            models.Index(fields=["actor", "id"], name="audit_by_actor"),
            models.Index(fields=["actor_name", "id"], name="audit_by_name"),
            models.Index(fields=["owner", "id"], name="audit_by_owner"),
            models.Index(fields=["action", "id"], name="audit_by_action"),
            models.Index(fields=["batch", "id"], name="audit_by_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name or self.via}"
