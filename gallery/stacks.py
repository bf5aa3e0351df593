"""Stacks: what belongs together lies under one photo, which alone is in the timeline.

The two halves of a live photo and of RAW and JPEG find each other as they arrive, whichever comes first. Who lies under
whom follows from what they are, never from the order, so that two workers that meet decide the same. Of a burst the
first is the top, and stays it. What a person has taken out of a stack (StackKind.PERSON, under nothing) is left alone.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from django.db.models import Q
from django.utils import timezone

from gallery import imaging, similar
from gallery.models import Image, ImageQuerySet
from gallery.models.images import unstacked
from photosky.database import atomic_retry

# The film around a live photo takes three seconds; what is much longer is a video of its own.
MAX_LIVE_S = 10.0
# A camera dates the film by its beginning or its end, the still in between.
CLOSE = timedelta(seconds=10)
# One release of the shutter, written twice.
SAME_MOMENT = timedelta(seconds=2)
# A film that was dated in UTC may be as far off as the zones are, by quarters of an hour.
ZONES = timedelta(hours=15)
_QUARTER_S = 900
# Of one name and time there are two, perhaps three; more are somebody's import of years without dates.
MOST_CANDIDATES = 50
# A burst's next picture comes within this time, and looks like the one before: in so many bits of 64 may they differ.
BURST = timedelta(seconds=2)
BURST_BITS = 10
CHUNK = 500
# How long the periodic work looks back for halves that a dying worker left apart.
LOOK_BACK = timedelta(hours=2)
Kind, StackKind = Image.Kind, Image.StackKind
_RAW_TYPES = frozenset(kind.content_type for kind in imaging.Format if kind.is_raw)
_STILL_TYPES = frozenset(
    kind.content_type for kind in (imaging.Format.JPEG, imaging.Format.HEIC, imaging.Format.AVIF)
)


def join(image: Image) -> int:
    """Stack a photo with its other half: the film of a live photo, the JPEG of a RAW. Returns how many were put under another.

    Safe to repeat and to run at the same time for both halves. Only one owner's photos are ever joined.
    """
    if image.stacked_under_id or not (_is_still(image) or _is_film(image) or _is_raw(image)):
        return 0
    if image.stack_kind == StackKind.PERSON:
        return 0
    joined = 0
    for other in _candidates(image):
        for top, member in ((image, other), (other, image)):
            kind = _belong(top, member)
            if kind is not None:
                joined += _put_under(top.pk, member.pk, kind)
    return joined + _join_burst(image)


def _join_burst(image: Image) -> int:
    """Put the photo and the rest of its burst under the first of them."""
    if not _is_still(image) or not image.camera_model or image.archived_at is not None:
        return 0
    around = (image.taken_at - BURST, image.taken_at + BURST)
    near = Image.objects.shown().filter(owner=image.owner_id, taken_at__range=around, archived_at=None)
    near = near.filter(unstacked() | Q(stack_kind=StackKind.BURST)).exclude(stack_kind=StackKind.PERSON)
    near = near.filter(camera_make=image.camera_make, camera_model=image.camera_model).exclude(pk=image.pk)
    joined = 0
    for other in near.order_by("taken_at", "id")[:MOST_CANDIDATES]:
        if not _is_one_burst(image, other):
            continue
        both = Image.objects.filter(pk__in=[image.pk, other.pk]).values_list("pk", "stacked_under")
        tops = Image.objects.filter(pk__in={under or key for key, under in both})
        ordered = list(tops.order_by("taken_at", "id").values_list("pk", flat=True))
        if len(ordered) == 2:
            joined += _put_under(ordered[0], ordered[1], StackKind.BURST)
    return joined


def _is_one_burst(one: Image, other: Image) -> bool:
    names = [image.metadata.get("burst_identifier") for image in (one, other)]
    if all(names):
        return bool(names[0] == names[1])
    # Of the very same moment are copies of one photo, which people want to hear of.
    if any(names) or not _is_still(other) or one.taken_at == other.taken_at:
        return False
    return bool(one.phash and other.phash and similar.distance(one.phash, other.phash) <= BURST_BITS)


def put_together(top: Image, image_ids: Sequence[uuid.UUID]) -> int:
    """Put the owner's photos, and what lies under them, under one. Returns how many more lie there now."""
    keys = [key for key in dict.fromkeys(image_ids) if key != top.pk]
    return sum(_gather(top.pk, top.owner_id, key) for key in keys)


