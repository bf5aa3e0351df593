"""Writing many rows at once: as fast as the engine can into an empty library, in small transactions into any other."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import connection, transaction

from gallery import planning
from gallery.models import User
from gallery.search import engines
from gallery.seeding.rows import COLUMNS, Row

# How many photos are written at a time: with all that belongs to them, under 500 rows where others write, too.
AT_ONCE, BESIDE_OTHERS = 10_000, 50
CACHE_KB = 400_000
_PART = 400

Rows = Mapping[str, Sequence[Row]]
# How many bytes more each person uses, by the key of the person.
Used = Mapping[str, int]
Write = Callable[[Rows, Used], None]


def is_supported() -> bool:
    """Return whether this engine's way of writing many rows is known."""
    return bool(engines.engine(connection))


def write(rows: Rows, used: Used) -> None:
    """Write rows of COLUMNS, and what their bytes add to what people use, in one transaction or in that which is open."""
    with transaction.atomic(), connection.cursor() as cursor:
        _insert_all(cursor, rows, used)


@contextmanager
def into_empty() -> Iterator[Write]:
    """Let rows be written without indexes, which are made at the end; all of it stands then, or after an error nothing.

    Nobody else may use the library meanwhile, nor may anybody the connection but by what this yields.
    """
    is_sqlite = engines.engine(connection) == "sqlite"
    with _sqlite_at_speed() if is_sqlite else nullcontext(), transaction.atomic():
        again = _sqlite_aside() if is_sqlite else _postgresql_aside()
        with nullcontext(write) if is_sqlite else _behind() as put:
            yield put
        with connection.cursor() as cursor:
            for statement in again:
                cursor.execute(statement)
            if is_sqlite:
                connection.check_constraints(list(COLUMNS))
                # What it was told of an index went with it.
                planning.tell()
    if not is_sqlite:
        _postgresql_settle()


@contextmanager
def _behind() -> Iterator[Write]:
    """Send rows in a thread of their own: the server takes them in while the next are made."""
    with ThreadPoolExecutor(1) as thread, connection.cursor() as cursor:
        sent: Future[None] | None = None

        def put(rows: Rows, used: Used) -> None:
            nonlocal sent
            if sent:
                sent.result()
            sent = thread.submit(_insert_all, cursor, rows, used)

        yield put
        if sent:
            sent.result()


def _insert_all(cursor: Any, rows: Rows, used: Used) -> None:
    for table in COLUMNS:
        if rows.get(table):
            _insert(cursor, table, rows[table])
    more = f"UPDATE {User._meta.db_table} SET used_bytes = used_bytes + %s WHERE id = %s"  # noqa: S608  # our own name
    cursor.executemany(more, [(count, key) for key, count in used.items()])


def _insert(cursor: Any, table: str, rows: Sequence[Row]) -> None:
    columns = COLUMNS[table]
    names = ", ".join(columns)
    if engines.engine(connection) == "postgresql":
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for start in range(0, len(rows), _PART):
                copy.write("".join(map(_line, rows[start : start + _PART])))
    else:
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608  # our own names


def _line(row: Row) -> str:
    r"""Return a line of PostgreSQL's text format. What is made up has none of the signs that mean something there."""
    return "\t".join(["\\N" if value is None else str(value) for value in row]) + "\n"


@contextmanager
def _sqlite_at_speed() -> Iterator[None]:
    """Keep more of the file in memory, and look at foreign keys once at the end."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        before = int(cursor.fetchone()[0])
        cursor.execute(f"PRAGMA cache_size=-{CACHE_KB}")
    connection.disable_constraint_checking()
    try:
        yield
    finally:
        connection.enable_constraint_checking()
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size={before}")


def _sqlite_aside() -> list[str]:
    """Drop the indexes that can be dropped and that of words; return what makes them again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        )
        found = [(name, sql) for name, table, sql in cursor.fetchall() if table in COLUMNS]
        for statement in (*engines.drop(connection), *(f'DROP INDEX "{name}"' for name, _ in found)):
            cursor.execute(statement)
    return [*(sql for _, sql in found), *engines.create(connection)]


def _postgresql_aside() -> list[str]:
    """Drop foreign keys, uniqueness and indexes but those of primary keys; return what makes them again."""
    tables = list(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute("SET LOCAL synchronous_commit = off")
        # The foreign keys come last in making, for they lean on the others.
        cursor.execute(
            """SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
               WHERE contype IN ('f', 'u') AND conrelid = ANY(%s::regclass[]) ORDER BY contype DESC, conname""",
            [tables],
        )
        constraints = cursor.fetchall()
        cursor.execute(
            """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
               WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS (
                 SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
               ORDER BY 1""",
            [tables],
        )
        indexes = cursor.fetchall()
        for table, name, _ in reversed(constraints):
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    made = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {words}" for table, name, words in constraints]
    unique = [words for words in made if re.search(r" UNIQUE \(", words)]
    return [
        *unique,
        *(words.replace("%", "%%") for _, words in indexes),
        *(words for words in made if words not in unique),
    ]


def _postgresql_settle() -> None:
    """Tell the planner what there is, and the indexes what everybody may see; the engine would do it by itself, later."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(COLUMNS)}")
