"""Announcing files: which are taken, which are there already, which are refused, and how each is to be sent."""

import mimetypes
import unicodedata
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Literal

from django.conf import settings
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext

from gallery import imaging, objectstore, transitions
from gallery.crashpoints import crash_point
from gallery.errors import (
    FileTooLarge,
    GalleryError,
    InvalidUpload,
    UnsupportedType,
)
from gallery.models import Album, Image, Upload, User, new_token
from gallery.search import index
from photosky.database import atomic_retry

MAX_FILES = 100
# For programmers alone: no page announces a file so.
SHA256_WORDS = "sha256 must be the file's SHA-256 as 64 lower-case hexadecimal digits."
# Long enough for a large file on a slow line to begin; S3 checks the time when the request starts.
SIGNED_FOR_S = 3600
# When the store is asked by itself whether the bytes came, of an upload that its client did not finish.
LOOK_AFTER = timedelta(minutes=15)
# What is larger goes in parts, of which S3 takes 10,000: here their number stays small enough for one row.
MULTIPART_BYTES = 25 * 1024**2
PART_BYTES = 8 * 1024**2
MOST_PARTS = 1000
HEX = frozenset("0123456789abcdef")

# What libmagic-less systems do not know of, by extension.
for _extension, _format in imaging.EXTENSIONS.items():
    mimetypes.add_type(_format.content_type, f".{_extension}")