def take_out(image: Image) -> bool:
    """Take one photo out of its stack for good: nothing but a person puts it into another. Returns whether it lay in one."""
    inside = Image.objects.filter(pk=image.pk, stacked_under__isnull=False)
    return bool(inside.update(stacked_under=None, stack_kind=StackKind.PERSON, updated_at=timezone.now()))


def dissolve(top: Image) -> int:
    """Let all photos of a stack stand by themselves. Returns how many lay under the top."""
    freed = 0
    members = Image.objects.filter(stacked_under=top.pk)
    while keys := list(members.order_by("id").values_list("pk", flat=True)[:CHUNK]):
        freed += members.filter(pk__in=keys).update(
            stacked_under=None, stack_kind=StackKind.PERSON, updated_at=timezone.now()
        )
    return freed


def raise_to_top(image: Image) -> bool:
    """Make a photo the top of the stack that it lies in. Returns whether it lay in one."""
    return _raise(image.pk)


def join_recent() -> int:
    """Join what a worker that died left apart. Returns how many were put under another."""
    since = _least_id(timezone.now() - LOOK_BACK)
    halves = Image.objects.shown().filter(unstacked(), pk__gte=since).exclude(stack_kind=StackKind.PERSON)
    halves = halves.filter(Q(kind=Kind.VIDEO) | Q(content_type__in=_RAW_TYPES))
    return sum(join(image) for image in halves.order_by("id")[:CHUNK])


def promote(image_ids: Sequence[uuid.UUID]) -> int:
    """Give the stacks of which one of these was the top another: it has gone into the bin. Returns how many were given one."""
    tops = Image.objects.shown().filter(stacked_under__in=image_ids).values_list("stacked_under", flat=True)
    given = list(tops.order_by("stacked_under").distinct())
    for top_id in given:
        if top_id is not None:
            _promote(top_id)
    return len(given)


def release(image_ids: Sequence[uuid.UUID]) -> int:
    """Let those photos stand by themselves whose top is in the bin: they were taken out of it alone."""
    alone = Image.objects.live().filter(pk__in=image_ids, stacked_under__binned_at__isnull=False)
    return alone.update(stacked_under=None, stack_kind=None, updated_at=timezone.now())


def mend() -> int:
    """Bring back to the timeline what lies under a photo in the bin, where whoever binned it died. Returns how many stacks."""
    lost = Image.objects.shown().filter(stacked_under__binned_at__isnull=False)
    tops = lost.order_by("stacked_under").values_list("stacked_under", flat=True).distinct()[:CHUNK]
    return promote([top for top in tops if top is not None])


def _candidates(image: Image) -> list[Image]:
    """Return what the photo may belong to: of its owner, alone, and taken at its time or called by its name."""
    around = (image.taken_at - CLOSE, image.taken_at + CLOSE)
    named = Q(filename__istartswith=f"{_stem(image)}.")
    found = (
        Image.objects.shown()
        .filter(unstacked(), owner=image.owner_id)
        .exclude(stack_kind=StackKind.PERSON)
        .filter(taken_at__range=(image.taken_at - ZONES, image.taken_at + ZONES))
        .filter(named | Q(taken_at__range=around))
        .exclude(pk=image.pk)
        .order_by("taken_at", "id")
    )
    return list(found[:MOST_CANDIDATES])


def _belong(top: Image, member: Image) -> Image.StackKind | None:
    if not _is_still(top):
        return None
    if _is_film(member) and _is_live_pair(top, member):
        return StackKind.LIVE
    if _is_raw(member) and _is_same_shot(top, member):
        return StackKind.RAW
    return None


def _is_live_pair(still: Image, film: Image) -> bool:
    identifiers = [image.metadata.get("content_identifier") for image in (still, film)]
    if all(identifiers):
        return bool(identifiers[0] == identifiers[1])
    # Another program has dropped it: then the name counts, where the time agrees as well.
    return _stem(still) == _stem(film) and _is_close(still, film)


def _is_close(still: Image, film: Image) -> bool:
    apart = abs((still.taken_at - film.taken_at).total_seconds())
    if still.taken_offset_minutes is None or film.taken_offset_minutes is None:
        # One clock's zone is not known.
        apart = min(apart % _QUARTER_S, _QUARTER_S - apart % _QUARTER_S)
    return apart <= CLOSE.total_seconds()


def _is_same_shot(picture: Image, raw: Image) -> bool:
    return (
        _stem(picture) == _stem(raw)
        and abs(picture.taken_at - raw.taken_at) <= SAME_MOMENT
        and picture.camera_model == raw.camera_model
    )


