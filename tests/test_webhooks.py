"""Webhooks: what changes is told once to whom it concerns, signed, tried again, and given up in the end."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from gallery import bin as photo_bin
from gallery import bulk, changes, jobs, sharing, tasks
from gallery.models import AuditEntry, Image, Job, User, Webhook, WebhookDelivery
from gallery.webhooks import delivering, hooks, signing
from gallery.webhooks.events import EVENTS
from tests.make import make_album, make_image
from tests.receiver import Receiver, receiving

DOCS = Path(__file__).parent.parent / "docs" / "webhooks.md"
ALL = list(EVENTS.values())
State = WebhookDelivery.State


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_LOCAL = True
    with receiving() as server:
        yield server


@pytest.fixture
def hook(alice: User, receiver: Receiver) -> Webhook:
    return make_hook(alice, receiver)[0]


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
    WebhookDelivery.objects.filter(state=State.WAITING).update(not_before=timezone.now())
    Webhook.objects.update(rest_until=None)
    Job.objects.filter(state=Job.State.WAITING).update(not_before=timezone.now())


def told(receiver: Receiver) -> list[tuple[str, str]]:
    bodies = [json.loads(one.body) for one in receiver.received]
    return [(body["type"], body["data"]["id"]) for body in bodies]


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


def test_webhook_that_was_off_for_longer_than_is_remembered_begins_anew(
    alice: User, hook: Webhook, receiver: Receiver
) -> None:
    Webhook.objects.update(cursor_at=timezone.now() - changes.KEPT - timedelta(days=1))
    settle(make_image(alice))

    work()

    assert receiver.received == []
    hook.refresh_from_db()
    assert hook.cursor_at > timezone.now() - timedelta(minutes=2)


def test_two_workers_at_once_send_nothing_twice(alice: User, hook: Webhook, receiver: Receiver) -> None:
    settle(*(make_image(alice) for _ in range(3)))
    for _ in range(2):
        jobs.start(delivering.KIND, alice, {"webhook": str(hook.pk)})

    work()

    assert len({one.headers["webhook-id"] for one in receiver.received}) == len(receiver.received) == 3


def test_message_in_the_hands_of_a_worker_that_died_is_sent_by_another(
    alice: User, hook: Webhook, receiver: Receiver
) -> None:
    settle(make_image(alice))
    delivering._gather(hook)
    assert delivering._claim(hook) is not None
    assert delivering._claim(hook) is None
    due_again()

    work()

    assert len(receiver.received) == 1
    assert WebhookDelivery.objects.get().attempts == 2


def test_ping_tries_the_way(hook: Webhook, receiver: Receiver) -> None:
    hooks.ping(hook)

    work()

    assert told(receiver) == [("ping", str(hook.pk))]


def test_what_failed_is_sent_again_when_asked(alice: User, hook: Webhook, receiver: Receiver) -> None:
    settle(make_image(alice))
    receiver.statuses = [500, 200]
    work()
    WebhookDelivery.objects.update(state=State.FAILED)

    assert hooks.replay(hook) == 1
    due_again()
    work()

    assert len(receiver.received) == 2
    assert WebhookDelivery.objects.get().state == State.DELIVERED
    assert hooks.replay(hook) == 0
    assert hooks.replay(hook, [WebhookDelivery.objects.get().pk]) == 1


def test_secret_stands_encrypted_in_the_database(hook: Webhook, receiver: Receiver) -> None:
    secret = signing.opened(hook.secret)

    assert secret.startswith("whsec_")
    assert secret.removeprefix("whsec_") not in hook.secret


def test_secret_outlives_a_new_secret_of_the_site_that_names_the_former_one(
    hook: Webhook, settings: Settings
) -> None:
    secret, former = signing.opened(hook.secret), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [former]

    assert signing.opened(hook.secret) == secret


def test_webhook_whose_secret_cannot_be_read_is_switched_off_with_that_reason(
    alice: User, hook: Webhook, receiver: Receiver, settings: Settings
) -> None:
    settle(make_image(alice))
    settings.SECRET_KEY = "another" * 10

    work()

    hook.refresh_from_db()
    assert hook.disabled_for == "secret"
    assert receiver.received == []


def test_nothing_is_written_where_nobody_has_a_webhook(alice: User) -> None:
    make_image(alice)

    delivering.expect(alice.pk)
    work()

    assert not Job.objects.exists()


def test_change_starts_the_job_for_the_moment_at_which_it_is_told(alice: User, hook: Webhook) -> None:
    before = timezone.now()

    delivering.expect(alice.pk)
    delivering.expect(alice.pk)

    job = Job.objects.get()
    assert job.kind == delivering.KIND
    assert before + changes.LAG < job.not_before < timezone.now() + timedelta(minutes=1)


def test_whoever_changes_a_photo_by_a_page_wakes_the_webhook(
    alice: User, hook: Webhook, client: Any, signing: None
) -> None:
    image = make_image(alice)
    client.force_login(alice)

    assert client.get("/").status_code == 200
    assert not Job.objects.exists()
    client.post(f"/p/{image.pk}/favourite/")

    assert Job.objects.get().kind == delivering.KIND


def test_tick_finds_what_no_hint_told_of(alice: User, hook: Webhook, receiver: Receiver, s3: None) -> None:
    image = make_image(alice)
    settle(image)

    tasks.tick()
    work()

    assert told(receiver) == [("photo.ready", str(image.pk))]


def test_webhook_of_an_account_that_is_closed_is_told_nothing(
    alice: User, hook: Webhook, receiver: Receiver
) -> None:
    settle(make_image(alice))
    User.objects.filter(pk=alice.pk).update(is_active=False)

    work()

    assert receiver.received == []


def test_log_is_kept_for_a_month(hook: Webhook) -> None:
    delivery = hooks.ping(hook)

    assert hooks.forget_deliveries(delivery.created_at + hooks.KEPT) == 0
    assert hooks.forget_deliveries(delivery.created_at + hooks.KEPT + timedelta(seconds=1)) == 1


def test_deleting_a_webhook_deletes_its_log(hook: Webhook) -> None:
    hooks.ping(hook)

    hooks.delete(hook)

    assert not WebhookDelivery.objects.exists()


def test_log_that_is_long_goes_with_the_upkeep_and_its_webhook_at_once(
    alice: User, hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "CHUNK", 2)
    monkeypatch.setattr(hooks, "ROUNDS", 2)
    for _ in range(5):
        hooks.ping(hook)

    hooks.delete(hook)
    work()

    assert not hooks.of(alice).exists()
    assert receiver.received == []
    assert WebhookDelivery.objects.count() == 5
    assert [hooks.forget_deliveries() for _ in range(3)] == [4, 1, 0]
    assert not Webhook.objects.exists()
    assert AuditEntry.objects.filter(action="webhook.deleted").count() == 1


def test_upkeep_keeps_up_with_a_log_that_grows_fast(hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "CHUNK", 2)
    for _ in range(5):
        hooks.ping(hook)

    assert hooks.forget_deliveries(timezone.now() + hooks.KEPT + timedelta(seconds=1)) == 5


def test_one_person_has_only_so_many(alice: User, receiver: Receiver) -> None:
    for _ in range(hooks.MOST):
        hooks.make(alice, receiver.url, ALL)

    with pytest.raises(hooks.InvalidWebhook, match="delete one"):
        hooks.make(alice, receiver.url, ALL)


def test_many_changes_are_told_in_rounds(alice: User, hook: Webhook, receiver: Receiver) -> None:
    images = [make_image(alice) for _ in range(delivering.PAGE + 5)]
    settle(*images)

    work()

    assert {key for _event, key in told(receiver)} == {str(image.pk) for image in images}


def test_photo_whose_tags_change_is_told_as_changed(alice: User, hook: Webhook, receiver: Receiver) -> None:
    image = make_image(alice)
    Image.objects.filter(pk=image.pk).update(created_at=timezone.now() - timedelta(days=2))
    bulk.add_tags(alice, [image.pk], ["ridge"])
    image.refresh_from_db()
    settle(image)

    work()

    assert told(receiver) == [("photo.changed", str(image.pk))]


def test_change_that_is_too_young_is_told_as_soon_as_it_is_old_enough(
    alice: User, hook: Webhook, receiver: Receiver
) -> None:
    made_at = timezone.now() - timedelta(seconds=20)
    image = make_image(alice)
    Image.objects.filter(pk=image.pk).update(created_at=made_at, updated_at=made_at)

    work()

    assert receiver.received == []
    assert Job.objects.get().not_before == made_at + delivering.SOON
