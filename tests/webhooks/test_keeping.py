"""Webhooks that rest, come back, keep their secret and their log, and end with their account."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from gallery import bulk, changes, jobs, tasks
from gallery.models import AuditEntry, Image, Job, User, Webhook, WebhookDelivery
from gallery.webhooks import delivering, hooks, signing
from tests.make import make_image
from tests.receiver import Receiver
from tests.webhooks.telling import ALL, due_again, settle, told, work

State = WebhookDelivery.State


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
