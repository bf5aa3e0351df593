"""Giving photos to another owner: with all that hangs on them, in steps, and never at the price of an original.

The original stays where it is under its key; the row changes hands, and with it what its owner said of it, its tags by
name, its hashes and its words. It leaves what the new owner may not add to: albums of others, links that others made.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby

from django.db import IntegrityError
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from gallery import access, audit, removals, similar, tags
from gallery.models import (
    Album,
    AlbumImage,
    HashBand,
    Image,
    ImageTag,
    ShareLink,
    ShareLinkImage,
    SimilarPair,
    Tombstone,
    Upload,
    User,
)
from gallery.search import index
from photosky.database import atomic_retry

# What became of a photo that was to be moved.
MOVED, HAS_IT, NO_SPACE, WAITS, ARRIVING, GONE = "moved", "has_it", "no_space", "waits", "arriving", "gone"


def whole_stacks(image_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Return the images with what lies under them, stack by stack: with a stack's top goes the stack."""
    found: dict[uuid.UUID, uuid.UUID] = {}
    for start in range(0, len(image_ids), removals.CHUNK):
        keys = image_ids[start : start + removals.CHUNK]
        rows = Image.objects.filter(Q(pk__in=keys) | Q(stacked_under__in=keys))
        found |= dict(rows.annotate(top=Coalesce("stacked_under", "id")).values_list("pk", "top"))
    return sorted(found, key=lambda key: (found[key], key != found[key], key))


