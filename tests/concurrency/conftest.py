"""The processes that are many at once, and whose library they meet in."""

from collections.abc import Iterator

import pytest

from tests.concurrency.crowd import Crowd


@pytest.fixture(scope="session")
def crowd() -> Iterator[Crowd]:
    """Run a process that stands ready to fork many."""
    with Crowd() as running:
        yield running
