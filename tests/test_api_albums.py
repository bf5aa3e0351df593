"""Albums in the API: making, filling, sharing and removing them; who may do what."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Album, AlbumMember, Image, User
from tests.make import deleted_meanwhile, make_album, make_image

SignedIn = Callable[[User], Client]


def post(client: Client, path: str, **values: Any) -> Any:
    return client.post(f"/api/albums/{path}", values, content_type="application/json")


def patch(client: Client, album: Album, **values: Any) -> Any:
    return client.patch(f"/api/albums/{album.pk}/", values, content_type="application/json")


def inside(album: Album) -> list[uuid.UUID]:
    return list(album.entries.order_by("position").values_list("image_id", flat=True))


@pytest.fixture
def editors_album(alice: User, bob: User, shared_album: Album) -> Album:
    """Return an album of alice's that bob may arrange."""
    AlbumMember.objects.filter(album=shared_album, user=bob).update(role=AlbumMember.Role.EDITOR)
    return shared_album


def test_album_is_made_shown_and_changed(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    made = post(client, "", title="Picos 2026", description="Ten days")
    assert made.status_code == 201
    shown = client.get(f"/api/albums/{made.json()['id']}/").json()
    assert shown == made.json()
    assert (shown["title"], shown["description"], shown["is_own"]) == ("Picos 2026", "Ten days", True)
    album = Album.objects.get(pk=shown["id"])
    assert patch(client, album, title="Picos").json()["description"] == "Ten days"


def test_albums_lie_inside_each_other(alice: User, signed_in: SignedIn) -> None:
    client, outer = signed_in(alice), make_album(alice)
    made = post(client, "", title="Inner", parent=str(outer.pk)).json()
    listed = client.get("/api/albums/", {"parent": str(outer.pk)}).json()["results"]
    assert [album["id"] for album in listed] == [made["id"]]


def test_album_cannot_be_put_inside_itself(alice: User, signed_in: SignedIn) -> None:
    outer = make_album(alice)
    inner = Album.objects.create(owner=alice, title="Inner", parent=outer)
    for parent in (outer, inner):
        answer = patch(signed_in(alice), outer, parent=str(parent.pk))
        assert answer.status_code == 400
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/parent", "inside_itself")]


def test_album_cannot_be_put_inside_an_album_of_somebody_else(
    alice: User, bob: User, editors_album: Album, signed_in: SignedIn
) -> None:
    answer = post(signed_in(bob), "", title="Mine", parent=str(editors_album.pk))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/parent"


def test_images_keep_the_order_in_which_they_were_added(alice: User, signed_in: SignedIn) -> None:
    album, images = make_album(alice), [make_image(alice) for _ in range(3)]
    keys = [image.pk for image in (images[1], images[0], images[2])]
    client = signed_in(alice)
    for _ in range(2):
        assert post(client, f"{album.pk}/add/", images=[str(key) for key in keys]).status_code == 204
    assert inside(album) == keys
    assert post(client, f"{album.pk}/remove/", images=[str(keys[0])]).status_code == 204
    assert inside(album) == keys[1:]
    assert Image.objects.filter(pk=keys[0]).exists()


def test_foreign_images_cannot_be_added_even_by_who_sees_them(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    own, seen, binned = make_image(bob), make_image(alice), make_image(bob, binned_at="2026-09-14T12:00:00Z")
    shared_album.add([seen.pk])
    album = make_album(bob)
    keys = [own.pk, seen.pk, binned.pk, uuid.uuid4()]
    answer = post(signed_in(bob), f"{album.pk}/add/", images=[str(key) for key in keys])
    assert answer.status_code == 400
    pointers = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert pointers == [(f"/images/{place}", "not_found") for place in (1, 2, 3)]
    assert inside(album) == []


@pytest.mark.parametrize("count", [0, 501])
def test_number_of_images_in_one_request_is_bounded(alice: User, signed_in: SignedIn, count: int) -> None:
    keys = [str(uuid.uuid4()) for _ in range(count)]
    for action in ("add", "remove"):
        answer = post(signed_in(alice), f"{make_album(alice).pk}/{action}/", images=keys)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/images"


def test_cover_must_be_in_the_album(alice: User, signed_in: SignedIn) -> None:
    inner, outer = make_image(alice), make_image(alice)
    album, client = make_album(alice, inner), signed_in(alice)
    assert patch(client, album, cover=str(outer.pk)).status_code == 400
    assert patch(client, album, cover=str(inner.pk)).json()["cover"] == str(inner.pk)
    assert patch(client, album, cover=None).json()["cover"] is None


def test_removed_album_leaves_its_images(alice: User, signed_in: SignedIn) -> None:
    image = make_image(alice)
    outer = make_album(alice, image)
    Album.objects.create(owner=alice, title="Inner", parent=outer)
    assert signed_in(alice).delete(f"/api/albums/{outer.pk}/").status_code == 204
    assert not Album.objects.exists()
    assert Image.objects.live().filter(pk=image.pk).exists()


def test_invited_viewer_sees_the_album_without_its_place(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    Album.objects.filter(pk=shared_album.pk).update(parent=make_album(alice, title="Private"))
    make_album(alice, title="Other")
    client = signed_in(bob)
    (listed,) = client.get("/api/albums/").json()["results"]
    assert listed == client.get(f"/api/albums/{shared_album.pk}/").json()
    assert (listed["title"], listed["is_own"], listed["parent"]) == ("Picos 2026", False, None)
    assert client.get("/api/albums/?own=true").json()["results"] == []


def test_parent_of_a_shared_album_cannot_be_guessed(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    private = make_album(alice, title="Private")
    Album.objects.filter(pk=shared_album.pk).update(parent=private)
    assert signed_in(bob).get("/api/albums/", {"parent": str(private.pk)}).json()["results"] == []


@pytest.mark.parametrize(
    ("method", "action"), [("patch", ""), ("delete", ""), ("post", "add/"), ("post", "remove/")]
)
def test_invited_viewer_gets_404_for_changing_an_album(
    bob: User, shared_album: Album, signed_in: SignedIn, method: str, action: str
) -> None:
    answer = getattr(signed_in(bob), method)(f"/api/albums/{shared_album.pk}/{action}")
    assert answer.status_code == 404
    assert Album.objects.filter(pk=shared_album.pk).exists()


@pytest.mark.parametrize(
    ("method", "action"), [("get", ""), ("patch", ""), ("delete", ""), ("post", "add/"), ("post", "remove/")]
)
def test_stranger_gets_404_for_everything_about_an_album(
    stranger: User, shared_album: Album, signed_in: SignedIn, method: str, action: str
) -> None:
    assert getattr(signed_in(stranger), method)(f"/api/albums/{shared_album.pk}/{action}").status_code == 404
    assert signed_in(stranger).get("/api/albums/").json()["results"] == []


def test_editor_arranges_the_album_but_neither_moves_nor_removes_it(
    bob: User, editors_album: Album, signed_in: SignedIn
) -> None:
    client, image = signed_in(bob), make_image(bob)
    assert post(client, f"{editors_album.pk}/add/", images=[str(image.pk)]).status_code == 204
    assert patch(client, editors_album, title="Peaks").json()["title"] == "Peaks"
    for parent in (None, str(make_album(bob).pk)):
        assert patch(client, editors_album, parent=parent).json()["errors"][0]["code"] == "not_yours"
    assert client.delete(f"/api/albums/{editors_album.pk}/").status_code == 404


@pytest.mark.parametrize("title", ["", "   ", None, "x" * 201])
def test_album_needs_a_title(alice: User, signed_in: SignedIn, title: str | None) -> None:
    answer = post(signed_in(alice), "", title=title)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/title"


def test_query_count_of_albums_does_not_grow_with_rows(alice: User, signed_in: SignedIn) -> None:
    client, counts = signed_in(alice), []
    for more in (10, 50):
        for _ in range(more):
            make_album(alice, make_image(alice))
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get("/api/albums/?limit=500").json()["results"]) >= more
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_album_that_is_removed_while_it_is_changed_gets_404(alice: User, signed_in: SignedIn) -> None:
    album = make_album(alice)
    with deleted_meanwhile(album):
        assert patch(signed_in(alice), album, title="Fog").status_code == 404
    assert not Album.objects.filter(title="Fog").exists()
