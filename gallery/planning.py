"""What SQLite's planner is told of the tables, in place of what ANALYZE would count.

Without any figures the planner takes ten rows for one owner's library, and reads all of it where a handful of keys was
named. ANALYZE misleads it, too: it counts how many rows share a value on average, while nearly all share one, that of
not being in the bin. So the figures of a large gallery are written down here. They are as good for a small one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

# So many that no planner reads a whole table where an index leads to what is asked.
ROWS = 1_000_000_000
AN_OWNERS = 50_000
OWNERS = ROWS // AN_OWNERS
# Into how many parts a column divides what the columns before it in an index have left. One: nearly all rows have the
# same. A column that is not named here tells every row from the others.
PARTS: Mapping[str, Mapping[str, int]] = {
    "gallery_image": {
        "owner_id": OWNERS,
        "binned_at": 1,
        "held_at": 1,
        "archived_at": 1,
        "is_favorite": 20,
        "month": 200,
        "country": 20,
        "place": 20,
        "cell": 1_000,
        "phash": 10_000,
        "stacked_under_id": ROWS // 5,
    },
    "gallery_albumimage": {"album_id": ROWS // 500, "image_id": ROWS // 2, "added_by_id": OWNERS},
    "gallery_imagetag": {"tag_id": ROWS // 5_000, "image_id": ROWS // 2},
    "gallery_searchentry": {"owner_id": OWNERS},
}


def figures(table: str, columns: Iterable[str]) -> str:
    """Return what sqlite_stat1 says of an index: the rows, then how many share the first column, the first two, ..."""
    left, found = ROWS, [ROWS]
    for column in columns:
        left = max(left // PARTS[table].get(column, ROWS), 1)
        found.append(left)
    return " ".join(map(str, found))


def tell(using: str = "default", **_: Any) -> None:
    """Write the figures where the engine is SQLite and has others."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with transaction.atomic(using):
            _tell(connection)


def _tell(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        known = connection.introspection.table_names(cursor)
        wanted = {
            (table, index, figures(table, columns))
            for table in PARTS
            if table in known
            for index, columns in _indexes(cursor, table)
        }
        # Makes the table of figures, and counts nothing.
        cursor.execute("ANALYZE sqlite_master")
        for table in PARTS:
            cursor.execute("SELECT tbl, idx, stat FROM sqlite_stat1 WHERE tbl = %s", [table])
            told = {row for row in wanted if row[0] == table}
            if set(cursor.fetchall()) != told:
                cursor.execute("DELETE FROM sqlite_stat1 WHERE tbl = %s", [table])
                cursor.executemany(
                    "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", sorted(told)
                )
        # Reads them.
        cursor.execute("ANALYZE sqlite_master")


def _indexes(cursor: Any, table: str) -> list[tuple[str, list[str]]]:
    """Return the indexes of a table with their columns, in order."""
    cursor.execute("SELECT name FROM pragma_index_list(%s)", [table])
    names = [name for (name,) in cursor.fetchall()]
    found = []
    for name in names:
        cursor.execute("SELECT name FROM pragma_index_info(%s) ORDER BY seqno", [name])
        found.append((name, [column for (column,) in cursor.fetchall()]))
    return found
