"""Finishing an upload, by its owner or by the store's own event, and giving it up."""

import logging

from gallery import arrivals, objectstore, renditions, tasks, transitions
from gallery.crashpoints import crash_point
from gallery.errors import InvalidUpload
from gallery.models import Upload

logger = logging.getLogger(__name__)


def finish(upload: Upload) -> Upload:
    """Confirm that the bytes have arrived and hand the upload to the workers. Repeating the call changes nothing.

    Raises NotUploaded while bytes are missing, QuotaExceeded where the owner's space is used up. Other bytes than
    those announced make it REJECTED.
    """
    if upload.state != Upload.State.PENDING:
        return upload
    if arrivals.confirm(upload):
        tasks.wake()
    upload.refresh_from_db()
    return upload


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
