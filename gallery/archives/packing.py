"""Packing: the worker writes a zip into the bucket in parts, over as many rounds as it takes, in bounded memory.

The standard library's zipfile writes to a stream that cannot be sought (stored, ZIP64 where needed); its parts go to
the store as they fill. At the end of a round what is needed to go on is put beside it: the entries so far, the parts,
and the bytes that make no part yet. A worker that dies goes on from the last round's end.
"""

import hashlib
import json
import logging
import mimetypes
import time
import uuid
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import access, imaging, jobs, objectstore
from gallery.archives.asking import STEP, unpacked_ids
from gallery.archives.copies import OFFERED as COPY_OFFERED
from gallery.archives.copies import copy_of, guest_name, made_key, stored_key
from gallery.models import Image, ImageQuerySet, Job, Removal, ShareLink, new_token
from gallery.transitions import remove_later

logger = logging.getLogger(__name__)

# How long a zip is offered, and when it is removed: well after the last address that was signed for it.
OFFERED = timedelta(hours=24)
KEPT = timedelta(hours=30)
PART_BYTES = 16 * 1024**2
# S3 takes 10,000 parts: those of a zip of terabytes are larger.
MOST_PARTS = 9000
REPORT_EVERY_S = 1.0
# Where a zip's time begins, and what is told of a photo whose date guests are not to know.
NO_DATE = (1980, 1, 1, 0, 0, 0)
UNSAFE = str.maketrans(dict.fromkeys('<>:"/\\|?*', "_"))


@dataclass(slots=True)
class Progress:
    """Where a zip stands between two rounds."""

    key: str
    upload_id: str
    part_bytes: int
    next: int = 0
    missing: int = 0
    offset: int = 0
    parts: list[tuple[int, str, str]] = field(default_factory=list)
    entries: list[tuple[str, int, int, int, int, list[int]]] = field(default_factory=list)
    rest: str = ""


class PartStream:
    """What zipfile writes to: knows its place, cannot be sought, and sends its bytes to the store in parts."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.rest = bytearray(b64decode(progress.rest))
        self.offset = progress.offset
        self.ended = False

    def write(self, data: bytes) -> int:
        """Take bytes; a whole part goes on its way."""
        if not self.ended:
            self.rest += data
            self.offset += len(data)
            while len(self.rest) >= self.progress.part_bytes:
                self._send(self.progress.part_bytes)
        return len(data)

    def tell(self) -> int:
        """Return how many bytes were written, those of earlier rounds included."""
        return self.offset

    def flush(self) -> None:
        """Do nothing: what makes no part yet has to wait."""

    def close(self) -> None:
        """Do nothing: the upload is ended by `finish` and `pause` alone."""

    def pause(self) -> None:
        """Take no more bytes; note in the progress what was sent and what is left."""
        self.ended = True
        if len(self.rest) >= objectstore.MIN_PART_BYTES:
            self._send(len(self.rest))
        self.progress.offset, self.progress.rest = self.offset, b64encode(self.rest).decode()

    def finish(self) -> None:
        """Send what is left as the last part."""
        self.ended = True
        if self.rest:
            self._send(len(self.rest))

    def _send(self, size: int) -> None:
        progress, data = self.progress, bytes(self.rest[:size])
        number, sha256 = len(progress.parts) + 1, hashlib.sha256(data).hexdigest()
        etag = objectstore.multipart_put(progress.key, progress.upload_id, number, data, sha256=sha256)
        progress.parts.append((len(data), etag, sha256))
        del self.rest[:size]


def pack(job: Job, round_: jobs.Round) -> dict[str, Any]:
    """Pack a zip, or a round's worth of it. Raises jobs.Unfinished, jobs.Failed."""
    link = _link(job)
    if job.payload.get("single"):
        return _single(job, link)
    if done := _packed_before(job):
        return done
    progress = _resumed(job) or _begun(job)
    stream = PartStream(progress)
    # A stream, not a context: leaving one would end the zip in the middle.
    archive = zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=True)
    archive.filelist.extend(_info(entry) for entry in progress.entries)
    try:
        _fill(job, round_, link, progress, archive, stream)
        if not archive.filelist:
            raise jobs.Failed(_("None of these photos is there any more."))
        archive.close()
        stream.finish()
    finally:
        # An archive that is let go writes its end, which then goes nowhere.
        stream.ended = True
    return _completed(job, round_, progress, len(archive.filelist), stream.offset)


