"""Pictures, and nothing else: bytes in, facts and renditions out. No Django, no network.

`Pool` decodes in processes of its own, which may die of a file: that is how a gallery uses this package. `process` does
the same in the process that calls it, for those who are such a process.

What needs no decoder (formats, facts, the ladder and its arithmetic) is imported at once and costs a few
milliseconds; `inspect` and `process` load libvips when they are first touched, so a process that only
builds pages never pays for it.

A process that decodes pictures should be started with VIPS_CONCURRENCY=1 and MALLOC_ARENA_MAX=1 in its environment.
Both are read once by the libraries, before any of our code runs: the first because a photograph gains nothing from
a second thread here, the second because glibc otherwise keeps twice the memory.
"""

from typing import TYPE_CHECKING

from gallery.imaging.facts import YEARS, Facts, Kind, Processed, Rendition
from gallery.imaging.formats import ACCEPT, EXTENSIONS, SNIFF_BYTES, Format, sniff
from gallery.imaging.ladder import (
    ANIMATION,
    AVIF_RECIPE,
    CLIP,
    LADDER,
    MOVING,
    RECIPE,
    RECIPES,
    WHOLE,
    Rung,
    rung_of,
    rung_size,
)
from gallery.imaging.moment import of_name as taken_by_name
from gallery.imaging.refusals import CODES, TAKEN, Refused

if TYPE_CHECKING:
    from gallery.imaging.child_pool import Limits, Pool, Unavailable, Usage
    from gallery.imaging.inspection import inspect
    from gallery.imaging.rendering import process

__all__ = [
    "ACCEPT",
    "ANIMATION",
    "AVIF_RECIPE",
    "CLIP",
    "CODES",
    "EXTENSIONS",
    "LADDER",
    "MOVING",
    "RECIPE",
    "RECIPES",
    "SNIFF_BYTES",
    "TAKEN",
    "WHOLE",
    "YEARS",
    "Facts",
    "Format",
    "Kind",
    "Limits",
    "Pool",
    "Processed",
    "Refused",
    "Rendition",
    "Rung",
    "Unavailable",
    "Usage",
    "inspect",
    "process",
    "rung_of",
    "rung_size",
    "sniff",
    "taken_by_name",
]


def __getattr__(name: str) -> object:
    if name == "inspect":
        from gallery.imaging.inspection import inspect

        return inspect
    if name == "process":
        from gallery.imaging.rendering import process

        return process
    if name in {"Limits", "Pool", "Unavailable", "Usage"}:
        from gallery.imaging import child_pool

        return getattr(child_pool, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
