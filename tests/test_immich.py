"""Immich's clients: what they ask before an upload, the upload itself, and how what is wrong is told."""

import base64
import hashlib
import io
import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from zappa.wsgi import create_wsgi_request

from gallery import bin as photo_bin
from gallery import objectstore, tasks
from gallery.models import ApiToken, Image, Upload, User
from photosky.deployment.gateway import Format, FrontEnd, Request
from photosky.env import S3Settings
from tests.make import make_image, photo_bytes, upload_photo

PUBLIC = ["server/ping", "server/version", "server/features", "server/config", "server/media-types"]
OF_THE_TOKEN = ["server/about", "users/me", "api-keys/me", "assets/statistics", "albums"]


@pytest.fixture(autouse=True)
def _on(settings: Settings, s3: S3Settings) -> None:
    settings.IMMICH_API = True


def immich(user: User, *scopes: str) -> Client:
    """Return a client that sends a token with these scopes as Immich's do; held to CSRF protection, as a browser is."""
    plain = ApiToken.issue(user, "immich", scopes or ("read", "upload"))[1]
    return Client(enforce_csrf_checks=True, headers={"x-api-key": plain})


def form(data: bytes, name: str = "IMG_0001.jpg", **more: Any) -> dict[str, Any]:
    """Return what the command sends for one file."""
    return {
        "fileCreatedAt": "2026-09-14T18:03:00.123Z",
        "fileModifiedAt": "2026-09-14T18:03:00.123Z",
        "fileSize": str(len(data)),
        "isFavorite": "false",
        "assetData": SimpleUploadedFile(name, data, "application/octet-stream"),
        **more,
    }


def send(client: Client, data: bytes, **more: Any) -> Any:
    return client.post("/api/assets", form(data, **more))


def check(client: Client, *checksums: str) -> list[dict[str, Any]]:
    body = {"assets": [{"id": f"/p/{place}.jpg", "checksum": sha1} for place, sha1 in enumerate(checksums)]}
    answer = client.post("/api/assets/bulk-upload-check", body, "application/json")
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def refusal(answer: Any, status: int) -> str:
    """Return the words of an error in the shape that Immich's clients know."""
    body = answer.json()
    assert answer.status_code == body["statusCode"] == status, body
    assert set(body) == {"message", "error", "statusCode"}
    assert answer["content-type"] == "application/json"
    return str(body["message"])


