"""Finishing an upload, by its owner or by the store's own event, and giving it up."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from gallery import arrivals, objectstore, renditions, transitions, waking
from gallery.crashpoints import crash_point
from gallery.errors import GalleryError, InvalidUpload, UploadGone
from gallery.models import Upload

logger = logging.getLogger(__name__)

# The store is asked about so many uploads at once: a batch takes no longer than a few of them.
HEADS_AT_ONCE = 8


def finish(upload: Upload) -> Upload:
    """Confirm that the bytes have arrived and hand the upload to the workers. Repeating the call changes nothing.

    Raises NotUploaded while bytes are missing, QuotaExceeded where the owner's space is used up, UploadGone where it was
    given up at the same moment. Other bytes than those announced make it REJECTED.
    """
    if upload.state != Upload.State.PENDING:
        return upload
    if arrivals.confirm(upload):
        waking.wake()
    arrivals.reread(upload)
    return upload


def finish_many(uploads: Sequence[Upload]) -> list[Upload | GalleryError | None]:
    """Finish uploads of one owner, each with its own outcome, in order: the upload as it now is, or why not.

    None is for one that was given up meanwhile. What arrived as it was announced is handed over in one transaction; the
    rest goes through `finish`, one at a time.
    """
    pending = [upload for upload in uploads if upload.state == Upload.State.PENDING]
    arrived = _arrived_plainly(pending)
    if arrived:
        crash_point("finish.seen")
        if transitions.hand_over_all(arrived):
            crash_point("finish.handed_over")
            waking.wake()
    now = Upload.objects.select_related("owner").in_bulk([upload.pk for upload in uploads])
    return [_outcome(now.get(upload.pk)) for upload in uploads]


def _arrived_plainly(pending: Sequence[Upload]) -> list[Upload]:
    """Return those that were to be sent in one request and stand in the store with the announced size and checksum."""
    plain = [upload for upload in pending if not upload.part_bytes and not upload.key.startswith("incoming/")]
    if not plain:
        return []
    with ThreadPoolExecutor(min(HEADS_AT_ONCE, len(plain)), thread_name_prefix="head") as pool:
        heads = list(pool.map(objectstore.head, [upload.key for upload in plain]))
    return [
        upload
        for upload, head in zip(plain, heads, strict=True)
        if head is not None and head.size == upload.bytes and head.sha256 in {None, upload.sha256}
    ]


def _outcome(upload: Upload | None) -> Upload | GalleryError | None:
    try:
        return finish(upload) if upload is not None else None
    except UploadGone:
        return None
    except GalleryError as error:
        return error


def finish_by_key(key: str) -> Upload | None:
    """Finish the upload to which an arrived object belongs, as the store's own event reports it.

    None where there is none: renditions, given-up uploads, and the copy that is made of a posted form.
    """
    upload = Upload.objects.select_related("owner").filter(key=key).first()
    return finish(upload) if upload is not None else None


def abort(upload: Upload) -> None:
    """Give an upload up: its row goes at once, what arrived of it is removed later. Repeating it changes nothing.

    Raises InvalidUpload for one that became a photo: that is deleted through the bin.
    """
    if not transitions.give_up(upload, renditions.names(upload.rendition_token)):
        if Upload.objects.filter(pk=upload.pk).exists():
            raise InvalidUpload(
                f"{upload.filename} is a photo of the library already: delete the photo instead."
            )
        return
    crash_point("abort.recorded")
    if upload.multipart_id:
        try:
            objectstore.multipart_abort(upload.key, upload.multipart_id)
        except objectstore.ObjectStoreError as error:
            # The parts are found by fsck and by the bucket's lifecycle rule.
            logger.warning("parts not freed upload=%s code=%s", upload.pk, error.code)
