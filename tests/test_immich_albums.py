"""Albums, as Immich's clients fill them: with photos, and with what is only on its way to become one."""

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from gallery import tasks, transitions, uploads
from gallery.models import Album, AlbumMember, ApiToken, Image, Upload, User
from photosky.env import S3Settings
from tests.make import announced, make_album, make_image, photo_bytes, upload_photo


@pytest.fixture(autouse=True)
def _on(settings: Settings, s3: S3Settings) -> None:
    settings.IMMICH_API = True


def immich(user: User) -> Client:
    return Client(headers={"x-api-key": ApiToken.issue(user, "immich", ["read", "upload"])[1]})


def arrived(owner: User, **values: Any) -> Upload:
    """Return an upload whose bytes stand in the store, for which a worker has no time yet."""
    file = announced(photo_bytes())
    started = uploads.start(owner, [file], **values)[0].upload
    assert started is not None
    Upload.objects.filter(pk=started.pk).update(state=Upload.State.PROCESSING, lease_until=None)
    started.refresh_from_db()
    return started


def put(client: Client, album: Album, *ids: uuid.UUID) -> Any:
    body = {"ids": [str(key) for key in ids]}
    return client.put(f"/api/albums/{album.pk}/assets", body, "application/json")


def inside(album: Album) -> set[uuid.UUID]:
    return set(album.entries.values_list("image_id", flat=True))


def test_list_holds_what_can_be_added_to_and_ends_with_ones_own_on_top(alice: User, bob: User) -> None:
    own = make_album(bob, title="Picos")
    Album.objects.create(owner=bob, title="Picos", parent=own)
    seen, shared = make_album(alice, title="Seen"), make_album(alice, title="Picos")
    AlbumMember.objects.create(album=seen, user=bob)
    AlbumMember.objects.create(album=shared, user=bob, role=AlbumMember.Role.CONTRIBUTOR)

    listed = immich(bob).get("/api/albums").json()

    assert "Seen" not in [album["albumName"] for album in listed]
    # Of several with a name the command takes the last.
    assert {album["albumName"]: album["id"] for album in listed}["Picos"] == str(own.pk)
    assert len(listed) == 3


def test_new_album_is_ones_own_and_holds_what_was_named(alice: User) -> None:
    image = make_image(alice)

    answer = immich(alice).post(
        "/api/albums", {"albumName": "Picos", "assetIds": [str(image.pk)]}, "application/json"
    )

    album = Album.objects.get()
    assert (answer.status_code, answer.json()["id"], answer.json()["albumName"]) == (
        201,
        str(album.pk),
        "Picos",
    )
    assert album.owner == alice
    assert inside(album) == {image.pk}


@pytest.mark.parametrize(
    "body",
    [
        [], {}, {"albumName": ""}, {"albumName": 1}, {"albumName": "x" * 201}, {"albumName": "a\0b"},
        {"albumName": "a", "assetIds": "b"}, {"albumName": "a", "assetIds": ["b"]}, {"albumName": "a", "description": 1},
        {"albumName": "a", "albumUsers": [{"userId": "b", "role": "editor"}]},
    ],
)  # fmt: skip
def test_album_that_cannot_be_made_is_refused(alice: User, body: Any) -> None:
    answer = immich(alice).post("/api/albums", body, "application/json")

    assert (answer.status_code, answer.json()["statusCode"]) == (400, 400)
    assert not Album.objects.exists()


def test_photos_go_into_the_album_and_each_is_answered_for(alice: User, stranger: User) -> None:
    kept, there, foreign = make_image(alice), make_image(alice), make_image(stranger)
    album, unknown = make_album(alice, there), uuid.uuid4()

    answer = put(immich(alice), album, kept.pk, there.pk, foreign.pk, unknown)

    assert answer.json() == [
        {"id": str(kept.pk), "success": True},
        {"id": str(there.pk), "success": False, "error": "duplicate"},
        {"id": str(foreign.pk), "success": False, "error": "not_found"},
        {"id": str(unknown), "success": False, "error": "not_found"},
    ]
    assert inside(album) == {kept.pk, there.pk}


