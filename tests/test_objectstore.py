"""What the object store promises for single objects and for many, held against a real S3 server."""

import base64
import hashlib
import io
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse, HeadersDict
from pytest_django import Settings
from urllib3 import HTTPResponse

from gallery import objectstore
from gallery.objectstore import AlreadyExists, NotFound, TooLarge
from gallery.objectstore.connection import client
from photosky.env import S3Settings


@pytest.fixture
def prefix(s3: S3Settings) -> str:
    return f"originals/{uuid.uuid4().hex}/"


def put(key: str, data: bytes = b"bytes", *, if_absent: bool = True) -> None:
    objectstore.put(key, data, content_type="image/jpeg", if_absent=if_absent)


def test_what_is_put_is_read_back_with_its_facts(prefix: str) -> None:
    data = os.urandom(5_000_000)

    objectstore.put(prefix + "a", data, content_type="image/webp", cache_control="no-cache", if_absent=True)

    found = objectstore.head(prefix + "a")
    assert found is not None
    assert (found.size, found.content_type) == (len(data), "image/webp")
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert objectstore.read(prefix + "a", max_bytes=len(data)) == data
    assert b"".join(objectstore.stream(prefix + "a")) == data
    assert objectstore.read_head(prefix + "a", 100) == data[:100]


def test_read_head_of_a_short_or_empty_object_is_all_of_it(prefix: str) -> None:
    put(prefix + "short", b"abc")
    put(prefix + "empty", b"")

    assert objectstore.read_head(prefix + "short", 100) == b"abc"
    assert objectstore.read_head(prefix + "empty", 100) == b""


def test_a_key_without_object_has_no_head_and_reads_as_not_found(prefix: str) -> None:
    assert objectstore.head(prefix + "none") is None
    for read in (
        lambda: objectstore.read(prefix + "none", max_bytes=1),
        lambda: objectstore.stream(prefix + "none"),
        lambda: objectstore.read_head(prefix + "none", 1),
        lambda: objectstore.copy(prefix + "none", prefix + "target"),
    ):
        with pytest.raises(NotFound, match=prefix + "none"):
            read()
    with pytest.raises(FileNotFoundError):
        objectstore.read(prefix + "none", max_bytes=1)


def test_read_refuses_an_object_over_the_limit(prefix: str) -> None:
    put(prefix + "a", b"12345")

    with pytest.raises(TooLarge, match="5 bytes; at most 4"):
        objectstore.read(prefix + "a", max_bytes=4)


def test_put_if_absent_leaves_what_is_there(prefix: str) -> None:
    put(prefix + "a", b"first")

    with pytest.raises(AlreadyExists, match=prefix + "a"):
        put(prefix + "a", b"second")

    assert objectstore.read(prefix + "a", max_bytes=10) == b"first"


def test_put_without_the_condition_replaces(prefix: str) -> None:
    put(prefix + "a", b"first")

    put(prefix + "a", b"second", if_absent=False)

    assert objectstore.read(prefix + "a", max_bytes=10) == b"second"


def test_of_many_writers_of_one_key_exactly_one_succeeds(prefix: str) -> None:
    def attempt(number: int) -> bytes | None:
        try:
            put(prefix + "a", f"{number}".encode())
        except AlreadyExists:
            return None
        return f"{number}".encode()

    with ThreadPoolExecutor(8) as threads:
        written = [data for data in threads.map(attempt, range(16)) if data is not None]

    assert written == [objectstore.read(prefix + "a", max_bytes=10)]


def test_put_with_the_checksum_of_other_bytes_stores_nothing(prefix: str) -> None:
    with pytest.raises(objectstore.Damaged, match=prefix + "a"):
        objectstore.put(
            prefix + "a",
            b"bytes",
            content_type="image/jpeg",
            if_absent=True,
            sha256=hashlib.sha256(b"others").hexdigest(),
        )

    assert objectstore.head(prefix + "a") is None


def test_copy_keeps_bytes_and_type_and_never_overwrites(prefix: str) -> None:
    put(prefix + "a", b"original")
    put(prefix + "taken", b"other")

    objectstore.copy(prefix + "a", prefix + "b")
    with pytest.raises(AlreadyExists, match=prefix + "taken"):
        objectstore.copy(prefix + "a", prefix + "taken")

    copied = objectstore.head(prefix + "b")
    assert copied is not None
    assert (copied.content_type, copied.sha256) == ("image/jpeg", hashlib.sha256(b"original").hexdigest())
    assert objectstore.read(prefix + "taken", max_bytes=10) == b"other"


def test_names_with_spaces_and_accents_survive_every_request(prefix: str) -> None:
    key = prefix + "a b+c/été ü#?&%20.jpg"
    put(key, b"bytes")

    objectstore.copy(key, key + ".copy")

    assert [found.key for found in objectstore.list_objects(prefix)] == [key, key + ".copy"]
    assert objectstore.read(key + ".copy", max_bytes=10) == b"bytes"
    assert objectstore.delete([key, key + ".copy"]) == []
    assert list(objectstore.list_objects(prefix)) == []


