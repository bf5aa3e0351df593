"""The whole of a move: refuse what must not be done, copy, compare, copy what differs, and say what comes next."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

from django.contrib.auth import get_user_model
from django.db import IntegrityError

from gallery.models import Library
from gallery.moving import databases
from gallery.moving.comparing import Compared, compare
from gallery.moving.copying import Copying
from gallery.moving.errors import MoveError
from gallery.moving.progress import Progress
from gallery.moving.tables import Table, copied

# A gallery that goes on being used changes while it is compared: so often is what differs copied once more.
PASSES = 5
SHOWN = 5
ENDED = "ended with"
Report = Callable[[str], None]


def move(source: str, target: str, report: Report) -> list[Compared]:
    """Copy the library in `source` to `target` and return the comparison, in which everything is equal.

    Goes on where an earlier run stopped. Raises MoveError where it may not, cannot, or is overtaken by changes.
    """
    if databases.place(source) == databases.place(target):
        raise MoveError("Source and target are the same database. Name another with --to.")
    with ExitStack() as stack:
        stack.enter_context(databases.only_read(source))
        library = _library(source)
        _may_be_written(target, library)
        report("making the tables of the target")
        databases.migrate(target)
        progress = Progress(target)
        progress.begin(library)
        tables = copied()
        copying = Copying(source, target, report)
        copying.target_names.complete(copying.source_names)
        ended = progress.get(ENDED)
        if ended is None:
            for table in tables:
                copying.copy(table)
            for table in tables:
                copying.copy_late(table)
        result = _settle(copying, tables, report, ended)
        databases.count_on(target, tables)
        progress.put(ENDED, {one.table.label: one.checksum_there for one in result})
        return result


def look(source: str, target: str, report: Report) -> list[Compared]:
    """Compare the two without writing anything."""
    with databases.only_read(source), databases.only_read(target):
        _library(source)
        if databases.unapplied(target):
            raise MoveError("The target has not all tables of a library: nothing was moved there yet.")
        copying = Copying(source, target, report)
        return [_compared(copying, table, report) for table in copied()]


def _library(source: str) -> str:
    """Return by what the source's library is known."""
    if lacking := databases.unapplied(source):
        raise MoveError(
            f"The source lacks migrations ({', '.join(lacking[:SHOWN])}): run `manage.py migrate` first, then this again."
        )
    library = Library.objects.using(source).order_by("pk").first()
    first = get_user_model().objects.using(source).order_by("pk").first()
    if first is None:
        raise MoveError(
            "The source holds nobody, so there is nothing to move: set DATABASE_URL to the target and run `manage.py migrate`."
        )
    return f"{library.pk}" if library else f"of {first.pk}"


def _may_be_written(target: str, library: str) -> None:
    """Refuse a target that holds anything but an earlier, unfinished or untouched, copy of this library."""
    progress = Progress(target)
    if progress.is_there():
        known = progress.get("library")
        if known in {None, library}:
            return
        raise MoveError(
            f"The target holds a copy of library {known}, and this is {library}. Name an empty database."
        )
    if databases.has_people(target):
        raise MoveError(
            "The target holds a library of its own, which this would write over. Name an empty database."
        )


def _settle(
    copying: Copying, tables: Sequence[Table], report: Report, ended: dict[str, str] | None
) -> list[Compared]:
    """Compare, and copy what differs, until nothing does."""
    for _ in range(PASSES):
        result = [_compared(copying, table, report) for table in tables]
        if ended is not None:
            _untouched(result, ended)
            ended = None
        differing = [one for one in result if not one.equal]
        if not differing:
            return result
        copying.progress.put(ENDED, None)
        count = sum(len(one.changed) + len(one.extra) for one in differing)
        report(f"copying {count:,} rows that differ: they were written during the copy")
        try:
            _replace(copying, differing)
        except IntegrityError as error:
            report(f"not yet: {str(error).splitlines()[0]}")
    raise MoveError(_still_differing(copying, differing))


def _compared(copying: Copying, table: Table, report: Report) -> Compared:
    one = compare(table, copying.source_names, copying.target_names)
    if one.rows or one.rows_there:
        said = "equal" if one.equal else f"{len(one.changed) + len(one.extra):,} rows differ"
        report(f"compared {table.label}: {one.rows:,} rows, {one.rows_there:,} in the target, {said}")
    return one


def _untouched(result: Sequence[Compared], ended: dict[str, str]) -> None:
    touched = [
        one.table.label
        for one in result
        if ended.get(one.table.label, one.checksum_there) != one.checksum_there
    ]
    if touched:
        raise MoveError(
            f"The target was written to since the library was moved there ({', '.join(touched[:SHOWN])}): a gallery uses it."
            " Nothing was changed. To move once more, name an empty database."
        )


def _replace(copying: Copying, differing: Sequence[Compared]) -> None:
    """Take away what differs and write it anew: at once where references are kept, else in chunks."""
    steps = [
        *(
            partial(copying.remove, one.table, part)
            for one in reversed(differing)
            for part in _few(_stale(one))
        ),
        *(partial(copying.replace, one.table, part) for one in differing for part in _few(one.changed)),
    ]
    if not databases.keeps_references(copying.target):
        for step in steps:
            databases.committed(copying.target, step)
        return

    def all_of_it() -> None:
        for step in steps:
            step()

    databases.committed(copying.target, all_of_it)


def _stale(one: Compared) -> list[object]:
    return [*one.extra, *one.changed]


def _few(keys: Sequence[object]) -> list[Sequence[object]]:
    # So few that the longest rows are within what one transaction of Aurora DSQL takes.
    return [keys[start : start + 100] for start in range(0, len(keys), 100)]


def _still_differing(copying: Copying, differing: Sequence[Compared]) -> str:
    lost = [said for one in differing for said in copying.dangling(one.table, one.changed[:SHOWN])]
    if lost:
        return f"The source refers to rows that it has not: {'; '.join(lost[:SHOWN])}. Remove these, then run this again."
    names = ", ".join(f"{one.table.label} ({len(one.changed) + len(one.extra)})" for one in differing)
    return f"The source goes on being changed: {names}. Stop the gallery and its workers, then run this again: it goes on."
