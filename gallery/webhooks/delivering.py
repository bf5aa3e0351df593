"""Sending what webhooks are to be told. The change feed is the outbox: a job reads it on from where the webhook is.

Nothing is written where something changes. A hint starts the job soon, and the worker's tick starts it where the hint
was lost; where no webhook is, either costs one query.
"""

import logging
import random
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from gallery import changes, jobs, waking
from gallery.models import Job, Webhook, WebhookDelivery
from gallery.webhooks import posting, signing
from gallery.webhooks.events import event_of, message
from photosky.database import atomic_retry

logger = logging.getLogger(__name__)

KIND = "webhook"
# Eight attempts within a day: at once, and after each of these.
BACK_OFF = tuple(timedelta(seconds=s) for s in (30, 120, 600, 1_800, 7_200, 21_600, 54_000))
MAX_ATTEMPTS = len(BACK_OFF) + 1
# So many failures in a row say that nobody is there: the rest waits, each time longer.
FAILURES_IN_A_ROW = 3
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(hours=1)
DISABLED_AFTER = timedelta(days=3)
# An answer that takes longer counts like a failure here: a receiver so slow must not take the time of all others' work.
SLOW_S = 3.0
# A round sends for so long, then others have their turn.
ROUND_S = 10.0
PAUSE = timedelta(seconds=5)
# Longer than an attempt takes: a message in the hands of a worker that died is tried again.
CLAIM = timedelta(minutes=1)
PAGE = 100
# When the feed tells what has changed just now.
SOON = changes.LAG + timedelta(seconds=1)
# A cursor must not grow old where nothing happens.
FOLLOW_AFTER = timedelta(days=7)
GONE = 410
State, Reason = WebhookDelivery.State, Webhook.Reason


def expect(owner_id: uuid.UUID) -> None:
    """Let the owner's webhooks be told soon: something may have changed. A hint; look() finds what it misses."""
    for hook in Webhook.objects.filter(owner=owner_id, disabled_at=None).select_related("owner"):
        wake(hook, SOON)


def look(now: datetime | None = None) -> int:
    """Start the jobs of webhooks that have something to be told and were not woken. Returns how many."""
    now, woken = now or timezone.now(), 0
    for hook in Webhook.objects.active().select_related("owner").order_by("id").iterator(chunk_size=100):
        cursor = changes.Cursor(hook.cursor_at, hook.cursor_id)
        is_behind = hook.cursor_at < now - FOLLOW_AFTER or changes.oldest_since(hook.owner, cursor, now)
        if is_behind or WebhookDelivery.objects.filter(webhook=hook).due(now).exists():
            wake(hook, timedelta())
            woken += 1
    return woken


def wake(hook: Webhook, after: timedelta) -> None:
    """Let the webhook's job begin so long from now, or earlier where it is to already; a rest is not cut short."""
    now = timezone.now()
    begin = max(now + after, hook.rest_until or now)
    waiting = Job.objects.owned_by(hook.owner).filter(
        kind=KIND, state=Job.State.WAITING, lease_until=None, payload__webhook=str(hook.pk)
    )
    job = waiting.order_by("not_before").first()
    if job is None:
        jobs.start(KIND, hook.owner, {"webhook": str(hook.pk)}, not_before=begin)
    elif job.not_before > begin and waiting.filter(pk=job.pk).update(not_before=begin):
        waking.wake_for_job(job.pk, begin - now)


def deliver(job: Job, turn: jobs.Round) -> dict[str, Any]:
    """Send the webhook's messages, in their order, until none is due."""
    hooks = Webhook.objects.active().select_related("owner").filter(pk=job.payload["webhook"])
    sent, in_a_row = int(job.payload.get("sent", 0)), int(job.payload.get("in_a_row", 0))
    ends = time.monotonic() + ROUND_S
    # Read anew for each message: its owner may switch it off, or send it elsewhere, at any moment.
    while (hook := hooks.first()) is not None:
        so_far = {**job.payload, "sent": sent, "in_a_row": in_a_row}
        _rest(hook, {**so_far, "in_a_row": 0})
        if turn.is_over or time.monotonic() > ends:
            raise jobs.Unfinished(so_far, timezone.now() + PAUSE)
        if (delivery := _claim(hook)) is not None:
            started = time.monotonic()
            delivered = _attempt(hook, delivery)
            sent += delivered
            in_a_row = 0 if delivered and time.monotonic() - started < SLOW_S else in_a_row + 1
            if in_a_row:
                _judge(hook, in_a_row)
        elif not _gather(hook):
            break
    if hook is not None and (following := _next_time(hook)):
        raise jobs.Unfinished(so_far, following)
    return {"sent": sent}


def disable(hook: Webhook, reason: Webhook.Reason) -> None:
    """Send nothing more, and tell the owner why."""
    rows = Webhook.objects.filter(pk=hook.pk, disabled_at=None)
    if not rows.update(disabled_at=timezone.now(), disabled_for=reason):
        return
    logger.warning("webhook disabled webhook=%s reason=%s", hook.pk, reason.value)
    if not (settings.MAIL_WORKS and hook.owner.email):
        return
    with translation.override(hook.owner.language or settings.LANGUAGE_CODE):
        words = render_to_string(
            "webhooks/disabled.txt", {"hook": hook, "reason": reason.label, "site": settings.SITE_URL}
        )
        try:
            subject = _("A webhook was switched off")
            send_mail(subject, words, settings.DEFAULT_FROM_EMAIL, [hook.owner.email])
        except OSError as error:
            logger.error("mail not sent kind=webhook error=%s", error)


