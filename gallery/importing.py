"""Files on this computer's disk into a library: found, announced, stored and processed like any upload."""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.db import connections

from gallery import albums, imaging, objectstore, tasks, uploads
from gallery.errors import GalleryError, InBin
from gallery.models import Album, Upload, User

logger = logging.getLogger(__name__)

# How long another worker may take over a file that this import has stored.
PATIENCE_S = 120


@dataclass(slots=True)
class Outcome:
    """The state of an import; `seen` counts every file that is done with."""

    imported: int = 0
    duplicates: int = 0
    ignored: int = 0
    bytes: int = 0
    failures: list[tuple[Path, str]] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def seen(self) -> int:
        """Files that are imported, known or failed."""
        return self.imported + self.duplicates + len(self.failures)

    @property
    def rate_mb_s(self) -> float:
        """Megabytes read per second since the start."""
        return self.bytes / 1e6 / max(time.monotonic() - self.started, 1e-3)


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of one file; a reason is a failure."""

    path: Path
    bytes: int = 0
    is_new: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to import, and the folders below the given path in which it lies."""

    path: Path
    folders: tuple[str, ...]


class Importer:
    """Imports files for one owner; a run can be stopped anywhere and repeated."""

    def __init__(self, owner: User, *, make_albums: bool = False, jobs: int = 1) -> None:
        self.owner = owner
        self.make_albums = make_albums
        self.jobs = jobs
        self.outcome = Outcome()
        self._albums: dict[tuple[str, ...], Album | None] = {}
        self._making = threading.Lock()

    def find(self, paths: Sequence[Path]) -> list[Found]:
        """List the photographs under the paths, in order. Other files are counted and left alone."""
        found: list[Found] = []
        for path in paths:
            if path.is_file():
                found.append(Found(path, ()))
                continue
            for folder, names, files in os.walk(path):
                names[:] = sorted(name for name in names if not name.startswith("."))
                inside = (path.resolve().name, *Path(folder).relative_to(path).parts)
                found += [
                    Found(Path(folder, name), inside)
                    for name in sorted(files)
                    if self._is_photo(folder, name)
                ]
        return found

    def _is_photo(self, folder: str, name: str) -> bool:
        """Take what claims to be a photograph by its name, or is one by its first bytes."""
        if not name.startswith(".") and (uploads.photo_type(name) or _looks_like_photo(Path(folder, name))):
            return True
        self.outcome.ignored += 1
        return False

    def run(self, files: Sequence[Found]) -> Iterator[Outcome]:
        """Import the files, yielding the outcome so far after each. Failures are collected, not raised."""
        waiting: set[Future[_Done]] = set()
        with ThreadPoolExecutor(self.jobs, thread_name_prefix="import") as pool:
            try:
                for file in files:
                    waiting.add(pool.submit(self._import, file))
                    if len(waiting) >= 2 * self.jobs:
                        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                        yield from self._settle(done)
                yield from self._settle(waiting)
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _settle(self, futures: set[Future["_Done"]]) -> Iterator[Outcome]:
        for future in futures:
            done = future.result()
            self.outcome.bytes += done.bytes
            if done.reason:
                self.outcome.failures.append((done.path, done.reason))
            elif done.is_new:
                self.outcome.imported += 1
            else:
                self.outcome.duplicates += 1
            yield self.outcome

    def _album(self, folders: tuple[str, ...]) -> Album | None:
        if not self.make_albums or not folders:
            return None
        # One thread at a time: two would make an album of the same folder each.
        with self._making:
            if folders not in self._albums:
                self._albums[folders] = albums.at_path(self.owner, [_readable(name) for name in folders])
            return self._albums[folders]

    def _import(self, file: Found) -> _Done:
        try:
            data = file.path.read_bytes()
            album = self._album(file.folders)
            return _Done(file.path, len(data), is_new=self._one(file.path, data, album))
        except (OSError, GalleryError, objectstore.ObjectStoreError) as error:
            return _Done(file.path, reason=str(error))
        except Exception as error:
            # One file must not end an import of thousands; the log has the trace.
            logger.exception("import failed file=%s", file.path)
            return _Done(file.path, reason=f"unexpected error: {error}")
        finally:
            connections.close_all()

    def _one(self, path: Path, data: bytes, album: Album | None) -> bool:
        modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return bring_in(self.owner, data, _readable(path.name), modified_at, album)


def bring_in(
    owner: User, data: bytes, filename: str, modified_at: datetime | None = None, album: Album | None = None
) -> bool:
    """Make a file a photo of the library, all the way; return False where the library had it.

    Raises GalleryError with the reason where it is refused; InBin where the library has it, but in its bin.
    """
    announced = uploads.File(
        filename, len(data), hashlib.sha256(data).hexdigest(), _type_of(data), modified_at=modified_at
    )
    answer = uploads.start(owner, [announced], album)[0]
    if answer.error is not None:
        raise answer.error
    if answer.image is not None and answer.image.binned_at:
        # Not "there already": whoever counts on that loses the photo when the bin is emptied.
        raise InBin
    if answer.image is not None or answer.upload is None:
        return False
    upload = answer.upload
    if answer.status == "upload":
        try:
            objectstore.put(
                upload.key,
                data,
                content_type=upload.content_type,
                if_absent=True,
                sha256=announced.sha256,
            )
        except objectstore.AlreadyExists:
            logger.info("original stands already upload=%s", upload.pk)
    uploads.finish(upload)
    _settled(upload)
    if upload.state == Upload.State.REJECTED:
        raise GalleryError(upload.reason)
    if upload.code == InBin.code:
        raise InBin
    return upload.code != "duplicate"


def _settled(upload: Upload) -> None:
    """Work on the upload, or wait for the worker that was quicker."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        tasks.process(upload.pk)
        upload.refresh_from_db()
        if upload.state in {Upload.State.READY, Upload.State.REJECTED}:
            return
        time.sleep(0.2)
    raise GalleryError("It is stored, but no worker has finished it yet. Run the command again later.")


def _readable(name: str) -> str:
    """Return a name that can be kept: what is no UTF-8 on the disk (PEP 383) becomes U+FFFD."""
    return os.fsencode(name).decode(errors="replace")


def _looks_like_photo(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return imaging.sniff(file.read(imaging.SNIFF_BYTES)) is not None
    except OSError:
        return False


def _type_of(data: bytes) -> str:
    kind = imaging.sniff(data[: imaging.SNIFF_BYTES])
    return kind.content_type if kind else ""
