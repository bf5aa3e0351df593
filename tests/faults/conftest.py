"""Whose library meets the faults, and the process that dies of them."""

from collections.abc import Iterator

import pytest

from gallery.models import User
from tests.faults.library import Store
from tests.faults.processes import Nursery
from tests.make import make_user


@pytest.fixture
def owner(store: Store) -> User:
    return make_user("alice")


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Run a process that stands ready to fork workers which are killed."""
    with Nursery() as running:
        yield running
