"""Tags: putting words on images, and keeping the words in order."""

import hashlib
import unicodedata
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db import IntegrityError
from django.db.models import Count, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import audit, jobs, remembered
from gallery.access import GONE
from gallery.errors import GalleryError
from gallery.models import Image, ImageTag, Job, Tag, User
from gallery.models.images import LONG_AGO
from gallery.search import index
from photosky import database
from photosky.database import atomic_retry

MAX_LENGTH = 60
MAX_NAMES = 50
# Rows changed in one transaction.
CHUNK = 500
# Gathering the words of more photos takes longer than anybody waits for a page: a job does it.
MANY = 2_000
# From so many taggings on, their number is remembered.
REMEMBERED = 2_000
RENAMED = "rename_tag"
# Characters without a shape of their own that scripts need all the same: the joiners.
JOINERS = "\u200c\u200d"


class InvalidTag(GalleryError):
    """A tag cannot be called so."""

    code = "invalid_tag"


class TagExists(GalleryError):
    """The owner has another tag of this name: the two can be merged."""

    code = "tag_exists"
    status = 409


def clean(name: str) -> str:
    """Return the name as it is kept: composed, with single spaces and nothing unseen; raises InvalidTag."""
    spaced = " ".join(unicodedata.normalize("NFC", name).split())
    tidy = "".join(c for c in spaced if c in JOINERS or unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    tidy = tidy.strip()
    if not tidy:
        raise InvalidTag(_("A tag needs a name."))
    # Folding lengthens some words: one ß is two letters.
    if max(len(tidy), len(tidy.casefold())) > MAX_LENGTH:
        raise InvalidTag(
            _("“%(name)s…” is too long for a tag: at most %(max)s characters.")
            % {"name": tidy[:20], "max": MAX_LENGTH}
        )
    if "," in tidy:
        raise InvalidTag(_("“%(name)s”: a tag holds no comma. Give two tags.") % {"name": tidy})
    return tidy


def possible(words: Iterable[str]) -> list[str]:
    """Return those of a program's words that can be tags, each once; a word with commas is several."""
    found: dict[str, str] = {}
    for word in (part for several in words for part in split(several)):
        try:
            found.setdefault(clean(word).casefold(), clean(word))
        except InvalidTag:
            continue
    return list(found.values())[:MAX_NAMES]


def split(text: str) -> list[str]:
    """Return the names that a person wrote with commas between them."""
    return [word.strip() for word in text.split(",") if word.strip()]


def add(owner: User, image_ids: Iterable[uuid.UUID], names: Iterable[str], *, noted: bool = False) -> int:
    """Put tags on the owner's images, making the tags that are missing. Returns how many images there were.

    Where `noted`, the audit log tells it, and the images are dated as changed: where it is an act of its own.

    Images of others are passed over, and so is what carries the tag already. Raises InvalidTag before anything is
    written.
    """
    tidy, keys, found = _names(names), list(dict.fromkeys(image_ids)), 0
    if not tidy:
        return 0
    for chunk in _chunks(keys, len(tidy)):
        found += _add(owner, chunk, tidy, noted=noted)
    return found


def remove(owner: User, image_ids: Iterable[uuid.UUID], names: Iterable[str], *, noted: bool = False) -> None:
    """Take tags off the owner's images. What does not carry them is passed over; the tags stay. See `add`."""
    slugs, keys = [name.casefold() for name in _names(names)], list(dict.fromkeys(image_ids))
    for chunk in _chunks(keys, len(slugs)):
        _remove(owner, chunk, slugs, noted=noted)


def replace(image: Image, names: Iterable[str]) -> None:
    """Let the image carry these tags and no others. The caller dates the image's change, which is its version."""
    tidy = _names(names)
    kept = {name.casefold() for name in tidy}
    gone = [tag.name for tag in image.tags.all() if tag.slug not in kept]
    for start in range(0, len(gone), MAX_NAMES):
        remove(image.owner, [image.pk], gone[start : start + MAX_NAMES])
    add(image.owner, [image.pk], tidy)


def of(owner: User) -> QuerySet[Tag]:
    """Return the owner's tags by name."""
    return Tag.objects.filter(owner=owner).order_by("slug", "id")


def counts(tags: Sequence[Tag]) -> Counter[uuid.UUID]:
    """Return how many photos carry each of the tags, the bin not counted: remembered while nothing changes, where many."""
    keys, owners = [tag.pk for tag in tags], {tag.owner_id for tag in tags}
    if len(owners) != 1:
        return _counted(keys, owners)
    name = hashlib.sha256(b"".join(key.bytes for key in keys)).hexdigest()
    return remembered.or_counted(
        min(owners),
        f"tags:{name}",
        lambda: _counted(keys, owners),
        is_worth_it=lambda found: found.total() >= REMEMBERED,
    )


def _counted(keys: Collection[uuid.UUID], owners: Collection[uuid.UUID]) -> Counter[uuid.UUID]:
    """Count all in the index of the taggings, and take off the few that lie in the bin or wait for review.

    To look for each photo whether it does would take a hundred times as long.
    """
    carried = ImageTag.objects.filter(tag__in=keys).order_by()
    found: Counter[uuid.UUID] = Counter(dict(carried.values_list("tag").annotate(Count("tag"))))
    of_theirs = ImageTag.objects.filter(image__owner__in=owners).order_by()
    binned = of_theirs.filter(image__binned_at__gt=LONG_AGO)
    held = of_theirs.filter(image__binned_at=None, image__held_at__isnull=False)
    for hidden in (binned, held):
        found.subtract(dict(hidden.values_list("tag").annotate(Count("tag"))))
    return found


def one(owner: User, key: uuid.UUID) -> Tag:
    """Return one of the owner's tags; raises Http404."""
    found = Tag.objects.filter(owner=owner, pk=key).first()
    if found is None:
        raise Http404(GONE)
    return found


def rename(tag: Tag, name: str) -> Tag:
    """Call the tag otherwise; photos are found by the name at once, many soon: a job gathers their words.

    Raises TagExists where another tag of the owner's is called so, and InvalidTag.
    """
    tidy = clean(name)
    try:
        keys = _rename(tag, tidy, database.at_most(MANY))
    except IntegrityError as error:
        raise _exists(tidy) from error
    for start in range(0, len(keys), CHUNK):
        _gather(keys[start : start + CHUNK])
    tag.name, tag.slug = tidy, tidy.casefold()
    return tag


def gather_words(job: Job, turn: jobs.Round) -> dict[str, Any]:
    """Let the photos of a renamed tag of many be found by its new name, in steps."""
    tag, last = uuid.UUID(job.payload["tag"]), uuid.UUID(job.payload.get("last", uuid.UUID(int=0).hex))
    done = int(job.payload.get("done", 0))
    while keys := list(_carrying(tag).filter(image_id__gt=last)[:CHUNK]):
        _gather(keys)
        last, done = keys[-1], done + len(keys)
        turn.report(done, done)
        if turn.is_over:
            raise jobs.Unfinished({"tag": str(tag), "last": str(last), "done": done})
    return {"photos": done}


def merge(tag: Tag, into: Tag) -> None:
    """Let the images of one tag carry the other, and delete the one. Both are the same owner's.

    Goes in steps, each of which may be the last one that happens: merging again goes on. Raises Http404 where one of
    the two was deleted meanwhile.
    """
    if tag.pk == into.pk or tag.owner_id != into.owner_id:
        raise ValueError("A tag is merged into another one of the same owner.")
    while merge_some(tag, into):
        pass


def delete(tag: Tag) -> None:
    """Take the tag off all images and delete it; the images stay."""
    while clear_some(tag):
        pass


def _names(names: Iterable[str]) -> list[str]:
    """Return the names as they are kept, each once by its folded form."""
    tidy = {name.casefold(): name for name in reversed([clean(name) for name in names])}
    if len(tidy) > MAX_NAMES:
        raise InvalidTag(_("%(count)s tags at once are too many: at most %(max)s.") % {
            "count": len(tidy), "max": MAX_NAMES,
        })  # fmt: skip
    return list(reversed(tidy.values()))


def _chunks(keys: Sequence[uuid.UUID], names: int) -> Iterator[Sequence[uuid.UUID]]:
    """Cut the keys so that each step writes at most CHUNK rows: a row for each tag, and one for each of its images."""
    step = max((CHUNK - names) // max(names, 1), 1)
    return (keys[start : start + step] for start in range(0, len(keys), step))


def _exists(name: str) -> TagExists:
    return TagExists(_("There is a tag “%(name)s” already: merge the two instead.") % {"name": name})


def _carrying(tag: uuid.UUID) -> "QuerySet[ImageTag, uuid.UUID]":
    """Return the keys of the images that carry the tag, in order."""
    return ImageTag.objects.filter(tag=tag).order_by("image_id").values_list("image_id", flat=True)


@atomic_retry
def _gather(image_ids: Sequence[uuid.UUID]) -> None:
    index.refresh(image_ids)
    _touch(image_ids)


def _touch(image_ids: Iterable[uuid.UUID]) -> None:
    """Date the images' last change: the names of tags are shown with them."""
    Image.objects.filter(pk__in=list(image_ids)).update(updated_at=timezone.now())


@atomic_retry
def _add(owner: User, image_ids: Sequence[uuid.UUID], names: Sequence[str], *, noted: bool) -> int:
    slugs = [name.casefold() for name in names]
    wanted = [Tag(owner=owner, name=name, slug=slug) for name, slug in zip(names, slugs, strict=True)]
    known = set(Tag.objects.filter(owner=owner, slug__in=slugs).values_list("slug", flat=True))
    Tag.objects.bulk_create([tag for tag in wanted if tag.slug not in known], ignore_conflicts=True)
    tags = list(Tag.objects.filter(owner=owner, slug__in=slugs).values_list("pk", flat=True))
    images = list(Image.objects.owned_by(owner).filter(pk__in=image_ids).values_list("pk", flat=True))
    carried = Counter(
        ImageTag.objects.filter(tag__in=tags, image__in=images).values_list("image_id", flat=True)
    )
    lacking = [image for image in images if carried[image] < len(tags)]
    ImageTag.objects.bulk_create(
        [ImageTag(image_id=image, tag_id=tag) for image in lacking for tag in tags], ignore_conflicts=True
    )
    index.refresh(images)
    if noted:
        _touch(lacking)
        audit.note_photos("photo.tagged", dict.fromkeys(images, owner.pk), tags=list(names))
    return len(images)


@atomic_retry
def _remove(owner: User, image_ids: Sequence[uuid.UUID], slugs: Sequence[str], *, noted: bool) -> None:
    carrying = ImageTag.objects.filter(tag__owner=owner, tag__slug__in=slugs, image_id__in=image_ids)
    # Only what carried one: keys of others, or of nothing, must leave no trace.
    images = list(dict.fromkeys(carrying.values_list("image_id", flat=True)))
    carrying.delete()
    index.refresh(images)
    if noted:
        _touch(images)
        audit.note_photos("photo.untagged", dict.fromkeys(images, owner.pk), tags=list(slugs))


@atomic_retry
def _rename(tag: Tag, name: str, most: int) -> list[uuid.UUID]:
    """Write the name; return the images whose words are to be gathered: none where they are more, and a job does it."""
    slug = name.casefold()
    if Tag.objects.filter(owner_id=tag.owner_id, slug=slug).exclude(pk=tag.pk).exists():
        raise _exists(name)
    if not Tag.objects.filter(pk=tag.pk).update(name=name, slug=slug):
        raise Http404(GONE)
    audit.note("tag.renamed", tag, owner=tag.owner_id, former=tag.name, name=name)
    # With the name, so that no death of the process leaves the photos with the words of before.
    keys = list(_carrying(tag.pk)[: most + 1])
    if len(keys) > most:
        jobs.start(RENAMED, tag.owner, {"tag": str(tag.pk)})
        return []
    return keys


@atomic_retry
def merge_some(tag: Tag, into: Tag) -> bool:
    """Do one step of merging; returns whether there is more to do. Raises Http404 as `merge` does."""
    # Locked, so that neither tag goes while images pass from one to the other; an engine of one writer needs no lock.
    both = Tag.objects.select_for_update().filter(pk__in=[tag.pk, into.pk]).order_by("pk")
    if len(both) < 2:
        raise Http404(GONE)
    # Half: each row that is deleted is written anew.
    rows = list(ImageTag.objects.filter(tag=tag).order_by("pk").values_list("pk", "image_id")[: CHUNK // 2])
    ImageTag.objects.bulk_create(
        [ImageTag(image_id=image, tag=into) for _key, image in rows], ignore_conflicts=True
    )
    ImageTag.objects.filter(pk__in=[key for key, _image in rows]).delete()
    images = [image for _key, image in rows]
    index.refresh(images)
    _touch(images)
    return _delete_if_unused(tag, "tag.merged", into=into.name)


@atomic_retry
def clear_some(tag: Tag) -> bool:
    """Do one step of deleting; returns whether there is more to do."""
    images = list(ImageTag.objects.filter(tag=tag).values_list("image_id", flat=True)[:CHUNK])
    ImageTag.objects.filter(tag=tag, image_id__in=images).delete()
    index.refresh(images)
    _touch(images)
    return _delete_if_unused(tag, "tag.deleted")


def _delete_if_unused(tag: Tag, action: str, **details: Any) -> bool:
    """Delete the tag where no image carries it any more, and note why. Returns whether there is more to do."""
    if ImageTag.objects.filter(tag=tag).exists():
        return True
    audit.note(action, tag, owner=tag.owner_id, name=tag.name, **details)
    Tag.objects.filter(pk=tag.pk).delete()
    return False
