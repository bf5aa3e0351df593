"""Jobs: work that was asked for and outlives the request, such as packing a zip. The row is the outbox."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone as django_timezone

from gallery.models.keys import new_id
from gallery.models.users import User


class JobQuerySet(models.QuerySet["Job"]):
    """Questions about jobs."""

    def due(self, now: datetime) -> Self:
        """Keep what waits for a worker, or was leased by one that ran out of time."""
        return self.filter(state=Job.State.WAITING, not_before__lte=now).filter(
            Q(lease_until=None) | Q(lease_until__lt=now)
        )

    def owned_by(self, user: User) -> Self:
        """Keep the jobs of one person."""
        return self.filter(owner=user)


class Job(models.Model):
    """One piece of work: `kind` says which function does it, `payload` with what, `result` what came of it.

    Nobody else works on the row before `lease_until`. `done` of `total` steps were made.
    """

    class State(models.TextChoices):
        """WAITING for a worker or being worked on, DONE with a result, FAILED with a reason."""

        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=24)
    owner = models.ForeignKey(User, models.CASCADE, related_name="jobs")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    payload = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=django_timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "not_before", "id"], name="job_outbox"),
            models.Index(fields=["owner", "kind", "id"], name="job_by_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
