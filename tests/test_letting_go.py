"""What very many photos hang on goes by a job: in steps, over several rounds, and the photos stay."""

import uuid
from collections.abc import Callable

import pytest
from django.http import Http404
from django.test import Client
from django.utils import timezone

from gallery import access, albums, invitations, jobs, letting_go, members, search, sharing, tags
from gallery.models import (
    Album,
    AlbumImage,
    AlbumMember,
    AuditEntry,
    Image,
    ImageTag,
    Invitation,
    Job,
    Tag,
    User,
)
from tests.make import make_album, make_image, make_user

pytestmark = pytest.mark.usefixtures("s3")

PHOTOS = 5


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letting_go, "MANY", 2)
    monkeypatch.setattr(letting_go, "CHUNK", 2)
    monkeypatch.setattr(tags, "MANY", 2)
    monkeypatch.setattr(tags, "CHUNK", 4)
    # Each round ends after its first step.
    monkeypatch.setattr(jobs, "ROUND_S", -1.0)


@pytest.fixture
def photos(alice: User) -> list[Image]:
    return [make_image(alice) for _ in range(PHOTOS)]


def rounds() -> int:
    done = 0
    while jobs.work_once():
        done += 1
    return done


def tagged(owner: User, name: str, photos: list[Image]) -> Tag:
    tags.add(owner, [photo.pk for photo in photos], [name])
    return Tag.objects.get(owner=owner, slug=name.casefold())


def test_album_of_many_and_those_inside_it_go_in_rounds_and_the_photos_stay(
    alice: User, signed_in: Callable[[User], Client], photos: list[Image]
) -> None:
    album = make_album(alice, *photos[:3])
    inner = albums.create(alice, "Inside", album)
    albums.add(inner, [photo.pk for photo in photos[3:]])

    answer = signed_in(alice).post(f"/albums/{album.pk}/delete/", follow=True)

    assert "takes some minutes" in answer.content.decode()
    assert rounds() > 2
    assert not Album.objects.exists()
    assert not AlbumImage.objects.exists()
    assert Image.objects.filter(binned_at=None).count() == PHOTOS
    assert Job.objects.get().state == Job.State.DONE


def test_album_of_many_is_deleted_in_the_administration_by_a_job_that_the_log_ascribes_to_who_asked(
    alice: User, signed_in: Callable[[User], Client], photos: list[Image]
) -> None:
    album = make_album(alice, *photos)
    keeper = make_user("keeper", is_staff=True, is_superuser=True)

    signed_in(keeper).post(f"/admin/gallery/album/{album.pk}/delete/", {"post": "yes"})

    assert AlbumImage.objects.count() == PHOTOS
    assert AuditEntry.objects.get(action="row.deleted").actor == keeper
    assert rounds() > 2
    assert not Album.objects.exists()


def test_album_of_many_is_closed_to_everybody_else_before_the_job_begins(
    alice: User, bob: User, photos: list[Image]
) -> None:
    album = make_album(alice, *photos)
    inner = albums.create(alice, "Inside", album)
    other = make_album(alice, title="Other")
    for one in (album, inner, other):
        members.invite(one, bob.username, AlbumMember.Role.VIEWER)
    tokens = [sharing.make(alice, album=one)[1] for one in (album, inner, other)]
    invited = [invitations.invite(alice, "", one)[0].pk for one in (album, inner, other)]

    letting_go.delete_album(album)

    assert Album.objects.count() == 3
    assert list(access.albums_visible_to(bob)) == [other]
    assert [token for token in tokens if _opens(token)] == tokens[2:]
    still_open = Invitation.objects.open_at(timezone.now()).values_list("pk", flat=True)
    assert list(still_open) == invited[2:]
    assert AuditEntry.objects.filter(action="link.revoked").count() == 2
    assert AuditEntry.objects.filter(action="member.removed").count() == 2


def _opens(token: str) -> bool:
    try:
        return bool(access.link_opened_by(token))
    except Http404:
        return False


def test_tag_of_many_goes_in_rounds_and_the_photos_stay(
    alice: User, signed_in: Callable[[User], Client], photos: list[Image]
) -> None:
    tag = tagged(alice, "Ridge", photos)

    answer = signed_in(alice).post(f"/tags/{tag.pk}/delete/", follow=True)

    assert "takes some minutes" in answer.content.decode()
    assert rounds() > 1
    assert not ImageTag.objects.exists()
    assert not Tag.objects.exists()
    assert Image.objects.filter(binned_at=None).count() == PHOTOS


def test_tag_of_many_becomes_another_in_rounds(
    alice: User, signed_in: Callable[[User], Client], photos: list[Image]
) -> None:
    tag, into = tagged(alice, "Ridge", photos), tagged(alice, "Hills", photos[:1])

    answer = signed_in(alice).post(f"/tags/{tag.pk}/merge/", {"into": into.pk}, follow=True)

    assert "takes some minutes" in answer.content.decode()
    assert rounds() > 1
    assert set(ImageTag.objects.values_list("tag", flat=True)) == {into.pk}
    assert ImageTag.objects.count() == PHOTOS
    assert list(Tag.objects.all()) == [into]


def test_tag_of_many_is_renamed_at_once_and_its_photos_are_found_by_it_in_rounds(
    alice: User, photos: list[Image]
) -> None:
    tag = tagged(alice, "Ridge", photos)
    before = Image.objects.order_by("updated_at").last()
    assert before is not None

    renamed = tags.rename(tag, "Crest")

    assert (renamed.name, Tag.objects.get().slug) == ("Crest", "crest")
    assert Job.objects.get().state == Job.State.WAITING
    assert rounds() > 1
    assert Job.objects.get().result == {"photos": PHOTOS}
    assert found(alice, "crest") == {photo.pk for photo in photos}
    assert found(alice, "ridge") == set()
    assert not Image.objects.filter(updated_at__lte=before.updated_at).exists()


def test_renaming_a_tag_of_many_that_goes_meanwhile_comes_to_an_end(alice: User, photos: list[Image]) -> None:
    tag = tagged(alice, "Ridge", photos)
    tags.rename(tag, "Crest")
    tags.delete(tag)

    rounds()

    assert Job.objects.get().state == Job.State.DONE


def found(owner: User, words: str) -> set[uuid.UUID]:
    return {image.pk for image in search.run(owner, words)}


def test_merging_into_a_tag_that_goes_meanwhile_keeps_what_is_left(alice: User, photos: list[Image]) -> None:
    tag, into = tagged(alice, "Ridge", photos), tagged(alice, "Hills", photos[:1])
    letting_go.merge_tag(tag, into)
    Tag.objects.filter(pk=into.pk).delete()

    rounds()

    assert ImageTag.objects.filter(tag=tag).count() == PHOTOS


@pytest.mark.parametrize("path", ["albums/{album}/", "tags/{tag}/"])
def test_the_api_answers_at_once_and_a_job_does_the_work(
    alice: User, signed_in: Callable[[User], Client], photos: list[Image], path: str
) -> None:
    album, tag = make_album(alice, *photos), tagged(alice, "Ridge", photos)

    answer = signed_in(alice).delete(f"/api/{path.format(album=album.pk, tag=tag.pk)}")

    assert answer.status_code == 204
    assert Job.objects.count() == 1
    rounds()
    assert (Album.objects if "album" in path else Tag.objects).count() == 0
