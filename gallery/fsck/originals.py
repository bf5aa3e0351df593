"""Originals: each row's object is there with its size and bytes, and each object has a row."""

import hashlib
import uuid
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from gallery import marker, objectstore, removals, transitions
from gallery.fsck.findings import Kind, Report
from gallery.models import Image, Removal, Upload
from photosky.database import atomic_retry

PREFIXES = ("originals/", "incoming/")
CHUNK = removals.CHUNK


def check(report: Report, *, repair: bool, young: datetime) -> None:
    """Compare rows and objects in both directions; memory grows by some 60 bytes an object."""
    seen: set[int] = set()
    for prefix in PREFIXES:
        for chunk in _chunks(objectstore.list_objects(prefix)):
            seen.update(hash(found.key) for found in chunk)
            _sizes(report, chunk)
            _strangers(report, chunk, repair=repair, young=young)
    _missing(report, seen)
    for prefix in PREFIXES:
        _parts(report, prefix, repair=repair, young=young)


def check_bytes(report: Report, share: int, after: uuid.UUID | None) -> uuid.UUID | None:
    """Read 1/share of the originals, going on after the image where the last run ended; return where this one did."""
    if not share:
        return after
    wanted = -(-Image.objects.count() // share)
    images = Image.objects.order_by("id").only("original_key", "sha256", "bytes")
    chosen = list((images.filter(id__gt=after) if after else images)[:wanted])
    if len(chosen) < wanted:
        # Past the end: begin again, but read none twice.
        chosen += [image for image in images[: wanted - len(chosen)] if image not in chosen]
        chosen.sort(key=lambda image: (after is not None and image.pk <= after, image.pk))
    for image in chosen:
        _read(report, image)
    return chosen[-1].pk if chosen else after


def _read(report: Report, image: Image) -> None:
    digest = hashlib.sha256()
    try:
        for data in objectstore.stream(image.original_key):
            digest.update(data)
    except objectstore.NotFound:
        # Said already, unless the photo was deleted for good meanwhile.
        return
    except objectstore.Damaged as error:
        report.add(Kind.WRONG_CHECKSUM, image.original_key, str(error))
        return
    except objectstore.Unavailable:
        raise
    except objectstore.ObjectStoreError as error:
        report.add(Kind.UNREADABLE, image.original_key, str(error))
        return
    report.count("bytes_read", image.bytes)
    report.count("checksums")
    if digest.hexdigest() != image.sha256:
        report.add(
            Kind.WRONG_CHECKSUM,
            image.original_key,
            f"SHA-256 is {digest.hexdigest()}, at upload it was {image.sha256}",
        )


def _chunks(found: Iterator[objectstore.ListedObject]) -> Iterator[list[objectstore.ListedObject]]:
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def _sizes(report: Report, chunk: list[objectstore.ListedObject]) -> None:
    sizes = {found.key: found.size for found in chunk}
    rows = Image.objects.filter(original_key__in=list(sizes)).values_list("original_key", "bytes")
    for key, size in rows:
        if sizes[key] != size:
            report.add(Kind.WRONG_SIZE, key, f"{sizes[key]} bytes, at upload there were {size}")
    report.count("objects", len(chunk))


def _strangers(
    report: Report, chunk: list[objectstore.ListedObject], *, repair: bool, young: datetime
) -> None:
    """Find objects that no row knows. The young are left alone: their row may be about to be written."""
    old = [found for found in chunk if found.last_modified < young and found.key != marker.KEY]
    keys = [found.key for found in old]
    awaited = dict(Removal.objects.filter(key__in=keys).values_list("key", "not_before"))
    for not_before in awaited.values():
        note = "set_aside" if not_before is None else "awaiting_removal"
        report.notes[note] = report.notes.get(note, 0) + 1
    unknown = set(keys) - set(awaited) - removals.referenced(keys)
    mended = remove_unreferenced(sorted(unknown)) if repair else set()
    for found in old:
        if found.key in unknown:
            report.add(Kind.UNTRACKED, found.key, f"{found.size} bytes", repaired=found.key in mended)


@atomic_retry
def remove_unreferenced(keys: list[str]) -> set[str]:
    """Hand objects to the removals, which wait a grace and look again; what a row refers to by now stays.

    Originals are only set aside: a database that was restored from an older backup knows none of the photos since.
    """
    unneeded = set(keys) - removals.referenced(keys)
    kept = {key for key in unneeded if key.startswith("originals/")}
    transitions.remove_later(sorted(kept), Removal.Reason.UNTRACKED, after=None)
    transitions.remove_later(sorted(unneeded - kept), Removal.Reason.UNTRACKED)
    return unneeded


def _missing(report: Report, seen: set[int]) -> None:
    """Find rows without an object. What the list did not show is asked for by name: it may have come since."""
    for images in removals.in_steps(Image.objects.only("original_key", "filename")):
        report.count("images", len(images))
        for image in images:
            if hash(image.original_key) in seen or is_there(report, image.original_key):
                continue
            if Image.objects.filter(pk=image.pk).exists():
                report.add(Kind.MISSING, image.original_key, f"{image.filename}, image {image.pk}")


def is_there(report: Report, key: str) -> bool:
    """Ask for an object by name. One that the store refuses is a finding of its own: nobody can say that it is missing."""
    try:
        return objectstore.head(key) is not None
    except objectstore.Unavailable:
        raise
    except objectstore.ObjectStoreError as error:
        report.add(Kind.UNREADABLE, key, str(error))
        return True


def _parts(report: Report, prefix: str, *, repair: bool, young: datetime) -> None:
    """Find uploads in parts to which no row belongs any more."""
    for found in objectstore.multipart_list(prefix):
        if found.started >= young or _is_wanted(found):
            continue
        mended = repair and free(found)
        report.add(
            Kind.ABANDONED_PARTS, found.key, f"begun {found.started:%Y-%m-%d %H:%M} UTC", repaired=mended
        )


def _is_wanted(found: objectstore.MultipartUpload) -> bool:
    return Upload.objects.filter(
        key=found.key, multipart_id=found.upload_id, state=Upload.State.PENDING
    ).exists()


def free(found: objectstore.MultipartUpload) -> bool:
    """Let the parts of an upload go. Returns whether they are gone."""
    try:
        objectstore.multipart_abort(found.key, found.upload_id)
    except objectstore.ObjectStoreError as error:
        return error.code == "NoSuchUpload"
    return True
