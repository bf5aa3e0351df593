"""Tags, smart albums and members as pages and in the API."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from gallery import smart_albums, tags
from gallery.models import Album, AlbumMember, Image, ImageTag, Invitation, SmartAlbum, Tag, User
from tests.make import make_album, make_image
from tests.pages import UNREACHABLE, links

SignedIn = Callable[[User], Client]
JSON = "application/json"


@pytest.fixture(autouse=True)
def _unreachable_store(settings: Settings) -> None:
    settings.S3 = UNREACHABLE


def test_a_tags_page_shows_the_photos_that_carry_it(alice: User, signed_in: SignedIn) -> None:
    client, snow, _other = signed_in(alice), make_image(alice), make_image(alice)
    tags.add(alice, [snow.pk], ["snow"])
    tag = Tag.objects.get()
    assert f"/tags/{tag.pk}/" in links(client.get("/tags/"))
    assert links(client.get(f"/tags/{tag.pk}/"), "/p/") == [f"{snow.get_absolute_url()}?q=tag%3A%22snow%22"]


@pytest.mark.parametrize("path", ["", "edit/", "merge/", "delete/"])
def test_tags_of_others_are_not_there(alice: User, bob: User, signed_in: SignedIn, path: str) -> None:
    tags.add(alice, [make_image(alice).pk], ["snow"])
    tag = Tag.objects.get()
    client = signed_in(bob)
    for answer in (
        client.get(f"/tags/{tag.pk}/{path}"),
        client.post(f"/tags/{tag.pk}/{path}", {"into": tag.pk}),
    ):
        assert answer.status_code in {404, 405}
    assert client.get("/api/tags/").json()["results"] == []
    for method in ("get", "patch", "delete"):
        assert getattr(client, method)(f"/api/tags/{tag.pk}/").status_code == 404
    assert Tag.objects.filter(pk=tag.pk).exists()


def test_a_tag_is_renamed_merged_and_deleted_by_plain_forms(alice: User, signed_in: SignedIn) -> None:
    client, image = signed_in(alice), make_image(alice)
    tags.add(alice, [image.pk], ["snwo", "ice"])
    snow, ice = Tag.objects.get(name="snwo"), Tag.objects.get(name="ice")
    client.post(f"/tags/{snow.pk}/edit/", {"name": "Snow"})
    taken = client.post(f"/tags/{ice.pk}/edit/", {"name": "SNOW"})
    assert (taken.status_code, "merge the two" in taken.content.decode()) == (422, True)
    client.post(f"/tags/{ice.pk}/merge/", {"into": snow.pk})
    assert [tag.name for tag in image.tags.all()] == ["Snow"]
    client.post(f"/tags/{snow.pk}/delete/")
    assert not Tag.objects.exists()


def test_programs_tag_images_and_keep_tags_in_order(alice: User, bob: User, signed_in: SignedIn) -> None:
    client, image, foreign = signed_in(alice), make_image(alice), make_image(bob)
    sent = {"images": [str(image.pk), str(foreign.pk)], "names": ["snow", "ice"]}
    assert client.post("/api/tags/add/", sent, JSON).status_code == 204
    listed = {tag["name"]: tag for tag in client.get("/api/tags/").json()["results"]}
    assert (listed["snow"]["images"], foreign.tags.count()) == (1, 0)
    ice = f"/api/tags/{listed['ice']['id']}/"
    assert client.patch(ice, {"name": "snow"}, JSON).json()["code"] == "tag_exists"
    assert client.patch(ice, {"name": "a,b"}, JSON).json()["code"] == "invalid_tag"
    assert client.patch(ice, {"name": "Ice"}, JSON).json() == {**listed["ice"], "name": "Ice"}
    assert client.post(f"{ice}merge/", {"into": listed["ice"]["id"]}, JSON).status_code == 400
    assert client.post(f"{ice}merge/", {"into": listed["snow"]["id"]}, JSON).status_code == 204
    client.post("/api/tags/remove/", {"images": [str(image.pk)], "names": ["snow"]}, JSON)
    assert image.tags.count() == 0
    assert client.get("/api/tags/?colour=red").json()["code"] == "unknown_parameter"


@pytest.mark.parametrize("address", ["/tags/", "/api/tags/?limit=500"])
def test_tags_take_as_many_queries_for_a_thousand_as_for_ten(
    alice: User, signed_in: SignedIn, address: str
) -> None:
    client, image, counts = signed_in(alice), make_image(alice), []
    for size in (10, 990):
        made = Tag.objects.bulk_create(
            [Tag(owner=alice, name=f"{size}-{n}", slug=f"{size}-{n}") for n in range(size)]
        )
        ImageTag.objects.bulk_create([ImageTag(image=image, tag=tag) for tag in made])
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_only_the_tags_of_the_page_are_counted_and_neither_the_bin_nor_what_waits(
    alice: User, signed_in: SignedIn
) -> None:
    shown, binned, held = (make_image(alice) for _ in range(3))
    tags.add(alice, [shown.pk, binned.pk, held.pk], ["snow", "ice"])
    tags.add(alice, [binned.pk], ["gone"])
    Image.objects.filter(pk=binned.pk).update(binned_at=timezone.now())
    Image.objects.filter(pk=held.pk).update(held_at=timezone.now())
    client = signed_in(alice)
    listed = {tag["name"]: tag["images"] for tag in client.get("/api/tags/").json()["results"]}
    assert listed == {"snow": 1, "ice": 1, "gone": 0}
    assert dict(client.get("/tags/").context["tags"]) == {tag: listed[tag.name] for tag in Tag.objects.all()}
    with CaptureQueriesContext(connection) as queries:
        (one,) = client.get("/api/tags/?limit=1").json()["results"]
    counting = [query["sql"] for query in queries if "COUNT" in query["sql"]]
    key = Tag.objects.get(name=one["name"]).pk
    assert not any('"gallery_tag"' in sql for sql in counting)
    # What lies in the bin or waits is taken off; that is little, and asked for by the photos.
    whole = [sql for sql in counting if '"gallery_image"' not in sql]
    assert whole
    assert all(key.hex in sql for sql in whole)


def test_tags_go_on_on_another_page(alice: User, signed_in: SignedIn) -> None:
    Tag.objects.bulk_create([Tag(owner=alice, name=f"t{n:04}", slug=f"t{n:04}") for n in range(1003)])
    first = signed_in(alice).get("/tags/")
    (onward,) = links(first, "?from=")
    second = signed_in(alice).get(f"/tags/{onward}")
    assert [len(links(page, "/tags/0")) for page in (first, second)] == [1000, 3]


def test_a_search_becomes_an_album_that_fills_itself(alice: User, signed_in: SignedIn) -> None:
    client, image = signed_in(alice), make_image(alice)
    asked = client.post("/smart/new/", {"q": "tag:snow"})
    assert 'value="tag:snow"' in asked.content.decode()
    made = client.post("/smart/new/", {"title": "Winter", "query": "tag:snow"})
    album = SmartAlbum.objects.get()
    assert made.headers["Location"] == album.get_absolute_url()
    assert album.get_absolute_url() in links(client.get("/albums/"))
    assert links(client.get(album.get_absolute_url()), "/p/") == []
    tags.add(alice, [image.pk], ["snow"])
    assert links(client.get(album.get_absolute_url()), "/p/") == [f"{image.get_absolute_url()}?q=tag%3Asnow"]
    client.post(f"{album.get_absolute_url()}edit/", {"title": "Cold", "query": "tag:ice"})
    assert SmartAlbum.objects.get().title == "Cold"
    client.post(f"{album.get_absolute_url()}delete/")
    assert not SmartAlbum.objects.exists()


def test_a_search_that_is_not_understood_is_refused_at_its_field(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    answer = client.post("/smart/new/", {"title": "Never", "query": "before:yesterday-ish"})
    assert (answer.status_code, "errorlist" in answer.content.decode()) == (422, True)
    refused = client.post("/api/smart-albums/", {"title": "Never", "query": "before:yesterday-ish"}, JSON)
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [
        ("/query", "invalid_query")
    ]
    assert not SmartAlbum.objects.exists()


def test_a_kept_search_that_is_understood_no_more_says_so_kindly(alice: User, signed_in: SignedIn) -> None:
    album = SmartAlbum.objects.create(owner=alice, title="Old", query="before:yesterday-ish")
    page = signed_in(alice).get(album.get_absolute_url())
    assert page.status_code == 200
    assert "cannot be understood any more" in page.content.decode()
    assert "<mark>before:yesterday-ish</mark>" in page.content.decode()


@pytest.mark.parametrize("path", ["", "edit/", "delete/"])
def test_smart_albums_of_others_are_not_there(alice: User, bob: User, signed_in: SignedIn, path: str) -> None:
    album = smart_albums.create(alice, "Winter", "snow")
    client = signed_in(bob)
    assert client.get(f"{album.get_absolute_url()}{path}").status_code == 404
    assert client.get(f"/api/smart-albums/{album.pk}/").status_code == 404
    assert client.delete(f"/api/smart-albums/{album.pk}/").status_code == 404


def test_the_answer_to_inviting_an_address_tells_nothing_about_accounts(
    alice: User, bob: User, signed_in: SignedIn
) -> None:
    album, client = make_album(alice), signed_in(alice)
    shown = []
    for address in (bob.email, "nobody@example.com"):
        page = client.post(
            f"/albums/{album.pk}/members/", {"who": address, "role": "viewer"}
        ).content.decode()
        shown.append(re.sub(r"join/[^\"]+|value=\"[^\"]{30,}\"|" + re.escape(address), "", page))
    # The token that protects the forms differs from page to page.
    assert shown[0] == shown[1]
    assert (Invitation.objects.count(), AlbumMember.objects.count()) == (2, 0)
    assert len({len(message.body) for message in mail.outbox}) <= 1
    answers = [
        client.post(f"/api/albums/{album.pk}/members/", {"email": address}, JSON).json()
        for address in (bob.email, "nobody@example.com")
    ]
    assert [sorted(answer) for answer in answers] == [["invitation", "member"]] * 2
    assert all(answer["member"] is None for answer in answers)


def test_who_leaves_is_asked_about_their_photos(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    AlbumMember.objects.update(role=AlbumMember.Role.CONTRIBUTOR)
    image, client = make_image(bob), signed_in(bob)
    client.post(f"/albums/{shared_album.pk}/add/", {"photo": image.pk})
    assert shared_album.entries.get().added_by == bob
    assert (
        "1 photo that you added leaves the album"
        in client.get(f"/albums/{shared_album.pk}/leave/").content.decode()
    )
    client.post(f"/albums/{shared_album.pk}/leave/", {"keep": "on"})
    assert shared_album.entries.count() == 1
    assert client.get(shared_album.get_absolute_url()).status_code == 404
    assert Image.objects.get(pk=image.pk).owner == bob


def test_titles_with_markup_and_other_scripts_are_shown_as_they_are(alice: User, signed_in: SignedIn) -> None:
    album = make_album(alice, title='<script>alert("1")</script> مناظر 🏔️')
    tags.add(alice, [make_image(alice).pk], ["<b>bold</b>"])
    smart_albums.create(alice, "<i>smart</i>", "snow")
    client = signed_in(alice)
    for url in ("/albums/", album.get_absolute_url(), "/tags/", f"{album.get_absolute_url()}members/"):
        text = client.get(url).content.decode()
        assert not re.search(r"<script>alert|<b>bold|<i>smart", text)
