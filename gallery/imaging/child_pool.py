"""Decoding in processes that can be killed: what a file does to its decoder, it does to nobody else.

Children are started when they are needed, kept, and asked for one file after another. After some hundred files, or
when one has grown, another takes its place. A child that dies, hangs or asks for too much memory is replaced, and the
file is tried once more in a fresh one: the fault may be of a file before it, or of a machine that had no memory left
at that moment. Only what used up its share of computing time is not tried again: that depends on nothing else.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

from gallery.imaging import child_protocol as protocol
from gallery.imaging import refusals
from gallery.imaging.child_process import Child, Died, Limits, Unavailable, Usage
from gallery.imaging.facts import Processed, Rendition
from gallery.imaging.ladder import RECIPE

__all__ = ["Limits", "Pool", "Unavailable", "Usage"]

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Place:
    """Room for one child, which may not be there."""

    child: Child | None = None


class Pool:
    """Up to `size` decoding processes, for any number of threads."""

    def __init__(
        self,
        size: int = 1,
        limits: Limits | None = None,
        *,
        module: str = "gallery.imaging.child",
        report: Callable[[Usage], None] | None = None,
    ) -> None:
        """Take the limits of each file, the module that is the child, and who wants to know what each file took."""
        self._limits = limits or Limits()
        self._module = module
        self._report = report or (lambda _: None)
        self._places = [_Place() for _ in range(max(1, size))]
        self._free = list(self._places)
        self._freed = threading.Condition()

    @contextlib.contextmanager
    def processed(self, file: IO[bytes], *, turn: int = 0, recipe: str = RECIPE) -> Iterator[Processed]:
        """Decode an open file, turned by a person by so many degrees clockwise.

        The renditions come as the child encodes them, and only within the block. Raises Refused, then or while they
        are consumed; Unavailable where no child can be started.
        """
        with self._place() as place:
            frames = self._frames(place, file, {"turn": turn, "recipe": recipe})
            head = next(frames).head
            yield Processed(
                facts=protocol.facts_of(head["facts"]),
                kind=head["kind"],
                duration_s=head["duration_s"],
                phash=head["phash"],
                colour=head["colour"],
                thumbhash=head["thumbhash"],
                renditions=_renditions(frames),
            )

    def close(self) -> None:
        """End the children. The pool can be used again."""
        for place in self._places:
            self._empty(place)

    @contextlib.contextmanager
    def _place(self) -> Iterator[_Place]:
        with self._freed:
            self._freed.wait_for(lambda: bool(self._free))
            # The last that was used: its child is there, and in the caches of the processor.
            place = self._free.pop()
        try:
            yield place
        finally:
            if place.child is not None and (place.child.is_busy or place.child.is_worn(self._limits)):
                self._empty(place)
            with self._freed:
                self._free.append(place)
                self._freed.notify()

    def _empty(self, place: _Place) -> None:
        child, place.child = place.child, None
        if child is not None:
            child.kill()

    def _frames(self, place: _Place, file: IO[bytes], options: dict[str, Any]) -> Iterator[protocol.Frame]:
        """Give what the child says of the file: "processed", then each rendition. Raises Refused."""
        seen = 0
        for last in (False, True):
            if place.child is None or not place.child.is_alive:
                self._empty(place)
                place.child = Child(self._module)
            try:
                for number, frame in enumerate(self._asked(place.child, file, options)):
                    # A second child says the same as the first, as far as that had come.
                    if number >= seen:
                        seen = number + 1
                        yield frame
            except Died as death:
                self._empty(place)
                logger.warning("decoder died reason=%s last=%s detail=%s", death.refused.code, last, death)
                if last or not death.is_chance:
                    raise death.refused from death
            else:
                return

    def _asked(self, child: Child, file: IO[bytes], options: dict[str, Any]) -> Iterator[protocol.Frame]:
        started = time.monotonic()
        try:
            for frame in child.asked(file, options, self._limits):
                if frame.head["type"] in {"processed", "rendition"}:
                    yield frame
                    continue
                self._report(_usage(frame.head, time.monotonic() - started))
                _judge(frame.head)
        except Died as death:
            if death.usage is not None:
                self._report(replace(death.usage, wall_s=time.monotonic() - started))
            raise


def _judge(head: dict[str, Any]) -> None:
    """Act on a child's last word. Raises Refused, Died, Unavailable."""
    if head["type"] == "refused":
        refused = protocol.refused_of(head)
        if refused.code in refusals.DECODER_CODES:
            raise Died(refused, refused.detail)
        raise refused
    if head["type"] == "failed":
        raise Unavailable(f"The decoder cannot work: {head['detail']}")


def _usage(head: dict[str, Any], wall_s: float) -> Usage:
    return Usage(cpu_s=head["cpu_s"], wall_s=wall_s, peak_mb=head["peak_mb"])


def _renditions(frames: Iterator[protocol.Frame]) -> Iterator[Rendition]:
    return (protocol.rendition_of(frame) for frame in frames)