def test_without_the_setting_there_is_no_such_address(alice: User, settings: Settings) -> None:
    settings.IMMICH_API = False
    client = immich(alice)

    answers = [client.get(f"/api/{path}") for path in [*PUBLIC, *OF_THE_TOKEN]]
    answers += [client.get("/.well-known/immich"), send(client, photo_bytes())]
    answers += [
        client.put(f"/api/albums/{uuid.uuid4()}/assets"),
        client.post("/api/assets/bulk-upload-check"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert not Upload.objects.exists()


def test_client_finds_the_api_and_what_it_takes_without_a_token(db: None) -> None:
    client = Client()

    found = client.get("/.well-known/immich").json()["api"]["endpoint"]
    types = client.get(f"{found}/server/media-types").json()

    assert found == "/api"
    assert client.get(f"{found}/server/ping").json() == {"res": "pong"}
    assert {".jpg", ".jpeg", ".heic", ".arw"} <= set(types["image"])
    assert {".mp4", ".mov"} <= set(types["video"])
    assert not set(types["image"]) & set(types["video"])
    assert {client.get(f"/api/{path}").status_code for path in PUBLIC} == {200}


def test_client_learns_whose_token_it_holds_and_what_it_allows(alice: User) -> None:
    make_image(alice)
    make_image(alice, kind=Image.Kind.VIDEO)
    client = immich(alice)

    assert client.get("/api/users/me").json()["email"] == "alice@example.com"
    assert {"asset.upload", "user.read", "album.create"} <= set(
        client.get("/api/api-keys/me").json()["permissions"]
    )
    assert client.get("/api/assets/statistics").json() == {"images": 1, "videos": 1, "total": 2}
    assert "asset.upload" not in immich(alice, "read").get("/api/api-keys/me").json()["permissions"]


@pytest.mark.parametrize("path", OF_THE_TOKEN)
def test_nobody_is_served_without_a_token_that_holds(alice: User, path: str) -> None:
    revoked = immich(alice)
    ApiToken.objects.update(revoked_at=timezone.now())
    signed_in = Client()
    signed_in.force_login(alice)

    for client in (Client(), signed_in, revoked, Client(headers={"x-api-key": "photosky_no"})):
        assert refusal(client.get(f"/api/{path}"), 401)


def test_each_call_asks_for_its_scope(alice: User) -> None:
    data = photo_bytes()
    reader, uploader = immich(alice, "read"), immich(alice, "upload")

    assert "scope upload" in refusal(send(reader, data), 403)
    refusal(reader.post("/api/assets/bulk-upload-check", {"assets": []}, "application/json"), 403)
    refusal(reader.post("/api/albums", {"albumName": "Picos"}, "application/json"), 403)
    refusal(uploader.get("/api/users/me"), 403)
    assert uploader.head("/api/users/me").status_code == 403
    refusal(immich(alice, "share").get("/api/albums"), 403)
    assert not Upload.objects.exists()
    assert send(uploader, data).status_code == 201


def test_uploaded_file_is_kept_byte_by_byte_and_becomes_a_photo(alice: User) -> None:
    data = photo_bytes(taken="")

    answer = send(immich(alice), data, name="Sierra ☀.jpg")

    assert (answer.status_code, answer.json()["status"]) == (201, "created")
    upload = Upload.objects.get()
    assert answer.json()["id"] == str(upload.pk)
    assert objectstore.read(upload.key, max_bytes=len(data)) == data
    assert objectstore.head(upload.key).sha256 == hashlib.sha256(data).hexdigest()  # type: ignore[union-attr]
    tasks.process(upload.pk)
    image = Image.objects.get()
    assert (image.filename, image.taken_source) == ("Sierra ☀.jpg", Image.TakenSource.FILE)
    assert image.taken_at.isoformat() == "2026-09-14T18:03:00.123000+00:00"
    alice.refresh_from_db()
    assert alice.used_bytes == len(data)


def test_what_was_sent_is_not_sent_again_before_and_after_a_worker_saw_it(alice: User) -> None:
    data, client = photo_bytes(), immich(alice)
    first = send(client, data).json()["id"]

    (waiting,) = check(client, sha1(data))
    again = send(client, data)
    tasks.process(uuid.UUID(first))
    (ready,) = check(client, sha1(data))

    assert (waiting["action"], waiting["reason"], waiting["assetId"]) == ("reject", "duplicate", first)
    assert (again.status_code, again.json()) == (200, {"id": first, "status": "duplicate"})
    assert (ready["action"], ready["assetId"]) == ("reject", str(Image.objects.get().pk))
    assert send(client, data).json() == {"id": str(Image.objects.get().pk), "status": "duplicate"}
    assert Upload.objects.count() == 1


def test_photos_that_came_another_way_are_known(alice: User, stranger: User) -> None:
    data, foreign = photo_bytes(), photo_bytes()
    upload = upload_photo(alice, data)
    upload_photo(stranger, foreign)
    base64_form = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()

    results = check(immich(alice), sha1(foreign), sha1(data).upper(), base64_form)

    assert [one["id"] for one in results] == ["/p/0.jpg", "/p/1.jpg", "/p/2.jpg"]
    assert [one["action"] for one in results] == ["accept", "reject", "reject"]
    assert results[1]["assetId"] == str(upload.image_id)


def test_photo_from_before_such_names_were_kept_is_sent_once_more_and_then_known(alice: User) -> None:
    data, client = photo_bytes(), immich(alice)
    upload = upload_photo(alice, data)
    Upload.objects.update(sha1=None)

    before = check(client, sha1(data))[0]["action"]
    answer = send(client, data)

    assert (before, answer.json()["status"]) == ("accept", "duplicate")
    assert check(client, sha1(data))[0]["assetId"] == str(upload.image_id)


def test_photo_in_the_bin_is_not_taken_for_kept(alice: User) -> None:
    data, client = photo_bytes(), immich(alice)
    upload_photo(alice, data)
    photo_bin.put(Image.objects.all())

    assert check(client, sha1(data))[0]["action"] == "accept"
    assert "bin" in refusal(send(client, data), 409)


def test_questions_about_many_files_cost_few_queries(alice: User) -> None:
    client, many = immich(alice), [sha1(str(number).encode()) for number in range(1200)]
    check(client, many[0])

    with CaptureQueriesContext(connection) as few:
        check(client, many[0])
    with CaptureQueriesContext(connection) as queries:
        check(client, *many)

    # One for each 500.
    assert len(queries) == len(few) + 2


def test_file_over_the_limit_is_refused_with_the_remedy(alice: User, settings: Settings) -> None:
    data = photo_bytes()
    settings.IMMICH_MAX_BYTES = len(data)
    client = immich(alice)

    words = refusal(send(client, data + b"\0", fileSize="", name="large.jpg"), 413)

    assert "large.jpg is over" in words
    assert "photosky upload" in words
    assert "http://testserver/upload/" in words
    assert not Upload.objects.exists()
    assert send(client, data).status_code == 201


@pytest.mark.parametrize("kind", [Format.REST, Format.HTTP])
def test_largest_file_fits_into_a_request_to_lambda(alice: User, settings: Settings, kind: Format) -> None:
    settings.IMMICH_MAX_BYTES = 4 * 1024**2
    photo = photo_bytes()
    data = photo + bytes(settings.IMMICH_MAX_BYTES - len(photo))
    plain = ApiToken.issue(alice, "immich", ["upload"])[1]
    headers = {"x-api-key": plain, "Content-Type": MULTIPART_CONTENT, "Host": "testserver"}
    body = encode_multipart(BOUNDARY, form(data))

    event = FrontEnd(kind, domain="testserver").event(Request("POST", "/api/assets", headers, body))
    answer = Client().request(**create_wsgi_request(event, binary_support=True))

    # Lambda's quota of one synchronous call.
    assert len(json.dumps(event)) < 6 * 1024**2
    assert answer.status_code == 201, answer.content
    assert objectstore.read(Upload.objects.get().key, max_bytes=len(data)) == data


def test_file_that_is_not_what_the_client_says_is_refused(alice: User) -> None:
    data, client = photo_bytes(), immich(alice)
    told = {"x-immich-checksum": sha1(b"another")}

    assert "send it again" in refusal(client.post("/api/assets", form(data), headers=told), 400)
    assert "send it again" in refusal(send(client, data, fileSize="7"), 400)
    assert not Upload.objects.exists()
    told = {"x-immich-checksum": sha1(data)}
    assert client.post("/api/assets", form(data), headers=told).status_code == 201


def test_line_that_breaks_off_leaves_no_half_original(alice: User) -> None:
    body = encode_multipart(BOUNDARY, form(photo_bytes(), fileSize=""))
    short = io.BytesIO(body[: len(body) // 2])

    answer = immich(alice).generic("POST", "/api/assets", body, MULTIPART_CONTENT, **{"wsgi.input": short})  # type: ignore[arg-type]

    assert "broke off" in refusal(answer, 400)
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"assetData": SimpleUploadedFile("a.jpg", b"%PDF-1.7 not a photo at all")}, "is not a photo"),
        ({"assetData": SimpleUploadedFile("a.jpg", b"")}, "empty"),
        ({"assetData": "text"}, "holds no file"),
        ({"visibility": "locked"}, "visibility"),
        ({"fileModifiedAt": "yesterday"}, "fileModifiedAt"),
        ({"fileModifiedAt": "2026-13-45T00:00:00Z"}, "fileModifiedAt"),
    ],
)
def test_what_cannot_be_taken_is_told_in_words(alice: User, more: dict[str, Any], words: str) -> None:
    answer = send(immich(alice), photo_bytes(), **{"fileSize": "", **more})

    assert words in refusal(answer, 400)
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"nothing of a form", MULTIPART_CONTENT, 400),
        (b"nothing of a form", "multipart/form-data", 400),
        (b"", MULTIPART_CONTENT, 400),
        (b"{}", "application/json", 415),
        (encode_multipart(BOUNDARY, {f"f{number}": "" for number in range(1001)}), MULTIPART_CONTENT, 400),
    ],
)
def test_body_that_is_no_form_is_refused(alice: User, body: bytes, content_type: str, status: int) -> None:
    assert refusal(immich(alice).generic("POST", "/api/assets", body, content_type), status)