def _rest(hook: Webhook, payload: dict[str, Any]) -> None:
    if hook.rest_until is not None and hook.rest_until > timezone.now():
        raise jobs.Unfinished(payload, hook.rest_until)


def _claim(hook: Webhook) -> WebhookDelivery | None:
    """Take the next message that is due, so that no other worker sends it; None where none is."""
    now = timezone.now()
    while found := WebhookDelivery.objects.filter(webhook=hook).due(now).order_by("not_before", "id").first():
        mine = WebhookDelivery.objects.filter(pk=found.pk, state=State.WAITING, attempts=found.attempts)
        if mine.update(attempts=F("attempts") + 1, not_before=now + CLAIM, attempted_at=now):
            found.attempts += 1
            return found
    return None


@atomic_retry
def _gather(hook: Webhook) -> bool:
    """Write messages down for the next changes of the feed. Returns whether there may be more to send."""
    here = changes.Cursor(hook.cursor_at, hook.cursor_id)
    try:
        page = changes.since(hook.owner, here, PAGE)
    except changes.CursorTooOld:
        # It was switched off for so long: what happened meanwhile is not known any more.
        page = changes.Page([], changes.beginning(), has_more=False)
    mine = Webhook.objects.filter(pk=hook.pk, cursor_at=here.at, cursor_id=here.key)
    if page.cursor == here:
        return False
    if mine.update(cursor_at=page.cursor.at, cursor_id=page.cursor.key):
        wanted = [entry for entry in page.entries if hook.wants(event_of(entry))]
        WebhookDelivery.objects.bulk_create(
            [WebhookDelivery(webhook=hook, event=event_of(entry), body=message(entry)) for entry in wanted]
        )
    fresh = Webhook.objects.filter(pk=hook.pk).values_list("cursor_at", "cursor_id").first()
    hook.cursor_at, hook.cursor_id = fresh or page.cursor
    return bool(page.entries)


def _attempt(hook: Webhook, delivery: WebhookDelivery) -> bool:
    """Send one message and write down what came of it. Returns whether it was delivered."""
    body, now, started = delivery.body.encode(), timezone.now(), time.monotonic()
    status, error = None, ""
    try:
        secret = signing.opened(hook.secret)
        signed = signing.headers(secret, str(delivery.pk), int(now.timestamp()), body)
        status = posting.post(hook.url, signed, body)
    except signing.Unreadable:
        disable(hook, Reason.SECRET)
        error = str(Reason.SECRET.label)
    except posting.Undeliverable as reason:
        error = str(reason)
    delivered = status is not None and 200 <= status < 300
    values: dict[str, Any] = {"status": status, "error": error[:300]}
    values["duration_ms"] = round((time.monotonic() - started) * 1000)
    if delivered:
        values["state"] = State.DELIVERED
    elif delivery.attempts >= MAX_ATTEMPTS:
        values["state"] = State.FAILED
    else:
        # Jitter, so that messages that failed together do not come together; not for cryptography.
        wait = BACK_OFF[delivery.attempts - 1] * random.uniform(1, 1.1)  # noqa: S311
        values["not_before"] = now + wait
    WebhookDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts).update(**values)
    _remember(hook, delivered=delivered)
    if status == GONE:
        disable(hook, Reason.GONE)
    return delivered


def _remember(hook: Webhook, *, delivered: bool) -> None:
    row, now = Webhook.objects.filter(pk=hook.pk), timezone.now()
    if delivered:
        row.update(failures=0, failing_since=None, rest_until=None, delivered_at=now)
    else:
        row.update(failures=F("failures") + 1, failing_since=Coalesce("failing_since", now))


def _judge(hook: Webhook, in_a_row: int) -> None:
    """Let a webhook rest that fails again and again or is slow, and give up at last one that fails."""
    fresh = Webhook.objects.active().select_related("owner").filter(pk=hook.pk).first()
    if fresh is None:
        return
    now = timezone.now()
    if fresh.failing_since is not None and fresh.failing_since < now - DISABLED_AFTER:
        disable(fresh, Reason.FAILING)
    elif in_a_row >= FAILURES_IN_A_ROW:
        doubled = min(max(fresh.failures - FAILURES_IN_A_ROW, 0), 10)
        rest_until = now + min(FIRST_REST * 2**doubled, LONGEST_REST)
        Webhook.objects.filter(pk=hook.pk).update(rest_until=rest_until)


def _next_time(hook: Webhook) -> datetime | None:
    """Return when to go on: for the next attempt, or for what has changed just now; None where nothing is to come."""
    waiting = WebhookDelivery.objects.filter(webhook=hook, state=State.WAITING).order_by("not_before")
    moments = [waiting.values_list("not_before", flat=True).first()]
    if oldest := changes.oldest_since(hook.owner, changes.Cursor(hook.cursor_at, hook.cursor_id)):
        moments.append(oldest + SOON)
    return min((moment for moment in moments if moment is not None), default=None)
