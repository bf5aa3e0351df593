"""Work that outlives a request: from the bytes of an upload to an image. Rows are leased; lost messages cost time only.

Every step may be run again. An upload belongs to the worker that holds its lease token, and only that worker's last
step counts, so two workers on one upload, or one killed half way, end in the same single image.
"""

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, close_old_connections
from django.utils import timezone
from django.utils.translation import gettext_noop

from gallery import (
    arrivals,
    audit,
    changes,
    figures,
    idempotency,
    imaging,
    jobs,
    marker,
    objectstore,
    originals,
    outdated,
    removals,
    renditions,
    sessions,
    similar,
    stacks,
    tags,
    transitions,
    waking,
)
from gallery.crashpoints import crash_point
from gallery.models import Image, Upload
from gallery.places import naming
from gallery.search import index
from gallery.transitions import LeaseLost
from gallery.webhooks import delivering, hooks
from photosky.database import atomic_retry

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
RETRY_AFTER = timedelta(seconds=30)
IDLE_S = 2.0
# How often a worker that runs all the time does the periodic work as well.
CHORES_EVERY_S = 300.0
FIRST_CHORES_S = 30.0
# How much longer the chores wait for uploads and jobs, should these never end.
CHORES_LATE_S = 600.0
# For so long a tick works on what waits before its chores: both must fit into one run of the worker function.
TICK_WORKS_S = 60.0
# How many times 500 photos one tick takes that are older than search and map.
CATCH_UP_STEPS = 20


class _Rejection(Exception):
    """The upload cannot become an image: a stable code, and the reason in plain words."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code)
        self.code, self.reason = code, reason


class _WrongBytes(Exception):
    """What arrived is not what was announced."""


def process(upload_id: uuid.UUID) -> bool:
    """Turn one upload that has arrived into an image, or reject it. Returns whether this call did the work."""
    upload = transitions.lease(upload_id)
    if upload is None:
        return False
    crash_point("work.leased")
    started = time.monotonic()
    try:
        outcome = _work_on(upload)
    except LeaseLost:
        logger.warning("upload lease lost upload=%s", upload.pk)
    except (objectstore.Unavailable, objectstore.Damaged) as error:
        # A store that is away costs no attempt; bytes that never arrive whole must come to an end that is seen.
        counted = isinstance(error, objectstore.Damaged)
        transitions.postpone(upload, timezone.now() + RETRY_AFTER, counted=counted)
        logger.warning("upload postponed upload=%s error=%s", upload.pk, error)
    except imaging.Unavailable as error:
        # No file's fault, but this must come to an end as well.
        transitions.postpone(upload, timezone.now() + RETRY_AFTER, counted=True)
        logger.error("upload postponed upload=%s error=%s", upload.pk, error)
    except IntegrityError as error:
        # The photo that it duplicates, or its album, was deleted at this moment: look again.
        transitions.postpone(upload, timezone.now())
        logger.warning("upload taken up again upload=%s error=%s", upload.pk, error)
    else:
        delivering.expect(upload.owner_id)
        logger.info(
            "upload worked on upload=%s outcome=%s seconds=%.2f",
            upload.pk,
            outcome,
            time.monotonic() - started,
        )
    return True


def work_once() -> bool:
    """Process the upload that has waited longest, else do a job's round. Returns False where nothing waits."""
    return _process_next() or jobs.work_once()


def _process_next() -> bool:
    """Process the upload that has waited longest and that no other worker takes. Returns False where none waits."""
    while (
        due := Upload.objects.due(timezone.now()).order_by("id").values_list("pk", flat=True).first()
    ) is not None:
        if process(due):
            return True
    return False


def tick() -> int:
    """Do the periodic work: process what waits, whatever became of its message, for a while, then the chores.

    Returns how many uploads and rounds of jobs were done.
    """
    with audit.worker("tick"):
        return _tick()


