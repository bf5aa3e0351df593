"""Jobs: done once, tried again, never lost."""

import contextlib
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from gallery import jobs, objectstore, tasks
from gallery.models import Job, User
from photosky.env import S3Settings

calls: list[dict[str, Any]] = []
ended = threading.Event()


def count_to_three(job: Job, round_: jobs.Round) -> dict[str, Any]:
    calls.append(dict(job.payload))
    at = job.payload.get("at", 0) + 1
    round_.report(at, 3)
    if at < 3:
        raise jobs.Unfinished({"at": at})
    return {"counted": at}


def break_down(job: Job, round_: jobs.Round) -> dict[str, Any]:
    raise RuntimeError("no luck")


class Killed(BaseException):
    """What ends a worker at any line."""


def kill_the_worker(job: Job, round_: jobs.Round) -> dict[str, Any]:
    raise Killed


def be_impossible(job: Job, round_: jobs.Round) -> dict[str, Any]:
    raise jobs.Failed("There is nothing to do this with.")


def find_no_store(job: Job, round_: jobs.Round) -> dict[str, Any]:
    raise objectstore.Unavailable("The store is away.", code="Unavailable")


def have_ever_more_to_do(job: Job, round_: jobs.Round) -> dict[str, Any]:
    calls.append({})
    if not Job.objects.filter(state=Job.State.DONE).exists():
        # The chores were done.
        ended.set()
    if len(calls) > 500:
        ended.set()
        return {}
    raise jobs.Unfinished({})


@pytest.fixture(autouse=True)
def _known_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    calls.clear()
    ended.clear()
    functions = (count_to_three, break_down, be_impossible, find_no_store, kill_the_worker)
    for function in (*functions, have_ever_more_to_do):
        monkeypatch.setitem(jobs.FUNCTIONS, function.__name__, f"{__name__}.{function.__name__}")


def test_job_goes_on_in_another_round_where_one_was_not_enough(alice: User) -> None:
    job = jobs.start("count_to_three", alice, {})

    for _ in range(3):
        assert jobs.work_once()

    assert not jobs.work_once()
    job.refresh_from_db()
    assert (job.state, job.result, job.done, job.total) == (Job.State.DONE, {"counted": 3}, 3, 3)
    assert calls == [{}, {"at": 1}, {"at": 2}]


def test_job_that_breaks_down_is_tried_again_later_and_at_last_given_up(alice: User) -> None:
    job = jobs.start("break_down", alice, {})

    for _ in range(jobs.MAX_ATTEMPTS):
        assert jobs.work_once()
        assert not jobs.work_once()
        Job.objects.update(not_before=timezone.now())

    job.refresh_from_db()
    assert (job.state, job.code) == (Job.State.FAILED, "worker_failed")


def test_job_that_kills_its_workers_is_given_up(alice: User) -> None:
    job = jobs.start("kill_the_worker", alice, {})

    for _ in range(jobs.MAX_ATTEMPTS):
        with pytest.raises(Killed):
            jobs.work_once()
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs.work_once()

    job.refresh_from_db()
    assert (job.state, job.code) == (Job.State.FAILED, "worker_failed")
    assert not jobs.work_once()


@pytest.mark.parametrize("kind", ["break_down", "kill_the_worker"])
def test_job_that_must_be_done_is_tried_daily_and_never_given_up(
    alice: User, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(jobs, "NEVER_GIVEN_UP", {kind})
    job = jobs.start(kind, alice, {})

    for _ in range(jobs.MAX_ATTEMPTS + 2):
        with contextlib.suppress(Killed):
            assert jobs.work_once()
        before = Job.objects.get().not_before
        Job.objects.update(not_before=timezone.now(), lease_until=None)

    assert before > timezone.now() + timedelta(hours=23)
    job.refresh_from_db()
    assert job.state == Job.State.WAITING


def test_failed_job_can_be_given_another_chance(alice: User) -> None:
    job = jobs.start("be_impossible", alice, {})
    jobs.work_once()
    job.refresh_from_db()
    assert (job.state, job.reason) == (Job.State.FAILED, "There is nothing to do this with.")

    assert jobs.retry(job)

    assert jobs.work_once()


def test_store_that_is_away_costs_no_attempt(alice: User) -> None:
    job = jobs.start("find_no_store", alice, {})

    for _ in range(jobs.MAX_ATTEMPTS + 2):
        jobs.work_once()
        Job.objects.update(not_before=timezone.now())

    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.WAITING, 0)


def test_worker_whose_lease_was_taken_over_changes_nothing(alice: User) -> None:
    job = jobs.start("count_to_three", alice, {})
    slow = jobs._lease(job.pk)
    assert slow is not None
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs._lease(job.pk) is not None

    with pytest.raises(jobs.LeaseLost):
        jobs.Round(slow).report(1, 1)
    assert not jobs.work_once()


def test_what_was_done_long_ago_is_forgotten(alice: User) -> None:
    old = jobs.start("count_to_three", alice, {})
    waiting = jobs.start("count_to_three", alice, {})
    Job.objects.filter(pk=old.pk).update(
        state=Job.State.DONE, finished_at=timezone.now() - jobs.KEPT - timedelta(days=1)
    )

    jobs.forget_finished()

    assert list(Job.objects.all()) == [waiting]


@pytest.fixture
def old_job(alice: User) -> Job:
    """Return a job that the periodic work is to forget."""
    job = jobs.start("count_to_three", alice, {})
    long_ago = timezone.now() - jobs.KEPT - timedelta(days=1)
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, finished_at=long_ago)
    return job


def test_tick_does_its_chores_though_jobs_never_end(
    alice: User, old_job: Job, s3: S3Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "TICK_WORKS_S", 0.05)
    job = jobs.start("have_ever_more_to_do", alice, {})

    assert tasks.tick() == len(calls)

    assert list(Job.objects.filter(state=Job.State.WAITING)) == [job]
    assert not Job.objects.filter(pk=old_job.pk).exists()


def test_worker_does_its_chores_though_jobs_never_end(
    alice: User, old_job: Job, s3: S3Settings, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DECODERS = 1
    for name in ("FIRST_CHORES_S", "CHORES_LATE_S", "TICK_WORKS_S"):
        monkeypatch.setattr(tasks, name, 0.0)
    job = jobs.start("have_ever_more_to_do", alice, {})

    tasks.work(ended)

    assert list(Job.objects.filter(state=Job.State.WAITING)) == [job]
    assert not Job.objects.filter(pk=old_job.pk).exists()
