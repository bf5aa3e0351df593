"""The database engines and how a transaction is tried again when it lost a race."""

import functools
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, transaction

from photosky.dsql import configuration as dsql

P = ParamSpec("P")
R = TypeVar("R")

dj_database_url.register("dsql", dsql.ENGINE)

# SQLSTATE 40001 serialization_failure and 40P01 deadlock_detected (PostgreSQL manual, appendix A): the whole
# transaction may simply be run again. SQLite's counterpart is a lock that outlasted its timeout.
RETRIED_STATES = frozenset({"40001", "40P01"})
ATTEMPTS = 8


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
    elif config["ENGINE"] == "django.db.backends.postgresql":
        from psycopg import IsolationLevel

        # READ COMMITTED loses read-modify-write updates; under REPEATABLE READ they fail with 40001 instead.
        config.setdefault("OPTIONS", {})["isolation_level"] = IsolationLevel.REPEATABLE_READ
    elif config["ENGINE"] == dsql.ENGINE:
        config = dsql.complete(config)
    return config


def _lost_a_race(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return state in RETRIED_STATES or "database is locked" in str(error)


def atomic_retry(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function in one transaction, again from its start when the database says that it lost a race.

    The function must have no effect outside the database: it may run several times. Inside an open transaction it
    joins that one, whose own outermost call retries.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if transaction.get_connection().in_atomic_block:
            return function(*args, **kwargs)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if attempt == ATTEMPTS or not _lost_a_race(error):
                    raise
                # Jitter, so that two losers do not meet again; not for cryptography.
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
        raise AssertionError("unreachable")

    return run
