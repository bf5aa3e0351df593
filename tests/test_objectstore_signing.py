"""What S3 itself refuses of requests that browsers send: everything but what was signed."""

import hashlib
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests
import time_machine
from pytest_django import Settings

from gallery import objectstore
from gallery.objectstore import Part, SignedForm, SignedRequest
from photosky.env import S3Settings
from tests.plugins.s3 import ORIGIN

JPEG = b"\xff\xd8\xff" + b"photograph" * 100


@pytest.fixture
def key(s3: S3Settings) -> str:
    return f"originals/{uuid.uuid4().hex}.jpg"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def signed_put(key: str, data: bytes = JPEG, expires_s: int = 60) -> SignedRequest:
    return objectstore.presign_put(
        key, size=len(data), sha256_hex=sha256(data), content_type="image/jpeg", expires_s=expires_s
    )


def send(request: SignedRequest, data: bytes, headers: Mapping[str, str] | None = None) -> requests.Response:
    return requests.request(
        request.method,
        request.url,
        data=data,
        headers=dict(request.headers) | dict(headers or {}),
        timeout=10,
    )


def submit(form: SignedForm, data: bytes, fields: Mapping[str, str] | None = None) -> requests.Response:
    return requests.post(
        form.url,
        data=dict(form.fields) | dict(fields or {}),
        files={"file": data},
        timeout=10,
        allow_redirects=False,
    )


def test_the_signed_bytes_are_taken(key: str) -> None:
    assert send(signed_put(key), JPEG).status_code == 200

    found = objectstore.head(key)
    assert found is not None
    assert (found.size, found.sha256, found.content_type) == (len(JPEG), sha256(JPEG), "image/jpeg")


def test_other_bytes_of_the_same_length_are_refused(key: str) -> None:
    assert send(signed_put(key), JPEG[:-1] + b"X").status_code == 400
    assert objectstore.head(key) is None


def test_other_bytes_under_their_own_checksum_are_refused(key: str) -> None:
    other = JPEG[:-1] + b"X"
    theirs = signed_put(key, other).headers

    assert send(signed_put(key), other, theirs).status_code == 403
    assert objectstore.head(key) is None


@pytest.mark.parametrize("data", [JPEG[:-1], JPEG + b"more", b""], ids=["shorter", "longer", "empty"])
def test_another_length_is_refused(data: bytes, key: str) -> None:
    assert send(signed_put(key), data).status_code in {400, 403}
    assert objectstore.head(key) is None


def test_another_type_is_refused(key: str) -> None:
    assert send(signed_put(key), JPEG, {"content-type": "text/html"}).status_code == 403
    assert objectstore.head(key) is None


def test_another_key_is_refused(key: str) -> None:
    request = signed_put(key)
    elsewhere = replace(request, url=request.url.replace(key, key + "x"))

    assert send(elsewhere, JPEG).status_code == 403
    assert objectstore.head(key + "x") is None


def test_a_second_write_is_refused_and_cannot_drop_the_condition(key: str) -> None:
    request = signed_put(key)
    assert send(request, JPEG).status_code == 200
    before = objectstore.head(key)

    assert send(request, JPEG).status_code == 412
    without = {name: value for name, value in request.headers.items() if name != "if-none-match"}
    assert send(replace(request, headers=without), JPEG).status_code == 403
    assert objectstore.head(key) == before


def test_a_signed_upload_cannot_read_or_delete(key: str) -> None:
    request = signed_put(key)
    assert send(request, JPEG).status_code == 200

    for method in ("GET", "DELETE"):
        assert send(replace(request, method=method), b"").status_code == 403
    assert objectstore.head(key) is not None


def test_expired_signatures_are_refused(key: str) -> None:
    with time_machine.travel(time.time() - 90, tick=False):
        put, get = signed_put(key, expires_s=60), objectstore.presign_get(key, expires_s=60)
        form = objectstore.presign_post(key, max_bytes=10_000, expires_s=60)

    assert send(put, JPEG).status_code == 403
    assert submit(form, JPEG).status_code == 403
    assert objectstore.head(key) is None
    assert requests.get(get, timeout=10).status_code == 403


def test_signatures_of_some_time_ago_hold_until_they_expire(key: str) -> None:
    with time_machine.travel(time.time() - 30, tick=False):
        put, get = signed_put(key, expires_s=600), objectstore.presign_get(key, expires_s=600)

    assert send(put, JPEG).status_code == 200
    assert requests.get(get, timeout=10).content == JPEG


