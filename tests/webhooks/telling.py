"""What tests of webhooks share: making one, letting time pass, being the worker, and what was told."""

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from gallery import changes, jobs
from gallery.models import Job, User, Webhook, WebhookDelivery
from gallery.webhooks import delivering, hooks
from gallery.webhooks.events import EVENTS
from tests.receiver import Receiver

ALL = list(EVENTS.values())


def make_hook(owner: User, receiver: Receiver, events: list[str] | None = None) -> tuple[Webhook, str]:
    """Make a webhook that was made a day ago."""
    hook, secret = hooks.make(owner, receiver.url, events or ALL)
    hook.cursor_at = timezone.now() - timedelta(days=1)
    hook.save()
    return hook, secret


def settle(*rows: Any) -> None:
    """Let rows be as old as what the feed tells."""
    moment = timezone.now() - changes.LAG - timedelta(seconds=1)
    for row in rows:
        values = {"updated_at": moment}
        if row.created_at > moment:
            values["created_at"] = moment
        type(row).objects.filter(pk=row.pk).update(**values)


def work() -> None:
    """Do all that is due, as a worker does."""
    delivering.look()
    for _ in range(20):
        if not jobs.work_once():
            return


def due_again() -> None:
    """Let the time pass until the next attempt."""
    WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING).update(not_before=timezone.now())
    Webhook.objects.update(rest_until=None)
    Job.objects.filter(state=Job.State.WAITING).update(not_before=timezone.now())


def told(receiver: Receiver) -> list[tuple[str, str]]:
    bodies = [json.loads(one.body) for one in receiver.received]
    return [(body["type"], body["data"]["id"]) for body in bodies]
