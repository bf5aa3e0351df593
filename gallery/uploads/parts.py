"""Uploads in parts: large files are sent piece by piece, each signed with its own checksum, and can be taken up again."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from gallery import arrivals, objectstore
from gallery.crashpoints import crash_point
from gallery.errors import InvalidUpload
from gallery.models import Upload
from gallery.uploads.announcing import HEX, LOOK_AFTER, SIGNED_FOR_S
from photosky.database import atomic_retry

MAX_SIGNED_PARTS = 100


@dataclass(frozen=True, slots=True)
class SignedPart:
    """The request that sends one part; S3 refuses any other bytes."""

    number: int
    bytes: int
    request: objectstore.SignedRequest


@dataclass(frozen=True, slots=True)
class Arrived:
    """What of an upload stands in the store. `whole`: all of it, nothing need be sent, finish it."""

    part_bytes: int
    part_count: int
    parts: list[objectstore.Part]
    whole: bool


def sign_parts(upload: Upload, sha256s: Mapping[int, str]) -> list[SignedPart]:
    """Sign the sending of parts, given as number (from 1) to SHA-256 in hexadecimal; up to MAX_SIGNED_PARTS at a time.

    Repeating it signs anew. Raises InvalidUpload for an upload that takes no parts (any more), a number that it does
    not have, and a checksum other than the one signed before: then the file has changed.
    """
    arrivals.reread(upload)
    _check(upload, sha256s)
    if not upload.multipart_id:
        _open(upload)
    _record(upload, {str(number): sha256 for number, sha256 in sha256s.items()})
    crash_point("parts.recorded")
    numbers = sorted(sha256s)
    requests = objectstore.multipart_sign(
        upload.key,
        upload.multipart_id or "",
        [(number, arrivals.part_size(upload, number), sha256s[number]) for number in numbers],
        expires_s=SIGNED_FOR_S,
    )
    return [
        SignedPart(number, arrivals.part_size(upload, number), request)
        for number, request in zip(numbers, requests, strict=True)
    ]


def list_parts(upload: Upload) -> Arrived:
    """Return what has arrived, so that an upload that was broken off sends only the rest."""
    whole = upload.state != Upload.State.PENDING or objectstore.head(upload.key) is not None
    parts = [] if whole else arrivals.parts_of(upload)
    return Arrived(upload.part_bytes or 0, arrivals.part_count(upload), parts, whole)


def _check(upload: Upload, sha256s: Mapping[int, str]) -> None:
    if upload.state != Upload.State.PENDING or not upload.part_bytes:
        raise InvalidUpload(f"{upload.filename} takes no parts: ask for the state of the upload.")
    if not 0 < len(sha256s) <= MAX_SIGNED_PARTS:
        raise InvalidUpload(
            f"{len(sha256s)} parts are to be signed: name between 1 and {MAX_SIGNED_PARTS} at a time."
        )
    count = arrivals.part_count(upload)
    for number, sha256 in sha256s.items():
        if not 1 <= number <= count:
            raise InvalidUpload(f"{upload.filename} has no part {number}: it has parts 1 to {count}.")
        if len(sha256) != 64 or not HEX.issuperset(sha256):
            raise InvalidUpload(
                f"Part {number} of {upload.filename}: sha256 must be the part's SHA-256 as 64 lower-case hexadecimal digits."
            )


def _open(upload: Upload) -> None:
    """Begin the upload in parts at the store, once: of two simultaneous calls the later gives its own up."""
    opened = objectstore.multipart_start(upload.key, upload.content_type)
    crash_point("parts.opened")
    mine = Upload.objects.filter(pk=upload.pk, state=Upload.State.PENDING, multipart_id=None)
    if not mine.update(multipart_id=opened):
        objectstore.multipart_abort(upload.key, opened)
    arrivals.reread(upload)
    _still_open(upload)


@atomic_retry
def _record(upload: Upload, signed: Mapping[str, str]) -> None:
    """Keep what is signed: joining the parts takes their checksums, and not every store tells them again."""
    row = Upload(pk=upload.pk, filename=upload.filename)
    arrivals.reread(row)
    _still_open(row)
    parts: dict[str, str] = row.parts or {}
    for number, sha256 in signed.items():
        if parts.get(number, sha256) != sha256:
            raise InvalidUpload(
                f"Part {number} of {row.filename} had another checksum before: the file has changed. Give this upload up "
                "and start again."
            )
    now = timezone.now()
    Upload.objects.filter(pk=row.pk).update(
        parts={**parts, **signed}, updated_at=now, lease_until=now + LOOK_AFTER
    )


def _still_open(upload: Upload) -> None:
    if upload.state != Upload.State.PENDING or not upload.multipart_id:
        raise InvalidUpload(f"{upload.filename} takes no parts any more: ask for the state of the upload.")
