"""Renditions: every image has all of its recipe, and none stand in the store that no image shows."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, islice

from gallery import imaging, objectstore, removals, renditions
from gallery.fsck.findings import Kind, Report
from gallery.fsck.originals import is_there, remove_unreferenced
from gallery.models import Image, Removal

CHUNK = removals.CHUNK
Group = tuple[str, list[objectstore.ListedObject]]


def check(report: Report, *, repair: bool, young: datetime) -> None:
    """Compare the renditions in the store with those that the images' rows name."""
    # Keys are listed in order, so all renditions under one token come together.
    listed = objectstore.list_objects("renditions/")
    groups = ((token, list(found)) for token, found in groupby(listed, key=_token))
    complete: set[int] = set()
    for chunk in _chunks(groups):
        complete |= _complete(chunk)
        _strangers(report, chunk, repair=repair, young=young)
        report.count("renditions", sum(len(found) for _, found in chunk))
    for images in removals.in_steps(Image.objects.all()):
        for image in images:
            _look_at(report, image, there=hash(image.rendition_token) in complete, repair=repair)


def _token(found: objectstore.ListedObject) -> str:
    name = renditions.parse(found.key)
    return name.token if name else ""


def _chunks(groups: Iterator[Group]) -> Iterator[list[Group]]:
    # Five renditions a token: a hundred tokens are about as many keys as one question may name.
    while chunk := list(islice(groups, CHUNK // 5)):
        yield chunk


def _complete(chunk: list[Group]) -> set[int]:
    """Return the hashes of the tokens under which everything stands that the image's row names."""
    images = {
        image.rendition_token: image
        for image in Image.objects.filter(rendition_token__in=[token for token, _ in chunk]).only(
            "rendition_token", "recipe"
        )
    }
    return {
        hash(token)
        for token, found in chunk
        if token in images and {one.key for one in found if one.size} >= set(renditions.keys(images[token]))
    }


def _strangers(report: Report, chunk: list[Group], *, repair: bool, young: datetime) -> None:
    old = [one for _, found in chunk for one in found if one.last_modified < young]
    keys = [one.key for one in old]
    awaited = set(Removal.objects.filter(key__in=keys).values_list("key", flat=True))
    unknown = set(keys) - awaited - removals.referenced(keys)
    mended = remove_unreferenced(sorted(unknown)) if repair else set()
    for key in sorted(unknown):
        report.add(Kind.UNTRACKED, key, "a rendition", repaired=key in mended)


def _look_at(report: Report, image: Image, *, there: bool, repair: bool) -> None:
    if image.recipe not in imaging.RECIPES:
        kind, detail = Kind.OUTDATED_RENDITIONS, f"recipe {image.recipe}, now {imaging.RECIPE}"
    elif there or not (absent := _absent(report, image)):
        return
    else:
        kind, detail = Kind.MISSING_RENDITIONS, ", ".join(absent)
    if not repair:
        report.add(kind, f"image {image.pk}", detail)
        return
    try:
        report.add(kind, f"image {image.pk}", detail, repaired=renditions.rebuild(image))
    except imaging.Refused as refusal:
        report.add(Kind.UNREADABLE, image.original_key, refusal.message)
    except (objectstore.NotFound, objectstore.TooLarge, renditions.Altered) as error:
        # The original itself is the finding; it is never touched here.
        report.add(kind, f"image {image.pk}", f"{detail}: {error}")
    except objectstore.Unavailable:
        raise
    except objectstore.ObjectStoreError as error:
        report.add(Kind.UNREADABLE, image.original_key, str(error))


def _absent(report: Report, image: Image) -> list[str]:
    """Ask by name for what the list did not show: it may have come since, or the image may be gone."""
    current = Image.objects.filter(pk=image.pk).first()
    if current is None:
        return []
    return [key for key in renditions.keys(current) if not is_there(report, key)]
