"""Whether the configured bucket is the one this library lives in: an object in it carries the library's id.

A database beside another bucket (a typing error, an empty copy, a restored backup) would make every photo "missing" and
every object "untracked": nothing that deletes or reports runs before `verify` has passed.
"""

import json
import uuid

from gallery import objectstore
from gallery.errors import GalleryError
from gallery.models import Image, Library, Removal, Upload
from photosky.database import atomic_retry

KEY = "originals/library.json"
MAX_BYTES = 10_000
SAMPLE = 20


class WrongBucket(GalleryError):
    """The bucket is not this library's, or cannot be told to be."""

    code = "wrong_bucket"
    status = 409


def verify() -> uuid.UUID:
    """Return the library's id if the bucket carries it; on first use give both one. Raises WrongBucket otherwise."""
    library, marked = Library.objects.order_by("id").first(), _read()
    if library is not None and marked == library.pk:
        return library.pk
    if marked is not None:
        raise WrongBucket(
            f"The bucket belongs to library {marked}, this database to {library.pk if library else 'none yet'}: set "
            "PHOTOSKY_BUCKET to the right bucket, or run `manage.py fsck --adopt` if this database replaces the other."
        )
    if library is not None or not _is_plausible():
        raise WrongBucket(
            "The bucket carries no sign of this library: it is another one, or empty. Set PHOTOSKY_BUCKET to the right "
            "bucket, or run `manage.py fsck --adopt` if the photos were moved to this one."
        )
    return adopt()


def contradicts() -> bool:
    """Say whether the bucket is known not to be this library's, so that what it lacks is not lost."""
    library = Library.objects.order_by("id").first()
    return library is not None and _read() != library.pk


def adopt() -> uuid.UUID:
    """Make bucket and database one library, whatever either said before: the bucket's id wins."""
    marked = _read()
    library = _named(marked)
    if marked is None:
        data = json.dumps({"library": str(library)}).encode()
        try:
            objectstore.put(KEY, data, content_type="application/json", if_absent=True)
        except objectstore.AlreadyExists:
            # Another process was quicker.
            return adopt()
    return library


@atomic_retry
def _named(library_id: uuid.UUID | None) -> uuid.UUID:
    known = Library.objects.order_by("id").first()
    if library_id is None and known is not None:
        return known.pk
    Library.objects.all().delete()
    return Library.objects.create(**({"pk": library_id} if library_id else {})).pk


def _read() -> uuid.UUID | None:
    try:
        return uuid.UUID(json.loads(objectstore.read(KEY, max_bytes=MAX_BYTES))["library"])
    except objectstore.NotFound:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise WrongBucket(
            f"{KEY} in the bucket cannot be understood: restore an earlier version of it."
        ) from error


def _is_plausible() -> bool:
    """Say of a bucket without a marker whether it can be ours: it holds a photo of ours, or nobody's."""
    sample = list(Image.objects.order_by("-id").values_list("original_key", flat=True)[:SAMPLE])
    if sample:
        return any(objectstore.head(key) is not None for key in sample)
    stored = next(objectstore.list_objects("originals/"), None)
    return stored is None or any(
        rows.filter(key=stored.key).exists() for rows in (Upload.objects.all(), Removal.objects.all())
    )
