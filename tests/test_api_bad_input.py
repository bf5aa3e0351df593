"""Wrong input in every field of every upload request: a 4xx, or a refusal of that file, with a code and words."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from gallery import uploads
from gallery.models import User
from tests.make import announced, photo_bytes

pytestmark = pytest.mark.usefixtures("signing")
SignedIn = Callable[[User], Client]

NO_TEXT: list[Any] = [None, True, [], {}, ["a"]]
NO_NUMBER: list[Any] = [None, "", "many", [], {}, "NaN", 1.5, -1, 0, 10**30, 1e300, True]
NO_HASH: list[Any] = [*NO_TEXT, "", "abc", "Z" * 64, "a" * 63, "a" * 65, "a" * 100_000, "é" * 64]
NO_ID: list[Any] = [1, True, [], {}, "", "abc", "0" * 33, "\x00", str(uuid.uuid4())]
NO_LIST: list[Any] = [None, [], {}, "x", 1, [1], [None], ["x"], [[]]]
NO_BODY: list[Any] = [{}, [], "x", 1, None]
GOOD = {
    "client_ref": "1",
    "filename": "IMG_0001.jpg",
    "bytes": 1000,
    "content_type": "image/jpeg",
    "sha256": "a" * 64,
    "modified_at": "2026-09-14T12:00:00Z",
}
WRONG_FIELDS: dict[str, list[Any]] = {
    "client_ref": [[], {}, "x" * 100_000, "\x00"],
    "filename": [*NO_TEXT, "", " ", "..", "a/..", "\x00"],
    "bytes": NO_NUMBER,
    "content_type": [[], {}, "x" * 10_000, "image/\x00"],
    "sha256": NO_HASH,
    "modified_at": [1, [], {}, "yesterday", "2026-13-45T00:00:00Z", "99999-01-01T00:00:00Z", "2026-09-14T12:00:00+99:00"],
}  # fmt: skip


def announcements() -> Iterator[Any]:
    for field, values in WRONG_FIELDS.items():
        for value in values:
            yield {"files": [{**GOOD, field: value}]}
        if field in {"filename", "bytes", "sha256"}:
            yield {"files": [{name: value for name, value in GOOD.items() if name != field}]}
    yield {"files": [{**GOOD, "surprise": 1}]}
    yield from ({"files": wrong} for wrong in [*NO_LIST, [GOOD] * 101])
    yield from ({"files": [GOOD], "album": album} for album in NO_ID)
    yield from [*NO_BODY, {"surprise": []}]


def finishes() -> Iterator[Any]:
    yield from ({"uploads": wrong} for wrong in [*NO_LIST, [str(uuid.uuid4())] * 101])
    yield from ({"uploads": [wrong]} for wrong in NO_ID[:-1])
    yield from NO_BODY


def parts() -> Iterator[Any]:
    good = {"number": 1, "sha256": "a" * 64}
    yield from ({"parts": [{**good, "number": wrong}]} for wrong in (*NO_NUMBER, 10_001, 5))
    yield from ({"parts": [{**good, "sha256": wrong}]} for wrong in NO_HASH)
    yield from ({"parts": wrong} for wrong in [*NO_LIST, [good] * 101])
    yield from NO_BODY


def complaint(client: Client, path: str, body: Any) -> tuple[str, str]:
    """Post the body and return code and words of what is refused."""
    answer = client.post(path, json.dumps(body), content_type="application/json")
    said = answer.json()
    if answer.status_code == 200:
        [said] = said["results"]
        assert said.get("status", "refused") == "refused", (body, said)
        assert not said.get("state"), (body, said)
    else:
        assert 400 <= answer.status_code < 500, (body, answer.status_code)
        assert answer["Content-Type"] == "application/problem+json"
    return said["code"], said.get("detail") or said["reason"]


def test_every_wrong_announcement_is_refused_in_words(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)

    for body in announcements():
        code, words = complaint(client, "/api/uploads/", body)
        assert code, body
        assert words, body


def test_every_wrong_finish_is_refused_in_words(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)

    for body in finishes():
        assert all(complaint(client, "/api/uploads/finish/", body)), body


def test_every_wrong_demand_for_parts_is_refused_in_words(alice: User, signed_in: SignedIn) -> None:
    """Four parts make a file of 30 MB; the fifth, the zeroth and all that is no number are refused before S3 is asked."""
    started = uploads.start(alice, [uploads.File("big.jpg", 30 * 10**6, "b" * 64)])[0]
    assert started.upload is not None
    client = signed_in(alice)

    for body in parts():
        assert all(complaint(client, f"/api/uploads/{started.upload.pk}/parts/", body)), body


@pytest.mark.parametrize("path", ["finish/", "parts/", ""])
@pytest.mark.parametrize("upload", ["0", "abc", "01a20774-1330-7380-838d-d87a4514c568", "%00", "../../admin"])
def test_upload_that_does_not_exist_is_404(alice: User, signed_in: SignedIn, upload: str, path: str) -> None:
    answer = signed_in(alice).get(f"/api/uploads/{upload}/{path}")

    assert answer.status_code in {404, 405}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"files": NaN}', b"null"])
def test_body_that_is_no_json_is_refused_in_words(alice: User, signed_in: SignedIn, body: bytes) -> None:
    answer = signed_in(alice).post("/api/uploads/", body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_file_of_an_honest_client_is_taken_beside_all_of_this(alice: User, signed_in: SignedIn) -> None:
    file = announced(photo_bytes())
    body = {"files": [{**GOOD, "bytes": file.bytes, "sha256": file.sha256}]}

    answer = signed_in(alice).post("/api/uploads/", json.dumps(body), content_type="application/json")

    assert answer.json()["results"][0]["status"] == "upload"
