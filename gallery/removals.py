"""Where bytes end: images are purged from the bin, and objects that nothing refers to are deleted, in that order.

First the rows go, in a transaction that leaves a Removal for each object; after its grace the objects go. A key that
nothing refers to can never be referred to again, for keys are made at random and given once; that is why it is
enough to look for references in the transaction just before the deletion.
"""

import logging
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import F, Model
from django.db.models.functions import Greatest
from django.utils import timezone

from gallery import arrivals, audit, marker, objectstore, renditions, transitions
from gallery.crashpoints import crash_point
from gallery.errors import NotUploaded, QuotaExceeded, UploadGone
from gallery.models import (
    Album,
    AlbumImage,
    Image,
    ImageQuerySet,
    ImageTag,
    Removal,
    ShareLink,
    ShareLinkImage,
    SimilarPair,
    Tombstone,
    Upload,
    User,
)
from photosky.database import atomic_retry

logger = logging.getLogger(__name__)

# Aurora DSQL takes at most 3,000 changed rows in a transaction; smaller steps also keep SQLite's one writer free.
CHUNK = 500
LOOK_AGAIN = timedelta(hours=1)
# An announced file whose bytes never came, or for which there is no space, is forgotten; every signature for it has
# expired long before.
FORGOTTEN_AFTER = timedelta(days=2)
# What guests announce takes room from others: it goes as soon as its signature is over.
GUESTS_FORGOTTEN_AFTER = timedelta(hours=1)
RETRY_AFTER = timedelta(hours=1)


def purge(images: ImageQuerySet) -> int:
    """Delete images that are in the bin for good, in steps; their bytes follow after a grace. Returns how many."""
    purged = 0
    while chosen := list(images.binned().order_by("id").values_list("pk", flat=True)[:CHUNK]):
        step = affordable(chosen)
        done = _purge(step, images)
        crash_point("bin.purged")
        purged += done
        if not done:
            break
    return purged


def run(now: datetime | None = None) -> int:
    """Delete the objects whose grace is over. Returns how many. Raises marker.WrongBucket before it touches another's."""
    now = now or timezone.now()
    if not Removal.objects.due(now).exists():
        return 0
    marker.verify()
    deleted = 0
    while chosen := list(Removal.objects.due(now).order_by("not_before", "id")[:CHUNK]):
        keys = _still_unreferenced(chosen)
        crash_point("removal.checked")
        failed = set(objectstore.delete(keys))
        crash_point("removal.deleted")
        _record([removal for removal in chosen if removal.key in set(keys)], failed, now)
        deleted += len(keys) - len(failed)
    return deleted


@atomic_retry
def hasten(removal: Removal) -> bool:
    """Let an object that the store did not let go be tried again at once; its grace was over at the first try."""
    tried = Removal.objects.filter(pk=removal.pk, attempts__gt=0, not_before__isnull=False)
    hastened = bool(tried.update(not_before=timezone.now()))
    if hastened:
        audit.note("removal.retried", removal, reason=removal.reason)
    return hastened


def in_steps(images: ImageQuerySet) -> Iterator[list[Image]]:
    """Yield all of them by their keys in lists of CHUNK, so that no result outlives its step."""
    last = uuid.UUID(int=0)
    while step := list(images.filter(id__gt=last).order_by("id")[:CHUNK]):
        yield step
        last = step[-1].pk


def look_after(limit: int = CHUNK) -> int:
    """Ask the store about uploads whose client never finished them: finish what came, forget what is too old.

    What the store refuses is passed over until the next time. Returns how many were looked at. Raises
    objectstore.Unavailable where the store is away.
    """
    now = timezone.now()
    due = Upload.objects.unconfirmed(now).select_related("owner").order_by("lease_until", "id")[:limit]
    looked = 0
    for upload in due:
        looked += 1
        # First, so that whatever happens to this one it is not the first to be asked about again.
        pending = Upload.objects.filter(pk=upload.pk, state=Upload.State.PENDING)
        pending.update(lease_until=now + LOOK_AGAIN)
        try:
            arrivals.confirm(upload)
        except (NotUploaded, QuotaExceeded, UploadGone) as error:
            logger.info("upload not finished upload=%s code=%s", upload.pk, error.code)
            patience = FORGOTTEN_AFTER if upload.guest_name is None else GUESTS_FORGOTTEN_AFTER
            if upload.updated_at < now - patience:
                _forget(upload)
        except objectstore.Unavailable:
            raise
        except objectstore.ObjectStoreError as error:
            logger.error(
                "upload cannot be looked at upload=%s code=%s error=%s", upload.pk, error.code, error
            )
    return looked


def drop_rejected(before: datetime) -> int:
    """Forget refused files that nobody offered again, and let their bytes go. What failed through us is kept."""
    old = Upload.objects.filter(state=Upload.State.REJECTED, updated_at__lt=before).exclude(
        code__in=["worker_failed", "wrong_bytes"]
    )
    return sum(
        transitions.drop(upload, before, Removal.Reason.REJECTED) for upload in old.order_by("id")[:CHUNK]
    )