def _single(job: Job, link: ShareLink | None) -> dict[str, Any]:
    """Make the copy of one photo, which is given as it is."""
    [(_place, image)] = _images(job, link, unpacked_ids(job.payload["images"]), 0)
    try:
        key = made_key(image) if image else ""
        head = objectstore.head(key) if key else None
    except objectstore.NotFound:
        head = None
    if head is None:
        raise jobs.Failed(_("None of these photos is there any more."))
    until = timezone.now() + COPY_OFFERED
    return {"key": key, "bytes": head.size, "count": 1, "missing": 0, "until": until.isoformat()}


def _fill(
    job: Job,
    round_: jobs.Round,
    link: ShareLink | None,
    progress: Progress,
    archive: zipfile.ZipFile,
    stream: PartStream,
) -> None:
    """Write one entry after another, until all are written or the round is over."""
    keys, reported = unpacked_ids(job.payload["images"]), 0.0
    names = {info.filename.casefold() for info in archive.filelist}
    for place, image in _images(job, link, keys, progress.next):
        if round_.is_over and place > progress.next:
            _pause(job, archive, stream, progress, place)
        own = image is not None and image.owner_id == job.owner_id
        originals = job.payload["originals"] and own
        if image is None or not _add(archive, names, image, place + 1, originals=originals):
            progress.missing += 1
        if time.monotonic() > reported + REPORT_EVERY_S:
            reported = time.monotonic()
            round_.report(place + 1, len(keys))


def _link(job: Job) -> ShareLink | None:
    """Return the link whose guests asked. Raises jobs.Failed where it opens nothing any more."""
    if not job.payload["link"]:
        return None
    open_links = ShareLink.objects.open_at(timezone.now()).filter(owner__is_active=True)
    open_links = open_links.select_related("owner", "album", "image")
    link = open_links.filter(pk=uuid.UUID(job.payload["link"])).first()
    if link is None:
        raise jobs.Failed(_("The link that this was asked for has ended."))
    return link


