"""SQLite that is locked, full, read-only or gone: visitors are told so, and nothing is written half."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError, connection
from django.test import Client

from gallery.models import Album, AuditEntry, User
from photosky import database as engine
from tests.faults.library import use_database
from tests.make import make_album, make_user

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own troubles")


@pytest.fixture
def visitor(database: Path, signing: None, signed_in: Callable[[User], Client]) -> Client:
    """Return a signed-in browser that is shown errors, as a visitor is."""
    client = signed_in(make_user("alice"))
    client.raise_request_exception = False
    return client


@contextmanager
def said(pragma: str, back: str) -> Iterator[None]:
    """Say a pragma to the connection, and another one at the end."""
    with connection.cursor() as cursor:
        cursor.execute(pragma)
    yield
    with connection.cursor() as cursor:
        cursor.execute(back)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        said("PRAGMA busy_timeout = 10", "PRAGMA busy_timeout = 20000"),
    ):
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path)) as other:
        (pages,) = other.execute("PRAGMA page_count").fetchone()
    with said(f"PRAGMA max_page_count = {pages}", "PRAGMA max_page_count = 1000000"):
        yield


@contextmanager
def read_only(_path: Path) -> Iterator[None]:
    with said("PRAGMA query_only = ON", "PRAGMA query_only = OFF"):
        yield


@pytest.mark.parametrize("trouble", [locked, full, read_only])
def test_who_writes_is_asked_to_come_again_and_nothing_is_written_half(
    visitor: Client,
    database: Path,
    trouble: Callable[[Path], Iterator[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "RETRY_FOR_S", 0.2)
    album = make_album(User.objects.get(), title="Autumn")
    body = {"title": "Summer", "description": "A long summer. " * 300}
    with trouble(database):  # type: ignore[attr-defined]  # each is a context manager
        answer = visitor.post("/api/albums/", body, content_type="application/json")
        page = visitor.post(f"/albums/{album.pk}/edit/", {**body, "sort": "manual"})
        assert visitor.get("/albums/").status_code == 200

    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["code"] == "database_unavailable"
    assert page.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert int(page.headers["Retry-After"]) > 0
    assert "Your photos are safe" in page.content.decode()
    assert list(Album.objects.values_list("title", "description")) == [("Autumn", "")]
    assert not AuditEntry.objects.filter(action__startswith="album.").exists()

    assert visitor.post("/api/albums/", body, content_type="application/json").status_code == 201


def test_file_that_is_not_there_is_told_by_pages_that_need_none(visitor: Client, tmp_path: Path) -> None:
    with use_database(tmp_path / "gone" / "library.sqlite3"):
        answers = [visitor.get(path) for path in ("/", "/api/images/", "/healthz/", "/nowhere/")]
    assert [answer.status_code for answer in answers] == [503] * 4
    assert "sqlite" not in "".join(answer.content.decode() for answer in answers)
    assert visitor.get("/").status_code == 200


def test_session_that_cannot_be_saved_is_not_taken_for_one_that_was_ended(visitor: Client) -> None:
    session = visitor.session
    with said("PRAGMA query_only = ON", "PRAGMA query_only = OFF"), pytest.raises(OperationalError):
        session.save()
    session.save()
    session.delete()
    with pytest.raises(UpdateError):
        session.save()
