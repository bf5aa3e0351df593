"""What was counted over a whole library, remembered for as long as nothing in that library has changed.

Nobody has to say that something changed: whatever changes an image dates it (`updated_at`), and what is gone leaves a
tombstone, as the change feed needs it. Two looks into indexes tell whether there is anything since. So what is returned
is always what counting anew would return.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.core.cache import cache
from django.utils import timezone

from gallery.models import Image, Tombstone, User
from photosky.counting import COUNTED_AGAIN

T = TypeVar("T")

# A change is dated before its transaction ends: what was counted may lack one that is dated so much earlier. The change
# feed waits as long (gallery/changes.py).
LAG = timedelta(seconds=30)
KEPT_S = 7 * 24 * 3600


def or_counted(
    user: User,
    name: str,
    count: Callable[[], T],
    *,
    is_worth_it: Callable[[T], bool] = lambda _found: True,
    at_least_s: int = 0,
) -> T:
    """Return what `count` returned last, if the user's library is as it was then; else count anew.

    `name` says what is counted, `is_worth_it` whether to remember it. With `at_least_s` it holds for so long whatever
    happens: then it may be old.
    """
    key = f"{COUNTED_AGAIN}{user.pk}:{name}"
    now = timezone.now()
    if (known := cache.get(key)) is not None:
        counted_at, found = known
        if now - counted_at < timedelta(seconds=at_least_s) or not _has_changed(user, counted_at - LAG):
            return found  # type: ignore[no-any-return]
    found = count()
    # What changed a moment ago makes it worthless: it could never be told to be whole.
    if is_worth_it(found) and (at_least_s or not _has_changed(user, now - LAG)):
        cache.set(key, (now, found), KEPT_S)
    return found


def _has_changed(user: User, moment: datetime) -> bool:
    """Return whether anything in the library is dated since, or has gone from it."""
    changed = Image.objects.filter(owner=user, updated_at__gte=moment)
    return changed.exists() or Tombstone.objects.filter(owner=user, gone_at__gte=moment).exists()
