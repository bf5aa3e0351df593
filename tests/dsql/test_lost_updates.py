"""Eight processes change the same row forty times each on the stand-in for Aurora DSQL, and every change is there afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from gallery.models import User
from tests.concurrency.crowd import Crowd
from tests.concurrency.test_lost_updates import RETRY, collect, count_up
from tests.dsql.conftest import Makes
from tests.make import make_image

pytestmark = pytest.mark.django_db(transaction=True)
# Of all transactions that write, so many are told at COMMIT that they lost, beside those that lose on PostgreSQL itself.
LOST_AT_COMMIT = "0.1"


@pytest.fixture(scope="module")
def crowd(postgresql: str) -> Iterator[Crowd]:
    """Run a process that forks many, whose engine is that of Aurora DSQL."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.dsql.settings",
        "PHOTOSKY_TEST_DSQL": postgresql,
        "PHOTOSKY_TEST_CONFLICTS": LOST_AT_COMMIT,
    }
    with Crowd(environment) as running:
        yield running


@pytest.fixture
def owner(new_database: Makes) -> User:
    """Return somebody in a database of their own."""
    return User.objects.db_manager(new_database("dsql")).create_user("alice")


def change(kind: str, crowd: Crowd, owner: User, retry: str) -> None:
    """Let all change one row; raise AssertionError where a change was refused or lost."""
    database = Path(connections[owner._state.db].settings_dict["NAME"])  # type: ignore[index]
    if kind == "number":
        count_up(crowd, database, owner, retry)
    else:
        collect(crowd, database, make_image(owner), retry)


@pytest.mark.parametrize("kind", ["number", "set"])
def test_no_change_of_a_row_that_is_read_and_written_is_lost(crowd: Crowd, owner: User, kind: str) -> None:
    change(kind, crowd, owner, RETRY)


@pytest.mark.parametrize(
    ("robbed", "kind"), [("no retry", "number"), ("no retry", "set"), ("no transaction", "number")]
)
def test_this_suite_fails_without_what_holds_it(crowd: Crowd, owner: User, robbed: str, kind: str) -> None:
    with pytest.raises(AssertionError):
        change(kind, crowd, owner, robbed)
