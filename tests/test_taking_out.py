"""Taking photos out of albums: offered where it works, and nowhere else."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from gallery import access, members
from gallery.models import Album, AlbumMember, Image, User
from tests.make import make_album, make_image
from tests.pages import UNREACHABLE

SignedIn = Callable[[User], Client]
FRAGMENT = {"x-requested-fragment": "1"}
ROLES = ("viewer", "contributor", "editor", "owner", "left")


@pytest.fixture(autouse=True)
def _unreachable_store(settings: Settings) -> None:
    settings.S3 = UNREACHABLE


def with_role(role: str, alice: User, bob: User, album: Album) -> User:
    """Return who has the role in alice's album: bob, or alice herself."""
    if role == "owner":
        return alice
    if role == "left":
        members.remove(album, bob, keep_photos=True)
    else:
        AlbumMember.objects.update_or_create(album=album, user=bob, defaults={"role": role})
    return bob


@pytest.fixture
def pictures(alice: User, bob: User, shared_album: Album) -> list[Image]:
    """Return what lies in the album: alice's, bob's, and one of alice's that bob brought."""
    made = [make_image(alice), make_image(bob), make_image(alice)]
    shared_album.add([made[0].pk], by=alice)
    shared_album.add([made[1].pk, made[2].pk], by=bob)
    return made


@pytest.mark.parametrize("role", ROLES)
def test_a_photos_page_offers_to_take_it_out_where_that_works(
    role: str, alice: User, bob: User, shared_album: Album, pictures: list[Image], signed_in: SignedIn
) -> None:
    client = signed_in(with_role(role, alice, bob, shared_album))
    at = f"/albums/{shared_album.pk}/remove/"
    for image in pictures:
        page = client.get(image.get_absolute_url())
        offered = page.status_code == 200 and at in page.content.decode()
        answer = client.post(at, {"photo": str(image.pk), "from": "photo"})
        if page.status_code == 200:
            assert (answer.status_code == 302) is offered
        assert shared_album.entries.filter(image=image).exists() is (answer.status_code != 302)
        if offered:
            # Nobody is led to a page that they cannot see.
            assert client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_one_photo_and_one_album_tell_the_same_of_what_may_be_taken_out(
    role: str, alice: User, bob: User, shared_album: Album, pictures: list[Image]
) -> None:
    user = with_role(role, alice, bob, shared_album)
    make_album(alice, *pictures)
    by_album = {
        entry
        for album in Album.objects.all()
        for entry in access.entries_removable_by(user, album).values_list("pk", flat=True)
    }
    by_image = {
        entry
        for image in pictures
        for entry in access.removable_entries_of(user, image).values_list("pk", flat=True)
    }
    assert by_image == by_album


def test_an_album_that_was_left_is_told_without_its_title(
    alice: User, bob: User, shared_album: Album, pictures: list[Image], signed_in: SignedIn
) -> None:
    members.remove(shared_album, bob, keep_photos=True)
    Album.objects.filter(pk=shared_album.pk).update(title="What bob is not to know")
    client = signed_in(bob)

    page = client.get(pictures[1].get_absolute_url()).content.decode()

    assert "What bob is not to know" not in page
    assert f"An album of {alice.username} that you have left" in page
    client.post(f"/albums/{shared_album.pk}/remove/", {"photo": str(pictures[1].pk), "from": "photo"})
    assert not shared_album.entries.filter(image=pictures[1]).exists()


@pytest.mark.parametrize("role", ["viewer", "contributor", "editor", "owner"])
@pytest.mark.parametrize("has_own", [True, False], ids=["brought photos", "brought none"])
def test_the_album_offers_to_take_photos_out_to_those_who_may_take_out_any(
    role: str, has_own: bool, alice: User, bob: User, shared_album: Album, pictures: list[Image], signed_in: SignedIn
) -> None:  # fmt: skip
    if not has_own:
        shared_album.entries.filter(added_by=bob).delete()
    client = signed_in(with_role(role, alice, bob, shared_album))
    expected = has_own or role in {"editor", "owner"}

    page = client.get(f"{shared_album.get_absolute_url()}?select=1").content.decode()
    bar = client.get(f"/photos/bulk/?place=album&album={shared_album.pk}", headers=FRAGMENT).content.decode()

    assert ('value="unalbum"' in page, 'value="unalbum"' in bar) == (expected, expected)
    arranging = f"/albums/{shared_album.pk}/arrange/"
    assert (arranging in page) is (client.get(arranging).status_code == 200)


def test_the_bar_offers_nothing_any_more_to_somebody_who_has_left_meanwhile(
    bob: User, shared_album: Album, pictures: list[Image], signed_in: SignedIn
) -> None:
    client = signed_in(bob)
    at = f"/photos/bulk/?place=album&album={shared_album.pk}"
    assert 'value="unalbum"' in client.get(at, headers=FRAGMENT).content.decode()

    members.remove(shared_album, bob, keep_photos=True)

    assert 'value="unalbum"' not in client.get(at, headers=FRAGMENT).content.decode()
