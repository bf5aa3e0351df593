"""Jobs: what takes longer than a request. Rows are leased, so that a lost message costs time and a killed worker nothing.

A job's function is called with the job, may be called again after any line, and must come to the same end.
"""

import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_noop

from gallery import audit, objectstore, waking
from gallery.errors import GalleryError
from gallery.models import Job, JobQuerySet, User
from photosky import database
from photosky.database import atomic_retry

logger = logging.getLogger(__name__)

# Longer than the worker function may run (300 s), so that a lease ends only after its holder has.
LEASE = timedelta(minutes=6)
# Well before Lambda ends the worker: a function that has more to do stops here and goes on in another round.
ROUND_S = 120.0
MAX_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=30)
KEPT = timedelta(days=30)
# What must come to its end, however often it fails: tried once a day when its attempts are used up.
NEVER_GIVEN_UP = frozenset({"leave"})
NEXT_DAY = timedelta(days=1)
# Which function does which kind of job: imported when the first of its kind is done.
FUNCTIONS: dict[str, str] = {
    "bin": "gallery.bin.work",
    "chosen": "gallery.chosen.work",
    "delete_album": "gallery.letting_go.work_on_album",
    "drop_tag": "gallery.letting_go.work_on_tag",
    "export": "gallery.accounts.exports.pack",
    "figures": "gallery.figures.work",
    "leave": "gallery.accounts.closing.leave",
    "rename": "gallery.albums.gather_words",
    "rename_tag": "gallery.tags.gather_words",
    "turn": "gallery.rotation.bring_about",
    "webhook": "gallery.webhooks.delivering.deliver",
    "zip": "gallery.archives.packing.pack",
}


class Failed(GalleryError):
    """The job cannot be done, however often it is tried: a stable code, and the reason in plain words."""

    code = "job_failed"


class Unfinished(Exception):
    """The function's round is over and there is more to do; `payload` says where the next round goes on, and when."""

    def __init__(self, payload: dict[str, Any], not_before: datetime | None = None) -> None:
        super().__init__("unfinished")
        self.payload, self.not_before = payload, not_before


class LeaseLost(Exception):
    """Another worker took the job over, or it was deleted: what was done here must not count."""


