"""Making webhooks, changing and ending them, and the log of what was sent to them."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import audit, changes
from gallery.access import GONE
from gallery.errors import GalleryError
from gallery.models import User, Webhook, WebhookDelivery, WebhookQuerySet
from gallery.webhooks import delivering, posting, signing
from gallery.webhooks.events import EVENTS, PING, written
from photosky import database
from photosky.database import atomic_retry

MOST = 10
MOST_REPLAYED = 500
KEPT = timedelta(days=30)
CHUNK = 500
# One round of upkeep forgets so much at most, so that it leaves time for other work.
ROUNDS = 40
State = WebhookDelivery.State


class InvalidWebhook(GalleryError):
    """A webhook was asked for that cannot be."""

    code = "invalid_webhook"


def of(user: User) -> WebhookQuerySet:
    """Return the user's own webhooks, the newest first."""
    return Webhook.objects.owned_by(user).exclude(disabled_for=Webhook.DELETED).order_by("-id")


def one(user: User, key: uuid.UUID) -> Webhook:
    """Return one of the user's own; raises Http404."""
    found = of(user).filter(pk=key).select_related("owner").first()
    if found is None:
        raise Http404(GONE)
    return found


def log_of(hook: Webhook) -> QuerySet[WebhookDelivery]:
    """Return what was sent to a webhook or is to be, the newest first."""
    return WebhookDelivery.objects.filter(webhook=hook).order_by("-id")


@atomic_retry
def make(owner: User, url: str, events: Iterable[str], name: str = "") -> tuple[Webhook, str]:
    """Make a webhook that is told of what happens from now on; return it with its secret, which is told this once.

    Raises InvalidWebhook and posting.InvalidAddress.
    """
    if Webhook.objects.owned_by(owner).count() >= MOST:
        raise InvalidWebhook(
            _("There are %(most)d webhooks already: delete one that is not needed.") % {"most": MOST}
        )
    posting.target(url)
    secret = signing.new_secret()
    hook = Webhook(
        owner=owner,
        name=name,
        url=url,
        events=_checked(events),
        secret=signing.seal(secret),
        cursor_at=timezone.now(),
        cursor_id=changes.LAST_ID,
    )
    hook.save(force_insert=True)
    audit.note("webhook.made", hook, owner=owner)
    return hook, secret


@atomic_retry
def change(hook: Webhook, *, active: bool | None = None, **values: Any) -> None:
    """Write a new name, address or events, and switch it off or on. What happened meanwhile is told when it is on again.

    Raises InvalidWebhook, posting.InvalidAddress, and Http404 where it is gone.
    """
    if unknown := values.keys() - {"name", "url", "events"}:
        raise TypeError(f"No webhook has {sorted(unknown)}.")
    if "url" in values:
        posting.target(values["url"])
    if "events" in values:
        values["events"] = _checked(values["events"])
    if active is not None and active != hook.is_active:
        values |= _switched(active=active)
    if not values:
        return
    if not Webhook.objects.filter(pk=hook.pk).exclude(disabled_for=Webhook.DELETED).update(**values):
        raise Http404(GONE)
    audit.note("webhook.changed", hook, owner=hook.owner_id, fields=sorted(values))
    hook.refresh_from_db()
    if hook.is_active:
        delivering.wake(hook, timedelta())


@atomic_retry
def delete(hook: Webhook) -> None:
    """Delete a webhook and the log of what was sent to it; a long log goes with the next upkeep, and nobody sees it."""
    row = Webhook.objects.filter(pk=hook.pk).exclude(disabled_for=Webhook.DELETED)
    if not row.update(disabled_at=timezone.now(), disabled_for=Webhook.DELETED):
        return
    audit.note("webhook.deleted", hook, owner=hook.owner_id)
    if len(log_of(hook).values_list("pk")[: CHUNK + 1]) <= CHUNK:
        Webhook.objects.filter(pk=hook.pk).delete()


def ping(hook: Webhook) -> WebhookDelivery:
    """Send a message that tells of nothing. Raises InvalidWebhook where the webhook is switched off."""
    _must_be_active(hook)
    now = timezone.now()
    body = written(PING, now, {"kind": "webhook", "id": str(hook.pk), "url": None})
    delivery = WebhookDelivery.objects.create(webhook=hook, event=PING, body=body)
    delivering.wake(hook, timedelta())
    return delivery


@atomic_retry
def replay(hook: Webhook, deliveries: Sequence[uuid.UUID] | None = None) -> int:
    """Send messages once more, or all that failed, under the ids they had. Returns how many.

    Raises InvalidWebhook where the webhook is switched off. What is no message of this webhook is passed over.
    """
    _must_be_active(hook)
    rows = log_of(hook).exclude(state=State.WAITING)
    rows = rows.filter(state=State.FAILED) if deliveries is None else rows.filter(pk__in=deliveries)
    chosen = list(rows.values_list("pk", flat=True)[:MOST_REPLAYED])
    again = WebhookDelivery.objects.filter(pk__in=chosen).exclude(state=State.WAITING)
    count = again.update(state=State.WAITING, attempts=0, not_before=timezone.now())
    if count:
        delivering.wake(hook, timedelta())
    return count


def forget_deliveries(now: datetime | None = None) -> int:
    """Delete what was sent long ago, and the logs of webhooks that were deleted, some at a time. Returns how many rows."""
    old = WebhookDelivery.objects.filter(created_at__lt=(now or timezone.now()) - KEPT)
    forgotten = _forget(old.order_by("created_at", "id"))
    for hook in Webhook.objects.filter(disabled_for=Webhook.DELETED).order_by("id")[:ROUNDS]:
        forgotten += _forget(log_of(hook))
        if not log_of(hook).exists():
            database.delete(Webhook.objects.filter(pk=hook.pk))
    return forgotten


def _forget(rows: QuerySet[WebhookDelivery]) -> int:
    forgotten = 0
    for _round in range(ROUNDS):
        chosen = list(rows.values_list("pk", flat=True)[:CHUNK])
        forgotten += database.delete(WebhookDelivery.objects.filter(pk__in=chosen)) if chosen else 0
        if len(chosen) < CHUNK:
            break
    return forgotten


def _switched(*, active: bool) -> dict[str, Any]:
    if not active:
        return {"disabled_at": timezone.now(), "disabled_for": Webhook.Reason.PERSON}
    fresh = {"failures": 0, "failing_since": None, "rest_until": None}
    return {"disabled_at": None, "disabled_for": "", **fresh}


def _must_be_active(hook: Webhook) -> None:
    if not hook.is_active:
        raise InvalidWebhook(_("This webhook is switched off: switch it on first."))


def _checked(events: Iterable[str]) -> str:
    chosen = set(events)
    known = list(EVENTS.values())
    if not chosen or chosen - set(known):
        raise InvalidWebhook(
            _("Name one or more events. There are: %(events)s.") % {"events": ", ".join(known)}
        )
    return " ".join(event for event in known if event in chosen)
