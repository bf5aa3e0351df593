"""Whether the bytes of an upload have arrived, and what it takes that they count: parts joined, form posts copied.

Everything here may be repeated, and be broken off after any line: the next call finds what the last one left.
"""

import logging
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gallery import objectstore, transitions
from gallery.crashpoints import crash_point
from gallery.errors import NotUploaded, UploadGone
from gallery.models import Upload

logger = logging.getLogger(__name__)

# Kept as it is and translated where it is shown.
WRONG_BYTES = gettext_noop("What arrived is not the file that was announced. Upload it again.")


def confirm(upload: Upload) -> bool:
    """Hand the upload to the workers if its bytes are there. Returns whether this call made the transition.

    Other bytes than those announced are kept aside and the upload is rejected. Raises NotUploaded while bytes are
    missing, QuotaExceeded where the owner's space is used up.
    """
    arrived = objectstore.head(upload.key)
    if arrived is None and upload.part_bytes:
        _join(upload)
        arrived = objectstore.head(upload.key)
    if arrived is None:
        raise _missing(upload)
    key = upload.key
    if key.startswith("incoming/"):
        arrived = _copied(upload)
        key = arrived.key
    elif arrived.size != upload.bytes or arrived.sha256 not in {None, upload.sha256}:
        return transitions.refuse(upload, WRONG_BYTES)
    crash_point("finish.seen")
    moved = transitions.hand_over(upload, arrived.size, key)
    crash_point("finish.handed_over")
    return moved


def reread(upload: Upload) -> None:
    """Learn what others did to the upload meanwhile. Raises UploadGone where it was given up."""
    try:
        upload.refresh_from_db()
    except Upload.DoesNotExist:
        raise UploadGone(
            _("%(name)s was given up meanwhile: announce it again.") % {"name": upload.filename}
        ) from None


def part_count(upload: Upload) -> int:
    """Return in how many parts the upload is sent; 0 for one that is not."""
    return -(-upload.bytes // upload.part_bytes) if upload.part_bytes else 0


def part_size(upload: Upload, number: int) -> int:
    """Return the bytes of one part: all but the last are of one size."""
    size = upload.part_bytes or 0
    return min(size, upload.bytes - size * (number - 1))


def parts_of(upload: Upload) -> list[objectstore.Part]:
    """Return the parts that have arrived whole, each with its SHA-256: the store's own, else the one that was signed.

    Where the store knows the upload no more (it was joined, or its time was over) the row forgets its id, so that the
    next part begins another.
    """
    reread(upload)
    if not upload.multipart_id:
        return []
    try:
        arrived = objectstore.multipart_parts(upload.key, upload.multipart_id)
    except objectstore.ObjectStoreError as error:
        if error.code != "NoSuchUpload":
            raise
        same = Upload.objects.filter(pk=upload.pk, multipart_id=upload.multipart_id)
        same.update(multipart_id=None, parts=None)
        upload.multipart_id = upload.parts = None
        return []
    signed: dict[int, str] = {int(number): sha256 for number, sha256 in (upload.parts or {}).items()}
    return [
        replace(part, sha256=signed[part.number])
        for part in arrived
        if part.number in signed
        and part.sha256 in {None, signed[part.number]}
        and part.size == part_size(upload, part.number)
    ]


def _join(upload: Upload) -> None:
    """Make the parts one object, written once; whoever did so before is no error."""
    parts, expected = parts_of(upload), part_count(upload)
    if len(parts) != expected:
        # An earlier call may have joined them and died: then there are no parts, but the object.
        if objectstore.head(upload.key) is not None:
            return
        raise NotUploaded(
            _(
                "%(arrived)s of the %(expected)s parts of %(name)s have arrived: send the others, then finish it again."
            )
            % {"arrived": len(parts), "expected": expected, "name": upload.filename}
        )
    try:
        objectstore.multipart_complete(upload.key, upload.multipart_id or "", parts)
    except objectstore.AlreadyExists:
        logger.info("parts were joined before upload=%s", upload.pk)
    except objectstore.ObjectStoreError as error:
        if error.code != "NoSuchUpload":
            raise
        logger.info("parts are gone upload=%s", upload.pk)
    crash_point("finish.joined")


def _copied(upload: Upload) -> objectstore.ObjectHead:
    """Copy what a form posted to where nobody can write: the form's address stays open until it expires.

    The first copy counts: the form may have been posted again since.
    """
    place = transitions.place_of(upload.key)
    try:
        objectstore.copy(upload.key, place)
    except objectstore.AlreadyExists:
        logger.info("form was copied before upload=%s", upload.pk)
    crash_point("finish.copied")
    standing = objectstore.head(place)
    if standing is None:
        raise _missing(upload)
    return standing


def _missing(upload: Upload) -> NotUploaded:
    words = _("%(name)s has not arrived yet: send its bytes, then finish it again.")
    return NotUploaded(words % {"name": upload.filename})
