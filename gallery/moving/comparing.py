"""Comparing two databases row by row, in chunks, without holding more of a table than what differs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gallery.moving.canonical import checksum, digest
from gallery.moving.naming import Names
from gallery.moving.tables import Table

CHUNK = 500


@dataclass
class Compared:
    """One table in both databases: `changed` are keys of rows that the target lacks or has otherwise, `extra` its own."""

    table: Table
    changed: list[Any] = field(default_factory=list)
    extra: list[Any] = field(default_factory=list)
    rows: int = 0
    rows_there: int = 0
    checksum: str = ""
    checksum_there: str = ""

    @property
    def equal(self) -> bool:
        """Whether both hold the same."""
        return (self.rows, self.checksum) == (self.rows_there, self.checksum_there)


def compare(table: Table, source: Names, target: Names) -> Compared:
    """Compare a table's rows in the two databases."""
    result = Compared(table)
    here: list[int] = []
    there: list[int] = []
    for rows in _chunks(table.rows(source.database)):
        found = table.rows(target.database).filter(pk__in=[row.pk for row in rows])
        others = {row.pk: digest(table, row, target) for row in found}
        for row in rows:
            own = digest(table, row, source)
            here.append(own)
            if others.get(row.pk) != own:
                result.changed.append(row.pk)
        there += others.values()
        here, there = [sum(here)], [sum(there)]
        result.rows += len(rows)
        result.rows_there += len(others)
    for rows in _chunks(table.rows(target.database)):
        keys = [row.pk for row in rows]
        known = set(table.rows(source.database).filter(pk__in=keys).values_list("pk", flat=True))
        lone = [row for row in rows if row.pk not in known]
        there += [digest(table, row, target) for row in lone]
        result.extra += [row.pk for row in lone]
        result.rows_there += len(lone)
    result.checksum, result.checksum_there = checksum(here), checksum(there)
    return result


def _chunks(rows: Any) -> Iterator[list[Any]]:
    last = None
    while chunk := list((rows if last is None else rows.filter(pk__gt=last))[:CHUNK]):
        yield chunk
        last = chunk[-1].pk
