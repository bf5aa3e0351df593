"""Uploads in the API: announce, send to the real store, finish, ask; and what of it strangers can do."""

import hashlib
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from gallery import tasks, uploads
from gallery.models import Album, AlbumMember, Image, Upload, User
from photosky.env import S3Settings
from tests.make import make_image, make_user, photo_bytes

SignedIn = Callable[[User], Client]


def announcement(data: bytes, **values: Any) -> dict[str, Any]:
    return {
        "client_ref": "1",
        "filename": "IMG_0001.jpg",
        "bytes": len(data),
        "content_type": "image/jpeg",
        "sha256": hashlib.sha256(data).hexdigest(),
        "modified_at": "2026-09-14T18:03:00.123Z",
        **values,
    }


def start(client: Client, *files: dict[str, Any], album: Any = None) -> Any:
    body = {"files": files, "album": str(album) if album else None}
    return client.post("/api/uploads/", body, content_type="application/json")


def finish(client: Client, *ids: Any) -> list[dict[str, Any]]:
    body = {"uploads": [str(key) for key in ids]}
    answer = client.post("/api/uploads/finish/", body, content_type="application/json")
    assert answer.status_code == 200
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def send(request: dict[str, Any], data: bytes) -> int:
    return requests.request(
        request["method"], request["url"], headers=request["headers"], data=data, timeout=10
    ).status_code


def make_upload(owner: User, **values: Any) -> Upload:
    key = f"originals/test/{uuid.uuid4().hex}"
    fields = {"filename": "a.jpg", "content_type": "image/jpeg", "bytes": 10, "key": key, **values}
    return Upload.objects.create(owner=owner, **fields)


def test_photo_travels_from_announcement_to_image(alice: User, s3: S3Settings, signed_in: SignedIn) -> None:
    client, data = signed_in(alice), photo_bytes()
    (result,) = start(client, announcement(data)).json()["results"]
    assert (result["client_ref"], result["status"], result["upload"]["state"]) == ("1", "upload", "pending")
    assert (result["image"], result["code"], result["detail"]) == (None, "", "")
    key = result["upload"]["id"]
    assert send(result["request"], data) == 200
    (outcome,) = finish(client, key)
    assert (outcome["id"], outcome["state"], outcome["code"]) == (key, "processing", "")
    tasks.process(uuid.UUID(key))
    (row,) = client.get("/api/uploads/", {"ids": key}).json()["results"]
    image = Image.objects.get(owner=alice)
    assert row["state"] == "ready"
    assert row["image"] == {"id": str(image.pk), "url": image.get_absolute_url()}
    assert finish(client, key)[0]["image"]["id"] == str(image.pk)


def test_signed_request_takes_the_announced_bytes_only(
    alice: User, s3: S3Settings, signed_in: SignedIn
) -> None:
    data = photo_bytes()
    request = start(signed_in(alice), announcement(data)).json()["results"][0]["request"]
    assert send(request, data[:-1] + b"?") in {400, 403}
    assert send(request, data) == 200
    assert send(request, data) == 412


def test_what_the_library_has_is_not_sent_again(alice: User, signing: None, signed_in: SignedIn) -> None:
    data = photo_bytes()
    image = make_image(alice, sha256=hashlib.sha256(data).hexdigest())
    (result,) = start(signed_in(alice), announcement(data)).json()["results"]
    assert (result["status"], result["request"], result["code"]) == ("exists", None, "")
    assert result["image"] == {"id": str(image.pk), "url": image.get_absolute_url()}


def test_what_lies_in_the_bin_is_said_to_lie_there(alice: User, signing: None, signed_in: SignedIn) -> None:
    data = photo_bytes()
    image = make_image(alice, sha256=hashlib.sha256(data).hexdigest(), binned_at="2026-09-14T12:00:00Z")
    (result,) = start(signed_in(alice), announcement(data)).json()["results"]
    assert (result["status"], result["code"], result["image"]["id"]) == ("exists", "in_bin", str(image.pk))


def test_photo_of_somebody_else_is_not_known_to_exist(
    alice: User, stranger: User, signing: None, signed_in: SignedIn
) -> None:
    data = photo_bytes()
    make_image(alice, sha256=hashlib.sha256(data).hexdigest())
    (result,) = start(signed_in(stranger), announcement(data)).json()["results"]
    assert (result["status"], result["image"]) == ("upload", None)


def test_one_refused_file_does_not_stop_the_others(alice: User, signing: None, signed_in: SignedIn) -> None:
    data = photo_bytes()
    files = [
        announcement(data, client_ref="good"),
        announcement(b"text", client_ref="text", filename="notes.txt", content_type="text/plain"),
        announcement(data, client_ref="empty", bytes=0),
        announcement(data, client_ref="hash", sha256="abc"),
        announcement(data, client_ref="huge", bytes=2**50),
        announcement(data, client_ref="again"),
    ]
    results = start(signed_in(alice), *files).json()["results"]
    assert [(one["client_ref"], one["status"], one["code"]) for one in results] == [
        ("good", "upload", ""),
        ("text", "refused", "unsupported_type"),
        ("empty", "refused", "invalid_upload"),
        ("hash", "refused", "invalid_upload"),
        ("huge", "refused", "too_large"),
        ("again", "exists", "duplicate"),
    ]
    assert "notes.txt" in results[1]["detail"]


