"""Photos on this computer's disk: found, hashed, and read again to be sent, as long as they stay what they were."""

import hashlib
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from photosky_cli.errors import Failed, Stopped, UsageError

# What galleries take, by the ending of the name; a file that is named itself is offered whatever its ending.
ENDINGS = frozenset(
    {
        ".jpg", ".jpeg", ".jpe", ".png", ".webp", ".gif", ".tif", ".tiff", ".heic", ".heif", ".hif", ".avif",
        ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".mp4", ".m4v", ".mov", ".qt",
    }
)  # fmt: skip
# Large enough for a fast line, small enough that what the kernel does not take at once is cheap to keep.
CHUNK_BYTES = 128 * 1024


@dataclass(slots=True, eq=False)
class Photo:
    """One file as it was when it was found.

    `sha256` is hexadecimal, empty until the file was read. `counted` is how many of its bytes the progress shows.
    """

    path: Path
    size: int
    mtime_ns: int
    sha256: str = ""
    counted: int = 0

    @property
    def name(self) -> str:
        """The file's name as text; a name in another encoding is shown as well as can be."""
        return self.path.name.encode("utf-8", "replace").decode()

    @property
    def modified_at(self) -> str | None:
        """When the file was last changed, as ISO 8601 in UTC; None where its clock was not set."""
        try:
            return datetime.fromtimestamp(self.mtime_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (OverflowError, ValueError):
            return None

    def hash(self) -> None:
        """Read the file once and keep its checksum. Raises Failed."""
        with self._open() as file:
            self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            self._check(file)

    def read(self, stop: threading.Event, start: int, size: int) -> Iterator[bytes]:
        """Yield exactly `size` bytes from `start` on. Raises Failed, Stopped."""
        with self._open() as file:
            file.seek(start)
            while size:
                if stop.is_set():
                    raise Stopped
                chunk = file.read(min(CHUNK_BYTES, size))
                if not chunk:
                    raise _changed(self.path)
                size -= len(chunk)
                yield chunk

    def _open(self) -> FileIO:
        try:
            file = FileIO(self.path)
        except OSError as error:
            raise unreadable(self.path, error) from error
        try:
            self._check(file)
        except Failed:
            file.close()
            raise
        return file

    def _check(self, file: FileIO) -> None:
        now = os.fstat(file.fileno())
        if (now.st_size, now.st_mtime_ns) != (self.size, self.mtime_ns):
            raise _changed(self.path)


@dataclass(slots=True)
class Found:
    """What lies under the given paths: photos in order, other files counted, and what could not be looked at."""

    photos: list[Photo] = field(default_factory=list)
    ignored: int = 0
    unreadable: list[tuple[Path, Failed]] = field(default_factory=list)


def find(paths: list[Path]) -> Found:
    """List the photos under the paths, each once. Raises UsageError for a path that leads nowhere."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path} does not exist. Nothing was uploaded.")
    found, seen = Found(), set[tuple[int, int]]()
    for path in paths:
        for file in _files(path, found):
            _take(file, found, seen)
    return found


def unreadable(path: Path, error: OSError) -> Failed:
    """Say why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return Failed("vanished", f"{path.name} vanished: it was there when the upload began.")
    return Failed("unreadable", f"{path.name} cannot be read: {error.strerror or error}.")


def _files(path: Path, found: Found) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def report(error: OSError) -> None:
        folder = Path(str(error.filename or path))
        found.unreadable.append(
            (folder, Failed("unreadable", f"This folder cannot be read: {error.strerror}."))
        )

    for folder, names, files in os.walk(path, onerror=report):
        # Folders of programs (.git, @eaDir) hold thumbnails and other things that nobody took a picture of.
        names[:] = sorted(name for name in names if not name.startswith((".", "@")))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in ENDINGS:
                yield Path(folder, name)
            else:
                found.ignored += 1


def _take(path: Path, found: Found, seen: set[tuple[int, int]]) -> None:
    try:
        known = path.stat()
    except OSError as error:
        found.unreadable.append((path, unreadable(path, error)))
        return
    # A pipe or a device would keep the run waiting; the same file under two names is one photo.
    if not stat.S_ISREG(known.st_mode):
        found.ignored += 1
    elif (known.st_dev, known.st_ino) not in seen:
        seen.add((known.st_dev, known.st_ino))
        found.photos.append(Photo(path, known.st_size, known.st_mtime_ns))


def _changed(path: Path) -> Failed:
    return Failed("changed", f"{path.name} was changed while it was read: run the command again.")