@pytest.mark.parametrize(
    "body",
    [
        [], {}, {"assets": 1}, {"assets": [1]}, {"assets": [{"id": "a"}]}, {"assets": [{"id": "a", "checksum": "ff"}]},
        {"assets": [{"id": 1, "checksum": "0" * 40}]}, {"assets": [{"id": "a", "checksum": "é" * 40}]},
        {"assets": [{"id": "a", "checksum": "0" * 40}] * 10_001},
    ],
)  # fmt: skip
def test_question_that_is_none_is_refused(alice: User, body: Any) -> None:
    assert refusal(immich(alice).post("/api/assets/bulk-upload-check", body, "application/json"), 400)


def test_sidecar_beside_a_photo_is_passed_over(alice: User) -> None:
    sidecar = SimpleUploadedFile("IMG_0001.xmp", b"<x:xmpmeta/>")

    assert send(immich(alice), photo_bytes(), sidecarData=sidecar).status_code == 201


def test_file_for_which_there_is_no_space_is_refused(alice: User) -> None:
    User.objects.update(quota_bytes=10)

    assert "no space" in refusal(send(immich(alice), photo_bytes()), 413)


def test_store_that_is_away_is_told_and_the_file_can_be_sent_again(alice: User, settings: Settings) -> None:
    data, client, there = photo_bytes(), immich(alice), settings.S3
    settings.S3 = S3Settings(
        "photos", "eu-central-1", "http://127.0.0.1:9", access_key="AKIATEST", secret_key="x"
    )

    assert "try again" in refusal(send(client, data), 503)
    assert check(client, sha1(data))[0]["action"] == "accept"

    settings.S3 = there
    assert send(client, data).status_code == 201


def test_addresses_are_not_described_as_the_gallerys_own(db: None) -> None:
    described = (
        Client().get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()["paths"]
    )

    assert "/api/images/" in described
    assert not [path for path in described if not path.endswith("/")]