def test_file_over_the_quota_is_refused(signing: None, db: None, signed_in: SignedIn) -> None:
    small = make_user("small", quota_bytes=100)
    (result,) = start(signed_in(small), announcement(photo_bytes())).json()["results"]
    assert (result["status"], result["code"]) == ("refused", "quota_exceeded")


def test_batch_over_a_hundred_files_is_refused(alice: User, signed_in: SignedIn) -> None:
    answer = start(signed_in(alice), *[announcement(b"x")] * 101)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/files"
    assert start(signed_in(alice)).status_code == 400


def test_moment_without_counterpart_in_utc_is_refused(alice: User, signed_in: SignedIn) -> None:
    answer = start(signed_in(alice), announcement(b"x", modified_at="0001-01-01T00:00:00+14:00"))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/files/0/modified_at"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "1601-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_file_date_that_no_photo_can_have_is_left_out_and_the_photo_taken(
    alice: User, signing: None, signed_in: SignedIn, moment: str
) -> None:
    (result,) = start(signed_in(alice), announcement(b"x", modified_at=moment)).json()["results"]
    assert result["status"] == "upload"
    assert Upload.objects.get().file_modified_at is None


def test_files_go_into_albums_that_the_user_may_arrange_only(
    bob: User, shared_album: Album, signing: None, signed_in: SignedIn
) -> None:
    client = signed_in(bob)
    assert start(client, announcement(b"x"), album=shared_album.pk).status_code == 404
    assert not Upload.objects.exists()
    AlbumMember.objects.filter(user=bob).update(role=AlbumMember.Role.EDITOR)
    (result,) = start(client, announcement(b"x"), album=shared_album.pk).json()["results"]
    assert result["upload"]["album"] == str(shared_album.pk)


def test_each_upload_gets_its_own_outcome(
    alice: User, stranger: User, s3: S3Settings, signed_in: SignedIn
) -> None:
    client, data = signed_in(alice), photo_bytes()
    (arrived,) = start(client, announcement(data)).json()["results"]
    send(arrived["request"], data)
    missing, foreign, unknown = make_upload(alice), make_upload(stranger), uuid.uuid4()
    results = finish(client, missing.pk, foreign.pk, unknown, arrived["upload"]["id"])
    assert [(one["state"], one["code"]) for one in results] == [
        ("pending", "not_uploaded"),
        (None, "not_found"),
        (None, "not_found"),
        ("processing", ""),
    ]
    assert results[1]["reason"] == results[2]["reason"]
    foreign.refresh_from_db()
    assert foreign.state == Upload.State.PENDING


def test_full_library_takes_nothing_more_when_finished(s3: S3Settings, db: None, signed_in: SignedIn) -> None:
    data = photo_bytes()
    owner = make_user("full", quota_bytes=len(data))
    client = signed_in(owner)
    (result,) = start(client, announcement(data)).json()["results"]
    send(result["request"], data)
    User.objects.filter(pk=owner.pk).update(used_bytes=1)
    (outcome,) = finish(client, result["upload"]["id"])
    assert (outcome["state"], outcome["code"]) == ("pending", "quota_exceeded")


def test_finishing_one_upload_too_early_gets_409(alice: User, s3: S3Settings, signed_in: SignedIn) -> None:
    answer = signed_in(alice).post(f"/api/uploads/{make_upload(alice).pk}/finish/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_uploaded")


def test_rejected_upload_says_why(alice: User, signed_in: SignedIn) -> None:
    upload = make_upload(alice, state=Upload.State.REJECTED, code="truncated", reason="The file is cut off.")
    shown = signed_in(alice).get(f"/api/uploads/{upload.pk}/").json()
    assert (shown["state"], shown["code"], shown["reason"]) == (
        "rejected",
        "truncated",
        "The file is cut off.",
    )
    assert not {"key", "rendition_token", "lease_token"} & set(shown)


@pytest.mark.parametrize(("method", "action"), [("get", ""), ("post", "finish/")])
def test_stranger_gets_404_for_an_upload(
    alice: User, stranger: User, signed_in: SignedIn, method: str, action: str
) -> None:
    upload = make_upload(alice)
    assert getattr(signed_in(stranger), method)(f"/api/uploads/{upload.pk}/{action}").status_code == 404
    assert signed_in(stranger).get("/api/uploads/", {"ids": str(upload.pk)}).json()["results"] == []


