"""A test fails where the product writes in a transaction that nobody begins again when it lost a race.

Such a transaction fails with 40001 in front of a visitor. What is longer than one statement is begun by `atomic_retry`; a
lone statement is run again by the connection itself. Both are of photosky/database.py.
"""

import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from photosky import database

ROOT = Path(__file__).resolve().parents[2]
WRITES = ("INSERT", "UPDATE", "DELETE")
# Nobody else may use the library while they run.
ALONE = ("gallery/migrations/", "gallery/seeding/", "gallery/planning.py")
# What these offer is done in the transaction of whoever asks, which may be a test that makes its rows.
OFFERED = ("gallery/models/", "gallery/audit.py", "photosky/database.py")
# Tests that put a transaction of their own around the product, to undo it or to look into it.
BEGIN_THEMSELVES = ("test_access_matrix.py", "test_waking.py")
# Django's cache forgets what it could not write, and tells nobody.
FORGETFUL = '"photosky_cache"'
_found: list[str] = []


@pytest.fixture(autouse=True)
def _writes_are_retried(request: pytest.FixtureRequest) -> Iterator[None]:
    found()
    yield
    left = found()
    # Folders of tests break the database on purpose, or have a server write meanwhile.
    if request.path.parent != ROOT / "tests" or request.path.name in BEGIN_THEMSELVES:
        return
    assert not left, "begin these by photosky.database.atomic_retry:\n" + "\n".join(left)


def found() -> list[str]:
    """Return what was found since the last call."""
    places = sorted(set(_found))
    _found.clear()
    return places


def _watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if (
        sql.startswith(WRITES)
        and FORGETFUL not in sql
        and context["connection"].alias == DEFAULT_DB_ALIAS
        and not database.is_retried()
        and (place := _product(sys._getframe(1)))
    ):
        _found.append(f"{place}: {sql[:80]}")
    return execute(sql, params, many, context)


def _product(frame: FrameType | None) -> str:
    """Return the innermost place of the product that led here, unless a test's own is further in."""
    while frame is not None:
        place = _place(frame.f_code.co_filename)
        if place.startswith(("tests/", *ALONE)):
            return ""
        if place.startswith(("gallery/", "photosky/")) and not place.startswith(OFFERED):
            return f"{place}:{frame.f_lineno} {frame.f_code.co_name}"
        frame = frame.f_back
    return ""


# Asked for every frame of every write.
@functools.cache
def _place(file: str) -> str:
    """Return where in the project a file lies; nothing of one that is not, or is this one."""
    path = Path(file)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) and path != Path(__file__) else ""


def _attach(connection: BaseDatabaseWrapper, **_: object) -> None:
    if _watch not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _watch)


connection_created.connect(_attach)