_TYPES = frozenset(fmt.content_type for fmt in imaging.Format)
# What browsers and libraries call files of these formats instead.
_OTHER_NAMES = {
    "image/heif": "image/heic",
    "image/jpg": "image/jpeg",
    "image/dng": "image/x-adobe-dng",
    "video/x-m4v": "video/mp4",
    "video/3gpp": "video/mp4",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file as its owner announces it: name, size in bytes, SHA-256 in hexadecimal, type as the browser guessed it."""

    filename: str
    bytes: int
    sha256: str
    content_type: str = ""
    modified_at: datetime | None = None


@dataclass(slots=True)
class Started:
    """The answer to one announced file: send it, have it already (`image`), or why it is refused.

    To be sent it is by `request`; without one in parts of `upload.part_bytes`, which sign_parts signs.
    """

    status: Literal["upload", "exists", "refused"]
    upload: Upload | None = None
    request: objectstore.SignedRequest | None = None
    image: Image | None = None
    error: GalleryError | None = None


@dataclass(slots=True)
class _Batch:
    owner: User
    album: Album | None
    answers: list[Started | None]
    wanted: dict[str, tuple[int, File, str]] = field(default_factory=dict)


def start(owner: User, files: Sequence[File], album: Album | None = None) -> list[Started]:
    """Announce up to MAX_FILES files and get one answer for each, in order.

    What the library has already is not sent again, only put into the album. Repeating the call is harmless: an
    upload that is under way is signed anew. Raises InvalidUpload for a batch that is empty or too long.
    """
    if not 0 < len(files) <= MAX_FILES:
        raise InvalidUpload(
            gettext("%(count)s files were announced: announce between 1 and %(most)s at a time.")
            % {"count": len(files), "most": MAX_FILES}
        )
    batch = _Batch(owner, album, [None] * len(files))
    for place, file in enumerate(files):
        try:
            content_type = _checked(file)
        except GalleryError as error:
            batch.answers[place] = Started("refused", error=error)
            continue
        if file.sha256 in batch.wanted:
            batch.answers[place] = Started("exists")
        else:
            batch.wanted[file.sha256] = (place, file, content_type)
    _answer_known(batch)
    rows = _rows(batch)
    crash_point("start.recorded")
    for sha256, (place, file, _) in batch.wanted.items():
        batch.answers[place] = _answer(rows[sha256], file)
    return [answer for answer in batch.answers if answer is not None]


def start_form(
    owner: User, redirect: Callable[[uuid.UUID], str], album: Album | None = None
) -> tuple[Upload, objectstore.SignedForm]:
    """Announce one file that a browser without JavaScript will post; name and checksum become known later.

    `redirect` tells for the upload's id where the store sends the browser afterwards. The id belongs into the path of
    that address: the store fills its query.
    """
    largest = _largest(owner)
    upload = Upload(
        owner=owner,
        filename="photo",
        content_type="application/octet-stream",
        bytes=0,
        album=album,
        lease_until=timezone.now() + LOOK_AFTER,
    )
    upload.key = f"incoming/{owner.pk.hex}/{upload.pk.hex}-{new_token()}"
    upload.save(force_insert=True)
    form = objectstore.presign_post(
        upload.key,
        content_type="",
        max_bytes=largest,
        expires_s=SIGNED_FOR_S,
        redirect=redirect(upload.pk),
    )
    return upload, form


def _checked(file: File) -> str:
    """Return the type under which the file will be kept; raise where the announcement cannot be right."""
    name = {"name": file.filename or gettext("(without a name)")}
    if not clean_name(file.filename):
        raise InvalidUpload(gettext("A file was announced without a name: give its name."))
    if file.bytes < 1:
        raise InvalidUpload(gettext("%(name)s is empty: choose a file that holds a photo.") % name)
    if file.bytes > settings.MAX_UPLOAD_BYTES:
        sizes = {"size": f"{file.bytes / 1024**2:.0f}", "limit": settings.MAX_UPLOAD_BYTES // 1024**2}
        raise FileTooLarge(
            gettext("%(name)s is too large: %(size)s MB, the limit is %(limit)s MB.") % (name | sizes)
        )
    if len(file.sha256) != 64 or not HEX.issuperset(file.sha256):
        raise InvalidUpload(f"{file.filename}: {SHA256_WORDS}")
    content_type = photo_type(file.filename, file.content_type)
    if content_type:
        return content_type
    words = gettext("%(name)s is not a kind of photo or video that can be kept here: %(kinds)s.")
    raise UnsupportedType(words % (name | {"kinds": gettext(imaging.TAKEN)}))


def photo_type(filename: str, content_type: str = "") -> str:
    """Return the media type that name and claimed type suggest; nothing where it is no photograph's."""
    named, claimed = _named_type(filename), content_type.lower()
    # By their first bytes most raw files are TIFF, and some systems say so: then the name knows better.
    if claimed == imaging.Format.TIFF.content_type and named:
        return named
    claimed = _OTHER_NAMES.get(claimed, claimed)
    return claimed if claimed in _TYPES else named


def _named_type(filename: str) -> str:
    guess = mimetypes.guess_type(filename.lower())[0] or ""
    return guess if guess in _TYPES else ""


def clean_name(filename: str) -> str:
    """Return a file name that is safe to show and to offer for download: no folders, no control characters."""
    name = PurePosixPath(unicodedata.normalize("NFC", filename).replace("\\", "/")).name
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C").strip()[:255]
    return "" if name in {".", ".."} else name


def _answer_known(batch: _Batch) -> None:
    """Answer for what the library has already, the bin included."""
    known = Image.objects.owned_by(batch.owner).filter(sha256__in=list(batch.wanted))
    inside, held = [], []
    for image in known:
        place, _, _ = batch.wanted.pop(image.sha256)
        batch.answers[place] = Started("exists", image=image)
        inside.append(image.pk)
        if image.held_at:
            held.append(image.pk)
    if held:
        _show(held)
    if batch.album is not None and inside:
        _put_into(batch.album, inside, batch.owner)


@atomic_retry
def _show(image_ids: Sequence[uuid.UUID]) -> None:
    """Show what guests brought before: its owner is told that the library has it, and may let go of their own copy."""
    now = timezone.now()
    held = Image.objects.filter(pk__in=image_ids).exclude(held_at=None)
    held.update(held_at=None, created_at=now, updated_at=now)
    index.refresh(image_ids)


@atomic_retry
def _put_into(album: Album, image_ids: Sequence[uuid.UUID], owner: User) -> None:
    album.add(image_ids, by=owner)
    # The album's title is a word by which its photos are found.
    index.refresh(image_ids)


def _rows(batch: _Batch) -> dict[str, Upload]:
    """Return one upload row for each wanted checksum; made here, by an earlier call, or by a simultaneous one."""
    if not batch.wanted:
        return {}
    room = room_of(batch.owner, batch.wanted)
    fresh = []
    for sha256, (place, file, content_type) in list(batch.wanted.items()):
        if room is not None and file.bytes > room:
            batch.answers[place] = Started("refused", error=transitions.no_space(batch.owner, file.bytes))
            del batch.wanted[sha256]
            continue
        room = room - file.bytes if room is not None else None
        fresh.append(_new_row(batch, file, content_type))
    return _insert(batch, fresh)


@atomic_retry
def _insert(batch: _Batch, fresh: list[Upload]) -> dict[str, Upload]:
    mine = Upload.objects.filter(owner=batch.owner, sha256__in=list(batch.wanted))
    state, now = Upload.State, timezone.now()
    again = {"state": state.PENDING, "code": "", "reason": ""}
    # A refused file that is offered again is looked at again; its bytes may stand in the store already.
    mine.filter(state=state.REJECTED).update(**again)
    for row in mine.filter(state=state.READY, image=None):
        # The photo was deleted for good and comes back. Its bytes may be about to be removed: never the same key.
        key = transitions.fresh_key(row, row.key.rpartition(".")[2])
        mine.filter(pk=row.pk).update(key=key, rendition_token=new_token(), **again)
    Upload.objects.bulk_create(fresh, ignore_conflicts=True)
    for row in mine.filter(state=state.PENDING, multipart_id=None):
        # The checksum decides which file it is: the latest word on its size counts.
        size = batch.wanted[row.sha256 or ""][1].bytes
        if (row.bytes, row.part_bytes) != (size, _part_bytes(size)):
            mine.filter(pk=row.pk).update(bytes=size, part_bytes=_part_bytes(size))
    # Signed anew, so it is not stale, and the store need not be asked soon.
    mine.filter(state=state.PENDING).update(updated_at=now, lease_until=now + LOOK_AFTER)
    if batch.album is not None:
        mine.exclude(state=state.READY).update(album=batch.album)
    return {row.sha256: row for row in mine.select_related("image") if row.sha256}


def _new_row(batch: _Batch, file: File, content_type: str) -> Upload:
    row = Upload(
        owner=batch.owner,
        filename=clean_name(file.filename),
        content_type=content_type,
        bytes=file.bytes,
        part_bytes=_part_bytes(file.bytes),
        sha256=file.sha256,
        album=batch.album,
        file_modified_at=file.modified_at,
    )
    kind = imaging.Format.of_type(content_type)
    row.key = transitions.fresh_key(row, kind.extension if kind else "bin")
    return row


def _part_bytes(size: int) -> int | None:
    """Return the size of the parts in whole MiB, None for a file that goes in one request."""
    if size <= MULTIPART_BYTES:
        return None
    mib = 1024**2
    return max(PART_BYTES, -(-size // MOST_PARTS // mib) * mib)


def _answer(row: Upload, file: File) -> Started:
    if row.image is not None:
        return Started("exists", upload=row, image=row.image)
    if row.state == Upload.State.PROCESSING:
        return Started("exists", upload=row)
    if row.part_bytes:
        return Started("upload", upload=row)
    request = objectstore.presign_put(
        row.key,
        size=file.bytes,
        sha256_hex=file.sha256,
        content_type=row.content_type,
        expires_s=SIGNED_FOR_S,
    )
    return Started("upload", upload=row, request=request)


def room_of(owner: User, known: Collection[str] = ()) -> int | None:
    """Return the bytes that are left to the owner, None for no limit.

    Signed requests may be used at any time, so what is announced counts; the checksums in `known` are asked about anew.
    """
    if not owner.quota:
        return None
    used = User.objects.values_list("used_bytes", flat=True).get(pk=owner.pk)
    return owner.quota - used - _awaited(owner, known)


def _awaited(owner: User, known: Collection[str]) -> int:
    """Return the bytes of the owner's uploads that may arrive yet."""
    pending = Upload.objects.filter(owner=owner, state=Upload.State.PENDING)
    # A row without a checksum, of a form, must not fall out by comparison with NULL.
    others = pending.filter(Q(sha256=None) | ~Q(sha256__in=list(known))) if known else pending
    return int(others.aggregate(sum=Sum("bytes"))["sum"] or 0)


def _largest(owner: User) -> int:
    """Return how large a form's file may be; raise where nothing fits."""
    left = room_of(owner)
    if left is None:
        return settings.MAX_UPLOAD_BYTES
    if left < 1:
        raise transitions.no_space(owner, 1)
    return min(left, settings.MAX_UPLOAD_BYTES)