def test_uploads_are_listed_latest_first_and_by_state(alice: User, signed_in: SignedIn) -> None:
    first, second = make_upload(alice), make_upload(alice, state=Upload.State.REJECTED)
    client = signed_in(alice)
    listed = client.get("/api/uploads/?limit=1").json()
    assert [row["id"] for row in listed["results"]] == [str(second.pk)]
    assert [row["id"] for row in client.get(listed["next"]).json()["results"]] == [str(first.pk)]
    rejected = client.get("/api/uploads/?state=rejected").json()["results"]
    assert [row["id"] for row in rejected] == [str(second.pk)]


def test_checksums_ask_which_files_are_there(alice: User, stranger: User, signed_in: SignedIn) -> None:
    there = make_upload(alice, sha256="a" * 64, image=make_image(alice), state=Upload.State.READY)
    make_upload(stranger, sha256="b" * 64)
    asked = {"sha256": f"{'a' * 64},{'b' * 64},{'c' * 64}"}
    listed = signed_in(alice).get("/api/uploads/", asked).json()["results"]
    assert [(row["id"], bool(row["image"])) for row in listed] == [(str(there.pk), True)]


@pytest.mark.parametrize(
    "query", ["ids=1,2", "state=lost", "id=1", "sha256=abc", f"ids={','.join([str(uuid.uuid4())] * 101)}"]
)
def test_query_of_uploads_that_cannot_be_understood_is_refused(
    alice: User, signed_in: SignedIn, query: str
) -> None:
    assert signed_in(alice).get(f"/api/uploads/?{query}").status_code == 400


def test_query_counts_of_uploads_do_not_grow_with_rows(
    alice: User, signing: None, signed_in: SignedIn, settings: Settings
) -> None:
    # Requests are counted some at a time: not each of them asks the database.
    settings.API_REQUESTS_PER_MINUTE = 0
    client, counts = signed_in(alice), []
    # SQLite takes a bulk insert of somewhat under forty rows in one statement.
    for more in (10, 30):
        for _ in range(more):
            make_upload(alice, image=make_image(alice), state=Upload.State.READY)
        files = [announcement(photo_bytes()) for _ in range(more)]
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get("/api/uploads/?limit=500").json()["results"]) >= more
            assert len(start(client, *files).json()["results"]) == more
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_large_file_goes_in_parts_and_is_taken_up_again(
    alice: User, s3: S3Settings, signed_in: SignedIn
) -> None:
    data = photo_bytes() + bytes(uploads.MULTIPART_BYTES)
    client = signed_in(alice)
    (result,) = start(client, announcement(data)).json()["results"]
    key, size = result["upload"]["id"], result["upload"]["part_bytes"]
    pieces = {at // size + 1: data[at : at + size] for at in range(0, len(data), size)}

    assert result["request"] is None
    sent = {
        "parts": [{"number": n, "sha256": hashlib.sha256(piece).hexdigest()} for n, piece in pieces.items()]
    }
    signed = client.post(f"/api/uploads/{key}/parts/", sent, "application/json").json()["parts"]
    assert [part["bytes"] for part in signed] == [len(piece) for piece in pieces.values()]
    for part in signed[:-1]:
        assert send(part["request"], pieces[part["number"]]) == 200

    early = client.post("/api/uploads/finish/", {"uploads": [key]}, "application/json").json()["results"][0]
    assert (early["state"], early["code"]) == ("pending", "not_uploaded")
    arrived = client.get(f"/api/uploads/{key}/parts/").json()
    assert (arrived["part_count"], arrived["whole"]) == (len(pieces), False)
    assert [part["number"] for part in arrived["parts"]] == sorted(pieces)[:-1]

    assert send(signed[-1]["request"], pieces[signed[-1]["number"]]) == 200
    late = client.post("/api/uploads/finish/", {"uploads": [key]}, "application/json").json()["results"][0]
    assert late["state"] == "processing"


@pytest.mark.parametrize(
    "parts", [[], [{"number": 0, "sha256": "a" * 64}], [{"number": 1, "sha256": "short"}], [{"number": 99, "sha256": "a" * 64}]],
    ids=["none", "number zero", "no checksum", "no such part"],
)  # fmt: skip
def test_parts_that_cannot_be_are_refused(
    alice: User, s3: S3Settings, signed_in: SignedIn, parts: list[dict[str, Any]]
) -> None:
    upload = make_upload(alice, bytes=30 * 1024**2, part_bytes=8 * 1024**2)
    answer = signed_in(alice).post(f"/api/uploads/{upload.pk}/parts/", {"parts": parts}, "application/json")
    assert (answer.status_code, answer["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("method", ["get", "post"])
def test_stranger_gets_404_for_the_parts_of_an_upload(
    alice: User, stranger: User, signed_in: SignedIn, method: str
) -> None:
    upload = make_upload(alice, bytes=30 * 1024**2, part_bytes=8 * 1024**2)
    body = {"parts": [{"number": 1, "sha256": "a" * 64}]} if method == "post" else None
    address = f"/api/uploads/{upload.pk}/parts/"
    assert (
        getattr(signed_in(stranger), method)(address, body, content_type="application/json").status_code
        == 404
    )
