"""The state machine of an upload: every transition is one conditional update in one transaction, and none is anywhere else.

PENDING -> PROCESSING -> READY | REJECTED, and back to PENDING when a refused file is offered again. Whoever comes
second changes nothing. What an owner may use (`used_bytes`) is moved in the same transactions, so that it is always the
sum of their images and of what is being processed.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import Count, F, Sum
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop

from gallery import access
from gallery.errors import InBin, QuotaExceeded
from gallery.models import Album, Image, Removal, Upload, User, new_token
from gallery.search import index
from photosky.database import atomic_retry

# Longer than the worker function may run (300 s), so that a lease ends only after its holder has.
LEASE = timedelta(minutes=6)
# How long an object outlives its last reference: longer than any signed request and any lease.
GRACE = timedelta(days=1)
State = Upload.State


class LeaseLost(Exception):
    """Another worker took the upload over, or it was deleted: what was done here must not count."""


def fresh_key(upload: Upload, suffix: str) -> str:
    """Return a key under which nothing was ever stored; it is taken once and never given again."""
    return f"originals/{upload.owner_id.hex}/{upload.pk.hex}-{new_token()}.{suffix}"


def place_of(incoming_key: str) -> str:
    """Return where the bytes of a posted form are kept; the form itself can write there no more."""
    return incoming_key.replace("incoming/", "originals/", 1)


@atomic_retry
def remove_later(keys: list[str], reason: Removal.Reason, *, after: timedelta | None = GRACE) -> None:
    """Write down, in the caller's transaction, that nothing refers to these objects; None sets them aside."""
    not_before = None if after is None else timezone.now() + after
    Removal.objects.bulk_create(
        [Removal(key=key, reason=reason, not_before=not_before) for key in keys], ignore_conflicts=True
    )


@atomic_retry
def hand_over(upload: Upload, size: int, key: str) -> bool:
    """Go from PENDING to PROCESSING: the bytes stand under `key`. Counts them; raises QuotaExceeded where they do not fit."""
    owner = User.objects.filter(pk=upload.owner_id)
    quota = upload.owner.quota
    within = owner.filter(used_bytes__lte=quota - size) if quota else owner
    if not within.update(used_bytes=F("used_bytes") + size):
        raise no_space(upload.owner, size)
    pending = Upload.objects.filter(pk=upload.pk, state=State.PENDING, key=upload.key)
    moved = pending.update(
        state=State.PROCESSING, bytes=size, key=key, attempts=0, lease_until=None, lease_token=None,
        multipart_id=None, part_bytes=None, parts=None, updated_at=timezone.now(),
    )  # fmt: skip
    if not moved:
        owner.update(used_bytes=F("used_bytes") - size)
        return False
    if key != upload.key:
        remove_later([upload.key], Removal.Reason.COPIED)
    return True


@atomic_retry
def hand_over_all(uploads: Sequence[Upload]) -> bool:
    """Take uploads of one owner from PENDING to PROCESSING, all or none: their bytes stand under their keys as announced.

    Returns whether it was done. It is not where one of them was changed meanwhile, or where they do not fit all.
    """
    owner = User.objects.filter(pk=uploads[0].owner_id)
    quota, size = uploads[0].owner.quota, sum(upload.bytes for upload in uploads)
    # A key belongs to one upload for ever, so both lists together name pairs.
    pending = Upload.objects.filter(
        pk__in=[upload.pk for upload in uploads],
        key__in=[upload.key for upload in uploads],
        state=State.PENDING,
        part_bytes=None,
    )
    standing = pending.aggregate(count=Count("pk"), size=Sum("bytes"))
    within = owner.filter(used_bytes__lte=quota - size) if quota else owner
    if standing != {"count": len(uploads), "size": size} or not within.update(
        used_bytes=F("used_bytes") + size
    ):
        return False
    pending.update(
        state=State.PROCESSING, attempts=0, lease_until=None, lease_token=None, multipart_id=None, parts=None,
        updated_at=timezone.now(),
    )  # fmt: skip
    return True


