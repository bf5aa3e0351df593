"""What looks alike: finding near copies by perceptual hash as photos arrive, so that reviewing them costs no search.

Four quarters of each hash are kept in an index. Two hashes that differ in up to seven bits have a quarter that differs
in one bit at most, so a lookup of each quarter and its sixteen neighbours finds all of them.
"""

import uuid
from collections.abc import Iterator, Sequence

from django.utils import timezone

from gallery import objectstore, renditions
from gallery.imaging import Refused
from gallery.models import HashBand, Image, SimilarPair, User
from photosky.database import atomic_retry

# In bits of 64. Real photographs that are not copies of each other are hardly ever this close; of copies, those that
# were shrunk to a half or saved at quality 30 are.
NEAR = 6
PLAIN = 0
BANDS, BAND_BITS = 4, 16
# A thousand copies of one picture are one group by the nearest few of each.
MOST_PAIRS = 20
MOST_CANDIDATES = 4_000
CHUNK = 100
MAX_RENDITION_BYTES = 8 * 1024**2
# How many photos one round of periodic work hashes that are older than the hash.
ROUND = 200


def distance(one: int, other: int) -> int:
    """Return in how many bits two hashes differ."""
    return ((one ^ other) & (1 << 64) - 1).bit_count()


def expect(image: Image) -> None:
    """Make a new image findable, in the caller's transaction, and write down that its pairs are to be looked for.

    Whatever becomes of who is to call `note` next: the image is found, and `catch_up` looks for its pairs.
    """
    if image.phash:
        keys_there = [*keys(image.phash), HashBand.UNPAIRED]
        rows = [HashBand(image=image, owner_id=image.owner_id, key=key) for key in keys_there]
        HashBand.objects.bulk_create(rows, ignore_conflicts=True)


def note(image: Image) -> int:
    """Make the image findable by what it looks like now, and find its pairs. Safe to repeat. Returns how many it is in.

    First the one, then in another transaction the other: of two that arrive at once one at least sees the other.
    """
    return _add_pairs(image) if _add_bands(image) else 0


def catch_up(limit: int = ROUND, owner: User | None = None) -> int:
    """Look for the pairs of images whose worker died before it did, or whose look is another now. Returns how many."""
    done = 0
    for person in [owner] if owner else User.objects.all():
        left = HashBand.objects.filter(owner=person, key=HashBand.UNPAIRED).order_by("image")
        for band in left.select_related("image").defer("image__metadata")[: limit - done]:
            note(band.image)
            done += 1
    return done


def fill(limit: int = ROUND, owner: User | None = None) -> int:
    """Hash photos from before there were hashes, by their small renditions, up to `limit`. Returns how many.

    Raises objectstore.Unavailable.
    """
    # One by one, and in no order: each is answered by the index of owner and hash.
    owners = [owner] if owner else User.objects.all()
    done = 0
    for person in owners:
        while done < limit:
            rows = Image.objects.owned_by(person).filter(phash=None)[: min(CHUNK, limit - done)]
            found = list(rows)
            for image in found:
                _hash(image)
            done += len(found)
            if not found:
                break
    return done


def _hash(image: Image) -> None:
    # Loaded here: a process that only builds pages never needs libvips.
    from gallery.imaging import phash

    name = renditions.key(image.rendition_token, image.recipe, "h240")
    try:
        value = phash.of_rendition(objectstore.read(name, max_bytes=MAX_RENDITION_BYTES))
    except (objectstore.NotFound, Refused):
        # Whoever makes the rendition anew hashes it as well.
        value = PLAIN
    if _record(image, value):
        note(image)


@atomic_retry
def _record(image: Image, value: int) -> bool:
    """Write the hash down, unless the picture or its hash is another by now."""
    same = Image.objects.filter(pk=image.pk, rendition_token=image.rendition_token, phash=None)
    if not same.update(phash=value):
        return False
    image.phash = value
    expect(image)
    return True


def keys(value: int) -> list[int]:
    """Return the quarters of a hash, each with its place above its bits."""
    mask = (1 << BAND_BITS) - 1
    return [band << BAND_BITS | value >> BAND_BITS * band & mask for band in range(BANDS)]


def _neighbours(value: int) -> Iterator[int]:
    for key in keys(value):
        yield key
        yield from (key ^ 1 << bit for bit in range(BAND_BITS))


@atomic_retry
def _add_bands(image: Image) -> bool:
    """Let the image be found by its hash as the row has it, and by no other; return whether it has one."""
    row = Image.objects.filter(pk=image.pk).values_list("phash", "owner_id").first()
    if row is None:
        return False
    image.phash, image.owner_id = row
    wanted = {*keys(image.phash), HashBand.UNPAIRED} if image.phash else set()
    there = set(HashBand.objects.filter(image=image).values_list("key", flat=True))
    # A picture that a person turned looks otherwise.
    if there - wanted:
        HashBand.objects.filter(image=image).exclude(key__in=wanted).delete()
    # What is in its pairs already has no mark; looking once more is all that it costs.
    rows = [HashBand(image=image, owner_id=image.owner_id, key=key) for key in wanted - there]
    HashBand.objects.bulk_create(rows, ignore_conflicts=True)
    return bool(wanted)


@atomic_retry
def _add_pairs(image: Image) -> int:
    near = _nearest(image)
    HashBand.objects.filter(image=image, key=HashBand.UNPAIRED).delete()
    now = timezone.now()
    pairs = [
        SimilarPair(
            owner_id=image.owner_id,
            first_id=min(image.pk, other, key=lambda key: key.int),
            second_id=max(image.pk, other, key=lambda key: key.int),
            distance=bits,
            found_at=now,
        )
        for bits, other in near
    ]
    SimilarPair.objects.bulk_create(pairs, ignore_conflicts=True)
    return len(pairs)


def _nearest(image: Image) -> Sequence[tuple[int, uuid.UUID]]:
    """Return the nearest of the owner's photos that are not under one top with it, nearest first."""
    bands = HashBand.objects.filter(owner=image.owner_id, key__in=list(_neighbours(image.phash or 0)))
    others = bands.exclude(image=image.pk).values_list("image_id", flat=True)[:MOST_CANDIDATES]
    # Two steps: the one is answered from the index of bands alone.
    candidates = list(dict.fromkeys(others))
    top = Image.objects.filter(pk=image.pk).values_list("stacked_under", flat=True).first()
    found: list[tuple[int, uuid.UUID]] = []
    for start in range(0, len(candidates), 500):
        rows = Image.objects.filter(pk__in=candidates[start : start + 500], phash__isnull=False)
        for key, value, under, kind in rows.values_list("pk", "phash", "stacked_under", "kind"):
            is_stacked = under == image.pk or key == top or (under is not None and under == top)
            is_alike = (kind == Image.Kind.VIDEO) == image.is_video
            bits = distance(value or 0, image.phash or 0)
            if not is_stacked and is_alike and bits <= NEAR:
                found.append((bits, key))
    return sorted(found)[:MOST_PAIRS]