def test_without_a_signature_nothing_is_read_or_written(key: str) -> None:
    request = signed_put(key)
    assert send(request, JPEG).status_code == 200
    bare = request.url.split("?")[0]

    assert requests.get(bare, timeout=10).status_code == 403
    assert requests.put(bare + "x", data=JPEG, timeout=10).status_code == 403
    assert requests.get(bare.rsplit("/", 2)[0] + "/", timeout=10).status_code == 403


def test_a_form_takes_a_photo_and_leads_back(key: str) -> None:
    back = "http://photos.test/upload/done/?u=1"
    form = objectstore.presign_post(key, max_bytes=len(JPEG), expires_s=60, redirect=back)

    answer = submit(form, JPEG, {"Content-Type": "image/jpeg"})

    assert answer.status_code in {200, 303}
    assert answer.headers["Location"].startswith("http://photos.test/upload/done/")
    found = objectstore.head(key)
    assert found is not None
    assert (found.size, found.content_type) == (len(JPEG), "image/jpeg")


def test_a_form_without_redirect_is_answered_with_no_content(key: str) -> None:
    form = objectstore.presign_post(key, content_type="image/png", max_bytes=len(JPEG), expires_s=60)

    assert submit(form, JPEG).status_code == 204
    found = objectstore.head(key)
    assert found is not None
    assert found.content_type == "image/png"


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (JPEG + b"x", {}),
        (b"", {}),
        (JPEG, {"key": "originals/elsewhere.jpg"}),
        (JPEG, {"Content-Type": "text/html"}),
        (JPEG, {"success_action_redirect": "https://evil.example/"}),
        (JPEG, {"x-amz-meta-owner": "me"}),
        (JPEG, {"policy": "e30="}),
        (JPEG, {"x-amz-signature": "0" * 64}),
    ],
    ids=["too large", "empty", "key", "type", "redirect", "extra field", "policy", "signature"],
)
def test_a_form_with_anything_else_is_refused(data: bytes, fields: Mapping[str, str], key: str) -> None:
    form = objectstore.presign_post(key, max_bytes=len(JPEG), expires_s=60, redirect="http://photos.test/")

    assert submit(form, data, fields).status_code in {400, 403}
    assert objectstore.head(key) is None
    assert objectstore.head("originals/elsewhere.jpg") is None


def test_a_download_has_its_name_and_type(key: str) -> None:
    objectstore.put(key, JPEG, content_type="image/*", if_absent=True)
    url = objectstore.presign_get(
        key, expires_s=60, filename='été/"a"\r\nX-Evil: 1.jpg', content_type="image/jpeg"
    )

    answer = requests.get(url, timeout=10)

    assert answer.content == JPEG
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename*=utf-8''%C3%A9t%C3%A9_%22a%22X-Evil%3A%201.jpg"
    )
    assert "X-Evil" not in answer.headers


def test_a_tampered_download_is_refused(key: str) -> None:
    objectstore.put(key, JPEG, content_type="image/jpeg", if_absent=True)
    url = objectstore.presign_get(key, expires_s=60)

    assert requests.get(url, timeout=10).status_code == 200
    assert requests.get(url.replace(key, "originals/other.jpg"), timeout=10).status_code == 403
    assert requests.get(url + "&response-content-type=text/html", timeout=10).status_code == 403


def preflight(
    url: str, origin: str, headers: str = "content-type,if-none-match,x-amz-checksum-sha256"
) -> requests.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": headers,
    }
    return requests.options(url, headers=asked, timeout=10)


def test_browsers_may_upload_from_our_page_and_read_the_etag(key: str) -> None:
    request = signed_put(key)

    asked = preflight(request.url, ORIGIN)
    answer = send(request, JPEG, {"Origin": ORIGIN})

    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert asked.headers["Access-Control-Max-Age"] == "3000"
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "etag" in answer.headers["Access-Control-Expose-Headers"].lower()


def test_browsers_may_not_upload_from_another_page(key: str) -> None:
    request = signed_put(key)

    assert "Access-Control-Allow-Origin" not in preflight(request.url, "https://evil.example").headers


@pytest.fixture
def upload_id(key: str) -> Iterator[str]:
    started = objectstore.multipart_start(key, "image/jpeg")
    yield started
    if any(upload.upload_id == started for upload in objectstore.multipart_list(key)):
        objectstore.multipart_abort(key, started)


def in_parts(key: str, upload_id: str, parts: list[bytes]) -> list[SignedRequest]:
    described = [(number, len(data), sha256(data)) for number, data in enumerate(parts, 1)]
    return objectstore.multipart_sign(key, upload_id, described, expires_s=60)


