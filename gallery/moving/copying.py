"""Copying rows in chunks by primary key; each chunk and the note of it are one transaction of the target."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db import DataError, connections
from django.db.models import Q

from gallery.moving import databases, strange
from gallery.moving.naming import Names
from gallery.moving.progress import Progress
from gallery.moving.tables import Table

CHUNK = 500
# Aurora DSQL takes 10 MiB in a transaction; text may be written longer than it is.
CHUNK_BYTES = 3 * 1024**2
DONE = "done"
Report = Callable[[str], None]


class Copying:
    """One move's two databases and what both know by name."""

    def __init__(self, source: str, target: str, report: Report) -> None:
        self.source, self.target, self.report = source, target, report
        self.source_names, self.target_names = Names(source), Names(target)
        self.progress = Progress(target)

    def copy(self, table: Table) -> None:
        """Copy the rows of a table that are not there yet; those whose references are not there stay for later."""
        self._in_chunks(table, "rows", table.rows(self.source), self._write)

    def copy_late(self, table: Table) -> None:
        """Fill the columns that refer to rows which were copied later."""
        if not table.late:
            return
        given = Q()
        for key in table.late:
            given |= Q(**{f"{key.name}__isnull": False})
        self._in_chunks(table, "references", table.rows(self.source).filter(given), self._fill)

    def replace(self, table: Table, keys: Sequence[Any]) -> None:
        """Write rows anew, as the source has them now; to be called within a transaction, after `remove`."""
        for part in _parts(keys):
            rows = list(table.rows(self.source).filter(pk__in=part))
            self._insert(table, [row for row in rows if self._renumber(table, row)])

    def remove(self, table: Table, keys: Sequence[Any]) -> None:
        """Take rows away from the target, and nothing that refers to them; to be called within a transaction."""
        for part in _parts(keys):
            table.model._base_manager.using(self.target).filter(pk__in=part)._raw_delete(self.target)

    def dangling(self, table: Table, keys: Sequence[Any]) -> list[str]:
        """Say which of the source's rows refer to rows that it has not."""
        said = []
        for row in table.rows(self.source).filter(pk__in=list(keys)):
            for key in table.references:
                value = getattr(row, key.attname)
                there = key.related_model._base_manager.using(self.source).filter(pk=value)
                if value is not None and not there.exists():
                    said.append(f"{table.label} {row.pk}, {key.name} {value}")
        return said

    # Chunks

    def _in_chunks(
        self, table: Table, what: str, rows: Any, write: Callable[[Table, list[Any]], object]
    ) -> None:
        note = f"{what} of {table.label}"
        known = self.progress.get(note) or {}
        if known.get("state") == DONE:
            return
        total, done, last = rows.count(), known.get("done", 0), known.get("last")
        while chunk := list((rows if last is None else rows.filter(pk__gt=_key(table, last)))[:CHUNK]):
            for part in _sized(chunk):
                last, done = str(part[-1].pk), done + len(part)
                noted = {"last": last, "done": done}

                def step(part: list[Any] = part, noted: dict[str, Any] = noted) -> None:
                    write(table, part)
                    self.progress.put(note, noted)

                databases.committed(self.target, step)
            self.report(f"{note}: {done:,} of {max(total, done):,}")
        self.progress.put(note, {"state": DONE, "done": done})

    def _write(self, table: Table, rows: list[Any]) -> None:
        for row in rows:
            for key in table.late:
                setattr(row, key.attname, None)
        self._insert(table, [row for row in self._referring(table, rows) if self._renumber(table, row)])

    def _fill(self, table: Table, rows: list[Any]) -> None:
        there = self._keys_there(table.model, [row.pk for row in rows])
        known = [row for row in rows if row.pk in there]
        for key in table.late:
            found = self._keys_there(key.related_model, [getattr(row, key.attname) for row in known])
            for row in known:
                if getattr(row, key.attname) not in found:
                    setattr(row, key.attname, None)
        names = [key.name for key in table.late]
        table.model._base_manager.using(self.target).bulk_update(known, names)

    # Rows

    def _referring(self, table: Table, rows: list[Any]) -> list[Any]:
        """Keep the rows whose references the target has; the gallery may have written others meanwhile."""
        for key in table.references:
            if key in table.late:
                continue
            wanted = {getattr(row, key.attname) for row in rows} - {None}
            found = self._keys_there(key.related_model, wanted)
            rows = [row for row in rows if getattr(row, key.attname) in found | {None}]
        return rows

    def _keys_there(self, model: Any, keys: Iterable[Any]) -> set[Any]:
        wanted = set(keys) - {None}
        rows = model._base_manager.using(self.target).filter(pk__in=wanted)
        return set(rows.values_list("pk", flat=True))

    def _renumber(self, table: Table, row: Any) -> bool:
        """Give the row the target's numbers of what is known by name; say whether all of it is known."""
        for key in table.named:
            name = self.source_names.of(key.related_model, getattr(row, key.attname))
            setattr(row, key.attname, self.target_names.key(key.related_model, name))
        return all(key.null or getattr(row, key.attname) is not None for key in table.named)

    def _insert(self, table: Table, rows: list[Any]) -> None:
        if databases.speaks_postgresql(self.target):
            strange.refuse(table, rows)
        try:
            self._insert_all(table, rows)
        except (DataError, ValueError, OverflowError) as error:
            raise strange.named(table, rows, error) from error

    def _insert_all(self, table: Table, rows: list[Any]) -> None:
        manager: Any = table.model._base_manager.using(self.target)
        most = connections[self.target].ops.bulk_batch_size(table.fields, rows) if rows else 1
        for start in range(0, len(rows), most):
            # Raw: what a field does as it is saved, such as noting the time, was done long ago.
            manager._insert(rows[start : start + most], fields=table.fields, using=self.target, raw=True)


def _key(table: Table, text: str) -> Any:
    return table.model._meta.pk.to_python(text)


def _parts(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]


def _sized(rows: list[Any]) -> Iterator[list[Any]]:
    """Part rows so that none of the parts is too long for one transaction."""
    part: list[Any] = []
    size = 0
    for row in rows:
        length = len(repr(row.__dict__))
        if part and size + length > CHUNK_BYTES:
            yield part
            part, size = [], 0
        part.append(row)
        size += length
    if part:
        yield part