def test_upload_goes_into_the_album_when_it_is_a_photo(alice: User, stranger: User) -> None:
    album, client = make_album(alice), immich(alice)
    data = photo_bytes()
    upload = upload_photo(alice, data)
    coming, foreign = arrived(alice), arrived(stranger)

    answer = put(client, album, upload.pk, coming.pk, foreign.pk)

    assert [one["success"] for one in answer.json()] == [True, True, False]
    assert inside(album) == {upload.image_id}
    coming.refresh_from_db()
    foreign.refresh_from_db()
    assert (coming.album, foreign.album) == (album, None)


def test_album_named_while_a_worker_is_at_the_upload_gets_its_photo(alice: User) -> None:
    album, upload = make_album(alice), arrived(alice)
    at_work = transitions.lease(upload.pk)
    assert at_work is not None

    assert put(immich(alice), album, upload.pk).status_code == 200
    image = make_image(alice, save=False)
    transitions.complete(at_work, image)

    assert inside(album) == {image.pk}


def test_upload_on_its_way_into_one_album_is_not_turned_to_another(alice: User) -> None:
    first, second = make_album(alice), make_album(alice)
    upload = arrived(alice, album=first)
    client = immich(alice)

    refused = put(client, second, upload.pk)

    assert (refused.status_code, refused.json()["statusCode"]) == (409, 409)
    assert "try again" in refused.json()["message"]
    assert put(client, first, upload.pk).json() == [{"id": str(upload.pk), "success": True}]


def test_album_that_one_may_not_add_to_is_not_there(alice: User, bob: User) -> None:
    image = make_image(bob)
    album = make_album(alice)
    AlbumMember.objects.create(album=album, user=bob)

    assert put(immich(bob), album, image.pk).status_code == 404
    assert not inside(album)


@pytest.mark.parametrize("body", [[], {}, {"ids": "a"}, {"ids": [1]}, {"ids": ["a"]}, {"ids": [None]}])
def test_ids_that_are_none_are_refused(alice: User, body: Any) -> None:
    album = make_album(alice)

    answer = immich(alice).put(f"/api/albums/{album.pk}/assets", body, "application/json")

    assert (answer.status_code, answer.json()["statusCode"]) == (400, 400)


def test_whole_way_from_file_to_album(alice: User) -> None:
    client, data = immich(alice), photo_bytes()
    album = client.post("/api/albums", {"albumName": "Picos"}, "application/json").json()
    sent = client.post("/api/assets", {"assetData": SimpleUploadedFile("a.jpg", data)}).json()
    client.put(f"/api/albums/{album['id']}/assets", {"ids": [sent["id"]]}, "application/json")
    tasks.process(uuid.UUID(sent["id"]))

    assert inside(Album.objects.get()) == {Image.objects.get().pk}


def test_request_that_is_sent_again_with_its_key_is_answered_alike(alice: User) -> None:
    client = immich(alice)

    def send(name: str, key: str) -> Any:
        return client.post(
            "/api/albums", {"albumName": name}, "application/json", headers={"Idempotency-Key": key}
        )

    first, again = send("Picos", "one"), send("Picos", "one")
    refused, refused_again = send("", "two"), send("", "two")

    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, again.json())
    assert again["Idempotency-Replayed"] == "true"
    assert (refused_again.status_code, refused_again.json()) == (400, refused.json())
    assert refused_again["content-type"] == refused["content-type"] == "application/json"
    assert Album.objects.count() == 1


def test_more_ids_than_a_request_has_time_for_are_refused_before_anything_is_done(alice: User) -> None:
    album, client = make_album(alice), immich(alice)
    ids = [str(uuid.uuid4())] * 20_001

    too_many = client.put(f"/api/albums/{album.pk}/assets", {"ids": ids}, "application/json")
    new = client.post("/api/albums", {"albumName": "New", "assetIds": ids[:5_001]}, "application/json")

    assert (too_many.status_code, new.status_code) == (400, 400)
    assert "at most 20000" in too_many.json()["message"]
    assert "at most 5000" in new.json()["message"]
    assert list(Album.objects.all()) == [album]