def _tick() -> int:
    ours = _bucket_is_ours()
    if ours:
        _attempt(removals.look_after)
    done, ends = 0, time.monotonic() + TICK_WORKS_S
    while time.monotonic() < ends and work_once():
        done += 1
    sessions.forget_expired()
    jobs.forget_finished()
    audit.forget_old()
    changes.forget_gone()
    idempotency.forget_old()
    hooks.forget_deliveries()
    delivering.look()
    figures.refresh()
    _catch_up()
    if ours:
        _chores()
    return done


def _bucket_is_ours() -> bool:
    """Say whether anything may be given up for lost or removed: never by the word of another library's bucket."""
    try:
        marker.verify()
    except (objectstore.ObjectStoreError, marker.WrongBucket) as error:
        logger.error("chores left undone error=%s", error)
        return False
    return True


def _chores() -> None:
    """Purge the bin, forget refused files, remove what is to go, renew. What fails is tried again by the next tick."""
    for chore in (
        stacks.join_recent,
        stacks.mend,
        similar.fill,
        similar.catch_up,
        _purge_bin,
        _drop_rejected,
        removals.run,
        _renew,
    ):
        _attempt(chore)


def _catch_up() -> None:
    """Name the places and gather the words of photos from before there were any, the newest first; some at a time."""
    for _ in range(CATCH_UP_STEPS):
        if not (keys := index.without_words()):
            break
        naming.fill(keys)
        index.refresh(keys)


def _attempt(chore: Callable[[], object]) -> None:
    try:
        chore()
    except (objectstore.ObjectStoreError, marker.WrongBucket, imaging.Unavailable) as error:
        logger.error("chore failed chore=%s error=%s", chore.__name__, error)


def work(stop: threading.Event) -> None:
    """Process uploads until told to stop, as many at once as there are decoders, and do the periodic work."""
    hands = [
        threading.Thread(target=_work, args=(stop, work_once), name=f"worker-{number}")
        for number in range(1, settings.DECODERS)
    ]
    for hand in hands:
        hand.start()
    next_chores = time.monotonic() + FIRST_CHORES_S

    def round_() -> bool:
        nonlocal next_chores
        busy = work_once()
        if time.monotonic() > next_chores + (CHORES_LATE_S if busy else 0):
            next_chores = time.monotonic() + CHORES_EVERY_S
            tick()
        return busy

    _work(stop, round_)
    for hand in hands:
        hand.join()


def _work(stop: threading.Event, round_: Callable[[], bool]) -> None:
    """Do rounds until told to stop, idling where there is nothing to do. An unforeseen error costs one round."""
    while not stop.is_set():
        waking.attend()
        try:
            busy = round_()
        except Exception:
            # The loop is the last resort of every upload: it must outlive whatever one of them does.
            logger.exception("worker round failed")
            busy = False
        if not busy:
            close_old_connections()
            waking.idle(IDLE_S)


def _renew() -> None:
    outdated.renew(lambda: Upload.objects.due(timezone.now()).exists())


def _purge_bin() -> None:
    before = timezone.now() - timedelta(days=settings.BIN_DAYS)
    removals.purge(Image.objects.filter(binned_at__lt=before))


def _drop_rejected() -> None:
    removals.drop_rejected(timezone.now() - timedelta(days=settings.BIN_DAYS))


def _work_on(upload: Upload) -> str:
    """Bring a leased upload to its end; return what became of it."""
    try:
        with _original(upload) as original:
            return _made_of(upload, original)
    except _WrongBytes:
        transitions.set_aside(upload, arrivals.WRONG_BYTES, renditions.names(upload.rendition_token))
        return "wrong_bytes"
    except _Rejection as rejection:
        return _reject(upload, rejection.code, rejection.reason)
    except imaging.Refused as refusal:
        if refusal.detail:
            logger.warning(
                "photo refused upload=%s code=%s detail=%s", upload.pk, refusal.code, refusal.detail
            )
        return _reject(upload, refusal.code, refusal.message)


