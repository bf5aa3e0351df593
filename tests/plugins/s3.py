"""A real S3 server for the tests: one for each test process, with a bucket of its own, empty at the start."""

import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from django.test import override_settings
from pytest_django import Settings

from gallery import objectstore
from gallery.objectstore.connection import client
from photosky.embedded_s3 import EmbeddedS3
from photosky.env import S3Settings

ACCESS_KEY = "AKIATESTSTESTSTESTS0"
SECRET_KEY = "only-for-tests-0123456789012345678901234"
# The page that the bucket's CORS rule lets in.
ORIGIN = "http://photos.test"


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedS3]:
    """Run the embedded server until this process has run its last test."""
    with EmbeddedS3(tmp_path_factory.mktemp("s3"), ACCESS_KEY, SECRET_KEY) as server:
        yield server


@pytest.fixture(scope="session")
def s3_settings(s3_server: EmbeddedS3) -> S3Settings:
    """Return settings for a bucket that did not exist before this session and now does."""
    made = S3Settings(
        bucket=f"photos-{secrets.token_hex(4)}",
        region="eu-central-1",
        endpoint=s3_server.endpoint,
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
    )
    with override_settings(S3=made):
        objectstore.ensure_bucket([ORIGIN])
    return made


@pytest.fixture
def s3(s3_settings: S3Settings, settings: Settings) -> S3Settings:
    """Let the test work against the session's bucket; keys of other tests are in it, so name yours at random."""
    settings.S3 = s3_settings
    return s3_settings


@pytest.fixture
def other_s3_bucket(s3_settings: S3Settings, settings: Settings) -> Iterator[S3Settings]:
    """Name a bucket on the same server that does not exist yet, and is removed when the test is over.

    A bucket takes a gibibyte of what the disk has room for, and tests make hundreds of them.
    """
    other = replace(s3_settings, bucket=f"other-{secrets.token_hex(4)}")
    settings.S3 = other
    yield other
    with override_settings(S3=other), suppress(ClientError):
        client().delete_bucket(Bucket=other.bucket)