def lease(upload_id: uuid.UUID) -> Upload | None:
    """Take a waiting upload for LEASE; None where it does not wait, or another worker has it.

    `updated_at` stays the time of its arrival, by which it is found if it never comes to an end.
    """
    now, token = timezone.now(), uuid.uuid4()
    leased = (
        Upload.objects.filter(pk=upload_id)
        .due(now)
        .update(lease_token=token, lease_until=now + LEASE, attempts=F("attempts") + 1)
    )
    if not leased:
        return None
    # By the token: who was so slow that the lease ran out meanwhile must not work under another's.
    found = Upload.objects.select_related("owner").filter(pk=upload_id, lease_token=token)
    return found.first()


def postpone(upload: Upload, until: datetime, *, counted: bool = False) -> None:
    """Let go of a leased upload; what could not be tried, with the store away, is not counted as an attempt."""
    Upload.objects.filter(pk=upload.pk, lease_token=upload.lease_token).update(
        lease_until=until, lease_token=None, attempts=Greatest(F("attempts") - (0 if counted else 1), 0)
    )


@atomic_retry
def complete(upload: Upload, image: Image) -> None:
    """Go from PROCESSING to READY with a new image. Raises LeaseLost, or IntegrityError where the owner has the photo."""
    # Settled first: a worker that lost its lease must leave nothing behind. The foreign key is checked at the end.
    _settle(upload, State.READY, image_id=image.pk, sha1=upload.sha1)
    if upload.guest_name is not None:
        image.held_at = timezone.now()
    image.save(force_insert=True)
    # One moment, or readers of the change feed could come in between and never hear that it is new.
    Image.objects.filter(pk=image.pk).update(created_at=image.updated_at)
    if image.bytes != upload.bytes:
        _count(upload, image.bytes - upload.bytes)
    _put_into_album(upload, image)
    index.refresh([image.pk])


@atomic_retry
def complete_with(upload: Upload, known: Image, rendition_keys: list[str]) -> None:
    """Go from PROCESSING to READY with the image that the owner has already; the second copy and its space go.

    Raises IntegrityError where the owner has it no more.
    """
    # Never the only copy, whatever led here.
    extra = [] if known.original_key == upload.key else [upload.key, *rendition_keys]
    code, reason = "duplicate", gettext_noop("This photo was already in the library.")
    if known.binned_at:
        code, reason = InBin.code, InBin().message
    _settle(upload, State.READY, image_id=known.pk, code=code, reason=reason, sha1=upload.sha1)
    # Written, though nothing changes: where it is given to another owner at this moment, this copy is their only one.
    if not Image.objects.filter(pk=known.pk, owner=upload.owner_id).update(owner=upload.owner_id):
        raise IntegrityError("The photo is not this owner's any more.")
    _count(upload, -upload.bytes)
    remove_later(extra, Removal.Reason.DUPLICATE)
    if upload.guest_name is None:
        # Brought by a guest before: its owner has it now by their own hand.
        now = timezone.now()
        held = Image.objects.filter(pk=known.pk).exclude(held_at=None)
        held.update(held_at=None, created_at=now, updated_at=now)
    _put_into_album(upload, known)
    index.refresh([known.pk])


def _put_into_album(upload: Upload, image: Image) -> None:
    """Put the photo where it was sent to; not where its owner may add nothing any more."""
    # What a guest brings gets there when the owner has looked at it.
    if upload.guest_name is not None:
        return
    # As the row says now: it may have been sent there while it was worked on.
    album = Album.objects.filter(pk__in=Upload.objects.filter(pk=upload.pk).values("album_id")).first()
    if album is not None and access.may_contribute(upload.owner, album):
        album.add([image.pk], by=upload.owner, of_many=True)


@atomic_retry
def reject(upload: Upload, code: str, reason: str, rendition_keys: list[str]) -> None:
    """Go from PROCESSING to REJECTED. Renditions of an earlier attempt go; the bytes stay, to be looked at again."""
    # The names of the renditions are about to be removed, so another attempt takes others.
    _settle(upload, State.REJECTED, code=code, reason=reason[:300], rendition_token=new_token())
    _count(upload, -upload.bytes)
    remove_later(rendition_keys, Removal.Reason.REJECTED)