def _begun(job: Job) -> Progress:
    key = f"exports/{new_token()}.zip"
    upload_id = objectstore.multipart_start(key, "application/zip")
    return Progress(key, upload_id, max(PART_BYTES, -(-job.payload["bytes"] // MOST_PARTS)))


def _resumed(job: Job) -> Progress | None:
    if not job.payload.get("progress"):
        return None
    saved = json.loads(objectstore.read(job.payload["progress"], max_bytes=64 * 1024**2))
    return Progress(**saved)


def _pause(job: Job, archive: zipfile.ZipFile, stream: PartStream, progress: Progress, place: int) -> None:
    stream.pause()
    progress.next = place
    progress.entries = [
        (
            info.filename,
            info.CRC,
            info.file_size,
            info.header_offset,
            info.flag_bits,
            list(info.date_time),
        )
        for info in archive.filelist
    ]
    key = f"exports/{new_token()}.json"
    remove_later([key], Removal.Reason.EXPORT, after=KEPT)
    data = json.dumps(asdict(progress)).encode()
    objectstore.put(key, data, content_type="application/json", if_absent=True)
    raise jobs.Unfinished({**job.payload, "progress": key})


def _info(entry: tuple[str, int, int, int, int, list[int]]) -> zipfile.ZipInfo:
    name, crc, size, offset, flags, date = entry
    year, month, day, hour, minute, second = date
    info = zipfile.ZipInfo(name, (year, month, day, hour, minute, second))
    info.CRC, info.file_size, info.compress_size = crc, size, size
    info.header_offset, info.flag_bits = offset, flags
    info.external_attr = 0o600 << 16
    return info


def _images(
    job: Job, link: ShareLink | None, keys: list[uuid.UUID], start: int
) -> Iterator[tuple[int, Image | None]]:
    """Yield each photo with its place; None for one that may not be seen any more."""
    visible: ImageQuerySet = access.images_visible_to(job.owner)
    if link is not None:
        visible = access.images_opened_by(link)
    for at in range(start, len(keys), STEP):
        step = keys[at : at + STEP]
        found = visible.order_by().defer("metadata").in_bulk(step)
        for place, key in enumerate(step, start=at):
            yield place, found.get(key)


def _add(archive: zipfile.ZipFile, names: set[str], image: Image, number: int, *, originals: bool) -> bool:
    """Write one photo as a file of its own; return False where its bytes are gone."""
    try:
        if not originals:
            return _add_copy(archive, names, image, number)
        chunks = objectstore.stream(image.original_key)
    except objectstore.NotFound:
        return False
    moment = image.taken_local
    date = NO_DATE if not 1980 <= moment.year <= 2107 else tuple(moment.timetuple())[:6]
    info = zipfile.ZipInfo(_unique(_with_ending(image), names), date)  # type: ignore[arg-type]
    _write(archive, info, image.bytes, chunks)
    return True


def _add_copy(archive: zipfile.ZipFile, names: set[str], image: Image, number: int) -> bool:
    """Write one photo's copy; return False where none can be made, raise objectstore.NotFound where its bytes are gone."""
    if key := stored_key(image):
        if (head := objectstore.head(key)) is None:
            return False
        info = zipfile.ZipInfo(_unique(guest_name(number, key.rpartition(".")[2]), names), NO_DATE)
        _write(archive, info, head.size, objectstore.stream(key))
        return True
    try:
        copy = copy_of(image)
    except (objectstore.ObjectStoreError, imaging.Unavailable):
        raise
    except Exception:
        # One photo that nobody foresaw costs the zip that photo, not all others.
        logger.exception("photo left out of a zip image=%s", image.pk)
        return False
    name = _unique(guest_name(number, copy.extension), names)
    archive.writestr(zipfile.ZipInfo(name, NO_DATE), copy.data)
    return True


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, chunks: Iterable[bytes]) -> None:
    # Tells zipfile whether the entry needs ZIP64: its size stands behind it.
    info.file_size = size
    with archive.open(info, "w") as entry:
        for chunk in chunks:
            entry.write(chunk)


def _with_ending(image: Image) -> str:
    """Return the file's name; what a form brought has none that tells its kind."""
    if PurePosixPath(image.filename).suffix:
        return image.filename
    return image.filename + (mimetypes.guess_extension(image.content_type) or "")


def _unique(filename: str, names: set[str]) -> str:
    """Return a name that every system can unpack and that no other entry has, whatever the case of its letters."""
    safe = "".join(c for c in filename if c.isprintable()).translate(UNSAFE).strip(" .") or "photo"
    path = PurePosixPath(safe)
    name, number = safe, 1
    while name.casefold() in names:
        number += 1
        name = f"{path.stem} ({number}){path.suffix}"
    names.add(name.casefold())
    return name


def _packed_before(job: Job) -> dict[str, Any] | None:
    """Return what came of the job where a worker completed the zip and died before it could say so."""
    packed: dict[str, Any] | None = job.payload.get("packed")
    return packed if packed and objectstore.head(packed["key"]) else None


def _completed(job: Job, round_: jobs.Round, progress: Progress, count: int, size: int) -> dict[str, Any]:
    # Before the object, so that nothing stays for ever that a crash leaves behind.
    remove_later([progress.key], Removal.Reason.EXPORT, after=KEPT)
    parts = [
        objectstore.Part(number, size, etag, sha256)
        for number, (size, etag, sha256) in enumerate(progress.parts, start=1)
    ]
    packed = {
        "key": progress.key,
        "bytes": size,
        "count": count,
        "missing": progress.missing,
        "until": (timezone.now() + OFFERED).isoformat(),
    }
    # Once it is complete its parts cannot be sent again: whoever comes after a crash takes it as it is.
    round_.note({**job.payload, "packed": packed})
    with suppress(objectstore.AlreadyExists):
        objectstore.multipart_complete(progress.key, progress.upload_id, parts)
    return packed
