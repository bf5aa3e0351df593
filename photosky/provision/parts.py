"""Comparing and converging: each part of the account is read, compared, written where it differs and read back."""

import difflib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from photosky.provision.errors import ProvisionError, error_code, explained

# Waiting, in seconds, for what AWS makes true only eventually: 87 s in all. SetQueueAttributes may take 60 s, and so
# long a queue's name is withheld after it was deleted.
DELAYS_S = (1, 2, 4, 8, 12, 15, 15, 15, 15)
Sleep = Callable[[float], None]
Report = Callable[[str], None]


def _nothing() -> None:
    """Leave it: it goes away with what it belongs to."""


@dataclass(frozen=True)
class Part:
    """One thing in the account that is read and written by itself.

    `read` answers in the shape of `wanted`, None meaning that there is none. `write` is given that answer. An error
    whose code is in `transient` only means that AWS has not yet heard of an earlier step.
    """

    name: str
    wanted: Any
    read: Callable[[], Any]
    write: Callable[[Any], object]
    remove: Callable[[], object] = _nothing
    transient: frozenset[str] = field(default_factory=frozenset)

    @property
    def removable(self) -> bool:
        """Whether it is removed by itself, and not with what it belongs to."""
        return self.remove is not _nothing


@dataclass(frozen=True)
class Change:
    """A part that is not as wanted."""

    part: Part
    present: Any

    def lines(self, *, full: bool = False) -> list[str]:
        """Say the change for people: what is made by its name (its content if `full`), a difference line by line."""
        if self.present is None and not full:
            return [f"+ {self.part.name}"]
        before = [] if self.present is None else _pretty(self.present)
        sign = "+" if self.present is None else "~"
        differences = difflib.unified_diff(before, _pretty(self.part.wanted), n=0, lineterm="")
        shown = [line for line in differences if not line.startswith(("---", "+++", "@@"))]
        return [f"{sign} {self.part.name}", *(f"    {line}" for line in shown)]


def plan(parts: Sequence[Part]) -> list[Change]:
    """Read every part and return those that differ, in the order in which they are to be written."""
    changes = []
    for part in parts:
        with explained(f"reading {part.name}"):
            present = part.read()
        if present != part.wanted:
            changes.append(Change(part, present))
    return changes


def apply(changes: Sequence[Change], report: Report, sleep: Sleep = time.sleep) -> None:
    """Write each change and wait until AWS answers with it. Stops at the first that fails; run again to go on."""
    for change in changes:
        part = change.part
        with explained(f"writing {part.name}"):
            _write(change, sleep)
        with explained(f"reading back {part.name}"):
            _read_back(part, sleep)
        report(f"done: {part.name}")


def _write(change: Change, sleep: Sleep) -> None:
    from botocore.exceptions import ClientError

    for delay in (*DELAYS_S, None):
        try:
            change.part.write(change.present)
        except ClientError as error:
            if delay is None or error_code(error) not in change.part.transient:
                raise
            sleep(delay)
        else:
            return


def _read_back(part: Part, sleep: Sleep) -> None:
    for delay in (*DELAYS_S, None):
        present = part.read()
        if present == part.wanted:
            return
        if delay is not None:
            sleep(delay)
    raise ProvisionError(
        f"AWS took {part.name} but after {sum(DELAYS_S)} s still answers otherwise:\n"
        + "\n".join(Change(part, present).lines(full=True))
        + "\nRun it again; if it stays so, compare the part in the AWS console."
    )


def _pretty(value: Any) -> list[str]:
    return json.dumps(value, indent=2, sort_keys=True).splitlines()