def _is_still(image: Image) -> bool:
    return image.content_type in _STILL_TYPES and image.kind in {None, Kind.PHOTO}


def _is_film(image: Image) -> bool:
    return image.is_video and image.duration_s is not None and image.duration_s <= MAX_LIVE_S


def _is_raw(image: Image) -> bool:
    return image.content_type in _RAW_TYPES


def _stem(image: Image) -> str:
    return PurePosixPath(image.filename).stem.lower()


@atomic_retry
def _put_under(top_id: uuid.UUID, member_id: uuid.UUID, kind: Image.StackKind) -> bool:
    """Put one photo under another; not where either has gone, lies in a stack, or the top has such a half already."""
    now = timezone.now()
    # A person's word that it stands alone is asked again here: it may have come meanwhile.
    alone = Image.objects.shown().filter(stacked_under=None).exclude(stack_kind=StackKind.PERSON)
    # The top is written as well, so that whoever bins or stacks it at this moment and this cannot both succeed.
    if not alone.filter(pk=top_id).update(updated_at=now):
        return False
    is_taken = kind == StackKind.LIVE and Image.objects.filter(stacked_under=top_id, stack_kind=kind).exists()
    if is_taken:
        return False
    below = Image.objects.filter(stacked_under=member_id)
    if kind == StackKind.BURST:
        # Two halves of a burst that met late. A film belongs to its own still, so such a stack stays as it is.
        if below.exclude(stack_kind__in=[StackKind.BURST, StackKind.RAW]).exists() or below.count() > CHUNK:
            return False
        below.update(stacked_under=top_id, updated_at=now)
    elif below.exists():
        return False
    return bool(alone.filter(pk=member_id).update(stacked_under=top_id, stack_kind=kind, updated_at=now))


@atomic_retry
def _gather(top_id: uuid.UUID, owner_id: uuid.UUID, member_id: uuid.UUID) -> int:
    now = timezone.now()
    own = Image.objects.shown().filter(owner=owner_id)
    # Both are written, so that whoever bins or stacks one of them at this moment and this cannot both succeed.
    if not own.filter(pk=top_id, stacked_under=None).update(stack_kind=None, updated_at=now):
        return 0
    moved = own.filter(pk=member_id).exclude(stacked_under=top_id)
    done = moved.update(stacked_under=top_id, stack_kind=StackKind.PERSON, updated_at=now)
    if done:
        # A film that lay under its still lies beside it now, so that it is not taken for the top's own.
        below = Image.objects.filter(stacked_under=member_id)
        done += below.update(stacked_under=top_id, stack_kind=StackKind.PERSON, updated_at=now)
    return done


@atomic_retry
def _raise(image_id: uuid.UUID) -> bool:
    found = Image.objects.shown().filter(pk=image_id, stacked_under__isnull=False)
    row = found.values_list("stacked_under", "stack_kind").first()
    if row is None or row[0] is None:
        return False
    top_id, kind = row[0], row[1]
    now = timezone.now()
    found.update(stacked_under=None, stack_kind=None, updated_at=now)
    Image.objects.filter(stacked_under=top_id).update(stacked_under=image_id, updated_at=now)
    Image.objects.filter(pk=top_id).update(stacked_under=image_id, stack_kind=kind, updated_at=now)
    return True


@atomic_retry
def _promote(top_id: uuid.UUID) -> None:
    """Make the best of what can be seen the top of the stack, or where it is the only one, no stack at all."""
    members = Image.objects.filter(stacked_under=top_id)
    if not Image.objects.binned().filter(pk=top_id).exists():
        return
    best = _best(members.filter(binned_at=None, held_at=None))
    if best is None:
        return
    now = timezone.now()
    Image.objects.filter(pk=best).update(stacked_under=None, stack_kind=None, updated_at=now)
    while rest := list(members.exclude(pk=best).values_list("pk", flat=True)[:CHUNK]):
        Image.objects.filter(pk__in=rest).update(stacked_under=best, updated_at=now)


def _best(members: ImageQuerySet) -> uuid.UUID | None:
    """Return a picture rather than a film, the earliest of them."""
    ordered = members.order_by("taken_at", "id").values_list("pk", flat=True)
    return ordered.exclude(kind=Kind.VIDEO).first() or ordered.first()


def _least_id(moment: datetime) -> uuid.UUID:
    """Return the least key that can have been made since (RFC 9562 section 5.7: milliseconds come first)."""
    milliseconds = int(moment.astimezone(UTC).timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80)
