"""The bin: what is deleted waits here and can be taken back, until its time is over or the owner empties it."""

import uuid
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from gallery import access, audit, jobs, removals, stacks
from gallery.errors import GalleryError
from gallery.models import Album, Image, ImageQuerySet, Job, User
from photosky.database import atomic_retry

CHUNK = removals.CHUNK
KIND = "bin"
# What concerns more photos takes longer than anybody waits for a page: a job does it.
MANY = 2_000


class Unconfirmed(GalleryError):
    """What is to be deleted for good is not what the owner confirmed."""

    code = "unconfirmed"
    status = 409


def put(images: ImageQuerySet) -> int:
    """Move images to the bin; what is there already keeps its date. Returns how many were moved."""
    moved = 0
    while chosen := list(images.live().order_by("id").values_list("pk", flat=True)[:CHUNK]):
        moved += _put(images.live().filter(pk__in=chosen))
        stacks.promote(chosen)
        Album.touch_around(chosen)
    return moved


def restore(images: ImageQuerySet) -> int:
    """Take images back out of the bin, into the library and the albums they were in. Returns how many."""
    restored = 0
    while chosen := list(images.binned().order_by("id").values_list("pk", flat=True)[:CHUNK]):
        restored += _restore(images.binned().filter(pk__in=chosen))
        stacks.release(chosen)
        Album.touch_around(chosen)
    return restored


def put_all(owner: User) -> int | None:
    """Move the whole library to the bin, which is the only way to delete it.

    Returns how many were moved; None where they are so many that a job does it.
    """
    return _begin(owner, "put")


def restore_all(owner: User) -> int | None:
    """Take everything back out of the bin. Returns how many; None where a job does it."""
    return _begin(owner, "restore")


def empty(owner: User, confirmed: int) -> int | None:
    """Delete for good what is in the bin, where the owner confirmed exactly that many photos.

    Returns how many; None where a job does it. Raises Unconfirmed where the bin holds another number by now: what was
    added since, nobody meant.
    """
    count = access.bin_of(owner).filter(binned_at__lte=timezone.now()).count()
    if count != confirmed:
        raise Unconfirmed(
            gettext(
                "The bin holds %(count)s photos, not %(confirmed)s: look at it again, then confirm that number."
            )
            % {"count": count, "confirmed": confirmed}
        )
    return _begin(owner, "purge")


def is_busy(owner: User) -> bool:
    """Return whether a job moves or deletes the owner's photos."""
    return Job.objects.owned_by(owner).filter(kind=KIND, state=Job.State.WAITING).exists()


def work(job: Job, turn: jobs.Round) -> dict[str, Any]:
    """Do what was asked with all photos that were meant when it was asked, in steps."""
    images = _meant(job.owner, job.payload["act"], datetime.fromisoformat(job.payload["asked_at"]))
    done = int(job.payload.get("done", 0))
    while keys := list(images.order_by("id").values_list("pk", flat=True)[:CHUNK]):
        # Asked again in each transaction: what was given to somebody else meanwhile is no longer theirs to move.
        moved = _STEPS[job.payload["act"]](images.filter(pk__in=keys))
        if not moved:
            break
        done += moved
        turn.report(done, job.payload["total"])
        if turn.is_over:
            raise jobs.Unfinished({**job.payload, "done": done})
    return {"photos": done}


_STEPS = {"put": put, "restore": restore, "purge": removals.purge}


@atomic_retry
def _put(images: ImageQuerySet) -> int:
    owners, now = _owners(images), timezone.now()
    Image.objects.filter(pk__in=owners).update(binned_at=now, updated_at=now)
    audit.note_photos("photo.binned", owners)
    return len(owners)


@atomic_retry
def _restore(images: ImageQuerySet) -> int:
    owners = _owners(images)
    Image.objects.filter(pk__in=owners).update(binned_at=None, updated_at=timezone.now())
    audit.note_photos("photo.restored", owners)
    return len(owners)


def _owners(images: ImageQuerySet) -> dict[uuid.UUID, uuid.UUID]:
    """Return whose the images are. On an engine of many writers, who changes one of them meanwhile makes us ask again."""
    return dict(images.order_by().values_list("pk", "owner_id"))


def _begin(owner: User, act: str) -> int | None:
    asked_at = timezone.now()
    images = _meant(owner, act, asked_at)
    total = images.count()
    if total <= MANY:
        return _STEPS[act](images)
    jobs.start(KIND, owner, {"act": act, "asked_at": asked_at.isoformat(), "total": total})
    return None


def _meant(owner: User, act: str, asked_at: datetime) -> ImageQuerySet:
    """Return what somebody meant who asked at this moment: nothing that came to the library or the bin since."""
    if act == "put":
        return access.library_of(owner).filter(created_at__lte=asked_at)
    return access.bin_of(owner).filter(binned_at__lte=asked_at)
