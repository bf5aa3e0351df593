"""The bin's pages: restoring one, some or all, emptying it, and deleting the whole library by way of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from gallery import bin as photo_bin
from gallery import jobs
from gallery.models import Image, Job, User
from tests.make import make_album, make_image
from tests.pages import UNREACHABLE, actions, tags

SignedIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _unreachable_store(settings: Settings) -> None:
    settings.S3 = UNREACHABLE


def make_binned(owner: User, days_ago: int = 0) -> Image:
    return make_image(owner, binned_at=timezone.now() - timedelta(days=days_ago))


def words(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_bin_says_how_long_each_photo_stays(alice: User, signed_in: SignedIn) -> None:
    make_binned(alice, 29)
    make_binned(alice, 10)
    page = words(signed_in(alice), "/bin/")
    assert "1 day left" in page
    assert "20 days left" in page


def test_chosen_photos_are_restored_and_the_others_stay(alice: User, signed_in: SignedIn) -> None:
    first, second, third = (make_binned(alice) for _ in range(3))
    response = signed_in(alice).post("/bin/restore/", {"photo": [first.pk, third.pk]}, follow=True)
    assert "2 photos are back in your library" in response.content.decode()
    assert set(Image.objects.live()) == {first, third}
    assert list(Image.objects.binned()) == [second]


def test_all_photos_of_the_bin_are_restored_at_once_into_their_albums(
    alice: User, signed_in: SignedIn
) -> None:
    binned = [make_binned(alice) for _ in range(101)]
    album = make_album(alice, *binned)
    signed_in(alice).post("/bin/restore/", {"all": "yes"})
    assert not Image.objects.binned().exists()
    assert Image.objects.live().filter(albums=album).count() == 101


def test_restoring_nothing_asks_to_choose(alice: User, signed_in: SignedIn) -> None:
    make_binned(alice)
    response = signed_in(alice).post("/bin/restore/", follow=True)
    assert "Choose the photos to restore" in response.content.decode()
    assert Image.objects.binned().count() == 1
    assert signed_in(alice).post("/bin/restore/", {"photo": "x"}).status_code == 404


def test_stranger_restores_nothing_of_anybody_else(alice: User, stranger: User, signed_in: SignedIn) -> None:
    image = make_binned(alice)
    for body in ({"photo": [image.pk]}, {"all": "yes"}):
        signed_in(stranger).post("/bin/restore/", body)
    assert Image.objects.binned().count() == 1


def test_emptying_says_how_many_and_deletes_those_of_the_owner_only(
    alice: User, bob: User, signed_in: SignedIn
) -> None:
    kept, others = make_image(alice), make_binned(bob)
    for _ in range(3):
        make_binned(alice)
    client = signed_in(alice)
    page = client.get("/bin/empty/")
    assert "Delete 3 photos for good?" in page.content.decode()
    assert "removed 1 day later" in page.content.decode()
    (count,) = [tag["value"] for tag in tags(page, "input") if tag.get("name") == "count"]
    assert Image.objects.binned().count() == 4
    response = client.post("/bin/empty/", {"count": count}, follow=True)
    assert "3 photos are deleted for good" in response.content.decode()
    assert set(Image.objects.all()) == {kept, others}


@pytest.mark.parametrize("count", ["1", "3", "", "all", "-2", "²", pytest.param("9" * 5000, id="long")])
def test_a_bin_that_is_another_than_the_confirmed_one_is_kept(
    alice: User, signed_in: SignedIn, count: str
) -> None:
    for _ in range(2):
        make_binned(alice)
    response = signed_in(alice).post("/bin/empty/", {"count": count}, follow=True)
    assert "Delete 2 photos for good?" in response.content.decode()
    assert "The bin holds 2 photos" in response.content.decode()
    assert Image.objects.binned().count() == 2


def test_whole_library_goes_to_the_bin_after_the_words_are_typed(
    alice: User, bob: User, signed_in: SignedIn
) -> None:
    others = make_image(bob)
    for _ in range(3):
        make_image(alice)
    client = signed_in(alice)
    assert "Delete all 3 photos of your library?" in words(client, "/bin/delete-all/")
    response = client.post("/bin/delete-all/", {"words": " Delete  all photos "}, follow=True)
    assert "3 photos are in the bin now" in response.content.decode()
    assert list(Image.objects.live()) == [others]
    assert Image.objects.count() == 4


@pytest.mark.parametrize("typed", ["", "yes", "delete all", "delete all photos!"])
def test_other_words_delete_nothing(alice: User, signed_in: SignedIn, typed: str) -> None:
    make_image(alice)
    response = signed_in(alice).post("/bin/delete-all/", {"words": typed})
    assert response.status_code == 422
    (field,) = [tag for tag in tags(response, "input") if tag.get("name") == "words"]
    assert field["aria-invalid"] == "true"
    assert Image.objects.live().count() == 1


def test_an_empty_bin_or_library_offers_nothing_to_delete(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    assert not {"/bin/empty/", "/bin/delete-all/"} & {tag["href"] for tag in tags(client.get("/bin/"), "a")}
    for url in ("/bin/empty/", "/bin/delete-all/"):
        assert "is empty" in words(client, url)
        assert actions(client.get(url)) == actions(client.get("/albums/")) - {"/albums/new/"}


@pytest.mark.parametrize("url", ["/bin/empty/", "/bin/delete-all/"])
def test_looking_at_a_confirmation_changes_nothing(alice: User, signed_in: SignedIn, url: str) -> None:
    make_image(alice)
    make_binned(alice)
    assert signed_in(alice).get(url).status_code == 200
    assert (Image.objects.live().count(), Image.objects.binned().count()) == (1, 1)
    assert Client().get(url).headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("address", ["/bin/delete-all/", "/bin/restore/", "/bin/empty/"])
def test_many_photos_are_moved_or_deleted_by_a_job_and_none_that_came_since(
    alice: User, bob: User, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(photo_bin, "MANY", 2)
    monkeypatch.setattr(photo_bin, "CHUNK", 2)
    all_of_it = "delete-all" in address
    for _ in range(5):
        make_image(alice) if all_of_it else make_binned(alice)
    client, kept = signed_in(alice), [make_image(bob), make_binned(bob)]
    sent = {"words": "delete all photos", "all": "yes", "count": "5"}
    page = client.post(address, sent, follow=True).content.decode()
    assert "being moved or deleted" in page
    late = make_image(alice) if all_of_it else make_binned(alice)
    assert Image.objects.owned_by(alice).count() == 6
    assert Image.objects.owned_by(alice).binned().count() == (0 if all_of_it else 6)

    assert jobs.work_once()

    assert Job.objects.get().state == Job.State.DONE
    left = Image.objects.owned_by(alice)
    assert left.count() == (1 if "empty" in address else 6)
    assert left.binned().count() == {"/bin/delete-all/": 5}.get(address, 1)
    assert left.binned().filter(pk=late.pk).exists() is not all_of_it
    assert set(Image.objects.owned_by(bob)) == set(kept)
    assert "being moved or deleted" not in words(client, "/bin/")
