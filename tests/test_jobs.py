"""Jobs: done once, tried again, never lost."""

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gallery import jobs, objectstore
from gallery.models import Job, User

calls: list[dict[str, Any]] = []


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


@pytest.fixture(autouse=True)
def _known_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    calls.clear()
    for function in (count_to_three, break_down, be_impossible, find_no_store, kill_the_worker):
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
