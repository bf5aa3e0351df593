"""Work that outlives a request: from the bytes of an upload to an image. Rows are leased; lost messages cost time only.

Every step may be run again. An upload belongs to the worker that holds its lease token, and only that worker's last
step counts, so two workers on one upload, or one killed half way, end in the same single image.
"""

import hashlib
import logging
import threading
import time
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, close_old_connections
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from gallery import imaging, objectstore, renditions
from gallery.models import Image, Upload, User
from photosky.database import atomic_retry

logger = logging.getLogger(__name__)

# Longer than the worker function may run (300 s), so that a lease ends only after its holder has.
LEASE = timedelta(minutes=6)
MAX_ATTEMPTS = 5
RETRY_AFTER = timedelta(seconds=30)
IDLE_S = 2.0

_waiting = threading.Event()


class LeaseLost(Exception):
    """Another worker took the upload over, or it was deleted: what was done here must not count."""


class _Rejection(Exception):
    """The upload cannot become an image: a stable code, and the reason in plain words."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code)
        self.code, self.reason = code, reason


def wake() -> None:
    """Tell the worker thread of this process, if there is one, that there is work."""
    _waiting.set()


def process(upload_id: uuid.UUID) -> bool:
    """Turn one upload that has arrived into an image, or reject it. Returns whether this call did the work."""
    upload = _lease(upload_id)
    if upload is None:
        return False
    started = time.monotonic()
    try:
        _work_on(upload)
    except LeaseLost:
        logger.warning("upload lease lost upload=%s", upload.pk)
    except objectstore.Unavailable as error:
        _postpone(upload)
        logger.warning("upload postponed upload=%s error=%s", upload.pk, error)
    else:
        logger.info(
            "upload worked on upload=%s state=%s code=%s seconds=%.2f",
            upload.pk, upload.state, upload.code, time.monotonic() - started,
        )  # fmt: skip
    return True


def work_once() -> bool:
    """Process the upload that has waited longest. Returns False where nothing waits."""
    due = Upload.objects.due(timezone.now()).order_by("id").values_list("pk", flat=True).first()
    return due is not None and process(due)


def tick() -> int:
    """Process all that waits, whatever became of the message that announced it. Returns how many uploads."""
    done = 0
    while work_once():
        done += 1
    return done


def work(stop: threading.Event) -> None:
    """Process uploads until told to stop, idling where there are none. An unforeseen error costs one round."""
    while not stop.is_set():
        _waiting.clear()
        try:
            busy = work_once()
        except Exception:
            # The loop is the last resort of every upload: it must outlive whatever one of them does.
            logger.exception("worker round failed")
            busy = False
        if not busy:
            close_old_connections()
            _waiting.wait(IDLE_S)


def _lease(upload_id: uuid.UUID) -> Upload | None:
    now, token = timezone.now(), uuid.uuid4()
    leased = (
        Upload.objects.filter(pk=upload_id)
        .due(now)
        .update(lease_token=token, lease_until=now + LEASE, attempts=F("attempts") + 1, updated_at=now)
    )
    return Upload.objects.select_related("owner", "album").get(pk=upload_id) if leased else None


def _work_on(upload: Upload) -> None:
    try:
        data = _original(upload)
        known = Image.objects.owned_by(upload.owner).filter(sha256=upload.sha256).first()
        if known is not None:
            _complete_with(upload, known)
            return
        built = renditions.build(data, upload.rendition_token)
    except _Rejection as rejection:
        _reject(upload, rejection.code, rejection.reason)
    except imaging.Refused as refusal:
        _reject(upload, refusal.code, refusal.message)
    else:
        image = _described(upload, built, len(data))
        try:
            _complete(upload, image)
        except IntegrityError:
            _complete_with(upload, Image.objects.owned_by(upload.owner).get(sha256=upload.sha256))


def _original(upload: Upload) -> bytes:
    """Read what arrived, once, and prove that it is what was announced."""
    if upload.attempts > MAX_ATTEMPTS:
        raise _Rejection(
            "worker_failed", "This file could not be processed after several attempts. It is kept as it is."
        )
    try:
        data = objectstore.read(upload.key, max_bytes=settings.MAX_UPLOAD_BYTES)
    except objectstore.NotFound:
        raise _Rejection("missing", "The file did not arrive. Upload it again.") from None
    except objectstore.TooLarge:
        limit = settings.MAX_UPLOAD_BYTES // 1024**2
        raise _Rejection("too_large", f"The file is larger than {limit} MB.") from None
    sha256 = hashlib.sha256(data).hexdigest()
    if upload.sha256 is None:
        upload.sha256 = sha256
        _adopt(upload, data, sha256)
    elif upload.sha256 != sha256:
        raise _Rejection("wrong_bytes", "What arrived is not the file that was announced. Upload it again.")
    return data


def _adopt(upload: Upload, data: bytes, sha256: str) -> None:
    """Move the bytes of a form to where nobody can write: its address stays open until it expires."""
    if not upload.key.startswith("incoming/"):
        return
    key = upload.key.replace("incoming/", "originals/", 1)
    try:
        kind = imaging.sniff(data[: imaging.SNIFF_BYTES])
        content_type = kind.content_type if kind else upload.content_type
        objectstore.put(key, data, content_type=content_type, if_absent=True, sha256=sha256)
    except objectstore.AlreadyExists:
        # An earlier attempt came this far. The form may have been posted again since: what stands is what counts.
        standing = objectstore.head(key)
        if standing is None or standing.sha256 != sha256:
            raise LeaseLost from None
    upload.key = key


def _described(upload: Upload, built: renditions.Built, size: int) -> Image:
    facts = built.facts
    image = Image(
        owner=upload.owner,
        original_key=upload.key,
        sha256=upload.sha256 or "",
        bytes=size,
        filename=upload.filename,
        content_type=facts.content_type,
        width=facts.width,
        height=facts.height,
        rendition_token=upload.rendition_token,
        recipe=built.recipe,
        color=built.color,
        thumbhash=built.thumbhash,
        description=facts.description,
        metadata=facts.extra,
        **{
            name: getattr(facts, name)
            for name in (
                "orientation", "camera_make", "camera_model", "lens", "f_number", "exposure_s", "iso",
                "focal_length_mm", "focal_length_35mm", "latitude", "longitude", "altitude_m",
            )
        },
    )  # fmt: skip
    source = Image.TakenSource
    if facts.taken_at is not None:
        image.set_taken(facts.taken_at, facts.taken_offset_minutes, source(facts.taken_source or source.EXIF))
    elif upload.file_modified_at is not None:
        image.set_taken(upload.file_modified_at, None, source.FILE)
    else:
        image.set_taken(upload.created_at, None, source.UPLOAD)
    return image


@atomic_retry
def _complete(upload: Upload, image: Image) -> None:
    # Settled first: a worker that lost its lease must leave nothing behind. The foreign key is checked at the end.
    _settle(upload, Upload.State.READY, image_id=image.pk, key=image.original_key)
    image.save(force_insert=True)
    if upload.album is not None:
        upload.album.add([image.pk])


@atomic_retry
def _complete_with(upload: Upload, known: Image) -> None:
    """Point to the image that the owner has already, and give back the space that was counted."""
    _settle(
        upload,
        Upload.State.READY,
        image=known,
        code="duplicate",
        reason="This photo was already in the library.",
    )
    _give_back(upload)
    if upload.album is not None:
        upload.album.add([known.pk])


@atomic_retry
def _reject(upload: Upload, code: str, reason: str) -> None:
    _settle(upload, Upload.State.REJECTED, code=code, reason=reason[:300])
    _give_back(upload)


def _settle(upload: Upload, state: Upload.State, **values: object) -> None:
    """Make the last transition, if the lease is still ours; the caller's transaction is undone otherwise."""
    values = {
        "state": state,
        "lease_until": None,
        "lease_token": None,
        "updated_at": timezone.now(),
        **values,
    }
    mine = Upload.objects.filter(pk=upload.pk, state=Upload.State.PROCESSING, lease_token=upload.lease_token)
    if not mine.update(**values):
        raise LeaseLost
    for name, value in values.items():
        setattr(upload, name, value)


def _give_back(upload: Upload) -> None:
    User.objects.filter(pk=upload.owner_id).update(used_bytes=Greatest(F("used_bytes") - upload.bytes, 0))


def _postpone(upload: Upload) -> None:
    """Let go of the upload while the store is away, and do not count the attempt."""
    Upload.objects.filter(pk=upload.pk, lease_token=upload.lease_token).update(
        lease_until=timezone.now() + RETRY_AFTER, attempts=F("attempts") - 1
    )
