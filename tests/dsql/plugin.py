"""For whole files of tests on the stand-in: transactions begin and end as in real life, and lose races by chance."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every test commit: rules about transactions mean nothing inside one that is rolled back."""
    for item in items:
        item.add_marker(pytest.mark.django_db(transaction=True))
