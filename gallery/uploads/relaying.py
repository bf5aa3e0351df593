"""Files whose bytes come through the gallery: for clients that cannot send them to the store, and know them by SHA-1."""

import logging
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TypeVar, cast

from django.db.models import Q
from django.utils.translation import gettext

from gallery import objectstore
from gallery.errors import GalleryError, InBin, InvalidUpload
from gallery.models import Album, Upload, User
from gallery.uploads.announcing import File, start
from gallery.uploads.finishing import finish
from photosky.database import atomic_retry

logger = logging.getLogger(__name__)

CHUNK = 500
State = Upload.State
T = TypeVar("T")


class StillUnderWay(GalleryError):
    """A file is on its way into one album, and can be sent to another only when it has arrived."""

    code = "still_under_way"
    status = 409


@dataclass(frozen=True, slots=True)
class Relayed:
    """What became of a file: the id of its photo, or of the upload that will become one."""

    id: uuid.UUID
    is_new: bool


def relay(owner: User, file: File, content: IO[bytes], sha1: str) -> Relayed:
    """Bring in a file whose bytes are here; it is stored when this returns, and shown when a worker has looked at it.

    Repeating it sends nothing twice. Raises GalleryError with the reason where it is refused; InBin where the library
    has it in its bin: who took that for "there already" would lose the photo with the bin.
    """
    answer = start(owner, [file])[0]
    if answer.error is not None:
        raise answer.error
    if answer.image is not None:
        if answer.image.binned_at:
            raise InBin
        # It came before such names were kept.
        _name(Q(image=answer.image), sha1)
        return Relayed(answer.image.pk, is_new=False)
    # One file alone has no double in its batch.
    upload = cast("Upload", answer.upload)
    _name(Q(pk=upload.pk), sha1)
    if answer.status == "exists":
        return Relayed(upload.pk, is_new=False)
    try:
        objectstore.put_file(
            upload.key, content, content_type=upload.content_type, if_absent=True, sha256=file.sha256
        )
    except objectstore.AlreadyExists:
        logger.info("original stands already upload=%s", upload.pk)
    if finish(upload).state == State.REJECTED:
        raise InvalidUpload(gettext(upload.reason))
    return Relayed(upload.pk, is_new=True)


@atomic_retry
def _name(which: Q, sha1: str) -> None:
    Upload.objects.filter(which, sha1=None).update(sha1=sha1)


def known_by_sha1(owner: User, sha1s: Sequence[str]) -> dict[str, uuid.UUID]:
    """Return, for each of these files that the library has or is making a photo of, the id that `relay` would give.

    What lies in the bin is not among them, nor what a guest brought and its owner has not looked at: either may go.
    """
    known: dict[str, uuid.UUID] = {}
    own = Q(state=State.PROCESSING, guest_name=None)
    shown = Q(state=State.READY, image__owner=owner, image__binned_at=None, image__held_at=None)
    for chunk in _chunks(sha1s):
        rows = Upload.objects.filter(own | shown, owner=owner, sha1__in=chunk)
        for sha1, upload_id, image_id in rows.values_list("sha1", "pk", "image_id"):
            known[sha1 or ""] = image_id or upload_id
    return known


def send_into(album: Album, owner: User, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    """Have the owner's uploads among the ids end in the album; return each, with its photo where it is one already.

    Photos are put there by gallery.albums. Raises StillUnderWay for an upload that is to end in another album.
    """
    found: dict[uuid.UUID, uuid.UUID | None] = {}
    for chunk in _chunks(ids):
        found |= _send_into(album, owner, chunk)
    return found


@atomic_retry
def _send_into(album: Album, owner: User, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    rows = list(
        Upload.objects.filter(owner=owner, pk__in=ids)
        .filter(Q(state=State.PROCESSING) | Q(state=State.READY, image__isnull=False))
        .only("state", "image_id", "album_id", "filename")
    )
    waiting = [row for row in rows if row.state == State.PROCESSING]
    for row in waiting:
        if row.album_id not in {None, album.pk}:
            raise StillUnderWay(
                gettext("%(name)s is still on its way into another album: try again in a moment.")
                % {"name": row.filename}
            )
    # In one transaction with the look above: a worker that was quicker has this run again.
    moved = Upload.objects.filter(pk__in=[row.pk for row in waiting], state=State.PROCESSING)
    moved.update(album=album)
    return {row.pk: row.image_id for row in rows}


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for begin in range(0, len(values), CHUNK):
        yield values[begin : begin + CHUNK]
