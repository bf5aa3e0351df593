"""Albums as pages: who sees which, in which order, and how they are made and filled."""

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from gallery.models import Album, AlbumMember, Image, User
from tests.make import make_album, make_image
from tests.pages import UNREACHABLE, link, links, tags

SignedIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _unreachable_store(settings: Settings) -> None:
    settings.S3 = UNREACHABLE


def shown(client: Client, album: Album) -> list[str]:
    return [url.split("?")[0] for url in links(client.get(album.get_absolute_url()), "/p/")]


def test_an_album_is_made_and_filled_without_javascript(alice: User, signed_in: SignedIn) -> None:
    image, client = make_image(alice), signed_in(alice)
    response = client.post("/albums/new/", {"title": "Picos 2026"})
    album = Album.objects.get(title="Picos 2026")
    assert response.headers["Location"] == album.get_absolute_url()
    client.post(f"{image.get_absolute_url()}album/", {"album": album.pk})
    assert shown(client, album) == [image.get_absolute_url()]


def test_an_album_without_a_title_is_refused_with_a_remedy(alice: User, signed_in: SignedIn) -> None:
    response = signed_in(alice).post("/albums/new/", {"title": " "}, follow=True)
    assert "Give the album a title" in response.content.decode()
    assert not Album.objects.exists()


def test_an_album_inside_another_belongs_to_the_same_owner(alice: User, signed_in: SignedIn) -> None:
    outer, client = make_album(alice), signed_in(alice)
    client.post("/albums/new/", {"title": "Inner", "parent": outer.pk})
    inner = Album.objects.get(title="Inner")
    assert (inner.parent, inner.owner) == (outer, alice)
    assert inner.get_absolute_url() in links(client.get(outer.get_absolute_url()))
    assert inner.get_absolute_url() not in links(client.get("/albums/"))


@pytest.mark.parametrize("parent", ["nonsense", str(uuid.UUID(int=5))])
def test_an_album_cannot_be_made_inside_one_that_is_not_there(
    alice: User, signed_in: SignedIn, parent: str
) -> None:
    assert signed_in(alice).post("/albums/new/", {"title": "Inner", "parent": parent}).status_code == 404


def test_an_editor_makes_no_albums_in_the_owners_name(
    bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    AlbumMember.objects.update(role=AlbumMember.Role.EDITOR)
    client = signed_in(bob)
    assert client.post("/albums/new/", {"title": "Inner", "parent": shared_album.pk}).status_code == 404
    assert list(Album.objects.all()) == [shared_album]


def test_nobody_makes_albums_inside_or_puts_photos_into_those_of_others(
    bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    client, image = signed_in(bob), make_image(bob)
    assert client.post("/albums/new/", {"title": "Inner", "parent": shared_album.pk}).status_code == 404
    client.post(f"{image.get_absolute_url()}album/", {"album": shared_album.pk})
    assert not shared_album.entries.exists()


def test_an_editor_may_put_their_photos_into_an_album(
    bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    AlbumMember.objects.filter(user=bob).update(role=AlbumMember.Role.EDITOR)
    image = make_image(bob)
    signed_in(bob).post(f"{image.get_absolute_url()}album/", {"album": shared_album.pk})
    assert [entry.image_id for entry in shared_album.entries.all()] == [image.pk]


def test_a_stranger_gets_404_for_an_album_and_does_not_see_it_listed(
    stranger: User, shared_album: Album, signed_in: SignedIn
) -> None:
    client = signed_in(stranger)
    assert client.get(shared_album.get_absolute_url()).status_code == 404
    assert shared_album.title not in client.get("/albums/").content.decode()


def test_an_invited_viewer_finds_the_album_and_nothing_to_change(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    image = make_image(alice)
    shared_album.add([image.pk])
    client = signed_in(bob)
    assert shared_album.get_absolute_url() in links(client.get("/albums/"))
    assert shown(client, shared_album) == [image.get_absolute_url()]
    text = client.get(shared_album.get_absolute_url()).content.decode()
    assert "Shared by alice" in text
    assert "Add photos" not in text


def test_an_album_keeps_its_own_order_over_several_pages(alice: User, signed_in: SignedIn) -> None:
    images = Image.objects.bulk_create([make_image(alice, save=False) for _ in range(120)])
    order = [images[(place * 7) % 120] for place in range(120)]
    album, client = make_album(alice, *order), signed_in(alice)
    first = client.get(album.get_absolute_url())
    second = client.get(f"{album.get_absolute_url()}{link(first, 'next')}")
    found = [url.split("?")[0] for page in (first, second) for url in links(page, "/p/")]
    assert found == [image.get_absolute_url() for image in order]


def test_a_binned_photo_leaves_its_albums(alice: User, signed_in: SignedIn) -> None:
    kept, gone = make_image(alice), make_image(alice, binned_at=timezone.now())
    album, client = make_album(alice, kept, gone), signed_in(alice)
    assert shown(client, album) == [kept.get_absolute_url()]
    assert "1 photo<" in client.get("/albums/").content.decode().replace(" · ", "<")


def test_the_list_of_albums_takes_as_many_queries_for_thirty_as_for_one(
    alice: User, signed_in: SignedIn
) -> None:
    client, counts = signed_in(alice), []
    for albums in (1, 29):
        for number in range(albums):
            make_album(alice, make_image(alice), title=f"Album {albums}-{number}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/albums/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


@pytest.mark.parametrize("inner", [False, True])
def test_the_list_of_albums_keeps_its_order_over_several_pages(
    alice: User, signed_in: SignedIn, inner: bool
) -> None:
    outer = make_album(alice) if inner else None
    made = [
        Album(owner=alice, parent=outer, title=f"{number * 7 % 100:03}", position=number % 2)
        for number in range(100)
    ]
    Album.objects.bulk_create(made)
    client, start = signed_in(alice), outer.get_absolute_url() if outer else "/albums/"
    first = client.get(start)
    second = client.get(f"{start}{link(first, 'next')}")
    listed = [
        [url for url in links(page, "/albums/0") if not outer or not url.startswith(start)]
        for page in (first, second)
    ]
    assert [len(page) for page in listed] == [60, 40]
    expected = sorted(made, key=lambda album: (album.position, album.title))
    assert [*listed[0], *listed[1]] == [album.get_absolute_url() for album in expected]
    assert not link(second, "next")


def test_the_list_of_albums_goes_on_where_the_last_one_was_removed(alice: User, signed_in: SignedIn) -> None:
    Album.objects.bulk_create(
        [Album(owner=alice, title=f"{number:03}", position=number) for number in range(100)]
    )
    client = signed_in(alice)
    onward = link(client.get("/albums/"), "next")
    Album.objects.get(title="059").delete()
    assert len(links(client.get(f"/albums/{onward}"), "/albums/0")) == 40


def test_an_album_shows_its_cover_or_else_its_first_photo(alice: User, signed_in: SignedIn) -> None:
    first, chosen = make_image(alice), make_image(alice)
    album, client = make_album(alice, first, chosen), signed_in(alice)
    for cover, shown_image in ((None, first), (chosen, chosen)):
        Album.objects.filter(pk=album.pk).update(cover=cover)
        (image,) = tags(client.get("/albums/"), "img")
        assert shown_image.rendition_token in image["srcset"]