def test_listing_and_deleting_go_past_a_thousand_objects(prefix: str) -> None:
    keys = [f"{prefix}{number:04}" for number in range(1_005)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(put, keys))

    assert [found.key for found in objectstore.list_objects(prefix)] == keys
    assert objectstore.delete(keys) == []
    assert list(objectstore.list_objects(prefix)) == []


def test_deleting_what_is_not_there_succeeds(prefix: str) -> None:
    assert objectstore.delete([prefix + "none"]) == []
    assert objectstore.delete([]) == []


def test_a_deleted_object_is_gone_for_readers_but_its_version_is_kept(prefix: str, s3: S3Settings) -> None:
    put(prefix + "a", b"precious")

    objectstore.delete([prefix + "a"])

    assert objectstore.head(prefix + "a") is None
    versions = client().list_object_versions(Bucket=s3.bucket, Prefix=prefix)["Versions"]
    kept = client().get_object(Bucket=s3.bucket, Key=prefix + "a", VersionId=versions[0]["VersionId"])
    assert kept["Body"].read() == b"precious"


def test_ensure_bucket_makes_a_versioned_bucket_that_answers_our_pages_and_twice_changes_nothing(
    other_s3_bucket: S3Settings,
) -> None:
    assert objectstore.check() is not None
    objectstore.ensure_bucket(["https://a.example"])
    writes: list[str] = []
    client().meta.events.register(
        "before-call.s3",
        lambda model, **_: (
            writes.append(model.name) if model.name.startswith(("Put", "Create", "Delete")) else None
        ),
    )

    objectstore.ensure_bucket(["https://a.example"])

    assert writes == []
    assert objectstore.check() is None
    assert client().get_bucket_versioning(Bucket=other_s3_bucket.bucket)["Status"] == "Enabled"
    objectstore.ensure_bucket(["https://b.example"])
    rule = client().get_bucket_cors(Bucket=other_s3_bucket.bucket)["CORSRules"][0]
    assert rule["AllowedOrigins"] == ["https://b.example"]
    assert sorted(rule["AllowedMethods"]) == ["GET", "HEAD", "POST", "PUT"]
    assert rule["MaxAgeSeconds"] == 3000


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (lambda s3: replace(s3, bucket="no-such-bucket"), "no bucket 'no-such-bucket'.*create it"),
        (lambda s3: replace(s3, secret_key="wrong" * 8), "refuses access.*check the access key"),
        (lambda s3: replace(s3, endpoint="http://127.0.0.1:9"), "cannot be reached.*Start it"),
        (lambda s3: replace(s3, bucket="two words"), "'two words' is no bucket name"),
    ],
)
def test_check_names_what_is_wrong_and_the_remedy(
    broken: Callable[[S3Settings], S3Settings], complaint: str, s3: S3Settings, settings: Settings
) -> None:
    settings.S3 = broken(s3)

    problem = objectstore.check()

    assert problem is not None
    assert re.search(complaint, problem)


def test_a_store_that_does_not_answer_is_unavailable(s3: S3Settings, settings: Settings) -> None:
    settings.S3 = replace(s3, endpoint="http://127.0.0.1:9")

    with pytest.raises(objectstore.Unavailable, match="does not answer"):
        objectstore.head("originals/a")


def test_a_wrong_secret_is_refused_with_the_remedy(s3: S3Settings, settings: Settings) -> None:
    settings.S3 = replace(s3, secret_key="wrong" * 8)

    with pytest.raises(objectstore.AccessDenied, match="check the access key"):
        objectstore.read("originals/a", max_bytes=1)


@pytest.mark.parametrize("arriving", [b"1234567X90", b"12345"], ids=["altered", "cut short"])
def test_bytes_that_arrive_damaged_are_not_handed_on(arriving: bytes, prefix: str) -> None:
    put(prefix + "a", b"1234567890")
    checksum = base64.b64encode(hashlib.sha256(b"1234567890").digest()).decode()

    def answer(request: AWSRequest, **_: object) -> Any:
        headers: Any = HeadersDict()
        headers["Content-Length"], headers["x-amz-checksum-sha256"] = "10", checksum
        raw = HTTPResponse(io.BytesIO(arriving), preload_content=False)
        return AWSResponse(str(request.url), 200, headers, raw)

    client().meta.events.register("before-send.s3.GetObject", answer)
    try:
        with pytest.raises(objectstore.Damaged, match=prefix + "a"):
            objectstore.read(prefix + "a", max_bytes=10)
        with pytest.raises(objectstore.Damaged, match=prefix + "a"):
            list(objectstore.stream(prefix + "a"))
    finally:
        client().meta.events.unregister("before-send.s3.GetObject", answer)


def test_importing_the_object_store_does_not_import_boto3() -> None:
    program = "import sys, gallery.objectstore; sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
