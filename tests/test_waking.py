"""Waking a worker function: a message for each job and each further round, and no harm where none can be sent."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from django.db import transaction
from moto import mock_aws
from pytest_django import Settings

from gallery import jobs, waking
from gallery.models import Job, User
from tests.make import make_user

pytestmark = pytest.mark.django_db(transaction=True)
REGION = "eu-central-1"
rounds: list[int] = []


def twice(job: Job, round_: jobs.Round) -> dict[str, Any]:
    rounds.append(1)
    if len(rounds) == 1:
        raise jobs.Unfinished({"at": 1})
    return {}


@pytest.fixture
def queue(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return SQS with the work queue that the settings name."""
    rounds.clear()
    monkeypatch.setitem(jobs.FUNCTIONS, "twice", f"{__name__}.twice")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "only-for-tests")
    with mock_aws():
        waking._queue.cache_clear()
        sqs = boto3.client("sqs", region_name=REGION)
        settings.QUEUE_URL = sqs.create_queue(QueueName="photosky-production-work")["QueueUrl"]
        settings.S3 = type(settings.S3)("photos", region=REGION)
        yield sqs
        waking._queue.cache_clear()


def messages(sqs: Any, settings: Settings) -> list[Any]:
    answer = sqs.receive_message(QueueUrl=settings.QUEUE_URL, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.fixture
def owner() -> User:
    return make_user("alice")


def test_job_is_told_to_the_queue_when_it_is_written(queue: Any, settings: Settings, owner: User) -> None:
    with transaction.atomic():
        job = jobs.start("twice", owner, {})
        assert messages(queue, settings) == []
    assert messages(queue, settings) == [{"job": str(job.pk)}]


def test_job_that_was_undone_is_told_to_nobody(queue: Any, settings: Settings, owner: User) -> None:
    with transaction.atomic():
        jobs.start("twice", owner, {})
        transaction.set_rollback(True)
    assert messages(queue, settings) == []


def test_further_round_is_told_to_the_queue(queue: Any, settings: Settings, owner: User) -> None:
    job = jobs.start("twice", owner, {})
    messages(queue, settings)

    assert jobs.work(job.pk)

    assert messages(queue, settings) == [{"job": str(job.pk)}]
    assert jobs.work(job.pk)
    assert not jobs.work(job.pk)
    assert messages(queue, settings) == []


def test_lost_message_costs_only_time(settings: Settings, owner: User, queue: Any) -> None:
    queue.delete_queue(QueueUrl=settings.QUEUE_URL)
    jobs.start("twice", owner, {})
    assert jobs.work_once()


def test_delay_is_no_longer_than_sqs_allows(queue: Any, settings: Settings) -> None:
    waking.wake_for_job(uuid.uuid4(), timedelta(days=1))
    waking.wake_for_job(uuid.uuid4(), timedelta(days=-1))
    assert len(messages(queue, settings)) == 1


def test_without_a_queue_nothing_is_sent_anywhere(owner: User, settings: Settings) -> None:
    assert settings.QUEUE_URL == ""
    waking.attend()
    jobs.start("zip", owner, {})
    waking.idle(0)
    assert waking._work.is_set()


class _Lambda:
    aws_request_id = "request"

    def __init__(self, left_ms: int) -> None:
        self.left_ms = left_ms

    def get_remaining_time_in_millis(self) -> int:
        return self.left_ms


def test_worker_function_does_a_round_of_the_job_that_a_message_names(
    queue: Any, settings: Settings, owner: User
) -> None:
    from photosky import lambda_worker

    job = jobs.start("twice", owner, {})
    messages(queue, settings)
    body = json.dumps({"job": str(job.pk)})
    event = {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": body}]}

    # Too late for a round: the message goes on to another invocation.
    assert lambda_worker.handler(event, _Lambda(100_000)) == {"batchItemFailures": []}
    assert rounds == []
    assert messages(queue, settings) == [{"job": str(job.pk)}]

    for _ in range(3):
        assert lambda_worker.handler(event, _Lambda(300_000)) == {"batchItemFailures": []}
    assert len(rounds) == 2
    assert Job.objects.get().state == Job.State.DONE


def test_message_that_names_no_job_is_passed_over(queue: Any, settings: Settings) -> None:
    from photosky import lambda_worker

    body = json.dumps({"job": str(uuid.uuid4())})
    event = {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": body}]}
    assert lambda_worker.handler(event, _Lambda(300_000)) == {"batchItemFailures": []}
    broken = {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": '{"job": "x"}'}]}
    assert lambda_worker.handler(broken, _Lambda(300_000)) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