def _made_of(upload: Upload, original: originals.Original) -> str:
    """Make an image of the bytes that arrived, unless the owner has it. Raises imaging.Refused."""
    made = renditions.names(upload.rendition_token)
    crash_point("work.verified")
    known = Image.objects.owned_by(upload.owner).filter(sha256=original.sha256).first()
    if known is not None:
        transitions.complete_with(upload, known, made)
        return "duplicate"
    built = renditions.build(original.file, upload.rendition_token)
    crash_point("work.built")
    try:
        image = _described(upload, built, original.sha256, original.size)
        _complete(upload, image)
    except IntegrityError:
        known = Image.objects.owned_by(upload.owner).filter(sha256=original.sha256).first()
        if known is None:
            # No twin: what the upload refers to is gone, its album for one. The next try reads the row anew.
            raise
        transitions.complete_with(upload, known, made)
    else:
        crash_point("work.recorded")
        # Once both halves can be seen: whoever comes second finds the first.
        stacks.join(image)
        similar.note(image)
    crash_point("work.completed")
    return "ready"


@atomic_retry
def _complete(upload: Upload, image: Image) -> None:
    """Let the image be, with the keywords that its file brought as tags of the owner. A guest names nobody's tags."""
    transitions.complete(upload, image)
    similar.expect(image)
    keywords = image.metadata.get("keywords")
    if settings.KEYWORDS_TO_TAGS and isinstance(keywords, list) and upload.guest_name is None:
        tags.add(upload.owner, [image.pk], tags.possible(keywords))


def _reject(upload: Upload, code: str, reason: str) -> str:
    transitions.reject(upload, code, reason, renditions.names(upload.rendition_token))
    crash_point("work.rejected")
    return code


@contextlib.contextmanager
def _original(upload: Upload) -> Iterator[originals.Original]:
    """Read what arrived, once, and prove that it is what was announced."""
    if upload.attempts > MAX_ATTEMPTS:
        raise _Rejection(
            "worker_failed",
            gettext_noop("This file could not be processed after several attempts. It is kept as it is."),
        )
    with contextlib.ExitStack() as stack:
        original = _opened(upload, stack)
        if upload.sha256 not in {None, original.sha256}:
            raise _WrongBytes
        upload.sha1 = original.sha1
        yield original


def _opened(upload: Upload, stack: contextlib.ExitStack) -> originals.Original:
    try:
        return stack.enter_context(originals.fetched(upload.key, max_bytes=settings.MAX_UPLOAD_BYTES))
    except objectstore.NotFound:
        if marker.contradicts():
            raise objectstore.Unavailable("The bucket is not this library's.", code="WrongBucket") from None
        raise _Rejection("missing", gettext_noop("The file did not arrive. Upload it again.")) from None
    except objectstore.TooLarge:
        limit = settings.MAX_UPLOAD_BYTES // 1024**2
        raise _Rejection("too_large", f"The file is larger than {limit} MB.") from None


def _described(upload: Upload, built: renditions.Built, sha256: str, size: int) -> Image:
    facts = built.facts
    image = Image(
        owner=upload.owner,
        original_key=upload.key,
        sha256=sha256,
        bytes=size,
        filename=upload.filename,
        content_type=facts.content_type,
        width=facts.width,
        height=facts.height,
        kind=built.kind,
        duration_s=built.duration_s,
        phash=built.phash,
        rendition_token=upload.rendition_token,
        recipe=built.recipe,
        color=built.color,
        thumbhash=built.thumbhash,
        flash=facts.flash,
        rating=facts.rating,
        title=facts.title,
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
    elif (named := imaging.taken_by_name(upload.filename)).at is not None:
        image.set_taken(named.at, named.offset_minutes, source.NAME)
    elif upload.file_modified_at is not None and upload.file_modified_at.year in imaging.YEARS:
        image.set_taken(upload.file_modified_at, None, source.FILE)
    else:
        image.set_taken(upload.created_at, None, source.UPLOAD)
    naming.locate(image)
    return image
