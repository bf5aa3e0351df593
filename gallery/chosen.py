"""What is done with many chosen photos of anybody's, by a job: in steps, with its progress in the job's row."""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from gallery import bin as photo_bin
from gallery import imaging, jobs, objectstore, owning, removals, renditions, reprocessing, waking
from gallery.models import Image, ImageQuerySet, Job, User

KIND = "chosen"
# The keys of so many stand in one row.
MOST = 10_000
STEP = 500
DONE, FAILED, GONE = "done", "failed", "gone"
Step = tuple[int, Counter[str]]


def start(act: str, by: User, image_ids: Sequence[uuid.UUID], to: User | None = None) -> Job:
    """Let a job do the act with at most MOST photos: "put", "restore", "purge", "reprocess" or "move" to another owner."""
    if act not in _ACTS or len(image_ids) > MOST or (act == "move") != (to is not None):
        raise ValueError(f"No job does {act!r} with {len(image_ids)} photos.")
    keys = owning.whole_stacks(image_ids) if act == "move" else list(image_ids)
    payload = {"act": act, "ids": [key.hex for key in keys], "asked_at": timezone.now().isoformat()}
    job = jobs.start(KIND, by, payload | ({"to": str(to.pk)} if to else {}))
    Job.objects.filter(pk=job.pk).update(total=len(keys))
    # Once more, now that the worker can see the row.
    waking.wake()
    return job


def work(job: Job, turn: jobs.Round) -> dict[str, Any]:
    """Do the act step by step; whoever takes the job over goes on where its row says.

    In each round it is asked again whether the person still may: rights can be withdrawn while a job waits or failed.
    """
    if not (job.owner.is_staff and job.owner.has_perm(_NEEDED[job.payload["act"]])):
        raise jobs.Failed(gettext_noop("Whoever asked for this may not do it any more."))
    keys = [uuid.UUID(text) for text in job.payload["ids"]]
    at, counts = job.done, Counter(job.result.get("counts", {}))
    act = _ACTS[job.payload["act"]]
    while at < len(keys):
        taken, found = act(keys[at : at + STEP], job)
        at += taken
        counts += found
        turn.report(at, len(keys), {"counts": dict(counts)})
        if turn.is_over and at < len(keys):
            raise jobs.Unfinished(job.payload)
    return {"counts": dict(counts)}


def _put(keys: Sequence[uuid.UUID], job: Job) -> Step:  # noqa: ARG001
    return _counted(keys, photo_bin.put(Image.objects.filter(pk__in=keys)))


def _restore(keys: Sequence[uuid.UUID], job: Job) -> Step:  # noqa: ARG001
    return _counted(keys, photo_bin.restore(Image.objects.filter(pk__in=keys)))


def _purge(keys: Sequence[uuid.UUID], job: Job) -> Step:
    """Delete for good what was in the bin when it was asked for; what was put there anew since, nobody meant."""
    asked_at = datetime.fromisoformat(job.payload["asked_at"])
    meant: ImageQuerySet = Image.objects.filter(pk__in=keys, binned_at__lte=asked_at)
    return _counted(keys, removals.purge(meant))


def _counted(keys: Sequence[uuid.UUID], done: int) -> Step:
    return len(keys), +Counter({DONE: done, GONE: len(keys) - done})


def _reprocess(keys: Sequence[uuid.UUID], job: Job) -> Step:  # noqa: ARG001
    image = Image.objects.filter(pk=keys[0]).first()
    if image is None:
        return 1, Counter({GONE: 1})
    try:
        return 1, Counter({DONE if reprocessing.reprocess(image) else GONE: 1})
    except (
        imaging.Refused,
        objectstore.NotFound,
        objectstore.TooLarge,
        objectstore.Damaged,
        renditions.Altered,
    ):
        # It is shown as before; fsck tells what is wrong with it.
        return 1, Counter({FAILED: 1})


def _move(keys: Sequence[uuid.UUID], job: Job) -> Step:
    to = User.objects.filter(pk=job.payload["to"], is_active=True).first()
    if to is None:
        raise jobs.Failed("The person to whom the photos were to go has no account any more.")
    step = owning.first_step(keys)
    return len(step), owning.move(step, to)


_ACTS: dict[str, Callable[[Sequence[uuid.UUID], Job], Step]] = {
    "put": _put,
    "restore": _restore,
    "purge": _purge,
    "reprocess": _reprocess,
    "move": _move,
}
_NEEDED = {
    "put": "gallery.delete_image",
    "restore": "gallery.change_image",
    "purge": "gallery.delete_image",
    "reprocess": "gallery.change_image",
    "move": "gallery.change_image",
}
