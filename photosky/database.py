"""The database engines, how a transaction is tried again when it lost a race, and what an outage looks like."""

import functools
import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, Error, IntegrityError, InterfaceError, OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import QuerySet

from photosky.dsql import configuration as dsql

P = ParamSpec("P")
R = TypeVar("R")

dj_database_url.register("dsql", dsql.ENGINE)

POSTGRESQL = "django.db.backends.postgresql"
# SQLSTATE 40001 serialization_failure and 40P01 deadlock_detected (PostgreSQL manual, appendix A): the whole
# transaction may simply be run again. SQLite's counterpart is a lock that outlasted its timeout.
RETRIED_STATES = frozenset({"40001", "40P01"})
# 23505 unique_violation: under REPEATABLE READ the row in the way may be one that this transaction cannot see yet.
UNSEEN_ROW = "23505"
# By time and not by number: of many who change one row each wins in the end, and none tries longer than a visitor waits.
# SQLite has waited longer for its lock before it fails.
RETRY_FOR_S = 15.0
UNQUEUED_ATTEMPTS = 3
# Rows that a change in steps works on in one transaction: each is written several times, and DSQL takes 3,000 writes.
FEW = 200
# The classes of SQLSTATE that speak of the server and not of the statement: connection, resources, intervention of
# an operator (also a statement that took too long), system; then a lock that was not had, and a server that only reads.
OUTAGES = ("08", "53", "57", "58", "55P03", "25006", *RETRIED_STATES)
SQLITE_OUTAGES = (
    "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN",
)  # fmt: skip
CONNECT_S = 5
# A server whose machine is gone says nothing: what was sent must be acknowledged within this time.
UNHEARD_MS = 20_000
# How many transactions were open when the outermost `atomic_retry` of this thread began; None outside of any.
_began_at: ContextVar[int | None] = ContextVar("began_at", default=None)


def configuration(url: str, data_dir: Path) -> dict[str, Any]:
    """Return Django's DATABASES["default"] for a DATABASE_URL; empty means SQLite in the data folder."""
    try:
        config: dict[str, Any] = dict(
            dj_database_url.parse(
                url or f"sqlite:///{data_dir / 'photosky.sqlite3'}", conn_max_age=300, conn_health_checks=True
            )
        )
    except (ValueError, KeyError) as error:
        # The address may hold a password: name the variable, never its value.
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be understood. Write it as postgresql://USER:PASSWORD@HOST:PORT/NAME."
        ) from error
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL, not NORMAL: an upload that was acknowledged must survive a power cut.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;",
        }
    elif config["ENGINE"] == POSTGRESQL:
        from psycopg import IsolationLevel

        # READ COMMITTED loses read-modify-write updates; under REPEATABLE READ they fail with 40001 instead.
        config["OPTIONS"] = {
            "connect_timeout": CONNECT_S,
            "tcp_user_timeout": UNHEARD_MS,
            **config.get("OPTIONS", {}),
            "isolation_level": IsolationLevel.REPEATABLE_READ,
        }
    elif config["ENGINE"] == dsql.ENGINE:
        config = dsql.complete(config)
    return config


