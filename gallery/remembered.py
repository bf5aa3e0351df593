"""What was counted over a whole library or album, remembered for as long as nothing in it has changed.

Nobody has to say that something changed: whatever changes an image dates it (`updated_at`), and what is gone leaves a
tombstone, as the change feed needs it. Two looks into indexes tell whether there is anything since. So what is returned
is always what counting anew would return.
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from django.core.cache import cache
from django.utils import timezone

from gallery.models import Album, AlbumImage, Image, Tombstone, User
from photosky.counting import COUNTED_AGAIN

T = TypeVar("T")

# A change is dated before its transaction ends: what was counted may lack one that is dated so much earlier. The change
# feed waits as long (gallery/changes.py).
LAG = timedelta(seconds=30)
KEPT_S = 7 * 24 * 3600
# Fewer photos are counted sooner than they are put away: what is put away takes a statement or three each.
MANY_IN_ALBUM = 200
# Where more have changed since, an album is counted anew without a look at which they are.
MOST_CHANGED = 500


class Held(NamedTuple):
    """The photos of an album that everybody in it sees: how many, the first and last month, and whose they are."""

    photos: int
    since: int | None
    until: int | None
    owners: frozenset[uuid.UUID]

    def with_those(self, other: "Held") -> "Held":
        """Return both together."""
        firsts = [month for month in (self.since, other.since) if month]
        lasts = [month for month in (self.until, other.until) if month]
        return Held(
            self.photos + other.photos,
            min(firsts, default=None),
            max(lasts, default=None),
            self.owners | other.owners,
        )


def or_counted(
    owner: User | uuid.UUID,
    name: str,
    count: Callable[[], T],
    *,
    is_worth_it: Callable[[T], bool] = lambda _found: True,
    at_least_s: int = 0,
) -> T:
    """Return what `count` returned last, if the owner's library is as it was then; else count anew.

    `name` says what is counted, `is_worth_it` whether to remember it. With `at_least_s` it holds for so long whatever
    happens: then it may be old.
    """
    user = owner.pk if isinstance(owner, User) else owner
    key = f"{COUNTED_AGAIN}{user}:{name}"
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


def while_unchanged(owner: User, name: str, count: Callable[[], T]) -> T | None:
    """Return what `count` returned last, or counts now, where the library was left alone for a while; else None.

    For what is worth to be counted only if it is asked again.
    """
    key = f"{COUNTED_AGAIN}{owner.pk}:{name}"
    now = timezone.now()
    if (known := cache.get(key)) is not None:
        counted_at, found = known
        if not _has_changed(owner.pk, counted_at - LAG):
            return found  # type: ignore[no-any-return]
    if _has_changed(owner.pk, now - LAG):
        return None
    found = count()
    cache.set(key, (now, found), KEPT_S)
    return found


def _has_changed(user: uuid.UUID, moment: datetime) -> bool:
    """Return whether anything in the library is dated since, or has gone from it."""
    changed = Image.objects.filter(owner=user, updated_at__gte=moment)
    return changed.exists() or Tombstone.objects.filter(owner=user, gone_at__gte=moment).exists()


def of_albums(
    albums: Collection[uuid.UUID], count: Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, Held]]
) -> dict[uuid.UUID, Held]:
    """Return what each album holds: as `count` found it last, where it still does, else counted anew.

    An album is dated when a photo comes or goes, and its photos are dated when one is binned or has another month.
    """
    now = timezone.now()
    versions = Album.objects.filter(pk__in=albums).order_by().values_list("pk", "updated_at")
    keys = {album: (f"{COUNTED_AGAIN}album:{album}:{dated.isoformat()}", dated) for album, dated in versions}
    remembered = cache.get_many([key for key, _ in keys.values()])
    known = {album: remembered[key] for album, (key, _) in keys.items() if key in remembered}
    for album in _changed_albums(known):
        del known[album]
    counted = count([album for album in keys if album not in known]) if len(known) < len(keys) else {}
    # Of many photos that come at a time not each dates the album.
    worth = {
        keys[album][0]: (now, held)
        for album, held in counted.items()
        if held.photos >= MANY_IN_ALBUM and keys[album][1] < now - LAG
    }
    if worth:
        cache.set_many(worth, KEPT_S)
    return {**{album: held for album, (_, held) in known.items()}, **counted}


def _changed_albums(known: Mapping[uuid.UUID, tuple[datetime, Held]]) -> set[uuid.UUID]:
    """Return those of which a photo may have changed since they were counted."""
    if not known:
        return set()
    since = min(counted_at for counted_at, _ in known.values()) - LAG
    owners = frozenset[uuid.UUID]().union(*(held.owners for _, held in known.values()))
    if Tombstone.objects.filter(owner__in=owners, gone_at__gte=since).exists():
        return set(known)
    changed = Image.objects.filter(owner__in=owners, updated_at__gte=since).order_by()
    images = list(changed.values_list("pk", flat=True)[: MOST_CHANGED + 1])
    if len(images) > MOST_CHANGED:
        return set(known)
    inside = AlbumImage.objects.filter(album__in=known, image__in=images).order_by()
    return set(inside.values_list("album", flat=True)) if images else set()
