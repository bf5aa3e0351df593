"""Versions: a reader is told that nothing has changed, and a writer that something has."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery import albums, sharing, smart_albums, tags
from gallery.models import Album, Image, Job, ShareLink, SmartAlbum, Tag, User
from gallery.webhooks import hooks
from photosky import database
from tests.access_world import make_world
from tests.api_routes import Route, cases
from tests.make import make_album, make_image, make_user

pytestmark = pytest.mark.usefixtures("signing")
SignedIn = Callable[[User], Client]
Thing = tuple[str, dict[str, Any], Callable[[], object]]


def image(owner: User) -> Thing:
    row = make_image(owner)
    return f"images/{row.pk}", {"title": "Mine"}, lambda: _retitle(row)


def _retitle(row: Image) -> None:
    from gallery import editing

    editing.change(Image.objects.get(pk=row.pk), {"title": "Theirs"})


def album(owner: User) -> Thing:
    row = make_album(owner)
    return (
        f"albums/{row.pk}",
        {"title": "Mine"},
        lambda: albums.change(Album.objects.get(pk=row.pk), title="Theirs"),
    )


def tag(owner: User) -> Thing:
    row = Tag.objects.create(owner=owner, name="fog")
    return f"tags/{row.pk}", {"name": "mine"}, lambda: tags.rename(row, "theirs")


def smart(owner: User) -> Thing:
    row = SmartAlbum.objects.create(owner=owner, title="Fog", query="fog")
    return f"smart-albums/{row.pk}", {"title": "Mine"}, lambda: smart_albums.change(row, "Theirs", "fog")


def link(owner: User) -> Thing:
    row, _ = sharing.make(owner, album=make_album(owner))
    return f"share-links/{row.pk}", {"title": "Mine"}, lambda: sharing.change(row, title="Theirs")


def hook(owner: User) -> Thing:
    row, _ = hooks.make(owner, "https://nas.example.com/", ["photo.ready"])
    return f"webhooks/{row.pk}", {"name": "Mine"}, lambda: hooks.change(row, name="Theirs")


def oneself(owner: User) -> Thing:
    rows = User.objects.filter(pk=owner.pk)
    return "me", {"first_name": "Mine"}, lambda: rows.update(first_name="Theirs")


def somebody(owner: User) -> Thing:
    User.objects.filter(pk=owner.pk).update(is_staff=True, is_superuser=True)
    rows = User.objects.filter(pk=make_user("somebody").pk)
    return f"users/{rows.get().pk}", {"quota_bytes": 7}, lambda: rows.update(quota_bytes=9)


ENDING = [image, album, tag, smart, link, hook]
KINDS = pytest.mark.parametrize("make", [*ENDING, oneself, somebody])


@KINDS
def test_reader_who_holds_the_answer_gets_304_and_no_body(
    make: Callable[[User], Thing], alice: User, signed_in: SignedIn
) -> None:
    path, _, change = make(alice)
    client = signed_in(alice)
    tag = client.get(f"/api/{path}/")["ETag"]

    again = client.get(f"/api/{path}/", headers={"if-none-match": f'"other", W/{tag}'})
    change()
    changed = client.get(f"/api/{path}/", headers={"if-none-match": tag})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert changed.status_code == 200
    assert changed["ETag"] != tag


@KINDS
def test_writer_of_what_was_changed_meanwhile_gets_412(
    make: Callable[[User], Thing], alice: User, signed_in: SignedIn
) -> None:
    path, values, change = make(alice)
    client = signed_in(alice)
    tag = client.get(f"/api/{path}/")["ETag"]
    change()

    refused = client.patch(f"/api/{path}/", values, "application/json", headers={"if-match": tag})

    assert refused.status_code == 412
    assert refused.json()["code"] == "changed_meanwhile"
    [(name, mine)] = values.items()
    assert client.get(f"/api/{path}/").json()[name] != mine


@KINDS
@pytest.mark.parametrize("mark", ["", "W/"], ids=["strong", "weakened by compression"])
def test_writer_of_the_version_that_is_there_succeeds_and_learns_the_next(
    make: Callable[[User], Thing], mark: str, alice: User, signed_in: SignedIn
) -> None:
    path, values, _ = make(alice)
    client = signed_in(alice)
    tag = client.get(f"/api/{path}/")["ETag"]

    first = client.patch(f"/api/{path}/", values, "application/json", headers={"if-match": mark + tag})
    stale = client.patch(f"/api/{path}/", values, "application/json", headers={"if-match": tag})
    onward = client.patch(f"/api/{path}/", values, "application/json", headers={"if-match": first["ETag"]})

    assert (first.status_code, stale.status_code, onward.status_code) == (200, 412, 200)


@pytest.mark.parametrize("make", ENDING)
def test_what_was_changed_meanwhile_is_not_deleted(
    make: Callable[[User], Thing], alice: User, signed_in: SignedIn
) -> None:
    path, _, change = make(alice)
    client = signed_in(alice)
    tag = client.get(f"/api/{path}/")["ETag"]
    change()

    assert client.delete(f"/api/{path}/", headers={"if-match": tag}).status_code == 412
    current = client.get(f"/api/{path}/")["ETag"]
    assert client.delete(f"/api/{path}/", headers={"if-match": current}).status_code == 204


@pytest.mark.parametrize("route", cases("post", "patch", "put", "delete"))
def test_change_of_a_version_is_guarded_or_refused_and_never_done_unseen(route: Route, alice: User) -> None:
    world = make_world(alice)
    client = world.client("staff" if route.name == "api:user-detail" else "owner")

    answer = client.generic(
        route.method.upper(), route.url(world), b"{}", "application/json", headers={"if-match": '"0"'}
    )

    assert (answer.status_code, answer.json()["code"]) in {(412, "changed_meanwhile"), (400, "no_version")}


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(minutes=1)], ids=["at once", "of a clock ahead"])
def test_what_lies_in_an_album_is_another_version_of_it_however_soon_it_changes(
    ahead: timedelta, alice: User, signed_in: SignedIn
) -> None:
    photo, row = make_image(alice), make_album(alice)
    Album.objects.filter(pk=row.pk).update(updated_at=timezone.now() + ahead)
    client, path = signed_in(alice), f"/api/albums/{row.pk}/"
    tags_seen, dates = [], []

    for change in (albums.add, albums.remove):
        tags_seen.append(client.get(path)["ETag"])
        dates.append(Album.objects.get().updated_at)
        change(row, [photo.pk])
        assert client.delete(path, headers={"if-match": tags_seen[-1]}).status_code == 412

    dates.append(Album.objects.get().updated_at)
    assert dates == sorted(set(dates))


@pytest.mark.parametrize("asks", [True, False], ids=["of a version", "of any"])
@pytest.mark.parametrize("change", ["album deleted", "album renamed", "tag renamed"])
def test_change_of_a_version_leaves_all_but_a_few_photos_to_a_job(
    asks: bool, change: str, alice: User, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "FEW", 2)
    photos = [make_image(alice) for _ in range(3)]
    tags.add(alice, [photo.pk for photo in photos], ["fog"])
    kind, _, act = change.partition(" ")
    row = make_album(alice, *photos) if kind == "album" else Tag.objects.get()
    client, path = signed_in(alice), f"/api/{kind}s/{row.pk}/"
    headers = {"if-match": client.get(path)["ETag"]} if asks else {}

    if act == "deleted":
        answer = client.delete(path, headers=headers)
    else:
        name = {"album": "title", "tag": "name"}[kind]
        answer = client.patch(path, {name: "Sea"}, "application/json", headers=headers)

    assert answer.status_code in {200, 204}
    assert Job.objects.count() == int(asks)


def test_a_view_of_a_shared_link_is_no_new_version(alice: User, signed_in: SignedIn) -> None:
    path, values, _ = link(alice)
    client = signed_in(alice)
    tag = client.get(f"/api/{path}/")["ETag"]
    sharing.count_view(ShareLink.objects.get())

    assert client.get(f"/api/{path}/", headers={"if-none-match": tag}).status_code == 200
    assert (
        client.patch(f"/api/{path}/", values, "application/json", headers={"if-match": tag}).status_code
        == 200
    )


def test_renamed_tag_is_a_new_answer_for_its_images(alice: User, signed_in: SignedIn) -> None:
    row, word = make_image(alice), Tag.objects.create(owner=alice, name="fog")
    word.images.add(row)
    client = signed_in(alice)
    tag = client.get(f"/api/images/{row.pk}/")["ETag"]
    tags.rename(word, "mist")

    changed = client.get(f"/api/images/{row.pk}/", headers={"if-none-match": tag})

    assert (changed.status_code, changed.json()["tags"]) == (200, ["mist"])