BIG = [os.urandom(objectstore.MIN_PART_BYTES), os.urandom(100_000)]


def upload_parts(key: str, upload_id: str) -> list[Part]:
    """Send both parts and return them with the checksums that were signed."""
    for request, data in zip(in_parts(key, upload_id, BIG), BIG, strict=True):
        assert send(request, data).status_code == 200
    arrived = objectstore.multipart_parts(key, upload_id)
    return [replace(part, sha256=sha256(data)) for part, data in zip(arrived, BIG, strict=True)]


def test_parts_become_one_object(key: str, upload_id: str) -> None:
    parts = upload_parts(key, upload_id)

    objectstore.multipart_complete(key, upload_id, reversed(parts))

    assert [(part.number, part.size) for part in parts] == [(1, len(BIG[0])), (2, len(BIG[1]))]
    assert b"".join(objectstore.stream(key)) == b"".join(BIG)
    found = objectstore.head(key)
    assert found is not None
    # What S3 keeps is a checksum of the parts' checksums, which is nobody's SHA-256.
    assert (found.content_type, found.sha256) == ("image/jpeg", None)


def test_a_copy_of_parts_has_the_bytes_of_the_whole(key: str, upload_id: str) -> None:
    objectstore.multipart_complete(key, upload_id, upload_parts(key, upload_id))

    objectstore.copy(key, key + ".whole")

    assert b"".join(objectstore.stream(key + ".whole")) == b"".join(BIG)


def test_parts_with_other_checksums_are_not_completed(key: str, upload_id: str) -> None:
    first, second = upload_parts(key, upload_id)

    with pytest.raises(objectstore.ObjectStoreError):
        objectstore.multipart_complete(key, upload_id, [first, replace(second, sha256=sha256(b"other"))])
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        objectstore.multipart_complete(key, upload_id, [first, replace(second, sha256=None)])

    assert objectstore.head(key) is None


def test_a_part_with_other_bytes_or_another_length_is_refused(key: str, upload_id: str) -> None:
    (request, _) = in_parts(key, upload_id, BIG)

    assert send(request, os.urandom(len(BIG[0]))).status_code == 400
    assert send(request, BIG[0][:-1]).status_code in {400, 403}
    assert objectstore.multipart_parts(key, upload_id) == []


def test_parts_that_did_not_arrive_cannot_be_completed(key: str, upload_id: str) -> None:
    with pytest.raises(objectstore.ObjectStoreError):
        objectstore.multipart_complete(key, upload_id, [Part(1, 5, "0" * 32, sha256(b"bytes"))])

    assert objectstore.head(key) is None


def test_completing_never_replaces_an_object(key: str, upload_id: str) -> None:
    objectstore.put(key, JPEG, content_type="image/jpeg", if_absent=True)
    parts = upload_parts(key, upload_id)

    with pytest.raises(objectstore.AlreadyExists, match=key):
        objectstore.multipart_complete(key, upload_id, parts)

    assert objectstore.read(key, max_bytes=len(JPEG)) == JPEG


def test_an_aborted_upload_is_over(key: str, upload_id: str) -> None:
    (request, _) = in_parts(key, upload_id, BIG)
    assert [upload.upload_id for upload in objectstore.multipart_list(key)] == [upload_id]

    objectstore.multipart_abort(key, upload_id)

    assert list(objectstore.multipart_list(key)) == []
    assert send(request, BIG[0]).status_code == 404
    with pytest.raises(objectstore.ObjectStoreError) as raised:
        objectstore.multipart_parts(key, upload_id)
    assert raised.value.code == "NoSuchUpload"


@pytest.mark.parametrize("checksum", ["", "abc", "zz" * 32, "ab" * 31])
def test_what_is_no_sha256_is_not_signed(checksum: str, key: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        objectstore.presign_put(key, size=1, sha256_hex=checksum, content_type="image/jpeg", expires_s=60)


def test_browsers_are_sent_to_the_public_endpoint(s3: S3Settings, settings: Settings) -> None:
    settings.S3 = replace(s3, public_endpoint="https://s3.photos.test:8443")

    addresses = [
        signed_put("originals/a").url,
        objectstore.presign_get("originals/a", expires_s=60),
        objectstore.presign_post("originals/a", max_bytes=1, expires_s=60).url,
        objectstore.media_url("renditions/a"),
    ]

    assert {urlsplit(address).netloc for address in addresses} == {"s3.photos.test:8443"}
    assert objectstore.browser_origins() == ["https://s3.photos.test:8443"]
