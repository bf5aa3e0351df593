"""A library of its own for one test: a database that other threads and processes see, and a bucket."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from gallery import crashpoints, marker
from photosky.env import S3Settings
from tests.faults.library import Store, empty_bucket, use_database

# One bucket for all: the server takes a second to make room for another. Each test begins by emptying it.
BUCKET = f"library-{secrets.token_hex(4)}"


if connection.vendor == "sqlite":

    @pytest.fixture
    def database(db: None, tmp_path: Path) -> Iterator[Path]:
        """Lead every thread to a database file with all tables and no rows, and back again."""
        path = tmp_path / "library.sqlite3"
        # By a connection of its own: that of the test holds a transaction open.
        with (
            closing(sqlite3.connect(connection.settings_dict["NAME"], uri=True)) as source,
            closing(sqlite3.connect(path)) as copy,
        ):
            source.backup(copy)
        with use_database(path):
            yield path

else:

    @pytest.fixture
    def database(transactional_db: None) -> Path:
        """Name the server's database of the tests, which is emptied after each."""
        return Path(connection.settings_dict["NAME"])


@pytest.fixture
def store(database: Path, s3_settings: S3Settings, settings: Settings) -> Iterator[Store]:
    """Give the test a bucket with the mark of its library, and ways to break the line to it."""
    settings.S3 = replace(s3_settings, bucket=BUCKET)
    empty_bucket()
    marker.verify()
    yield Store(settings.S3)
    crashpoints.arm(None)
