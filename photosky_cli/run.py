"""One run: photos are hashed, announced in batches, sent side by side, finished, and awaited until they are ready.

Each stage is a thread or several, with short queues between them, so that memory does not grow with the photos.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from photosky_cli.errors import Failed, Stopped
from photosky_cli.gallery import BATCH, Gallery, Told
from photosky_cli.photos import Photo
from photosky_cli.report import Outcome, Report, failed
from photosky_cli.store import GrantExpired, Store

T = TypeVar("T")

# A small first batch, so that sending begins while the rest is hashed; and none so large that its signatures, which
# hold for an hour, grow old on a slow line.
FIRST_BATCH = 10
BATCH_BYTES = 512 * 1024**2
# Finished while others are sent, so that little is left to do after the last.
FINISH_AT, FINISH_EVERY_S = 50, 1.0
LOOK_EVERY_S = 0.2
POLL_FIRST_S, POLL_LONGEST_S = 0.3, 5.0
# Without any photo getting ready.
PROCESSING_PATIENCE_S = 600.0


class Pipe(Generic[T]):
    """A queue between two stages; None says that the stage before has ended."""

    def __init__(self, stop: threading.Event, length: int) -> None:
        self._stop = stop
        self._queue: queue.Queue[T | None] = queue.Queue(length)

    def put(self, item: T | None) -> None:
        """Hand an item on, waiting for room. Raises Stopped."""
        while not self._stop.is_set():
            try:
                return self._queue.put(item, timeout=LOOK_EVERY_S)
            except queue.Full:
                continue
        raise Stopped

    def get(self, until: float | None = None) -> T | None:
        """Return the next item, waiting for it. Raises Stopped, and queue.Empty after the moment `until`."""
        while not self._stop.is_set():
            wait_s = LOOK_EVERY_S if until is None else min(LOOK_EVERY_S, until - time.monotonic())
            try:
                return self._queue.get(timeout=max(wait_s, 0.001))
            except queue.Empty:
                if until is not None and time.monotonic() >= until:
                    raise
        raise Stopped

    def __iter__(self) -> Iterator[T]:
        while (item := self.get()) is not None:
            yield item


@dataclass(slots=True)
class Fates:
    """What became of which bytes, so that several files with the same bytes are sent once and share their fate."""

    report: Report
    _waiting: dict[str, list[Photo]] = field(default_factory=dict)
    _known: dict[str, Outcome] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_first(self, photo: Photo) -> bool:
        """Return whether these bytes are met for the first time; what comes later is settled with the first."""
        with self._lock:
            others = self._waiting.setdefault(photo.sha256, [])
            others.append(photo)
            known = self._known.get(photo.sha256)
        if known is not None:
            self.report.settle(photo, _as_twin(known))
        return len(others) == 1

    def settle(self, photo: Photo, outcome: Outcome) -> None:
        """Note what became of a photo and of all files with the same bytes."""
        with self._lock:
            if photo.sha256 in self._known:
                return
            self._known[photo.sha256] = outcome
            first, *others = self._waiting[photo.sha256]
        self.report.settle(first, outcome)
        for other in others:
            self.report.settle(other, _as_twin(outcome))


class Run:
    """Brings photos into a gallery; everything can be stopped at any moment and run again."""

    def __init__(
        self,
        gallery: Gallery,
        store: Store,
        report: Report,
        *,
        stop: threading.Event,
        jobs: int,
        album: str | None,
    ) -> None:
        self._gallery, self._store, self._report = gallery, store, report
        self._stop, self._jobs, self._album = stop, jobs, album
        self._fates = Fates(report)
        self._batches: Pipe[list[Photo]] = Pipe(stop, 1)
        self._grants: Pipe[tuple[Photo, Told]] = Pipe(stop, BATCH)
        self._sent: Pipe[tuple[Photo, str]] = Pipe(stop, 2 * BATCH)
        self._processing: dict[str, Photo] = {}
        self._error: BaseException | None = None

    def upload(self, photos: Sequence[Photo], *, wait: bool) -> None:
        """Bring the photos in and report each. Raises Stopped, and what nobody foresaw."""
        threads = [
            self._start(self._announce),
            *(self._start(self._send) for _ in range(self._jobs)),
            self._start(self._finish),
        ]
        try:
            self._hash(photos)
            for thread in threads:
                while thread.is_alive() and not self._stop.is_set():
                    thread.join(LOOK_EVERY_S)
            if self._error is None:
                self._await() if wait else self._leave()
        except Stopped:
            # Said by whichever stage met the cause.
            if self._error is None:
                raise
        finally:
            self._stop.set()
        if self._error is not None:
            raise self._error

    def _start(self, stage: Callable[[], None]) -> threading.Thread:
        def guarded() -> None:
            try:
                stage()
            except BaseException as error:  # noqa: BLE001  # it is raised again in the thread that waits
                if not self._stop.is_set():
                    self._error = error
                self._stop.set()

        # Not waited for when a person presses Ctrl-C: a store that hangs must not keep the terminal.
        thread = threading.Thread(target=guarded, name=stage.__name__, daemon=True)
        thread.start()
        return thread

    def _hash(self, photos: Sequence[Photo]) -> None:
        batch: list[Photo] = []
        size, longest = 0, FIRST_BATCH
        for photo in photos:
            if self._stop.is_set():
                raise Stopped
            try:
                photo.hash()
            except Failed as failure:
                self._report.settle(photo, failed(failure))
                continue
            if not self._fates.is_first(photo):
                continue
            batch.append(photo)
            size += photo.size
            if len(batch) >= longest or size >= BATCH_BYTES:
                self._batches.put(batch)
                batch, size, longest = [], 0, BATCH
        if batch:
            self._batches.put(batch)
        self._batches.put(None)

    def _announce(self) -> None:
        for batch in self._batches:
            try:
                told = self._gallery.announce(batch, self._album)
            except Failed as failure:
                for photo in batch:
                    self._fates.settle(photo, failed(failure))
                continue
            for photo, answer in zip(batch, told, strict=True):
                if self._is_to_send(photo, answer):
                    self._grants.put((photo, answer))
        for _ in range(self._jobs):
            self._grants.put(None)

    def _is_to_send(self, photo: Photo, told: Told) -> bool:
        """Note what is known after the announcement; return whether bytes are to be sent."""
        if told.state == "pending":
            return True
        if told.state == "refused":
            self._fates.settle(photo, Outcome("failed", "", told.code, told.reason))
        elif told.code == "in_bin":
            # Not "already there": what is in the bin is deleted some day.
            self._fates.settle(photo, Outcome("failed", told.page, told.code, told.reason))
        elif told.page or not told.upload:
            self._fates.settle(photo, Outcome("exists", told.page, told.code))
        else:
            self._processing[told.upload] = photo
        return False

    def _send(self) -> None:
        for photo, told in self._grants:
            try:
                upload = self._deliver(photo, told)
            except Failed as failure:
                self._fates.settle(photo, failed(failure))
            else:
                if upload:
                    self._sent.put((photo, upload))
        self._sent.put(None)

    def _deliver(self, photo: Photo, told: Told) -> str:
        """Send one photo, with new leave once where the first has expired; return its upload's id, "" if settled."""
        for last in (False, True):
            try:
                if told.request is not None:
                    self._store.send(photo, told.request)
                else:
                    self._store.send_parts(photo, self._gallery, told.upload, told.part_bytes)
            except GrantExpired as error:
                if last:
                    raise Failed("store_refused", f"The store refused {photo.name}: {error}.") from error
                told = self._gallery.announce([photo], self._album)[0]
                if not self._is_to_send(photo, told):
                    return ""
            else:
                break
        return told.upload

    def _finish(self) -> None:
        for batch in self._arrived():
            for photo, told in self._finished(batch):
                if told.code == "not_uploaded":
                    self._send_again(photo)
                else:
                    self._note_finished(photo, told)

    def _arrived(self) -> Iterator[list[tuple[Photo, str]]]:
        """Yield what was sent, in batches that are small only where nothing more comes for a while."""
        batch: list[tuple[Photo, str]] = []
        running, due = self._jobs, 0.0
        while running:
            try:
                item = self._sent.get(due if batch else None)
            except queue.Empty:
                yield batch
                batch = []
                continue
            if item is None:
                running -= 1
                continue
            due = due if batch else time.monotonic() + FINISH_EVERY_S
            batch.append(item)
            if len(batch) == FINISH_AT:
                yield batch
                batch = []
        if batch:
            yield batch

    def _finished(self, batch: Sequence[tuple[Photo, str]]) -> list[tuple[Photo, Told]]:
        try:
            told = self._gallery.finish([upload for _, upload in batch])
        except Failed as failure:
            told = [Told("", upload, "", failure.code, failure.reason) for _, upload in batch]
        return [(photo, answer) for (photo, _), answer in zip(batch, told, strict=True)]

    def _send_again(self, photo: Photo) -> None:
        """Send a photo that the store took and does not have: it was restored to an earlier state, or cleaned."""
        try:
            told = self._gallery.announce([photo], self._album)[0]
            if not self._is_to_send(photo, told):
                return
            upload = self._deliver(photo, told)
        except Failed as failure:
            self._fates.settle(photo, failed(failure))
            return
        if upload:
            self._note_finished(*self._finished([(photo, upload)])[0])

    def _note_finished(self, photo: Photo, told: Told) -> None:
        if told.state == "processing":
            self._processing[told.upload] = photo
        else:
            self._fates.settle(photo, _final(told))

    def _await(self) -> None:
        """Ask until every photo is ready or rejected, seldom while nothing changes."""
        pause_s, changed_at = POLL_FIRST_S, time.monotonic()
        while self._processing:
            asked = list(self._processing)[:BATCH]
            try:
                told = {answer.upload: answer for answer in self._gallery.states(asked)}
            except Failed as failure:
                return self._give_up_waiting(failed(failure))
            settled = [upload for upload in asked if upload not in told or told[upload].state != "processing"]
            for upload in settled:
                photo = self._processing.pop(upload)
                self._fates.settle(photo, _final(told.get(upload, Told("", upload))))
            now = time.monotonic()
            if settled:
                pause_s, changed_at = POLL_FIRST_S, now
            elif now - changed_at > PROCESSING_PATIENCE_S:
                return self._give_up_waiting(
                    Outcome(
                        "failed",
                        "",
                        "not_ready",
                        "It is stored, but was not processed in time. Look again later.",
                    )
                )
            if self._processing and self._stop.wait(pause_s):
                raise Stopped
            pause_s = min(POLL_LONGEST_S, pause_s * 1.5)
        return None

    def _give_up_waiting(self, outcome: Outcome) -> None:
        for photo in self._processing.values():
            self._fates.settle(photo, outcome)

    def _leave(self) -> None:
        for photo in self._processing.values():
            self._fates.settle(photo, Outcome("stored"))


def _final(told: Told) -> Outcome:
    if told.code == "in_bin":
        return Outcome("failed", told.page, told.code, told.reason)
    if told.state == "ready" and told.code != "duplicate":
        return Outcome("uploaded", told.page)
    if told.state == "ready":
        return Outcome("exists", told.page, told.code)
    if not told.reason:
        return Outcome(
            "failed", "", "not_found", "The gallery knows nothing of it any more: run the command again."
        )
    return Outcome("failed", "", told.code, told.reason)


def _as_twin(outcome: Outcome) -> Outcome:
    """Return the fate of a file whose bytes another file of the same run brought."""
    if outcome.status in {"uploaded", "stored"}:
        return Outcome("exists", outcome.page, "duplicate")
    return outcome
