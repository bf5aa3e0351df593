"""Share links by the API: the address is told once, and only who may change them does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import ApiToken, ShareLink, User
from tests.make import make_album, make_image

LINKS = "/api/share-links/"


@pytest.fixture
def api(alice: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(alice)


def post(client: Client, at: str, data: Any = None, **headers: str) -> Any:
    return client.post(at, data or {}, content_type="application/json", headers=headers)


@pytest.mark.usefixtures("signing")
def test_link_is_made_and_its_address_told_once(alice: User, api: Client) -> None:
    album = make_album(alice, make_image(alice))

    made = post(api, LINKS, {"album": str(album.pk), "title": "For you", "password": "open sesame"})

    assert made.status_code == 201
    told = made.json()
    assert (told["title"], told["has_password"], told["allow_originals"]) == ("For you", True, False)
    assert "password" not in told
    assert b"open sesame" not in made.content
    assert "no-store" in made["Cache-Control"]
    assert Client().get(told["url"].removeprefix("http://testserver")).status_code == 200
    again = api.get(f"{LINKS}{told['id']}/").json()
    listed = api.get(LINKS).json()["results"]
    assert "url" not in again
    assert listed == [again]
    token = told["url"].rstrip("/").rpartition("/")[2]
    assert token not in str(listed)


@pytest.mark.usefixtures("signing")
def test_terms_are_changed_one_by_one(alice: User, api: Client) -> None:
    album = make_album(alice)
    made = post(api, LINKS, {"album": str(album.pk), "password": "x", "show_camera": True}).json()
    at = f"{LINKS}{made['id']}/"
    later = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")

    changed = api.patch(at, {"expires_at": later}, content_type="application/json").json()
    assert (changed["expires_at"], changed["has_password"], changed["show_camera"]) == (later, True, True)
    changed = api.patch(at, {"password": "", "expires_at": None}, content_type="application/json").json()
    assert (changed["expires_at"], changed["has_password"]) == (None, False)
    for wrong in (
        {"views": 7},
        {"album": str(album.pk)},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"allow_upload": True},
        {"nonsense": 1},
        {"upload_limit_bytes": -1},
    ):
        assert api.patch(at, wrong, content_type="application/json").status_code == 400, wrong


@pytest.mark.usefixtures("signing")
def test_new_address_and_end(alice: User, api: Client) -> None:
    made = post(api, LINKS, {"images": [str(make_image(alice).pk)]}).json()
    first = made["url"].removeprefix("http://testserver")
    second = post(api, f"{LINKS}{made['id']}/renew/").json()["url"].removeprefix("http://testserver")
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)

    assert api.delete(f"{LINKS}{made['id']}/").status_code == 204
    assert Client().get(second).status_code == 404
    assert api.get(f"{LINKS}{made['id']}/").json()["revoked_at"]
    assert post(api, f"{LINKS}{made['id']}/renew/").status_code == 400


def test_what_is_not_ones_own_cannot_be_shared(alice: User, bob: User, api: Client) -> None:
    theirs = make_image(bob)
    for wrong, status in (
        ({}, 400),
        ({"images": [str(theirs.pk)]}, 400),
        ({"images": [str(make_image(alice).pk), str(theirs.pk)]}, 400),
        ({"album": str(make_album(bob).pk)}, 404),
        ({"album": str(make_album(alice).pk), "images": [str(make_image(alice).pk)]}, 400),
        ({"images": [str(make_image(alice).pk)], "allow_upload": True, "upload_limit_bytes": 1}, 400),
    ):
        assert post(api, LINKS, wrong).status_code == status, wrong
    assert not ShareLink.objects.exists()


def test_links_of_others_are_not_there(alice: User, bob: User, api: Client, signed_in: Any) -> None:
    made = post(api, LINKS, {"album": str(make_album(alice).pk)}).json()
    at = f"{LINKS}{made['id']}/"
    stranger = signed_in(bob)
    assert stranger.get(LINKS).json()["results"] == []
    assert stranger.get(at).status_code == 404
    assert stranger.patch(at, {"title": "x"}, content_type="application/json").status_code == 404
    assert stranger.delete(at).status_code == 404
    assert post(stranger, f"{at}renew/").status_code == 404
    assert Client().get(LINKS).status_code == 401


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        ("share", (201, 200, 200, 200, 204)),
        ("read", (403, 200, 403, 403, 403)),
        ("upload", (403, 403, 403, 403, 403)),
    ],
)
def test_tokens_are_held_to_their_scopes(alice: User, scope: str, statuses: tuple[int, ...]) -> None:
    plain = ApiToken.issue(alice, "test", [scope])[1]
    bearer = {"Authorization": f"Bearer {plain}"}
    album = make_album(alice)
    link = ShareLink(owner=alice, album=album)
    link.new_token()
    link.save()
    at = f"{LINKS}{link.pk}/"
    client = Client()
    assert (
        post(client, LINKS, {"album": str(album.pk)}, **bearer).status_code,
        client.get(at, headers=bearer).status_code,
        client.patch(at, {"title": "x"}, content_type="application/json", headers=bearer).status_code,
        post(client, f"{at}renew/", **bearer).status_code,
        client.delete(at, headers=bearer).status_code,
    ) == statuses
