"""Named places between two steps that must both happen: nothing in production, where the fault tests end the process.

Each name says what has just become durable; what is written after it must be made up for by whoever comes next.
"""

from collections.abc import Callable

POINTS = (
    "start.recorded",
    "parts.opened",
    "parts.recorded",
    "finish.joined",
    "finish.copied",
    "finish.seen",
    "finish.handed_over",
    "work.leased",
    "work.verified",
    "work.rendition_stored",
    "work.built",
    "work.recorded",
    "work.completed",
    "work.rejected",
    "abort.recorded",
    "bin.purged",
    "removal.checked",
    "removal.deleted",
    "rebuild.stored",
    "rebuild.recorded",
)

_hook: Callable[[str], None] | None = None


def arm(hook: Callable[[str], None] | None) -> None:
    """Call `hook` with the name of every point that is reached from now on; None makes them nothing again."""
    global _hook
    _hook = hook


def crash_point(name: str) -> None:
    """Mark a place at which the process may die."""
    if _hook is not None:
        _hook(name)
