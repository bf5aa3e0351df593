"""The database fails in the middle of a step, or does its part and cannot say so."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection

from gallery import tasks, uploads
from gallery.models import Image, Upload, User
from tests.faults.library import (
    arrive,
    bring,
    check_invariants,
    check_settled,
    photos,
    settle,
    sha256,
)
from tests.make import announced, photo_bytes


def processing(owner: User, data: bytes) -> Upload:
    return uploads.finish(arrive(owner, data))


@contextmanager
def database_down(statement: str) -> Iterator[list[str]]:
    """Let the database fail at the first statement that holds these words, as if the line had broken."""
    met: list[str] = []

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if statement in sql and not met:
            met.append(sql)
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield met


@contextmanager
def commit_answer_lost(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the next transaction be committed and its answer be lost."""
    lost: list[bool] = []
    commit = connection._commit  # type: ignore[attr-defined]  # what Django calls to commit

    def lose() -> None:
        commit()
        if not lost:
            lost.append(True)
            raise OperationalError("connection lost after COMMIT")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "_commit", lose)
        yield
    assert lost


@pytest.mark.parametrize("statement", ['UPDATE "gallery_user"', 'UPDATE "gallery_upload"'])
def test_database_that_fails_while_finishing_keeps_the_bytes(owner: User, statement: str) -> None:
    data = photo_bytes()
    upload = arrive(owner, data)
    with database_down(statement) as met, pytest.raises(OperationalError):
        uploads.finish(upload)

    assert met
    check_invariants()
    bring(owner, data)
    settle()
    assert photos(owner) == [sha256(data)]
    check_settled()


@pytest.mark.parametrize("statement", ['INSERT INTO "gallery_image"', 'UPDATE "gallery_upload" SET "state"'])
def test_database_that_fails_while_an_image_is_written_undoes_all_of_it(owner: User, statement: str) -> None:
    data = photo_bytes()
    upload = processing(owner, data)
    with database_down(statement) as met, pytest.raises(OperationalError):
        tasks.process(upload.pk)

    assert met
    assert not Image.objects.exists()
    check_invariants()
    settle()
    assert photos(owner) == [sha256(data)]
    check_settled()


def test_commit_whose_answer_is_lost_while_finishing_counts_once(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = photo_bytes()
    upload = arrive(owner, data)
    with commit_answer_lost(monkeypatch), pytest.raises(OperationalError):
        uploads.finish(upload)

    bring(owner, data)
    owner.refresh_from_db()
    assert owner.used_bytes == len(data)
    settle()
    assert photos(owner) == [sha256(data)]
    check_settled()


def test_commit_whose_answer_is_lost_while_starting_gives_the_same_upload(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = photo_bytes()
    with commit_answer_lost(monkeypatch), pytest.raises(OperationalError):
        uploads.start(owner, [announced(data)])

    bring(owner, data)
    assert Upload.objects.count() == 1
    settle()
    assert photos(owner) == [sha256(data)]