def referenced(keys: Iterable[str]) -> set[str]:
    """Return which of these keys a row still needs: originals, bytes of uploads, renditions by their token."""
    wanted = list(keys)
    found = set(Image.objects.filter(original_key__in=wanted).values_list("original_key", flat=True))
    # A finished upload needs its image's bytes only. A form's bytes are copied before the row names the copy.
    sources = {key.replace("originals/", "incoming/", 1): key for key in wanted} | {
        key: key for key in wanted
    }
    open_uploads = Upload.objects.filter(key__in=list(sources)).exclude(state=Upload.State.READY)
    found |= {sources[key] for key in open_uploads.values_list("key", flat=True)}
    return found | _needed_renditions(wanted)


def affordable(image_ids: list[uuid.UUID]) -> list[uuid.UUID]:
    """Return as many of the images as one transaction may delete, or move, with all that hangs on them; at least one."""
    # Four are the bands of its hash, one is the line in the audit log, one the tombstone.
    cost = dict.fromkeys(image_ids, 10 + len(renditions.names("")))
    hanging: list[tuple[type[Model], str]] = [
        *((rows, "image_id") for rows in (AlbumImage, ImageTag, ShareLink, ShareLinkImage, Upload)),
        *((SimilarPair, column) for column in ("first_id", "second_id")),
        (Album, "cover_id"),
        (Image, "stacked_under_id"),
    ]
    for rows, column in hanging:
        found = rows._default_manager.filter(**{f"{column}__in": image_ids})
        for image_id in found.values_list(column, flat=True):
            cost[image_id] += 1
    total = 0
    step: list[uuid.UUID] = []
    for image_id in image_ids:
        total += cost[image_id]
        if step and total > CHUNK:
            break
        step.append(image_id)
    return step


def _needed_renditions(keys: list[str]) -> set[str]:
    parsed = {key: renditions.parse(key) for key in keys if key.startswith("renditions/")}
    tokens = [name.token for name in parsed.values() if name]
    recipes = dict(Image.objects.filter(rendition_token__in=tokens).values_list("rendition_token", "recipe"))
    working = set(
        Upload.objects.filter(rendition_token__in=tokens, state=Upload.State.PROCESSING)
        .values_list("rendition_token", flat=True)
    )  # fmt: skip
    return {
        key
        for key, name in parsed.items()
        if name and (recipes.get(name.token) == name.recipe or name.token in working)
    }


@atomic_retry
def _still_unreferenced(removals: Sequence[Removal]) -> list[str]:
    """Return the keys to delete; a removal whose key is needed after all is struck out."""
    keys = [removal.key for removal in removals]
    needed = referenced(keys)
    if needed:
        logger.error("removal of needed objects struck out keys=%s", sorted(needed)[:20])
        Removal.objects.filter(key__in=needed).delete()
    return [key for key in keys if key not in needed]


@atomic_retry
def _record(removals: Sequence[Removal], failed: set[str], now: datetime) -> None:
    done = [removal.pk for removal in removals if removal.key not in failed]
    Removal.objects.filter(pk__in=done).delete()
    if failed:
        logger.warning("objects not deleted count=%d", len(failed))
        Removal.objects.filter(key__in=failed).update(
            attempts=F("attempts") + 1, not_before=now + RETRY_AFTER
        )


@atomic_retry
def _purge(image_ids: list[uuid.UUID], images: ImageQuerySet) -> int:
    """Take the rows away and write down what is to be removed. Whoever was restored meanwhile stays."""
    chosen = list(images.binned().filter(pk__in=image_ids).select_related(None))
    keys = [key for image in chosen for key in (image.original_key, *renditions.keys(image))]
    transitions.remove_later(keys, Removal.Reason.PURGED)
    for image in chosen:
        User.objects.filter(pk=image.owner_id).update(used_bytes=Greatest(F("used_bytes") - image.bytes, 0))
    gone = [image.pk for image in chosen]
    Upload.objects.filter(image_id__in=gone, state=Upload.State.READY).delete()
    # Links to one photo go with it, and albums lose their cover.
    links = list(ShareLink.objects.filter(image__in=gone).values_list("owner_id", "pk"))
    Album.objects.filter(cover__in=gone).touch()
    # A restoration that was quicker has changed these rows: then the database undoes all of this, and it runs again.
    Image.objects.filter(pk__in=gone).delete()
    Tombstone.leave(Tombstone.Kind.IMAGE, [(image.owner_id, image.pk) for image in chosen])
    Tombstone.leave(Tombstone.Kind.SHARE_LINK, links)
    audit.note_photos("photo.purged", chosen)
    return len(gone)


def _forget(upload: Upload) -> None:
    """Drop an announcement that came to nothing."""
    if transitions.drop(upload, upload.updated_at, Removal.Reason.ABANDONED) and upload.multipart_id:
        try:
            objectstore.multipart_abort(upload.key, upload.multipart_id)
        except objectstore.ObjectStoreError as error:
            logger.warning("parts not freed upload=%s code=%s", upload.pk, error.code)