@atomic_retry
def set_aside(upload: Upload, reason: str, rendition_keys: list[str]) -> None:
    """Go from PROCESSING to REJECTED over wrong bytes: they are kept aside, and the upload gets another key."""
    wrong, suffix = upload.key, upload.key.rpartition(".")[2]
    fresh = {"key": fresh_key(upload, suffix), "rendition_token": new_token()}
    _settle(upload, State.REJECTED, code="wrong_bytes", reason=reason, **fresh)
    _count(upload, -upload.bytes)
    remove_later([wrong], Removal.Reason.WRONG_BYTES, after=None)
    remove_later(rendition_keys, Removal.Reason.REJECTED)


@atomic_retry
def refuse(upload: Upload, reason: str) -> bool:
    """Go from PENDING to REJECTED over wrong bytes: they are kept aside, and the upload gets another key."""
    fresh = fresh_key(upload, upload.key.rpartition(".")[2])
    pending = Upload.objects.filter(pk=upload.pk, state=State.PENDING, key=upload.key)
    refused = pending.update(
        state=State.REJECTED, code="wrong_bytes", reason=reason, key=fresh, lease_until=None,
        multipart_id=None, parts=None, updated_at=timezone.now(),
    )  # fmt: skip
    if refused:
        remove_later([upload.key], Removal.Reason.WRONG_BYTES, after=None)
    return bool(refused)


def reopen(upload: Upload) -> bool:
    """Go from REJECTED back to PENDING, or give a stuck PROCESSING all its attempts again.

    What a worker holds, waits for bytes or is READY stays as it is. Returns whether anything changed.
    """
    now = timezone.now()
    fresh = {"attempts": 0, "lease_until": None, "lease_token": None, "updated_at": now}
    row = Upload.objects.filter(pk=upload.pk)
    rejected = row.filter(state=State.REJECTED)
    return bool(
        row.due(now).update(**fresh) or rejected.update(state=State.PENDING, code="", reason="", **fresh)
    )


@atomic_retry
def give_up(upload: Upload, rendition_keys: list[str]) -> bool:
    """Go from any state but READY to no row: the owner gives the upload up. What stands, or comes yet, is removed later."""
    found = Upload.objects.filter(pk=upload.pk).exclude(state=State.READY).first()
    if found is None:
        return False
    if found.state == State.PROCESSING:
        _count(found, -found.bytes)
    # A worker may be at it until its lease ends, a signed request may arrive until it expires: the grace is longer.
    remove_later([*_places(found), *rendition_keys], Removal.Reason.ABANDONED)
    found.delete()
    return True


@atomic_retry
def drop(upload: Upload, unchanged_since: datetime, reason: Removal.Reason) -> bool:
    """Go from PENDING or REJECTED to no row, unless somebody took the upload up again since."""
    idle = Upload.objects.filter(pk=upload.pk, state=upload.state, updated_at__lte=unchanged_since)
    if upload.state not in {State.PENDING, State.REJECTED} or not idle.delete()[0]:
        return False
    remove_later(_places(upload), reason)
    return True


def _places(upload: Upload) -> list[str]:
    """Return the keys under which bytes of an unfinished upload may stand."""
    return list({upload.key, place_of(upload.key)})


def _settle(upload: Upload, state: State, **values: object) -> None:
    """Make the last transition, if the lease is still ours; the caller's transaction is undone otherwise."""
    values = {
        "state": state,
        "lease_until": None,
        "lease_token": None,
        "updated_at": timezone.now(),
        **values,
    }
    mine = Upload.objects.filter(pk=upload.pk, state=State.PROCESSING, lease_token=upload.lease_token)
    if not mine.update(**values):
        raise LeaseLost


def _count(upload: Upload, size: int) -> None:
    User.objects.filter(pk=upload.owner_id).update(used_bytes=Greatest(F("used_bytes") + size, 0))


def no_space(owner: User, size: int) -> QuotaExceeded:
    """Return the refusal of bytes that do not fit."""
    mb = 1024**2
    words = gettext(
        "There is no space for %(size)s MB: %(used)s of %(quota)s MB are used, and uploads under way count as well. "
        "Empty the bin, or ask for more space."
    )
    figures = {"size": size / mb, "used": owner.used_bytes / mb, "quota": owner.quota / mb}
    decimals = {"size": 1, "used": 0, "quota": 0}
    return QuotaExceeded(
        words % {name: number_format(value, decimals[name]) for name, value in figures.items()}
    )