class Round:
    """One worker's time with one job: how long it lasts, and how far the job is."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._ends = time.monotonic() + ROUND_S

    @property
    def is_over(self) -> bool:
        """Whether to stop here and raise Unfinished."""
        return time.monotonic() > self._ends

    def report(self, done: int, total: int, result: dict[str, Any] | None = None) -> None:
        """Tell how far the job is, in steps, and what came of it so far. Raises LeaseLost."""
        more = {} if result is None else {"result": result}
        lease_until = timezone.now() + LEASE
        if not _leased(self._job).update(done=done, total=total, lease_until=lease_until, **more):
            raise LeaseLost

    def note(self, payload: dict[str, Any]) -> None:
        """Write down with what the next worker goes on, should this one die now. Raises LeaseLost."""
        if not _leased(self._job).update(payload=payload):
            raise LeaseLost


Function = Callable[[Job, Round], dict[str, Any]]


def start(kind: str, owner: User, payload: dict[str, Any], not_before: datetime | None = None) -> Job:
    """Write a job down and wake a worker. In a transaction: call waking.wake() after it, for the thread that looked before."""
    now = timezone.now()
    begin = not_before or now
    if kind not in FUNCTIONS:
        raise KeyError(f"No function does jobs of the kind {kind!r}.")
    job = Job.objects.create(kind=kind, owner=owner, payload=payload, not_before=begin)
    waking.wake_for_job(job.pk, begin - now)
    return job


def retry(job: Job) -> bool:
    """Give a failed job all its attempts again. Returns whether it had failed."""
    failed = Job.objects.filter(pk=job.pk, state=Job.State.FAILED)
    fresh = {"code": "", "reason": "", "attempts": 0, "finished_at": None, "not_before": timezone.now()}
    again = _open_again(failed, fresh, job)
    if again:
        waking.wake_for_job(job.pk)
    return again


def hasten(job: Job) -> bool:
    """Let a job that waits for its next try be tried at once. Returns whether it waited and no worker has it."""
    now = timezone.now()
    free = Job.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=now), pk=job.pk, state=Job.State.WAITING
    )
    hastened = bool(free.exclude(kind__in=NEVER_GIVEN_UP).update(not_before=now))
    if hastened:
        waking.wake_for_job(job.pk)
    return hastened


@atomic_retry
def _open_again(failed: JobQuerySet, fresh: dict[str, Any], job: Job) -> bool:
    again = bool(failed.update(state=Job.State.WAITING, **fresh))
    if again:
        audit.note("job.retried", job, owner=job.owner_id, kind=job.kind)
    return again


def work(job_id: uuid.UUID) -> bool:
    """Do a round of one job, where it waits. Returns whether this call did."""
    job = _lease(job_id)
    if job is not None:
        _work_on(job)
    return job is not None


def work_once() -> bool:
    """Do the job that has waited longest, for one round. Returns False where none waits."""
    due = Job.objects.due(timezone.now()).order_by("not_before", "id").values_list("pk", flat=True).first()
    job = _lease(due) if due else None
    if job is not None:
        _work_on(job)
    return due is not None


def forget_finished() -> int:
    """Delete what was done or failed long ago, at most 500 rows. Returns how many."""
    old = Job.objects.exclude(state=Job.State.WAITING).filter(finished_at__lt=timezone.now() - KEPT)
    chosen = list(old.order_by("id").values_list("pk", flat=True)[:500])
    return database.delete(Job.objects.filter(pk__in=chosen))


def _work_on(job: Job) -> None:
    # More than it is let fail: every worker that took it was killed, and could not say so.
    if job.attempts > MAX_ATTEMPTS and not _put_off(job):
        return
    try:
        with audit.worker(job.kind, job.owner):
            result = _function(job.kind)(job, Round(job))
    except LeaseLost:
        logger.warning("job lease lost job=%s", job.pk)
    except Unfinished as more:
        when = more.not_before or timezone.now()
        _leased(job).update(
            payload=more.payload, lease_until=None, lease_token=None, attempts=0, not_before=when
        )
        waking.wake_for_job(job.pk, when - timezone.now())
    except Failed as error:
        _fail(job, error.code, error.message)
    except Exception as error:
        # Whatever one job does, the worker goes on to the next; the row keeps what happened.
        logger.exception("job failed job=%s kind=%s", job.pk, job.kind)
        _try_again(job, error)
    else:
        _finish(job, Job.State.DONE, result=result)


def _put_off(job: Job) -> bool:
    """Give up a job that uses up its workers; returns whether to try it nevertheless, and then only once a day."""
    if job.kind not in NEVER_GIVEN_UP:
        _give_up(job)
        return False
    _leased(job).update(not_before=timezone.now() + NEXT_DAY)
    return True


def _give_up(job: Job) -> None:
    _fail(job, "worker_failed", gettext_noop("This could not be done after several attempts."))


def _function(kind: str) -> Function:
    function: Function = import_string(FUNCTIONS[kind])
    return function


def _lease(job_id: uuid.UUID) -> Job | None:
    now, token = timezone.now(), uuid.uuid4()
    free = Job.objects.filter(pk=job_id).due(now)
    if not free.update(lease_token=token, lease_until=now + LEASE, attempts=F("attempts") + 1):
        return None
    return Job.objects.select_related("owner").filter(pk=job_id, lease_token=token).first()


def _try_again(job: Job, error: Exception) -> None:
    # A store that is away costs no attempt.
    away = isinstance(error, objectstore.Unavailable)
    used_up = job.attempts >= MAX_ATTEMPTS and not away
    if used_up and job.kind not in NEVER_GIVEN_UP:
        _give_up(job)
        return
    wait = NEXT_DAY if used_up else FIRST_RETRY * 2 ** min(max(job.attempts - 1, 0), MAX_ATTEMPTS)
    _leased(job).update(
        lease_until=None,
        lease_token=None,
        attempts=Greatest(F("attempts") - (1 if away else 0), 0),
        not_before=timezone.now() + wait,
    )
    waking.wake_for_job(job.pk, wait)


def _fail(job: Job, code: str, reason: str) -> None:
    logger.warning("job given up job=%s kind=%s code=%s", job.pk, job.kind, code)
    _finish(job, Job.State.FAILED, code=code, reason=reason[:300])


def _finish(job: Job, state: Job.State, **values: Any) -> None:
    _leased(job).update(state=state, finished_at=timezone.now(), lease_until=None, lease_token=None, **values)


def _leased(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, state=Job.State.WAITING, lease_token=job.lease_token)
