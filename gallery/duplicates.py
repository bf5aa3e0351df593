"""Reviewing what looks alike: groups of near copies, and what their owner decides about each. Nothing is deleted here."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import access, stacks
from gallery import bin as photo_bin
from gallery.errors import GalleryError
from gallery.models import AlbumImage, Image, SimilarPair, User
from gallery.models.images import unstacked

GROUPS = 10
MOST_IN_GROUP = 24
# Pairs looked at in one step, and steps for one page.
STEP = 30
STEPS = 20
MOST_EDGES = 1_000
# How far a group reaches from the pair it was found by: copies of copies of copies.
REACH = 3
FACTS = (
    "camera_model",
    "lens",
    "f_number",
    "exposure_s",
    "iso",
    "latitude",
    "altitude_m",
    "title",
    "description",
    "rating",
)


class NothingKept(GalleryError):
    """All of a group would go into the bin."""

    code = "nothing_kept"


class TooManyAtOnce(GalleryError):
    """More photos than one decision takes."""

    code = "too_many"
    status = 413


@dataclass(frozen=True, slots=True)
class Group:
    """Photos that look alike, the best first; `key` is that of the newest pair among them."""

    key: uuid.UUID
    images: Sequence[Image]
    albums: dict[uuid.UUID, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Some groups, and where the next page begins; None at the end."""

    groups: Sequence[Group]
    before: uuid.UUID | None = None


def groups(owner: User, before: uuid.UUID | None = None, count: int = GROUPS) -> Page:
    """Return the groups that wait for a decision, those found last first; `before` is where the last page ended."""
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    place, more = before, True
    for _step in range(STEPS):
        pairs = open_pairs(owner).order_by("-id")
        step = list(
            (pairs.filter(pk__lt=place) if place else pairs).values_list("pk", "first", "second")[:STEP]
        )
        more = len(step) == STEP
        if step:
            place = step[-1][0]
            found |= _components(owner, step, before)
        if not more or len(found) >= count:
            break
    newest = sorted(found, key=lambda key: key.int, reverse=True)
    if len(newest) > count:
        place, more = newest[count - 1], True
    return Page(_groups(owner, {key: found[key] for key in newest[:count]}), place if more else None)


def open_pairs(owner: User) -> QuerySet[SimilarPair]:
    """Return the pairs of which both photos are there, neither under another, and nobody has said that both are wanted."""
    both = {f"{side}__{column}": None for side in ("first", "second") for column in ("binned_at", "held_at")}
    on_top = unstacked("first__stacked_under") & unstacked("second__stacked_under")
    return SimilarPair.objects.filter(on_top, owner=owner, dismissed_at=None, **both)


def keep(owner: User, image_ids: Iterable[uuid.UUID], kept: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Put all but the kept into the bin, from which they can be taken back. Returns which were put there.

    Raises NothingKept where none of the kept is the owner's and there.
    """
    own = _own(owner, image_ids)
    if not any(image.pk in kept for image in own):
        raise NothingKept(_("Choose at least one photo to keep."))
    rest = [image.pk for image in own if image.pk not in kept]
    photo_bin.put(access.library_of(owner).filter(pk__in=rest))
    return rest


def stack(owner: User, image_ids: Iterable[uuid.UUID], top_id: uuid.UUID | None = None) -> int:
    """Lay the photos under one of them: the named, else the best. Returns how many lie under it now."""
    own = _own(owner, image_ids)
    top = next((image for image in own if image.pk == top_id), own[0] if own else None)
    return stacks.put_together(top, [image.pk for image in own]) if top else 0


def dismiss(owner: User, image_ids: Iterable[uuid.UUID]) -> int:
    """Remember that all of these are wanted: they are not shown as alike again. Returns how many pairs that were."""
    keys = [image.pk for image in _own(owner, image_ids)]
    pairs = SimilarPair.objects.filter(owner=owner, first__in=keys, second__in=keys, dismissed_at=None)
    return pairs.update(dismissed_at=timezone.now())


def best_first(images: Iterable[Image]) -> list[Image]:
    """Order by what is lost with each: a camera's own facts, pixels, further facts, bytes; then the oldest."""

    def worth(image: Image) -> tuple[bool, int, int, int, int]:
        known = sum(getattr(image, name) not in {None, ""} for name in FACTS)
        is_cameras = bool(image.camera_model) and image.taken_source == Image.TakenSource.EXIF
        return is_cameras, image.width * image.height, known, image.bytes, -image.pk.int

    return sorted(images, key=worth, reverse=True)


def _own(owner: User, image_ids: Iterable[uuid.UUID]) -> list[Image]:
    keys = list(dict.fromkeys(image_ids))
    if len(keys) > MOST_IN_GROUP:
        raise TooManyAtOnce(_("Decide about at most %(count)s photos at once.") % {"count": MOST_IN_GROUP})
    return best_first(access.library_of(owner).filter(pk__in=keys).defer("metadata"))


def _components(
    owner: User, pairs: Sequence[tuple[uuid.UUID, uuid.UUID, uuid.UUID]], before: uuid.UUID | None
) -> dict[uuid.UUID, set[uuid.UUID]]:
    """Return the groups that the pairs belong to, by their newest pair; without those of the pages before."""
    edges = {key: (first, second) for key, first, second in pairs}
    frontier = {image for ends in edges.values() for image in ends}
    seen: set[uuid.UUID] = set()
    for _round in range(REACH):
        seen |= frontier
        further: dict[uuid.UUID, tuple[uuid.UUID, uuid.UUID]] = {}
        for side in ("first", "second"):
            rows = open_pairs(owner).filter(**{f"{side}__in": frontier})
            further |= {
                key: (first, second)
                for key, first, second in rows.values_list("pk", "first", "second")[:MOST_EDGES]
            }
        edges |= further
        frontier = {image for ends in further.values() for image in ends} - seen
        if not frontier:
            break
    return _connected(edges, before)


def _connected(
    edges: dict[uuid.UUID, tuple[uuid.UUID, uuid.UUID]], before: uuid.UUID | None
) -> dict[uuid.UUID, set[uuid.UUID]]:
    group_of: dict[uuid.UUID, set[uuid.UUID]] = {}
    newest: dict[int, uuid.UUID] = {}
    for key, ends in sorted(edges.items(), key=lambda edge: edge[0].int):
        joined: set[uuid.UUID] = set()
        for image in ends:
            joined |= group_of.get(image, {image})
        for image in joined:
            group_of[image] = joined
        newest[id(joined)] = key
    whole = {newest[id(group)]: group for group in group_of.values()}
    return {key: group for key, group in whole.items() if before is None or key < before}


def _groups(owner: User, found: dict[uuid.UUID, set[uuid.UUID]]) -> list[Group]:
    wanted = {image for group in found.values() for image in sorted(group)[:MOST_IN_GROUP]}
    images = {image.pk: image for image in access.library_of(owner).filter(pk__in=wanted).defer("metadata")}
    albums: dict[uuid.UUID, list[str]] = {}
    inside = AlbumImage.objects.filter(image__in=wanted, album__owner=owner).order_by("album__title")
    for image_id, title in inside.values_list("image_id", "album__title"):
        albums.setdefault(image_id, []).append(title)
    shown = (
        Group(
            key,
            best_first(images[image] for image in sorted(group)[:MOST_IN_GROUP] if image in images),
            albums,
        )
        for key, group in found.items()
    )
    return [group for group in shown if len(group.images) > 1]
