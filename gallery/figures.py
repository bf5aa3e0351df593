"""What the libraries hold by owner and kind: counted at leisure in steps, kept in the cache, and told with its age.

Nobody waits for it: at a million photos it takes seconds. The sums of bytes that quotas go by are exact at any time and
stand with the users; these are for whoever runs the gallery.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, Sum
from django.utils import timezone

from gallery import jobs, renditions
from gallery.models import Image, Job, User, least_id

KIND = "figures"
STEP = 20_000
FRESH = timedelta(days=1)
RECENT = timedelta(days=30)
# What one round of the periodic work gives to it.
SECONDS = 20.0
_FOUND, _UNDER_WAY = "figures.found", "figures.under_way"


@dataclass(slots=True)
class Row:
    """What one owner has of one kind; `binned`, `archived`, `held` and `outdated` are among `photos`."""

    owner: str
    kind: str
    photos: int = 0
    bytes: int = 0
    binned: int = 0
    binned_bytes: int = 0
    archived: int = 0
    held: int = 0
    outdated: int = 0
    recent: int = 0


SUMS = tuple(field.name for field in fields(Row) if field.name not in {"owner", "kind"})


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted, and when that was begun."""

    counted_at: datetime
    rows: list[Row]

    def total(self, name: str) -> int:
        """Return the sum of one column."""
        return sum(getattr(row, name) for row in self.rows)


def found() -> Figures | None:
    """Return what was last counted; None where nobody counted, or the cache has forgotten it."""
    kept = cache.get(_FOUND)
    return None if kept is None else _figures(kept)


def is_under_way() -> bool:
    """Return whether a count has begun and not ended."""
    return cache.get(_UNDER_WAY) is not None


def count_again(by: User) -> Job:
    """Let a job count at once."""
    return jobs.start(KIND, by, {})


def work(job: Job, turn: jobs.Round) -> dict[str, Any]:  # noqa: ARG001
    """Count, going on where another round or the periodic work stopped."""
    if not _advance(lambda: turn.is_over):
        raise jobs.Unfinished({})
    return {}


def refresh() -> bool:
    """Count anew once a day, as far as the time of one round goes. Returns whether something was counted."""
    last = found()
    if last is not None and last.counted_at > timezone.now() - FRESH:
        return False
    ends = time.monotonic() + SECONDS
    _advance(lambda: time.monotonic() > ends)
    return True


def _advance(is_over: Callable[[], bool]) -> bool:
    """Count on from where counting stands; return whether it came to its end."""
    state = cache.get(_UNDER_WAY) or {
        "counted_at": timezone.now().isoformat(),
        "last": uuid.UUID(int=0).hex,
        "rows": [],
    }
    rows = {(row["owner"], row["kind"]): Row(**row) for row in state["rows"]}
    last: uuid.UUID | None = uuid.UUID(state["last"])
    while last is not None:
        last = _count_step(rows, last)
        kept = {**state, "last": last.hex if last else "", "rows": [asdict(row) for row in rows.values()]}
        if last is not None:
            cache.set(_UNDER_WAY, kept, None)
            if is_over():
                return False
    cache.set(_FOUND, kept, None)
    cache.delete(_UNDER_WAY)
    return True


def _count_step(rows: dict[tuple[str, str], Row], last: uuid.UUID) -> uuid.UUID | None:
    """Add the next images in the order of their keys; return the last one's, None where there are no more."""
    following = Image.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
    upper = following[STEP - 1 : STEP].first()
    step = Image.objects.filter(pk__gt=last)
    if upper is not None:
        step = step.filter(pk__lte=upper)
    binned = Q(binned_at__isnull=False)
    counted = step.order_by().values_list("owner_id", "kind").annotate(
        photos=Count("pk"),
        size=Sum("bytes"),
        binned=Count("pk", filter=binned),
        binned_bytes=Sum("bytes", filter=binned, default=0),
        archived=Count("pk", filter=Q(archived_at__isnull=False)),
        held=Count("pk", filter=Q(held_at__isnull=False)),
        outdated=Count("pk", filter=~Q(recipe=renditions.recipe())),
        recent=Count("pk", filter=Q(pk__gte=least_id(timezone.now() - RECENT))),
    )  # fmt: skip
    for owner, kind, *sums in counted:
        key = (owner.hex, kind or Image.Kind.PHOTO.value)
        row = rows.setdefault(key, Row(*key))
        for name, value in zip(SUMS, sums, strict=True):
            setattr(row, name, getattr(row, name) + int(value))
    return upper


def _figures(kept: dict[str, Any]) -> Figures:
    return Figures(datetime.fromisoformat(kept["counted_at"]), [Row(**row) for row in kept["rows"]])
