"""The cache that all processes share, and counting in it: one statement for each count, exact under any load.

Django's own `incr` reads and then writes, so that two processes count one; and each write of its database cache counts
the whole table first.
"""

import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from django.core.cache import cache
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.db import connections, router
from django.utils import timezone

from photosky.database import atomic_retry

# How the names begin under which stands what can be counted again: where room is short it goes first.
COUNTED_AGAIN = "remembered:"


class Counted(NamedTuple):
    """A sum, and how many seconds are left until it begins anew."""

    total: int
    left_s: int


class SharedCache(DatabaseCache):
    """Django's cache in the database, which also counts."""

    def count(self, key: str, seconds: int, by: int) -> Counted:
        """Add under the key: see `count`."""
        now = timezone.now().replace(microsecond=0)
        made = self.make_and_validate_key(f"count:{key}")
        total, ends = self._count(made, by, now, now + timedelta(seconds=seconds))
        return Counted(total, max(math.ceil((ends - timezone.now()).total_seconds()), 1))

    def forget_expired(self) -> None:
        """Delete what is over; Django does so only when the table has grown over its limit."""
        connection, table = self._place()
        with connection.cursor() as cursor:
            now = connection.ops.adapt_datetimefield_value(timezone.now().replace(microsecond=0))
            cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # noqa: S608  # no value of anybody's

    def _cull(self, db: str, cursor: Any, now: datetime, num: int) -> None:
        """Make room. Guesses at passwords are forgotten last, or nothing would limit them."""
        _connection, table = self._place()
        cursor.execute(f"DELETE FROM {table} WHERE cache_key LIKE %s", [f"{self.make_key(COUNTED_AGAIN)}%"])  # noqa: S608
        super()._cull(db, cursor, now, num - max(cursor.rowcount, 0))  # type: ignore[misc]

    @atomic_retry
    def _count(self, key: str, by: int, now: datetime, ends: datetime) -> tuple[int, datetime]:
        connection, table = self._place()
        adapted = connection.ops.adapt_datetimefield_value
        with connection.cursor() as cursor:
            # SQLite and PostgreSQL know the same words. The column holds text.
            cursor.execute(
                f"INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s) "  # noqa: S608
                "ON CONFLICT (cache_key) DO UPDATE SET "
                f"value = CASE WHEN {table}.expires <= %s THEN excluded.value "
                f"ELSE CAST(CAST({table}.value AS integer) + CAST(excluded.value AS integer) AS text) END, "
                f"expires = CASE WHEN {table}.expires <= %s THEN excluded.expires ELSE {table}.expires END "
                "RETURNING value, expires",
                [key, str(by), adapted(ends), adapted(now), adapted(now)],
            )
            value, found = cursor.fetchone()
        return int(value), _moment(found)

    def _place(self) -> tuple[Any, str]:
        connection = connections[router.db_for_write(self.cache_model_class)]
        return connection, connection.ops.quote_name(self.cache_model_class._meta.db_table)


class LocalCache(LocMemCache):
    """Django's cache in the memory of one process, for a gallery that has but one."""

    def count(self, key: str, seconds: int, by: int) -> Counted:
        """Add under the key: see `count`."""
        ends = cast("float", self.get_or_set(f"ends:{key}", time.time() + seconds, seconds))
        name = f"count:{key}:{ends}"
        # Longer than the window, so that it cannot end between these two lines.
        self.add(name, 0, seconds + 60)
        return Counted(self.incr(name, by), max(math.ceil(ends - time.time()), 1))

    def forget_expired(self) -> None:
        """Do nothing: it forgets by itself."""

    def _cull(self) -> None:
        """Make room. Guesses at passwords are forgotten last, or nothing would limit them."""
        # Django's types know no more of it than its public methods.
        this: Any = self
        first = self.make_key(COUNTED_AGAIN)
        for key in [key for key in this._cache if key.startswith(first)]:
            this._delete(key)
        if len(this._cache) >= this._max_entries:
            super()._cull()  # type: ignore[misc]


def count(key: str, seconds: int, by: int = 1) -> Counted:
    """Add under the key in this gallery's cache; the sum begins anew so many seconds after its first."""
    return _cache().count(key, seconds, by)


def forget_expired() -> None:
    """Delete what the cache holds and nobody will ask for again."""
    _cache().forget_expired()


def _cache() -> SharedCache | LocalCache:
    return cast("SharedCache | LocalCache", cache)


def _moment(found: datetime | str) -> datetime:
    """Return a time as the database gave it: SQLite gives what was written."""
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