def atomic_retry(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function in one transaction, again from its start when the database says that it lost a race.

    The function must have no effect outside the database: it may run several times. Inside an open transaction it
    joins that one, whose own outermost call retries.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        connection = transaction.get_connection()
        if connection.in_atomic_block:
            with _marked(connection):
                return function(*args, **kwargs)
        deadline = time.monotonic() + RETRY_FOR_S
        for attempt in itertools.count(1):
            try:
                with _marked(connection), transaction.atomic():
                    if attempt > UNQUEUED_ATTEMPTS:
                        _queue_up(connection)
                    return function(*args, **kwargs)
            except DatabaseError as error:
                if not _is_worth_a_retry(error, attempt, deadline):
                    raise
                _pause(attempt, deadline)
        raise AssertionError("unreachable")

    return run


def _queue_up(connection: BaseDatabaseWrapper) -> None:
    """Let those who lost several times go one after the other, in the order in which they came.

    LOCK takes no snapshot: what is read afterwards is what the one before has left (PostgreSQL manual, LOCK).
    """
    if connection.settings_dict["ENGINE"] == POSTGRESQL:
        with connection.cursor() as cursor:
            # A table that every library has. The lock is in nobody's way but theirs who ask for the same.
            cursor.execute("LOCK TABLE django_migrations IN SHARE UPDATE EXCLUSIVE MODE")


@atomic_retry
def delete(rows: QuerySet[Any]) -> int:
    """Delete rows and what goes with them in a transaction of their own; return how many went."""
    return rows.delete()[0]


def is_retried() -> bool:
    """Return whether the open transaction, if there is one, would be run again: it was begun by `atomic_retry`.

    Transactions that a test has put around everything count for nothing.
    """
    began_at = _began_at.get()
    blocks = transaction.get_connection().atomic_blocks
    ours = blocks if began_at is None else blocks[:began_at]
    return all(block._from_testcase for block in ours)


def at_most(many: int) -> int:
    """Return how many rows a change in steps may work on at once: fewer where all its steps join a begun transaction."""
    return many if _began_at.get() is None else min(many, FEW)


@contextmanager
def _marked(connection: BaseDatabaseWrapper) -> Iterator[None]:
    if _began_at.get() is not None:
        yield
        return
    mark = _began_at.set(len(connection.atomic_blocks))
    try:
        yield
    finally:
        _began_at.reset(mark)


def _is_worth_a_retry(error: Error, attempt: int, deadline: float) -> bool:
    if isinstance(error, IntegrityError):
        # Once: the second run sees the row, and says of it what it says of every other.
        return attempt == 1 and _state(error) == UNSEEN_ROW
    return time.monotonic() < deadline and _lost_a_race(error)


def _lost_a_race(error: Error) -> bool:
    return _state(error) in RETRIED_STATES or "database is locked" in str(error)


def _state(error: Error) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def _pause(attempt: int, deadline: float) -> None:
    """Wait before the next attempt: longer after each, and shorter the less time is left, so that the eldest wins."""
    left = max(deadline - time.monotonic(), 0)
    longest = min(0.005 * 2 ** min(attempt, 10), left / 15)
    # Jitter, so that two losers do not meet again; not for cryptography.
    time.sleep(random.uniform(0, longest))  # noqa: S311


def is_outage(error: BaseException | None) -> bool:
    """Return whether the error says that the database cannot work at the moment, and nothing of what it was asked."""
    if isinstance(error, InterfaceError):
        # Of a connection that broke earlier.
        return True
    if not isinstance(error, DatabaseError) or isinstance(error, IntegrityError):
        return False
    if name := getattr(error.__cause__, "sqlite_errorname", ""):
        return name.startswith(SQLITE_OUTAGES)
    state = _state(error)
    # Where nobody was reached, there is no state.
    return state.startswith(OUTAGES) if state else isinstance(error, OperationalError)


def limit_statements(seconds: int) -> None:
    """Let no statement of this process take longer. Commands and migrations, which do not ask, have their time."""
    if seconds:
        # Not weak: the function has no other holder.
        connection_created.connect(functools.partial(_limit_statements, seconds), weak=False)


def _limit_statements(seconds: int, connection: BaseDatabaseWrapper, **_: object) -> None:
    if connection.settings_dict["ENGINE"] == POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{seconds}s"])


def _again_alone(execute: Any, sql: str, params: Any, many: Any, context: dict[str, Any]) -> Any:
    """Run a statement again that is a transaction of its own and lost a race."""
    deadline = time.monotonic() + RETRY_FOR_S
    for attempt in itertools.count(1):
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            if context["connection"].in_atomic_block or not _is_worth_a_retry(error, attempt, deadline):
                raise
            _pause(attempt, deadline)
    raise AssertionError("unreachable")


def _retry_alone(connection: BaseDatabaseWrapper, **_: object) -> None:
    if _again_alone not in connection.execute_wrappers:
        # First: who puts a wrapper on for a while takes the last one off again.
        connection.execute_wrappers.insert(0, _again_alone)


connection_created.connect(_retry_alone)
