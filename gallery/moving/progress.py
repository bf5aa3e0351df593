"""What the target remembers of the move: of which library, how far, and the checksums with which it ended.

A table of the move's own, which no model knows; it is left there, and a second run goes on from it.
"""

import json
from typing import Any

from django.db import connections

from gallery.moving.errors import MoveError

TABLE = "photosky_move"
CREATE = f"CREATE TABLE IF NOT EXISTS {TABLE} (name varchar(200) NOT NULL PRIMARY KEY, value text NOT NULL)"
READ = f"SELECT value FROM {TABLE} WHERE name = %s"  # noqa: S608  # our own name
WRITE = (
    f"INSERT INTO {TABLE} (name, value) VALUES (%s, %s)"  # noqa: S608  # our own name
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class Progress:
    """The notes in one target."""

    def __init__(self, database: str) -> None:
        self._database = database

    def is_there(self) -> bool:
        """Say whether a move was ever begun to this target."""
        return TABLE in connections[self._database].introspection.table_names()

    def begin(self, library: str) -> None:
        """Note whose library comes here. Raises MoveError where it is another's."""
        if not self.is_there():
            self._execute(CREATE)
        known = self.get("library")
        if known is None:
            self.put("library", library)
        elif known != library:
            raise MoveError(
                f"The target holds a copy of library {known}, and this is {library}. Name an empty database."
            )

    def get(self, name: str) -> Any:
        """Return a note, or None."""
        with connections[self._database].cursor() as cursor:
            cursor.execute(READ, [name])
            row = cursor.fetchone()
        return json.loads(row[0]) if row else None

    def put(self, name: str, value: Any) -> None:
        """Write a note, in the transaction of what it tells of."""
        self._execute(WRITE, name, json.dumps(value))

    def _execute(self, sql: str, *params: str) -> None:
        with connections[self._database].cursor() as cursor:
            cursor.execute(sql, params or None)
