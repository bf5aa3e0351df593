"""Webhooks: what changes is told once to whom it concerns, signed, tried again, and given up in the end."""

import base64
import hashlib
import hmac
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from gallery import bin as photo_bin
from gallery import jobs, sharing
from gallery.models import Image, Job, User, Webhook, WebhookDelivery
from gallery.webhooks import delivering, hooks, signing
from tests.make import make_album, make_image
from tests.receiver import Receiver
from tests.webhooks.telling import ALL, due_again, make_hook, settle, told, work

DOCS = Path(__file__).parent.parent.parent / "docs" / "webhooks.md"

State = WebhookDelivery.State


def test_photo_that_is_ready_is_told_once(alice: User, hook: Webhook, receiver: Receiver) -> None:
    image = make_image(alice)
    settle(image)

    work()
    work()

    assert told(receiver) == [("photo.ready", str(image.pk))]
    assert json.loads(receiver.received[0].body)["data"]["url"].endswith(f"/api/images/{image.pk}/")
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status, delivery.attempts) == (State.DELIVERED, 204, 1)


def test_message_is_signed_as_standard_webhooks_says(alice: User, receiver: Receiver) -> None:
    _hook, secret = make_hook(alice, receiver)
    image = make_image(alice)
    settle(image)

    work()

    sent = receiver.received[0]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{sent.headers['webhook-id']}.{sent.headers['webhook-timestamp']}.".encode() + sent.body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert sent.headers["webhook-signature"] == f"v1,{wanted}"
    assert abs(int(sent.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert sent.headers["content-type"] == "application/json"
    assert sent.path == "/hook?from=photosky"
    assert len(key) == 32


def test_example_of_the_docs_tells_what_is_ours_from_what_is_not(alice: User, receiver: Receiver) -> None:
    _hook, secret = make_hook(alice, receiver)
    settle(make_image(alice))
    work()
    sent = receiver.received[0]
    found = re.search(r"```python\n(.+?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    shown: dict[str, Any] = {}
    exec(found[1], shown)  # our own page

    shown["verify"](secret, sent.headers, sent.body)
    for wrong in (
        (signing.new_secret(), sent.headers, sent.body),
        (secret, sent.headers, sent.body + b" "),
        (secret, sent.headers | {"webhook-timestamp": "1789401780"}, sent.body),
    ):
        with pytest.raises(ValueError, match=r"forged|too old"):
            shown["verify"](*wrong)


def test_each_event_has_its_name(alice: User, hook: Webhook, receiver: Receiver) -> None:
    ready, changed, binned = (make_image(alice) for _ in range(3))
    album = make_album(alice)
    link, _token = sharing.make(alice, images=[ready.pk])
    old = timezone.now() - timedelta(days=2)
    for row in (changed, binned):
        Image.objects.filter(pk=row.pk).update(created_at=old)
    photo_bin.put(Image.objects.filter(pk=binned.pk))
    for row in (changed, binned):
        row.refresh_from_db()
    settle(ready, changed, binned, album, link)

    work()

    assert set(told(receiver)) == {
        ("photo.ready", str(ready.pk)),
        ("photo.changed", str(changed.pk)),
        ("photo.binned", str(binned.pk)),
        ("album.created", str(album.pk)),
        ("share.created", str(link.pk)),
    }


def test_only_what_was_asked_for_is_told(alice: User, bob: User, receiver: Receiver) -> None:
    make_hook(alice, receiver, ["album.created"])
    image, album, foreign = make_image(alice), make_album(alice), make_album(bob)
    settle(image, album, foreign)

    work()

    assert told(receiver) == [("album.created", str(album.pk))]


def test_what_happened_before_a_webhook_was_made_is_not_told(alice: User, receiver: Receiver) -> None:
    image = make_image(alice)
    settle(image)
    hooks.make(alice, receiver.url, ALL)

    work()

    assert receiver.received == []


def test_message_that_failed_is_tried_again_under_the_same_id(
    alice: User, hook: Webhook, receiver: Receiver
) -> None:
    settle(make_image(alice))
    receiver.statuses = [500, 503, 200]

    work()
    for _ in range(2):
        due_again()
        work()

    assert len(receiver.received) == 3
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.status) == (State.DELIVERED, 3, 200)
    hook.refresh_from_db()
    assert (hook.failures, hook.failing_since) == (0, None)


def test_pauses_between_attempts_grow_and_end_within_about_a_day(
    alice: User, hook: Webhook, receiver: Receiver
) -> None:
    settle(make_image(alice))
    receiver.statuses = [500]
    pauses = []
    while True:
        work()
        delivery = WebhookDelivery.objects.get()
        if delivery.state == State.FAILED:
            break
        assert delivery.attempted_at is not None
        pauses.append(delivery.not_before - delivery.attempted_at)
        due_again()

    assert len(receiver.received) == 8
    assert pauses == sorted(pauses)
    assert timedelta(hours=20) < sum(pauses, timedelta()) < timedelta(hours=28)


def test_redirects_are_not_followed(alice: User, hook: Webhook, receiver: Receiver) -> None:
    settle(make_image(alice))
    receiver.statuses, receiver.location = [307], receiver.url

    work()

    assert len(receiver.received) == 1
    assert WebhookDelivery.objects.get().status == 307
    assert WebhookDelivery.objects.get().state == State.WAITING


def test_one_message_that_always_fails_holds_up_no_other(
    alice: User, hook: Webhook, receiver: Receiver
) -> None:
    images = [make_image(alice) for _ in range(3)]
    settle(*images)
    receiver.statuses = [500, 200]

    work()

    assert len(receiver.received) == 3
    assert sorted(WebhookDelivery.objects.values_list("state", flat=True)) == [
        "delivered",
        "delivered",
        "waiting",
    ]


def test_receiver_that_fails_again_and_again_is_left_in_peace_for_a_while(
    alice: User, hook: Webhook, receiver: Receiver
) -> None:
    settle(*(make_image(alice) for _ in range(9)))
    receiver.statuses = [500]

    work()
    work()

    assert len(receiver.received) == delivering.FAILURES_IN_A_ROW
    hook.refresh_from_db()
    assert hook.rest_until is not None
    assert hook.rest_until > timezone.now()


def test_slow_receiver_is_left_in_peace_for_a_while_though_it_takes_what_it_is_sent(
    alice: User, hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(*(make_image(alice) for _ in range(9)))
    receiver.delay_s = 0.06
    monkeypatch.setattr(delivering, "SLOW_S", 0.05)

    work()

    assert len(receiver.received) == delivering.FAILURES_IN_A_ROW
    hook.refresh_from_db()
    assert hook.rest_until is not None
    assert hook.rest_until > timezone.now()
    assert WebhookDelivery.objects.filter(state=State.DELIVERED).count() == delivering.FAILURES_IN_A_ROW

    receiver.delay_s = 0
    due_again()
    work()
    assert len(receiver.received) == 9


def test_failures_in_a_row_are_counted_over_rounds(
    alice: User, hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(*(make_image(alice) for _ in range(9)))
    receiver.statuses = [500]
    receiver.delay_s = 0.02
    monkeypatch.setattr(delivering, "ROUND_S", 0.01)

    for _ in range(9):
        work()
        Job.objects.update(not_before=timezone.now())

    assert len(receiver.received) == delivering.FAILURES_IN_A_ROW


def test_webhook_with_much_to_tell_lets_others_have_their_turn(
    alice: User, hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(*(make_image(alice) for _ in range(9)))
    receiver.delay_s = 0.02
    monkeypatch.setattr(delivering, "ROUND_S", 0.01)

    work()

    assert len(receiver.received) <= 1
    job = Job.objects.get()
    assert job.state == Job.State.WAITING
    assert timezone.now() < job.not_before < timezone.now() + timedelta(minutes=1)


def test_webhook_that_fails_for_three_days_is_switched_off_and_its_owner_told(
    alice: User, hook: Webhook, receiver: Receiver, settings: Settings
) -> None:
    settings.MAIL_WORKS = True
    settle(make_image(alice))
    receiver.statuses = [500]
    work()
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=3, minutes=1))
    due_again()

    work()

    hook.refresh_from_db()
    assert (hook.is_active, hook.disabled_for) == (False, "failing")
    assert mail.outbox[0].to == [alice.email]
    assert "nothing could be delivered for three days" in mail.outbox[0].body
    due_again()
    work()
    assert len(receiver.received) == 2


def test_receiver_that_answers_410_is_told_nothing_more(
    alice: User, hook: Webhook, receiver: Receiver
) -> None:
    settle(make_image(alice))
    receiver.statuses = [410]

    work()

    hook.refresh_from_db()
    assert hook.disabled_for == "gone"


def test_webhook_that_is_switched_on_again_is_told_what_happened_meanwhile(
    alice: User, hook: Webhook, receiver: Receiver
) -> None:
    hooks.change(hook, active=False)
    image = make_image(alice)
    settle(image)
    work()
    assert receiver.received == []

    hooks.change(hook, active=True)
    work()

    assert told(receiver) == [("photo.ready", str(image.pk))]


@pytest.mark.parametrize("active", [True, False])
def test_message_goes_where_its_owner_says_at_that_moment(
    active: bool, alice: User, hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_over(_turn: jobs.Round) -> bool:
        # Another process changes it in the midst of a round.
        Webhook.objects.update(url=f"{receiver.url}&new", disabled_at=None if active else timezone.now())
        return False

    monkeypatch.setattr(jobs.Round, "is_over", property(is_over))
    for _ in range(2):
        hooks.ping(hook)

    work()

    paths = [one.path for one in receiver.received]
    assert paths == ["/hook?from=photosky", "/hook?from=photosky&new"][: 1 + active]