def first_step(image_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Return as many of the images as one transaction may move, not parting a stack unless it alone is too large."""
    window = list(image_ids[: removals.CHUNK])
    step = removals.affordable(window)
    if len(step) == len(image_ids):
        return step
    around = window[: len(step) + 1]
    tops = dict(
        Image.objects.filter(pk__in=around)
        .annotate(top=Coalesce("stacked_under", "id"))
        .values_list("pk", "top")
    )
    following = tops.get(around[-1])
    whole = [key for key in step if tops.get(key) != following]
    return whole or step


def move(step: Sequence[uuid.UUID], to: User) -> Counter[str]:
    """Give the photos of one step to the other owner; return how many were moved, and of the rest why not.

    A photo stays where it is where the new owner has the same bytes already or no room for it, while it waits for
    review, and while its owner is uploading it once more.
    """
    try:
        moved, outcome = _move(step, to)
    except IntegrityError:
        # The new owner uploaded the same photo at this moment: now it is seen.
        moved, outcome = _move(step, to)
    for image in Image.objects.filter(pk__in=moved):
        similar.note(image)
    return outcome


@atomic_retry
def _move(step: Sequence[uuid.UUID], to: User) -> tuple[list[uuid.UUID], Counter[str]]:
    there = list(Image.objects.filter(pk__in=step).exclude(owner=to).defer("metadata").order_by("id"))
    outcome = Counter({GONE: len(step) - len(there)})
    chosen: list[Image] = []
    for image, obstacle in _judged(there, to):
        outcome[obstacle or MOVED] += 1
        if not obstacle:
            chosen.append(image)
    if chosen:
        _hand_over(chosen, to)
    return [image.pk for image in chosen], +outcome


def _judged(images: Sequence[Image], to: User) -> list[tuple[Image, str]]:
    """Return each image with what keeps it from being moved, or nothing."""
    sums = [image.sha256 for image in images]
    known = set(Image.objects.owned_by(to).filter(sha256__in=sums).values_list("sha256", flat=True))
    owners = {image.owner_id for image in images}
    unfinished = Upload.objects.filter(owner__in=owners, sha256__in=sums).exclude(state=Upload.State.READY)
    arriving = set(unfinished.values_list("owner_id", "sha256"))
    used = User.objects.values_list("used_bytes", flat=True).get(pk=to.pk)
    found = []
    for image in images:
        obstacle = ""
        if image.sha256 in known:
            obstacle = HAS_IT
        elif image.held_at is not None:
            obstacle = WAITS
        elif (image.owner_id, image.sha256) in arriving:
            obstacle = ARRIVING
        elif to.quota and used + image.bytes > to.quota:
            obstacle = NO_SPACE
        else:
            known.add(image.sha256)
            used += image.bytes
        found.append((image, obstacle))
    return found


def _hand_over(images: Sequence[Image], to: User) -> None:
    keys, now = [image.pk for image in images], timezone.now()
    for owner, group in groupby(sorted(images, key=_owner), key=_owner):
        theirs = list(group)
        size = sum(image.bytes for image in theirs)
        User.objects.filter(pk=owner).update(used_bytes=Greatest(F("used_bytes") - size, 0))
        moved = dict.fromkeys([image.pk for image in theirs], to.pk)
        audit.note_photos("photo.moved", moved, **{"from": str(owner), "to": str(to.pk)})
    Tombstone.leave(Tombstone.Kind.IMAGE, [(image.owner_id, image.pk) for image in images])
    Album.touch_around(keys)
    size = sum(image.bytes for image in images)
    User.objects.filter(pk=to.pk).update(used_bytes=F("used_bytes") + size)
    # To the new owner, and to the programs that they let know, it has come at this moment.
    Image.objects.filter(pk__in=keys).update(owner=to, created_at=now, updated_at=now)
    # The new owner has all the days of a bin to find it there.
    Image.objects.filter(pk__in=keys).binned().update(binned_at=now)
    _part_stacks(keys)
    _bring_uploads(images, to)
    _leave_albums(keys, to)
    _leave_links(keys, to)
    _carry_tags(keys, to)
    HashBand.look_again(images)
    HashBand.objects.filter(image__in=keys).update(owner=to)
    SimilarPair.objects.filter(Q(first__in=keys) | Q(second__in=keys)).delete()
    index.refresh(keys)


def _owner(image: Image) -> uuid.UUID:
    return image.owner_id


def _part_stacks(keys: Sequence[uuid.UUID]) -> None:
    """Let stand by itself what would lie under another owner's photo."""
    touched = Image.objects.filter(Q(pk__in=keys) | Q(stacked_under__in=keys), stacked_under__isnull=False)
    parted = list(touched.exclude(owner=F("stacked_under__owner")).values_list("pk", flat=True))
    Image.objects.filter(pk__in=parted).update(stacked_under=None, stack_kind=None, updated_at=timezone.now())


def _bring_uploads(images: Sequence[Image], to: User) -> None:
    """Let the record of how a photo came go with it, unless the new owner has offered the same file."""
    came = Upload.objects.filter(image__in=[image.pk for image in images], state=Upload.State.READY)
    sums = [image.sha256 for image in images]
    offered = Upload.objects.filter(owner=to, sha256__in=sums).values_list("sha256", flat=True)
    came.filter(sha256__in=list(offered)).delete()
    came.update(owner=to, album=None, share_link=None)


def _leave_albums(keys: Sequence[uuid.UUID], to: User) -> None:
    open_to = access.albums_contributable_by(to).order_by().values("pk")
    inside = AlbumImage.objects.filter(image__in=keys)
    inside.exclude(album__in=open_to).delete()
    inside.update(added_by=to)
    Album.objects.filter(cover__in=keys).exclude(pk__in=open_to).update(cover=None)


def _leave_links(keys: Sequence[uuid.UUID], to: User) -> None:
    ShareLinkImage.objects.filter(image__in=keys).exclude(link__owner=to).delete()
    for link in ShareLink.objects.filter(image__in=keys, revoked_at=None).exclude(owner=to):
        now = timezone.now()
        ShareLink.objects.filter(pk=link.pk).update(revoked_at=now, updated_at=now)
        audit.note("link.revoked", link, owner=link.owner_id)


def _carry_tags(keys: Sequence[uuid.UUID], to: User) -> None:
    """Put the new owner's tags of the same names on the photos."""
    named: dict[str, list[uuid.UUID]] = defaultdict(list)
    worn = ImageTag.objects.filter(image__in=keys)
    for key, name in worn.values_list("image_id", "tag__name"):
        named[name].append(key)
    worn.delete()
    for name, images in named.items():
        tags.add(to, images, tags.possible([name]))
