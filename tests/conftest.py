"""The cast: alice owns the library, bob is invited to an album of hers, the stranger to nothing."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import Settings

from gallery.models import Album, AlbumMember, User
from photosky.env import S3Settings
from tests.make import count_anew, make_album, make_user

# Playwright's synchronous driver keeps an event loop in the test's thread, which Django takes for async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytest_plugins = [
    "tests.plugins.s3", "tests.plugins.cli", "tests.plugins.library", "tests.plugins.retries",
    "tests.plugins.longest_first",
]  # fmt: skip


# What these show lies in pages, pictures and processes: the rows behind it are those of other tests.
THE_SAME_ON_EVERY_ENGINE = frozenset(
    {
        "test_decoding.py", "test_formats_journey.py", "test_hostile_text.py", "test_live_photos.py",
        "test_rotation.py", "test_template_engine.py", "test_translations.py", "test_weight.py",
    }
)  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run all on SQLite; on another engine what asks it anything (`make test-postgres`), browsers aside."""
    if connection.vendor != "sqlite":
        left = [item for item in items if not _asks_the_database(item)]
        items[:] = [item for item in items if _asks_the_database(item)]
        config.hook.pytest_deselected(items=left)


def _asks_the_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("browser") or item.path.name in THE_SAME_ON_EVERY_ENGINE:
        return False
    asked = set(getattr(item, "fixturenames", ()))
    # Beside a server of their own, tests/dsql ask databases of all three engines, wherever the others run.
    if {"postgresql", "new_database"} & asked:
        return False
    return bool({"db", "transactional_db"} & asked or item.get_closest_marker("django_db"))


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Throttles of one test must not slow the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _same_photos() -> None:
    """Photos of a test are made at the same times in every order of the tests."""
    count_anew()


@pytest.fixture
def alice(db: None) -> User:
    return make_user("alice")


@pytest.fixture
def bob(db: None) -> User:
    return make_user("bob")


@pytest.fixture
def stranger(db: None) -> User:
    return make_user("stranger")


@pytest.fixture
def shared_album(alice: User, bob: User) -> Album:
    """Return an album of alice's to which bob is invited as a viewer."""
    album = make_album(alice, title="Picos 2026")
    AlbumMember.objects.create(album=album, user=bob)
    return album


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """Return a function that gives a browser in which the user is signed in."""

    def browser(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return browser


@pytest.fixture
def signing(settings: Settings) -> None:
    """Let addresses be signed although no store runs: signing asks nobody."""
    settings.S3 = S3Settings(
        "photos", endpoint="http://store.test", access_key="AKIATEST", secret_key="only-for-tests"
    )


@pytest.fixture(scope="session")
def real_photos() -> Path:
    """Return the folder of real photographs that PHOTOSKY_PHOTOS names; skip where it names none."""
    folder = os.environ.get("PHOTOSKY_PHOTOS", "")
    if not folder:
        pytest.skip("PHOTOSKY_PHOTOS names no folder of real photographs")
    return Path(folder)
