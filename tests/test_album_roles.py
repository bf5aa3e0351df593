"""Who may do what with an album, on pages and in the API: every role at every address."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from gallery import albums, members
from gallery.models import Album, AlbumMember, User
from tests.make import make_album, make_image, make_user
from tests.pages import UNREACHABLE

ROLES = ("owner", "editor", "contributor", "viewer", "stranger", "anonymous")
EVERYBODY_IN = {"owner", "editor", "contributor", "viewer"}
ADDS = {"owner", "editor", "contributor"}
EDITS = {"owner", "editor"}
OWNER = {"owner"}
# What the test sends; MINE is a photo of whoever asks, HERS the owner's in the album, MEMBER another member.
PAGES: list[tuple[str, str, dict[str, str], set[str]]] = [
    ("get", "", {}, EVERYBODY_IN),
    ("get", "edit/", {}, EDITS),
    ("post", "edit/", {"title": "New", "sort": "oldest"}, EDITS),
    ("post", "cover/", {"photo": "HERS"}, EDITS),
    ("get", "move/", {}, OWNER),
    ("post", "move/", {"parent": ""}, OWNER),
    ("get", "delete/", {}, OWNER),
    ("post", "delete/", {}, OWNER),
    ("get", "add/", {}, ADDS),
    ("post", "add/", {"photo": "MINE"}, ADDS),
    ("get", "arrange/", {}, ADDS),
    ("post", "arrange/", {"later": "HER_PLACE"}, EDITS),
    ("post", "remove/", {"photo": "HERS"}, EDITS),
    ("get", "arrange-albums/", {}, OWNER),
    ("post", "arrange-albums/", {"later": "INNER"}, OWNER),
    ("get", "members/", {}, EVERYBODY_IN),
    ("post", "members/", {"who": "newcomer", "role": "viewer"}, OWNER),
    ("post", "members/MEMBER/", {"role": "editor"}, OWNER),
    ("get", "members/MEMBER/remove/", {}, OWNER),
    ("post", "members/MEMBER/remove/", {}, OWNER),
    ("get", "leave/", {}, EVERYBODY_IN - OWNER),
    ("post", "leave/", {}, EVERYBODY_IN - OWNER),
    ("get", "/upload/?album=ALBUM", {}, ADDS),
]
API: list[tuple[str, str, dict[str, Any], set[str]]] = [
    ("get", "", {}, EVERYBODY_IN),
    ("patch", "", {"title": "New"}, EDITS),
    ("patch", "", {"cover": "HERS", "sort": "newest"}, EDITS),
    ("delete", "", {}, OWNER),
    ("post", "add/", {"images": ["MINE"]}, ADDS),
    ("post", "arrange/", {"image": "HERS", "before": None}, EDITS),
    ("post", "place/", {"before": None}, OWNER),
    ("get", "members/", {}, EVERYBODY_IN),
    ("post", "members/", {"username": "newcomer"}, OWNER),
    ("patch", "members/MEMBER/", {"role": "editor"}, OWNER),
    ("delete", "members/MEMBER/", {}, OWNER),
]


@pytest.fixture(autouse=True)
def _unreachable_store(settings: Settings) -> None:
    settings.S3 = UNREACHABLE


@pytest.fixture
def scene(alice: User) -> Callable[[str], tuple[Client, Album, dict[str, str]]]:
    """Return a function that sets an album up and gives a browser of somebody with the role, and what to send."""

    def set_up(role: str) -> tuple[Client, Album, dict[str, str]]:
        hers = make_image(alice)
        album = make_album(alice, hers, make_image(alice))
        inner = albums.create(alice, "Inner", album)
        make_user("newcomer")
        other = members.invite(album, make_user("other").username, AlbumMember.Role.VIEWER)
        asking = alice if role == "owner" else make_user("asking")
        if role in AlbumMember.Role.values:
            members.invite(album, "asking", role)
        client = Client()
        if role != "anonymous":
            client.force_login(asking)
        return client, album, {
            "ALBUM": str(album.pk), "HERS": str(hers.pk), "MINE": str(make_image(asking).pk), "MEMBER": str(other.pk),
            "INNER": str(inner.pk), "HER_PLACE": str(album.entries.get(image=hers).pk),
        }  # fmt: skip

    return set_up


def named(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("method", "path", "sent", "allowed"), PAGES, ids=[f"{m} {p or 'album'}" for m, p, *_ in PAGES]
)
def test_pages_let_in_whom_they_should_and_are_not_there_for_others(
    scene: Any, role: str, method: str, path: str, sent: dict[str, str], allowed: set[str]
) -> None:
    client, album, names = scene(role)
    address = named(path if path.startswith("/") else f"/albums/{album.pk}/{path}", names)
    answer = getattr(client, method)(address, {name: named(value, names) for name, value in sent.items()})
    if role == "anonymous":
        assert answer.headers["Location"].startswith("/accounts/login/")
    elif role in allowed:
        assert answer.status_code == (200 if method == "get" else 302)
    else:
        assert answer.status_code == 404
        assert Album.objects.get(pk=album.pk).title == album.title


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("method", "path", "sent", "allowed"),
    API,
    ids=[f"{m} {p or 'album'}{n}" for n, (m, p, *_) in enumerate(API)],
)
def test_programs_get_what_their_person_may_do_and_404_otherwise(
    scene: Any, role: str, method: str, path: str, sent: dict[str, Any], allowed: set[str]
) -> None:
    client, album, names = scene(role)
    body = {
        name: [named(one, names) for one in value]
        if isinstance(value, list)
        else value and named(value, names)
        for name, value in sent.items()
    }
    rest = () if method == "get" else (body, "application/json")
    answer = getattr(client, method)(named(f"/api/albums/{album.pk}/{path}", names), *rest)
    expected = 401 if role == "anonymous" else 200 if role in allowed else 404
    assert answer.status_code == expected or (role in allowed and answer.status_code in {201, 204})


@pytest.mark.parametrize("role", ["contributor", "viewer"])
def test_what_others_brought_is_not_taken_out_by_pages_or_programs(scene: Any, role: str) -> None:
    client, album, names = scene(role)
    own = uuid.UUID(names["MINE"])
    albums.add(album, [own], by=User.objects.get(username="asking"))
    both = [names["HERS"], names["MINE"]]
    answer = client.post(f"/api/albums/{album.pk}/remove/", {"images": both}, content_type="application/json")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/images/0", "not_yours")
    ]
    assert album.entries.count() == 3
    client.post(f"/albums/{album.pk}/remove/", {"photo": both})
    assert next(str(entry.image_id) for entry in album.entries.order_by("position")) == names["HERS"]
    assert album.entries.count() == 2


def test_a_role_that_does_not_exist_is_refused(alice: User, shared_album: Album) -> None:
    client = Client()
    client.force_login(alice)
    member = shared_album.memberships.get()
    client.post(f"/albums/{shared_album.pk}/members/{member.pk}/", {"role": "emperor"})
    answer = client.patch(
        f"/api/albums/{shared_album.pk}/members/{member.pk}/", {"role": "emperor"}, "application/json"
    )
    assert answer.json()["errors"][0]["pointer"] == "/role"
    assert shared_album.memberships.get().role == AlbumMember.Role.VIEWER


def test_members_of_another_album_are_not_reached_through_this_one(
    alice: User, bob: User, shared_album: Album
) -> None:
    member = shared_album.memberships.get()
    client = Client()
    client.force_login(bob)
    own = make_album(bob)
    assert client.post(f"/albums/{own.pk}/members/{member.pk}/", {"role": "editor"}).status_code == 404
    assert client.delete(f"/api/albums/{own.pk}/members/{member.pk}/").status_code == 404
    assert shared_album.memberships.get().role == AlbumMember.Role.VIEWER


def test_whoever_left_takes_their_own_photos_out_and_no_others(
    alice: User, bob: User, shared_album: Album, signed_in: Callable[[User], Client]
) -> None:
    lent, foreign = make_image(bob), make_image(alice)
    shared_album.add([lent.pk], by=bob)
    shared_album.add([foreign.pk], by=bob)
    members.remove(shared_album, bob, keep_photos=True)
    client = signed_in(bob)
    at = f"/albums/{shared_album.pk}/remove/"

    answers = [client.post(at, {"photo": str(image.pk)}) for image in (foreign, lent, lent)]

    assert [answer.status_code for answer in answers] == [404, 302, 404]
    assert answers[1].headers["Location"] == "/albums/"
    assert list(shared_album.entries.values_list("image_id", flat=True)) == [foreign.pk]
