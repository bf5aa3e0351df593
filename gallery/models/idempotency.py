"""Requests that a client may send again without doing them twice."""

from django.db import models
from django.utils import timezone as django_timezone

from gallery.models.keys import new_id
from gallery.models.users import User


class IdempotencyKey(models.Model):
    """A key that a client gave to a request, and the answer that the request got.

    `key_sha256` is of the key with its user and token, `request_sha256` of what was asked. While `status` is empty the
    request runs, until `lease_until` at the latest. `answer` is encrypted (gallery/idempotency.py).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="+")
    key_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    request_sha256 = models.CharField(max_length=64, editable=False)
    lease_token = models.UUIDField(editable=False)
    lease_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    answer = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["created_at", "id"], name="idempotency_age")]

    def __str__(self) -> str:
        return f"idempotency key {self.key_sha256[:8]}…"
