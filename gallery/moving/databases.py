"""The two databases of a move: the source, which is only read, and the target, whose transactions are short."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import OperationalError, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from gallery.moving.errors import MoveError
from gallery.moving.tables import Table

R = TypeVar("R")
TARGET = "moving_target"
READS = ("SELECT", "PRAGMA", "SHOW", "EXPLAIN", "SET TIME ZONE")
RETRIED = frozenset({"40001", "40P01"})
ATTEMPTS = 8


def connect(config: dict[str, Any], alias: str = TARGET) -> str:
    """Make a database known to Django beside the gallery's own; return the name by which it is asked for."""
    known: Any = connections
    known.settings[alias] = known.configure_settings({**known.settings, alias: config})[alias]
    return alias


def place(database: str) -> tuple[str, ...]:
    """Return which database it is: two that say the same are one."""
    config = connections[database].settings_dict
    return tuple(str(config[part]) for part in ("ENGINE", "HOST", "PORT", "NAME"))


def speaks_postgresql(database: str) -> bool:
    """Say whether the database keeps text and JSON as PostgreSQL does."""
    return connections[database].vendor == "postgresql"


def keeps_references(database: str) -> bool:
    """Say whether the database itself refuses a row that refers to none, at COMMIT."""
    return bool(connections[database].features.supports_foreign_keys)


@contextmanager
def only_read(database: str) -> Iterator[None]:
    """Refuse every statement that is not a question."""

    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not sql.lstrip(" \n(").upper().startswith(READS):
            raise MoveError(f"The source is only read, and this would write: {sql[:80]}. Please report it.")
        return execute(sql, *rest)

    with connections[database].execute_wrapper(refuse):
        yield


def has_people(database: str) -> bool:
    """Say whether somebody has an account there."""
    table = get_user_model()._meta.db_table
    if table not in connections[database].introspection.table_names():
        return False
    return get_user_model()._base_manager.using(database).exists()


def unapplied(database: str) -> list[str]:
    """Return the migrations that the database lacks."""
    executor = MigrationExecutor(connections[database])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def migrate(database: str) -> None:
    """Make the tables."""
    call_command("migrate", database=database, interactive=False, verbosity=0)


def committed(database: str, write: Callable[[], R]) -> R:
    """Write in one transaction, again from its start when the database says that it lost a race."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(using=database):
                return write()
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if attempt == ATTEMPTS or not (state in RETRIED or "database is locked" in str(error)):
                raise
            # Jitter, so that two losers do not meet again; not for cryptography.
            time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
    raise AssertionError("unreachable")


def count_on(database: str, tables: list[Table]) -> None:
    """Let new rows be numbered after those that were copied with their numbers."""
    connection = connections[database]
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), [table.model for table in tables]):
            cursor.execute(sql)
