"""Pictures, and nothing else: bytes in, facts and renditions out. No Django, no network, no files.

What needs no decoder (formats, facts, the ladder and its arithmetic) is imported at once and costs a few
milliseconds; `inspect` and `process` load libvips when they are first touched, so a process that only
builds pages never pays for it.

A process that decodes pictures should be started with VIPS_CONCURRENCY=1 and MALLOC_ARENA_MAX=1 in its environment.
Both are read once by the libraries, before any of our code runs: the first because a photograph gains nothing from
a second thread here, the second because glibc otherwise keeps twice the memory.
"""

from typing import TYPE_CHECKING

from gallery.imaging.facts import YEARS, Facts, Kind, Processed, Rendition
from gallery.imaging.formats import SNIFF_BYTES, Format, sniff
from gallery.imaging.ladder import LADDER, RECIPE, Rung, rung_size
from gallery.imaging.refusals import CODES, Refused

if TYPE_CHECKING:
    from gallery.imaging.inspection import inspect
    from gallery.imaging.rendering import process

__all__ = [
    "CODES",
    "LADDER",
    "RECIPE",
    "SNIFF_BYTES",
    "YEARS",
    "Facts",
    "Format",
    "Kind",
    "Processed",
    "Refused",
    "Rendition",
    "Rung",
    "inspect",
    "process",
    "rung_size",
    "sniff",
]


def __getattr__(name: str) -> object:
    if name == "inspect":
        from gallery.imaging.inspection import inspect

        return inspect
    if name == "process":
        from gallery.imaging.rendering import process

        return process
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
