"""The tests that take longest begin first: one that began last would keep all other workers waiting for it."""

import os

import pytest

MARK = "long"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}: takes a minute; begins before the others")


# After pytest-django, which puts to the end what does not run in a transaction: all that has a browser.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each worker's share, a run of neighbours in this list (`--dist worksteal`), begin with some of them."""
    shares = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    rest = [item for item in items if not item.get_closest_marker(MARK)]
    long = [item for item in items if item.get_closest_marker(MARK)]
    ordered: list[pytest.Item] = []
    for share in range(shares):
        first = long[share::shares]
        size = len(items) * (share + 1) // shares - len(ordered)
        ordered += first + rest[: size - len(first)]
        del rest[: size - len(first)]
    items[:] = ordered + rest
