"""Photos get another owner with all that hangs on them; no original is lost, nobody sees what they may not."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from pytest_django import Settings

from gallery import access, chosen, jobs, owning, similar, tags
from gallery import bin as photo_bin
from gallery.accounts import closing
from gallery.models import (
    Album,
    AlbumMember,
    AuditEntry,
    HashBand,
    Image,
    Job,
    Removal,
    SearchEntry,
    SimilarPair,
    Tag,
    Tombstone,
    Upload,
    User,
)
from gallery.search import index
from gallery.sharing import links
from tests.make import make_album, make_image, make_user


@pytest.fixture
def dora(db: None) -> User:
    return make_user("dora")


@pytest.fixture
def keeper(db: None) -> User:
    """Return somebody of the staff who may change and delete photos, and nothing else."""
    user = make_user("keeper", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["change_image", "delete_image"]))
    return user


def photo(owner: User, **values: Any) -> Image:
    image = make_image(owner, **values)
    User.objects.filter(pk=owner.pk).update(used_bytes=held_by(owner))
    return image


def held_by(owner: User) -> int:
    return int(Image.objects.owned_by(owner).aggregate(sum=Sum("bytes"))["sum"] or 0)


def used_by(owner: User) -> int:
    return User.objects.get(pk=owner.pk).used_bytes


def move(images: Sequence[Image], to: User) -> Counter[str]:
    keys, outcome = owning.whole_stacks([image.pk for image in images]), Counter[str]()
    while keys:
        step = owning.first_step(keys)
        outcome += owning.move(step, to)
        keys = keys[len(step) :]
    return outcome


def test_photo_changes_hands_and_its_space_with_it(alice: User, dora: User) -> None:
    images = [photo(alice, title="Fog", is_favorite=True), photo(alice)]
    keys = [(image.original_key, image.rendition_token) for image in images]
    assert move(images[:1], dora) == {"moved": 1}
    moved = Image.objects.get(pk=images[0].pk)
    assert (moved.owner, moved.title, moved.is_favorite) == (dora, "Fog", True)
    assert (moved.original_key, moved.rendition_token) == keys[0]
    assert (
        (used_by(alice), used_by(dora))
        == (held_by(alice), held_by(dora))
        == (images[1].bytes, images[0].bytes)
    )
    assert not Removal.objects.exists()


def test_move_is_told_to_log_and_to_clients_that_keep_copies(alice: User, dora: User) -> None:
    image = photo(alice)
    move([image], dora)
    told = AuditEntry.objects.get(action="photo.moved")
    assert (told.owner, told.details) == (dora, {"from": str(alice.pk), "to": str(dora.pk)})
    assert list(Tombstone.objects.values_list("owner", "thing")) == [(alice.pk, image.pk)]


def test_photo_that_the_new_owner_has_stays_with_both_originals(alice: User, dora: User) -> None:
    mine = photo(alice, sha256="ab" * 32)
    theirs = photo(dora, sha256="ab" * 32)
    assert move([mine], dora) == {"has_it": 1}
    assert {image.owner for image in Image.objects.filter(pk__in=[mine.pk, theirs.pk])} == {alice, dora}
    assert used_by(dora) == theirs.bytes


def test_of_two_copies_one_is_moved(alice: User, bob: User, dora: User) -> None:
    images = [photo(alice, sha256="cd" * 32), photo(bob, sha256="cd" * 32)]
    assert move(images, dora) == {"moved": 1, "has_it": 1}
    assert Image.objects.count() == 2


def test_quota_of_the_new_owner_holds(alice: User, dora: User) -> None:
    images = [photo(alice, bytes=60), photo(alice, bytes=60)]
    User.objects.filter(pk=dora.pk).update(quota_bytes=100)
    dora.refresh_from_db()
    assert move(images, dora) == {"moved": 1, "no_space": 1}
    assert (used_by(alice), used_by(dora)) == (60, 60)


def test_photo_of_a_guest_waits_for_its_review(alice: User, dora: User) -> None:
    image = photo(alice, held_at=timezone.now())
    assert move([image], dora) == {"waits": 1}


def upload_of(arrived: Image, **values: Any) -> Upload:
    fields = {
        "filename": "x.jpg",
        "content_type": "image/jpeg",
        "bytes": arrived.bytes,
        "sha256": arrived.sha256,
    }
    return Upload.objects.create(
        owner=arrived.owner, key=f"originals/{uuid.uuid4().hex}", **{**fields, **values}
    )


def test_photo_that_is_uploaded_once_more_stays(alice: User, dora: User) -> None:
    image = photo(alice)
    upload_of(image, state=Upload.State.PROCESSING)
    assert move([image], dora) == {"arriving": 1}


def test_how_it_came_goes_along_so_that_it_can_be_uploaded_anew(alice: User, dora: User) -> None:
    image, other = photo(alice), photo(alice)
    upload = upload_of(image, state=Upload.State.READY, image=image, album=make_album(alice))
    clash = upload_of(other, state=Upload.State.READY, image=other)
    offered = Upload.objects.create(
        owner=dora,
        key="originals/offered",
        filename="y.jpg",
        content_type="image/jpeg",
        bytes=1,
        sha256=other.sha256,
    )
    assert move([image, other], dora) == {"moved": 2}
    upload.refresh_from_db()
    assert (upload.owner, upload.album) == (dora, None)
    assert not Upload.objects.filter(pk=clash.pk).exists()
    assert Upload.objects.filter(pk=offered.pk).exists()
    assert not Upload.objects.filter(owner=alice).exists()


def test_photo_leaves_albums_that_its_new_owner_may_not_add_to(alice: User, bob: User, dora: User) -> None:
    image = photo(alice)
    closed, opened = make_album(alice, image), make_album(bob, image)
    Album.objects.filter(pk__in=[closed.pk, opened.pk]).update(cover=image)
    AlbumMember.objects.create(album=opened, user=dora, role=AlbumMember.Role.CONTRIBUTOR)
    AlbumMember.objects.create(album=closed, user=dora, role=AlbumMember.Role.VIEWER)
    move([image], dora)
    assert [entry.album for entry in image.entries.all()] == [opened]
    assert {album.pk: album.cover_id for album in Album.objects.all()} == {
        closed.pk: None,
        opened.pk: image.pk,
    }
    assert not access.images_visible_to(alice).filter(pk=image.pk).exists()


def test_links_of_the_former_owner_open_it_no_more(alice: User, dora: User) -> None:
    one, two = photo(alice), photo(alice)
    single, _ = links.make(alice, images=[one.pk])
    several, _ = links.make(alice, images=[one.pk, two.pk])
    move([one], dora)
    single.refresh_from_db()
    assert single.revoked_at is not None
    assert list(access.images_opened_by(several)) == [two]
    assert several.pick_rows.count() == 1


def test_tags_go_along_by_name(alice: User, dora: User) -> None:
    images = [photo(alice), photo(alice)]
    tags.add(alice, [image.pk for image in images], ["sea", "Fog"])
    tags.add(dora, [photo(dora).pk], ["fog"])
    move(images[:1], dora)
    assert sorted(tag.slug for tag in images[0].tags.all()) == ["fog", "sea"]
    assert {tag.owner for tag in images[0].tags.all()} == {dora}
    assert Tag.objects.filter(owner=dora).count() == 2
    assert sorted(tag.owner_id for tag in images[1].tags.all()) == [alice.pk, alice.pk]


def test_it_is_found_by_its_new_owner_alone(alice: User, dora: User) -> None:
    image = photo(alice, title="Lighthouse", phash=5)
    twin = photo(alice, phash=5)
    for each in (image, twin):
        index.refresh([each.pk])
        similar.note(each)
    assert SimilarPair.objects.count() == 1
    move([image], dora)
    assert SearchEntry.objects.get(image=image).owner == dora
    assert set(HashBand.objects.filter(image=image).values_list("owner", flat=True)) == {dora.pk}
    assert not SimilarPair.objects.exists()


def test_stack_goes_with_its_top_and_is_parted_where_a_member_goes_alone(alice: User, dora: User) -> None:
    top = photo(alice)
    under = photo(alice, stacked_under=top, stack_kind=Image.StackKind.BURST)
    lone = photo(alice, stacked_under=top, stack_kind=Image.StackKind.BURST)
    assert move([lone], dora) == {"moved": 1}
    lone.refresh_from_db()
    assert (lone.stacked_under, lone.stack_kind) == (None, None)
    assert move([top], dora) == {"moved": 2}
    under.refresh_from_db()
    assert (under.owner, under.stacked_under) == (dora, top)


def test_no_stack_is_parted_by_the_end_of_a_step(alice: User, dora: User) -> None:
    tops = [photo(alice) for _ in range(30)]
    for top in tops:
        photo(alice, stacked_under=top, stack_kind=Image.StackKind.BURST)
        photo(alice, stacked_under=top, stack_kind=Image.StackKind.BURST)
    assert move(tops, dora) == {"moved": 90}
    assert Image.objects.filter(owner=dora, stacked_under__in=tops).count() == 60


def test_a_step_writes_no_more_than_every_engine_takes(alice: User, dora: User) -> None:
    images = [photo(alice) for _ in range(120)]
    tags.add(alice, [image.pk for image in images], ["one", "two"])
    assert len(owning.first_step([image.pk for image in images])) < 40


def test_repeating_a_move_changes_nothing(alice: User, dora: User) -> None:
    images = [photo(alice)]
    move(images, dora)
    assert move(images, dora) == {"gone": 1}
    assert used_by(dora) == images[0].bytes


def test_job_moves_in_rounds_and_tells_how_far_it_is(
    alice: User, dora: User, keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [photo(alice) for _ in range(120)]
    photo(dora, sha256=images[0].sha256)
    job = chosen.start("move", keeper, [image.pk for image in images], dora)
    assert job.payload["to"] == str(dora.pk)
    monkeypatch.setattr(jobs, "ROUND_S", -1)
    rounds = 0
    while jobs.work(job.pk):
        rounds += 1
    job.refresh_from_db()
    assert rounds > 2
    assert (job.state, job.done, job.total) == ("done", 120, 120)
    assert job.result == {"counts": {"moved": 119, "has_it": 1}}
    assert used_by(dora) == held_by(dora)
    assert set(AuditEntry.objects.filter(action="photo.moved").values_list("actor_name", flat=True)) == {
        "keeper"
    }


def test_nothing_is_moved_to_somebody_whose_account_was_closed_meanwhile(
    alice: User, dora: User, keeper: User
) -> None:
    image = photo(alice)
    job = chosen.start("move", keeper, [image.pk], dora)
    User.objects.filter(pk=dora.pk).update(is_active=False)
    jobs.work(job.pk)
    job.refresh_from_db()
    assert (job.state, Image.objects.get().owner) == ("failed", alice)


def test_purging_job_leaves_what_was_binned_anew_since(alice: User, keeper: User) -> None:
    images = [photo(alice, binned_at=timezone.now() - timedelta(hours=1)) for _ in range(2)]
    job = chosen.start("purge", keeper, [image.pk for image in images])
    Image.objects.filter(pk=images[0].pk).update(binned_at=timezone.now() + timedelta(seconds=1))
    jobs.work(job.pk)
    job.refresh_from_db()
    assert list(Image.objects.all()) == images[:1]
    assert job.result == {"counts": {"done": 1, "gone": 1}}


def withdraw(keeper: User, right: str) -> None:
    if right == "permission":
        keeper.user_permissions.clear()
    else:
        User.objects.filter(pk=keeper.pk).update(**{right: False})


@pytest.mark.parametrize("right", ["is_staff", "is_active", "permission"])
@pytest.mark.parametrize("act", ["move", "purge", "restore"])
def test_job_of_staff_whose_rights_were_withdrawn_does_nothing_even_if_it_is_retried(
    alice: User, dora: User, keeper: User, act: str, right: str
) -> None:
    image = photo(alice, binned_at=timezone.now() - timedelta(hours=1))
    job = chosen.start(act, keeper, [image.pk], dora if act == "move" else None)
    withdraw(keeper, right)
    for _ in range(2):
        assert jobs.work(job.pk)
        job.refresh_from_db()
        assert (job.state, job.done) == ("failed", 0)
        assert "may not do it any more" in job.reason
        assert jobs.retry(job)
    left = Image.objects.get()
    assert (left.owner, left.binned_at) == (alice, image.binned_at)


@contextmanager
def moved_when_listed(image: Image, to: User, times: int = 1) -> Iterator[None]:
    """Give the photo to the other owner just after keys of photos were listed, so many times, in order to change them."""
    moved = False

    def move_after_listing(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        nonlocal times, moved
        if not times and not moved:
            moved = True
            assert move([image], to) == {"moved": 1}
        if times and sql.startswith('SELECT "gallery_image"."id"') and "ORDER BY" in sql:
            times -= 1
        return execute(sql, *rest)

    with connection.execute_wrapper(move_after_listing):
        yield
    assert moved


@pytest.mark.parametrize(("act", "binned"), [("purge", True), ("restore", True), ("put", False)])
def test_bin_job_of_the_former_owner_leaves_a_photo_that_was_moved_meanwhile(
    alice: User, dora: User, monkeypatch: pytest.MonkeyPatch, act: str, binned: bool
) -> None:
    images = [photo(alice, binned_at=timezone.now() if binned else None) for _ in range(3)]
    monkeypatch.setattr(photo_bin, "MANY", 1)
    begin = {"purge": lambda: photo_bin.empty(alice, 3), "put": lambda: photo_bin.put_all(alice)}
    begin.get(act, lambda: photo_bin.restore_all(alice))()

    with moved_when_listed(images[1], dora):
        jobs.work_once()

    left = Image.objects.get(owner=dora)
    assert (left.pk, left.binned_at is not None) == (images[1].pk, binned)
    assert not Removal.objects.filter(key=left.original_key).exists()
    assert Job.objects.get().result == {"photos": 2}


def test_bin_job_of_the_new_owner_leaves_what_came_since_it_was_asked_for(
    alice: User, dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_bin, "MANY", 0)
    image = photo(alice)
    mine = photo(dora)
    photo_bin.put_all(dora)

    move([image], dora)
    jobs.work_once()

    assert list(Image.objects.binned()) == [mine]


def test_closing_an_account_leaves_a_photo_that_was_moved_meanwhile(
    alice: User, dora: User, settings: Settings
) -> None:
    images = [photo(alice) for _ in range(3)]
    closing.close(alice)
    jobs.work_once()

    over = timezone.now() + timedelta(days=settings.BIN_DAYS, minutes=1)
    # First it is looked whether anything is left to put into the bin.
    with time_machine.travel(over), moved_when_listed(images[1], dora, times=2):
        jobs.work_once()

    assert [image.pk for image in Image.objects.all()] == [images[1].pk]
    assert not Removal.objects.filter(key=images[1].original_key).exists()
    assert not User.objects.filter(pk=alice.pk).exists()


def test_binned_photo_has_the_days_of_the_bin_anew_with_its_new_owner(alice: User, dora: User) -> None:
    long_ago = timezone.now() - timedelta(days=29)
    binned, live = photo(alice, binned_at=long_ago), photo(alice)

    assert move([binned, live], dora) == {"moved": 2}

    binned.refresh_from_db()
    live.refresh_from_db()
    assert binned.binned_at is not None
    assert binned.binned_at > timezone.now() - timedelta(minutes=1)
    assert live.binned_at is None
