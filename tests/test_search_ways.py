"""Whichever way a search takes, by how many photos have the words and how old they are, it finds the same."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gallery import search, tags
from gallery.models import Image, User
from gallery.search import engines, index, running
from tests.make import make_image

JUNE = datetime(2026, 6, 5, 12, tzinfo=UTC)
Ways = pytest.MonkeyPatch


def most(monkeypatch: Ways, number: int) -> None:
    """Let so many be many."""
    whole = engines.lookup

    def lookup(groups: object) -> engines.Lookup | None:
        found = whole(groups)  # type: ignore[arg-type]
        return dataclasses.replace(found, most=number) if found else None

    monkeypatch.setattr(engines, "lookup", lookup)
    monkeypatch.setattr(running, "MET", 1_000)


def many(monkeypatch: Ways) -> None:
    most(monkeypatch, 1)


def not_few(monkeypatch: Ways) -> None:
    most(monkeypatch, 1_000)
    monkeypatch.setattr(engines, "FEW", 0)


def met_soon(monkeypatch: Ways) -> None:
    monkeypatch.setattr(running, "MET", 1)
    monkeypatch.setattr(running, "NAMED", 0)


def met_farther(monkeypatch: Ways) -> None:
    most(monkeypatch, 1)
    monkeypatch.setattr(running, "MET", 1)
    monkeypatch.setattr(running, "PROBED", 0)


WAYS: dict[str, Callable[[Ways], None]] = {
    "few": lambda monkeypatch: most(monkeypatch, 1_000),
    "not few": not_few,
    "many": many,
    "met soon": met_soon,
    "met farther": met_farther,
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: Ways) -> str:
    WAYS[request.param](monkeypatch)
    return str(request.param)


@pytest.fixture
def library(alice: User, bob: User) -> User:
    for owner in (alice, bob):
        rows = [
            make_image(owner, title=f"Sea {n}" if n % 2 else "Seaside", taken_at=JUNE - timedelta(days=n))
            for n in range(12)
        ]
        tags.add(owner, [rows[n].pk for n in range(6)], ["beach"])
        Image.objects.filter(pk=rows[1].pk).update(binned_at=JUNE)
        index.refresh([row.pk for row in rows])
    return alice


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("sea", [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        ('"sea"', [3, 5, 7, 9, 11]),
        ("sea tag:beach", [0, 2, 3, 4, 5]),
        ("sea beach", [0, 2, 3, 4, 5]),
        ("seaside OR beach", [0, 2, 3, 4, 5, 6, 8, 10]),
        ('"sea 7"', [7]),
        ("-beach sea", [6, 7, 8, 9, 10, 11]),
    ],
)
def test_every_way_finds_the_same(query: str, days: list[int], library: User, way: str) -> None:
    found = search.find(library, query)
    assert [(JUNE - image.taken_at).days for image in found.images.newest_first()] == days, way
    assert found.count(100) == len(days)
    assert found.count(3) == min(3, len(days))


def test_those_named_first_do_not_hide_that_there_are_more(library: User, monkeypatch: Ways) -> None:
    many(monkeypatch)
    monkeypatch.setattr(running, "NAMED", 1)
    assert search.find(library, "sea").count(100) == 11
