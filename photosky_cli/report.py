"""Telling people and programs how an upload goes: a bar while it runs, a line for each photo, the sums at the end."""

import json
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from photosky_cli.errors import Failed
from photosky_cli.photos import Found, Photo

Status = Literal["uploaded", "stored", "exists", "failed", "would_upload"]
WORDS: dict[Status, str] = {
    "uploaded": "uploaded",
    "stored": "stored and waiting to be processed",
    "would_upload": "to upload",
    "exists": "already there",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one photo; `page` is its address in the gallery where it has one already."""

    status: Status
    page: str = ""
    code: str = ""
    reason: str = ""


class Report:
    """Counts outcomes and prints them: failures at the end, or with `as_json` every photo on a line of its own."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.counts: Counter[Status] = Counter()
        self.bytes_sent = 0
        self.as_json = as_json
        self.quiet = quiet
        self._out, self._err = sys.stdout, sys.stderr
        self._failures: list[tuple[Path, Outcome]] = []
        self._lock = threading.Lock()
        self._bar: Any = None

    def begin(self, photos: int, size: int) -> None:
        """Show a bar where a person looks on."""
        if self.quiet or not self._err.isatty():
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._bar = Progress(
            TextColumn("{task.fields[done]}/{task.fields[photos]} photos"), BarColumn(), DownloadColumn(),
            TransferSpeedColumn(), TimeRemainingColumn(), console=Console(file=self._err),
        )  # fmt: skip
        self._bar.start()
        self._bar.add_task("upload", total=size, done=0, photos=photos)

    def advance(self, photo: Photo, size: int) -> None:
        """Count bytes of a photo as dealt with; less than none where they must be sent again."""
        with self._lock:
            photo.counted += size
            if self._bar is not None:
                self._bar.advance(0, size)

    def sent(self, size: int) -> None:
        """Count the bytes of a photo that the store has taken."""
        with self._lock:
            self.bytes_sent += size

    def settle(self, photo: Photo, outcome: Outcome) -> None:
        """Take note of what became of a photo."""
        self.advance(photo, photo.size - photo.counted)
        self.note(photo.path, outcome, photo)

    def note(self, path: Path, outcome: Outcome, photo: Photo | None = None) -> None:
        """Take note of what became of a file, which may not be readable enough to be a photo."""
        with self._lock:
            self.counts[outcome.status] += 1
            if outcome.status == "failed":
                self._failures.append((path, outcome))
            if self.as_json:
                self._print({"type": "photo", "path": _text(path), **_described(outcome, photo)})
            if self._bar is not None:
                self._bar.update(0, done=self.counts.total())

    def summarise(self, found: Found, error: str) -> None:
        """Print the sums, what failed, and the error that ended the run early."""
        self._end()
        left = len(found.photos) + len(found.unreadable) - self.counts.total()
        sums: dict[str, int] = {status: self.counts[status] for status in WORDS}
        if self.as_json:
            others = {"left": left, "ignored": found.ignored, "bytes_sent": self.bytes_sent, "error": error}
            self._print({"type": "summary", **sums, **others})
            return
        if not self.quiet:
            words = [
                f"{sums[status]} {WORDS[status]}" for status in WORDS if sums[status] or status == "failed"
            ]
            words += [f"{left} not dealt with"] if left else []
            words += [f"{found.ignored} other files left alone"] if found.ignored else []
            self._out.write(", ".join(words) + "\n")
        for path, outcome in sorted(self._failures, key=lambda failure: failure[0]):
            self._err.write(f"  {_text(path)}: {outcome.reason}\n")
        if error:
            self._err.write(f"photosky: {error}\n")

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _print(self, line: dict[str, Any]) -> None:
        self._out.write(json.dumps(line, ensure_ascii=True) + "\n")
        self._out.flush()


def failed(failure: Failed) -> Outcome:
    """Return the outcome of a photo that cannot be brought in."""
    return Outcome("failed", "", failure.code, failure.reason)


def _described(outcome: Outcome, photo: Photo | None) -> dict[str, Any]:
    return {
        "status": outcome.status,
        "bytes": photo.size if photo else None,
        "sha256": (photo.sha256 or None) if photo else None,
        "page": outcome.page or None,
        "code": outcome.code,
        "reason": outcome.reason,
    }


def _text(path: Path) -> str:
    """Return a path that can be printed, also where its name is in no known encoding."""
    return str(path).encode("utf-8", "replace").decode()
