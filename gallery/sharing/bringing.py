"""What guests bring into an album: signed within the link's limit and the owner's space, held until the owner has looked."""

import uuid
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import access, albums, objectstore, stacks, uploads
from gallery import bin as photo_bin
from gallery.errors import GalleryError, QuotaExceeded
from gallery.models import Image, ShareLink, Upload, User, new_token
from gallery.search import index
from photosky.database import atomic_retry

# A form that is not used keeps its room until the upload is forgotten: no form takes all of it.
FORM_BYTES = 50 * 1024**2
# As many photos as may wait for one owner's review by one link: rows cost as well as bytes.
MOST_WAITING = 1000
# What was announced and did not come yet, by one link: whoever only announces takes half of the space at most, and gives
# it back when the signatures end.
MOST_ANNOUNCED = 100
MOST_ANNOUNCED_BYTES = 2 * 1024**3
STEP = 500


def room_for_guests(link: ShareLink) -> int:
    """Return how many bytes guests of the link may still bring; what is announced counts."""
    if not link.allow_upload or link.album_id is None:
        return 0
    own = uploads.room_of(link.owner)
    left = max(link.upload_limit_bytes - _brought(link), 0)
    return left if own is None else max(min(left, own), 0)


def announce(
    link: ShareLink, guest_name: str, redirect: Callable[[uuid.UUID], str], size: int | None = None
) -> tuple[Upload, objectstore.SignedForm]:
    """Announce one photo that a guest will post; see uploads.start_form. Without its size, room for FORM_BYTES is kept.

    Raises QuotaExceeded where the link's limit or the owner's space does not hold it.
    """
    upload = _reserve(link.pk, guest_name.strip()[:60], size)
    form = objectstore.presign_post(
        upload.key,
        content_type="",
        max_bytes=upload.bytes,
        expires_s=uploads.SIGNED_FOR_S,
        redirect=redirect(upload.pk),
    )
    return upload, form


def close_form(link: ShareLink, upload_id: uuid.UUID) -> bool:
    """Take up what a guest has posted. Returns whether it has arrived; says nothing of what becomes of it."""
    upload = Upload.objects.select_related("owner").filter(pk=upload_id, share_link=link).first()
    if upload is None:
        return False
    try:
        uploads.finish(upload)
    except GalleryError:
        return False
    return True


def approve(owner: User, image_ids: Sequence[uuid.UUID]) -> int:
    """Show what guests brought, in the albums they brought it to. Returns how many."""
    shown = 0
    for image_id in image_ids[:STEP]:
        shown += _approve(owner, image_id)
    return shown


def reject(owner: User, image_ids: Sequence[uuid.UUID]) -> int:
    """Put what guests brought into the bin; taken out of it, it waits for review again. Returns how many."""
    return photo_bin.put(access.held_for(owner).filter(pk__in=image_ids[:STEP]))


@atomic_retry
def _reserve(link_id: uuid.UUID, guest_name: str, size: int | None) -> Upload:
    """Write the announcement down, and the link's new sum: of two at once one loses the race and counts again."""
    link = ShareLink.objects.select_related("owner", "album").get(pk=link_id)
    room = room_for_guests(link)
    wanted = min(room, FORM_BYTES, settings.MAX_UPLOAD_BYTES) if size is None else size
    if wanted < 1 or wanted > min(room, settings.MAX_UPLOAD_BYTES) or _waiting(link) >= MOST_WAITING:
        raise QuotaExceeded(_("There is no space for this photo here any more."))
    if not _may_wait_for(link, wanted, room):
        raise QuotaExceeded(_("Others are adding photos at this moment: try again in an hour."))
    upload = Upload(
        owner=link.owner,
        share_link=link,
        guest_name=guest_name,
        album=link.album,
        filename="photo",
        content_type="application/octet-stream",
        bytes=wanted,
        lease_until=timezone.now() + uploads.LOOK_AFTER,
    )
    upload.key = f"incoming/{link.owner.pk.hex}/{upload.pk.hex}-{new_token()}"
    upload.save(force_insert=True)
    ShareLink.objects.filter(pk=link.pk).update(upload_bytes=_brought(link))
    return upload


def _brought(link: ShareLink) -> int:
    """Return the bytes of what guests have brought or may bring yet; what was refused takes no room."""
    counted = Upload.objects.filter(share_link=link).exclude(state=Upload.State.REJECTED)
    return int(counted.aggregate(sum=Sum("bytes"))["sum"] or 0)


def _may_wait_for(link: ShareLink, wanted: int, room: int) -> bool:
    """Return whether so much more may be announced before what was announced has come."""
    announced = Upload.objects.filter(share_link=link, state=Upload.State.PENDING)
    found = announced.aggregate(count=Count("pk"), bytes=Sum("bytes"))
    held = int(found["bytes"] or 0)
    most = min(max((room + held) // 2, FORM_BYTES), MOST_ANNOUNCED_BYTES)
    return found["count"] < MOST_ANNOUNCED and held + wanted <= most


def _waiting(link: ShareLink) -> int:
    brought = Upload.objects.filter(share_link=link).exclude(state=Upload.State.REJECTED)
    return brought.filter(~Q(state=Upload.State.READY) | Q(image__held_at__isnull=False)).count()


@atomic_retry
def _approve(owner: User, image_id: uuid.UUID) -> int:
    held = access.held_for(owner).filter(pk=image_id)
    brought = Upload.objects.filter(image_id=image_id, owner=owner).exclude(guest_name=None)
    album = next((row.album for row in brought.select_related("album") if row.album), None)
    now = timezone.now()
    # It comes into the library at this moment.
    if not held.update(held_at=None, created_at=now, updated_at=now):
        return 0
    if album is not None:
        albums.add(album, [image_id])
    index.refresh([image_id])
    # The other half may be the owner's, or among what was looked at before.
    stacks.join(Image.objects.get(pk=image_id))
    return 1
