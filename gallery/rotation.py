"""Turning a photo by a quarter: the wish is a job, the turned picture is made from the original, which stays as it is."""

import uuid

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import audit, imaging, jobs, objectstore, renditions, similar, waking
from gallery.access import GONE
from gallery.errors import GalleryError
from gallery.models import Image, Job, JobQuerySet
from photosky.database import atomic_retry

KIND = "turn"
QUARTERS = (90, 180, 270)


class CannotTurn(GalleryError):
    """The wish makes no sense for this image."""

    code = "cannot_turn"


def turn(image: Image, degrees: int) -> int:
    """Ask for the picture to be turned clockwise; return where it will stand, in degrees from how it was taken.

    Wishes add up, also those that come before an earlier one was fulfilled, or at the same time. Raises CannotTurn,
    and Http404 where the image was deleted for good meanwhile.
    """
    if degrees not in QUARTERS:
        raise CannotTurn(_("Photos are turned by 90, 180 or 270 degrees."))
    if not can_turn(image):
        raise CannotTurn(_("Only photos can be turned, not videos and animations."))
    wanted = _wish(image, degrees)
    # Once more, now that the worker can see the row.
    waking.wake()
    return wanted


def can_turn(image: Image) -> bool:
    """Return whether this is a still picture."""
    return image.kind in {None, Image.Kind.PHOTO}


def pending(image: Image) -> int | None:
    """Return where the picture will stand once all wishes are fulfilled; None where none is open."""
    return outlook(image)[0]


def outlook(image: Image) -> tuple[int | None, str]:
    """Return where the picture will stand, None where no wish is open; and why the last wish came to nothing."""
    # What was done says nothing of what comes.
    rows = _wishes(image).exclude(state=Job.State.DONE).order_by("id")
    mine = list(rows.only("id", "state", "payload", "reason"))
    waiting = [job for job in mine if job.state == Job.State.WAITING]
    if waiting:
        return int(waiting[-1].payload["degrees"]), ""
    if mine and not _is_overtaken(mine[-1], image):
        return None, mine[-1].reason
    return None, ""


@atomic_retry
def _wish(image: Image, degrees: int) -> int:
    # Written first, so that of two wishes at a time one waits for the other, or is made again.
    row = Image.objects.filter(pk=image.pk)
    if not row.update(updated_at=timezone.now()):
        raise Http404(GONE)
    open_wish = pending(image)
    standing = open_wish if open_wish is not None else row.values_list("rotation", flat=True)[0] or 0
    wanted = (standing + degrees) % 360
    jobs.start(KIND, image.owner, {"image": str(image.pk), "degrees": wanted})
    audit.note("photo.turned", image, owner=image.owner_id, degrees=degrees)
    return wanted


def bring_about(job: Job, _round: jobs.Round) -> dict[str, object]:
    """Make the renditions of the picture as it is to stand. A wish that a later one has overtaken is passed over.

    The job says where the picture is to stand, not by how much to turn it: doing it twice comes to the same.
    """
    image_id, wanted = uuid.UUID(job.payload["image"]), int(job.payload["degrees"])
    while (image := Image.objects.filter(pk=image_id).first()) and not _is_overtaken(job, image):
        if (image.rotation or 0) == wanted or _rebuilt(image, wanted):
            return {"degrees": wanted}
        # Somebody else rebuilt it at this moment: look again.
    return {}


def _rebuilt(image: Image, wanted: int) -> bool:
    try:
        if not renditions.rebuild(image, turn=wanted):
            return False
    except imaging.Refused as refusal:
        raise jobs.Failed(refusal.message) from refusal
    except (renditions.Altered, objectstore.NotFound) as error:
        raise jobs.Failed(_("The original cannot be read, so that the photo stays as it is.")) from error
    similar.note(image)
    return True


def _is_overtaken(job: Job, image: Image) -> bool:
    return _wishes(image).filter(id__gt=job.pk).exists()


def _wishes(image: Image) -> JobQuerySet:
    """Return the jobs that turn this image: the database reads past those of other images, which may be many."""
    return Job.objects.filter(owner_id=image.owner_id, kind=KIND, payload__image=str(image.pk))
