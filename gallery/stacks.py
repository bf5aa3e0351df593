"""Stacks: what belongs together lies under one photo, which alone is in the timeline.

The two halves of a live photo and of RAW and JPEG find each other as they arrive, whichever comes first. Who lies under
whom follows from what they are, never from the order, so that two workers that meet decide the same.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from django.db.models import Q
from django.utils import timezone

from gallery import imaging
from gallery.models import Image, ImageQuerySet
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
    joined = 0
    for other in _candidates(image):
        for top, member in ((image, other), (other, image)):
            kind = _belong(top, member)
            if kind is not None:
                joined += _put_under(top.pk, member.pk, kind)
    return joined


def join_recent() -> int:
    """Join what a worker that died left apart. Returns how many were put under another."""
    since = _least_id(timezone.now() - LOOK_BACK)
    halves = Image.objects.shown().filter(pk__gte=since, stacked_under=None)
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
        .filter(owner=image.owner_id, stacked_under=None)
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
    alone = Image.objects.shown().filter(stacked_under=None)
    # The top is written as well, so that whoever bins or stacks it at this moment and this cannot both succeed.
    if not alone.filter(pk=top_id).update(updated_at=now):
        return False
    is_taken = kind == StackKind.LIVE and Image.objects.filter(stacked_under=top_id, stack_kind=kind).exists()
    if is_taken or Image.objects.filter(stacked_under=member_id).exists():
        return False
    return bool(alone.filter(pk=member_id).update(stacked_under=top_id, stack_kind=kind, updated_at=now))


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
