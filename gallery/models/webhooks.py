"""Webhooks: addresses that are told of changes, and the log of what was sent to them."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone as django_timezone
from django.utils.translation import gettext_lazy as _

from gallery.models.keys import new_id
from gallery.models.users import User


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Questions about webhooks."""

    def owned_by(self, user: User) -> Self:
        """Keep the webhooks of one person."""
        return self.filter(owner=user)

    def active(self) -> Self:
        """Keep those that are told of changes."""
        return self.filter(disabled_at=None, owner__is_active=True)


class Webhook(models.Model):
    """An address of a person's choice that is told of changes in their library.

    `cursor_at` and `cursor_id` are its place in the change feed. `secret` is encrypted and not hashed: each message is
    signed with it. `failing_since` is the first failure after the last success, `rest_until` a pause that too many
    failures in a row have earned it.
    """

    class Reason(models.TextChoices):
        """Why nothing is sent any more."""

        PERSON = "person", _("switched off")
        FAILING = "failing", _("nothing could be delivered for three days")
        GONE = "gone", _("the receiver answered 410: it wants no more messages")
        SECRET = "secret", _("its secret cannot be read any more: delete it and make a new one")

    # Instead of a reason: it is deleted, and what is left of its log is about to go.
    DELETED = "deleted"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="webhooks", db_index=False)
    name = models.CharField(max_length=100, blank=True, help_text="What it is for.")
    url = models.CharField(max_length=500)
    events = models.CharField(max_length=400, help_text="With spaces between them.")
    secret = models.CharField(max_length=400, editable=False)
    cursor_at = models.DateTimeField(default=django_timezone.now, editable=False)
    cursor_id = models.UUIDField(editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    rest_until = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_for = models.CharField(max_length=8, choices=Reason, blank=True, editable=False)
    delivered_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(url=""), name="webhook_has_an_address")]
        indexes = [
            models.Index(fields=["owner", "id"], name="webhook_by_owner"),
            models.Index(fields=["disabled_at", "id"], name="webhook_active"),
        ]

    def __str__(self) -> str:
        return self.name or self.url

    @property
    def is_active(self) -> bool:
        """Whether it is told of changes."""
        return self.disabled_at is None

    def wants(self, event: str) -> bool:
        """Return whether it is to be told of such events."""
        return event in self.events.split()


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Questions about deliveries."""

    def due(self, now: datetime) -> Self:
        """Keep what is to be sent now."""
        return self.filter(state=WebhookDelivery.State.WAITING, not_before__lte=now)


class WebhookDelivery(models.Model):
    """One message to one webhook. Its key is what the receiver tells repetitions by; `body` is what is signed and sent."""

    class State(models.TextChoices):
        """WAITING for its first or next attempt, DELIVERED, or FAILED for good."""

        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    event = models.CharField(max_length=24)
    body = models.TextField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=django_timezone.now)
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of the last answer (HTTP).")
    error = models.CharField(max_length=300, blank=True, help_text="Why the last attempt failed.")
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    attempted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index(fields=["webhook", "id"], name="webhook_delivery_log"),
            models.Index(fields=["webhook", "state", "not_before", "id"], name="webhook_delivery_due"),
            models.Index(fields=["created_at", "id"], name="webhook_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.id}"
