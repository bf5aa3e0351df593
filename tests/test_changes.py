"""The change feed: every change of what a client shows is in it, in order, once, and nothing of anybody else's."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from gallery import (
    albums,
    bulk,
    changes,
    editing,
    members,
    ordering,
    owning,
    removals,
    renditions,
    sharing,
    stacks,
    tags,
)
from gallery import bin as photo_bin
from gallery.changes import Cursor, Kind
from gallery.models import Album, AlbumImage, Image, Tag, Tombstone, User
from gallery.places import naming
from tests.make import make_album, make_image, upload_photo

LONG_AGO = timezone.now() - timedelta(days=2)


def age(*rows: Any) -> None:
    """Let rows be as they were made two days ago."""
    for row in rows:
        type(row).objects.filter(pk=row.pk).update(created_at=LONG_AGO, updated_at=LONG_AGO)


def later() -> datetime:
    """Return a moment at which all that was done by now is told."""
    return timezone.now() + changes.LAG + timedelta(seconds=1)


def a_day_ago() -> Cursor:
    return Cursor(timezone.now() - timedelta(days=1), changes.LAST_ID)


def told(owner: User, since: Cursor | None = None, **more: Any) -> list[tuple[str, Any, str]]:
    page = changes.since(owner, since or a_day_ago(), more.pop("limit", 100), more.pop("now", later()))
    return [(entry.kind.value, entry.key, entry.change.value) for entry in page.entries]


def test_what_was_made_changed_binned_and_deleted_is_told_with_what_became_of_it(alice: User) -> None:
    changed, binned, purged, old = (make_image(alice) for _ in range(4))
    album = make_album(alice, title="Picos")
    age(changed, binned, purged, old, album)
    photo_bin.put(Image.objects.filter(pk=purged.pk))
    removals.purge(Image.objects.filter(pk=purged.pk))
    made = make_image(alice)
    editing.change(changed, {"title": "Above the fog"})
    photo_bin.put(Image.objects.filter(pk=binned.pk))
    albums.delete(album)
    link, _token = sharing.make(alice, images=[changed.pk])

    assert set(told(alice)) == {
        ("image", made.pk, "created"),
        ("image", changed.pk, "changed"),
        ("image", binned.pk, "binned"),
        ("image", purged.pk, "gone"),
        ("album", album.pk, "gone"),
        ("share_link", link.pk, "created"),
    }


def test_nothing_of_anybody_else_is_told(alice: User, bob: User) -> None:
    image = make_image(bob)
    album = make_album(bob, image)
    members.invite(album, "alice", "editor")
    photo_bin.put(Image.objects.filter(pk=image.pk))
    removals.purge(Image.objects.filter(pk=image.pk))
    albums.delete(album)

    assert told(alice) == []


def test_what_a_guest_brought_is_told_when_its_owner_has_approved_it(alice: User) -> None:
    image = make_image(alice, held_at=timezone.now())

    assert told(alice) == []

    now = timezone.now()
    Image.objects.filter(pk=image.pk).update(held_at=None, created_at=now, updated_at=now)
    assert told(alice) == [("image", image.pk, "created")]


def test_pages_hold_every_change_once_whatever_their_size(alice: User) -> None:
    moment = timezone.now() - timedelta(hours=3)
    images = [make_image(alice) for _ in range(7)]
    # Two at one moment, as bulk changes are.
    for place, image in enumerate(images):
        Image.objects.filter(pk=image.pk).update(updated_at=moment + timedelta(seconds=place // 2))
    Tombstone.leave(Kind.ALBUM, [(alice.pk, changes.LAST_ID)])
    Tombstone.objects.update(gone_at=moment + timedelta(seconds=1))
    whole = told(alice)

    for limit in (1, 2, 3, 5):
        found, cursor, has_more = [], a_day_ago(), True
        while has_more:
            page = changes.since(alice, cursor, limit)
            found += [(entry.kind.value, entry.key, entry.change.value) for entry in page.entries]
            cursor, has_more = page.cursor, page.has_more
        assert found == whole
    assert len(whole) == 8


def test_what_is_so_young_that_others_may_come_before_it_is_told_later(alice: User) -> None:
    image = make_image(alice)
    image.refresh_from_db()
    cursor = a_day_ago()

    early = changes.since(alice, cursor, now=image.updated_at + changes.LAG - timedelta(microseconds=1))
    assert early.entries == []
    assert early.cursor.at <= image.updated_at
    assert told(alice, early.cursor, now=image.updated_at + changes.LAG) == [("image", image.pk, "created")]


def test_a_change_that_was_dated_before_a_cursor_and_committed_after_it_is_told(alice: User) -> None:
    slow, quick = make_image(alice), make_image(alice)
    now = timezone.now()
    dated = now - timedelta(seconds=2)
    Image.objects.filter(pk=slow.pk).update(updated_at=LONG_AGO)
    Image.objects.filter(pk=quick.pk).update(updated_at=now - timedelta(seconds=1))
    seen = changes.since(alice, a_day_ago(), now=now)
    # The slow transaction ends now, dated before the quick one's change.
    Image.objects.filter(pk=slow.pk).update(updated_at=dated)

    assert {key for _kind, key, _change in told(alice, seen.cursor)} == {slow.pk, quick.pk}


def test_cursor_follows_where_nothing_changes_so_that_it_never_grows_too_old(alice: User) -> None:
    start = changes.beginning()
    now = timezone.now() + timedelta(days=60)

    followed = changes.since(alice, start, now=now)

    assert followed.cursor.at == now - changes.TRAIL
    assert changes.since(alice, followed.cursor, now=now + timedelta(days=60)).entries == []


def test_cursor_that_is_older_than_what_is_remembered_is_refused(alice: User) -> None:
    now = timezone.now()
    old = Cursor(now - changes.KEPT - timedelta(seconds=1), changes.LAST_ID)

    with pytest.raises(changes.CursorTooOld, match="list everything again"):
        changes.since(alice, old, now=now)


def test_tombstones_outlive_every_cursor_that_needs_them(alice: User) -> None:
    Tombstone.leave(Kind.IMAGE, [(alice.pk, changes.LAST_ID)])
    gone_at = Tombstone.objects.get().gone_at

    assert changes.forget_gone(gone_at + changes.KEPT) == 0
    assert changes.forget_gone(gone_at + changes.FORGOTTEN_AFTER + timedelta(seconds=1)) == 1


def tag_it(image: Image, _album: Album) -> None:
    bulk.add_tags(image.owner, [image.pk], ["ridge"])


def untag_it(image: Image, _album: Album) -> None:
    bulk.remove_tags(image.owner, [image.pk], ["fog"])


def rename_its_tag(image: Image, _album: Album) -> None:
    tags.rename(image.tags.get(), "mist")


def merge_its_tag(image: Image, _album: Album) -> None:
    tags.merge(image.tags.get(), Tag.objects.create(owner=image.owner, name="haze"))


def delete_its_tag(image: Image, _album: Album) -> None:
    tags.delete(image.tags.get())


def describe_it(image: Image, _album: Album) -> None:
    editing.change(image, {"description": "Nine days"})


def favour_it(image: Image, _album: Album) -> None:
    bulk.favourite(image.owner, [image.pk])


def archive_it(image: Image, _album: Album) -> None:
    bulk.archive(image.owner, [image.pk])


def date_it(image: Image, _album: Album) -> None:
    bulk.shift_time(image.owner, [image.pk], 60)


def place_it(image: Image, _album: Album) -> None:
    bulk.set_place(image.owner, [image.pk], place="Fuente Dé")


def name_its_place(image: Image, _album: Album) -> None:
    Image.objects.filter(pk=image.pk).update(latitude=43.15, longitude=-4.62)
    naming.fill([image.pk])


def stack_it(image: Image, _album: Album) -> None:
    stacks.put_together(make_image(image.owner), [image.pk])


@pytest.mark.parametrize(
    "change",
    [
        tag_it, untag_it, rename_its_tag, merge_its_tag, delete_its_tag, describe_it, favour_it, archive_it, date_it,
        place_it, name_its_place, stack_it,
    ],
)  # fmt: skip
def test_each_way_to_change_a_photo_is_told(alice: User, change: Callable[[Image, Album], None]) -> None:
    image, other = make_image(alice), make_image(alice)
    tags.add(alice, [image.pk], ["fog"])
    album = make_album(alice, image)
    age(image, other, album)

    change(image, album)

    assert ("image", image.pk, "changed") in told(alice)
    assert other.pk not in {key for _kind, key, _change in told(alice)}


def fill_it(album: Album, image: Image) -> None:
    albums.add(album, [make_image(album.owner).pk])


def empty_it(album: Album, image: Image) -> None:
    albums.remove(album, [image.pk])


def rename_it(album: Album, image: Image) -> None:
    albums.change(album, title="Tatra")


def cover_it(album: Album, image: Image) -> None:
    albums.set_cover(album, image.pk)


def move_it(album: Album, image: Image) -> None:
    albums.move(album, make_album(album.owner, title="Years"))


def arrange_its_photos(album: Album, image: Image) -> None:
    entries = AlbumImage.objects.filter(album=album).order_by("position", "id")
    ordering.put_before(entries, entries.get(image=image).pk, None)


def arrange_it(album: Album, image: Image) -> None:
    siblings = Album.objects.filter(owner=album.owner, parent=None).in_order()
    ordering.put_before(siblings, album.pk, None)


def let_somebody_in(album: Album, image: Image) -> None:
    members.invite(album, "bob", "contributor")


def bin_its_photo(album: Album, image: Image) -> None:
    photo_bin.put(Image.objects.filter(pk=image.pk))


def lose_its_cover(album: Album, image: Image) -> None:
    Album.objects.filter(pk=album.pk).update(cover=image)
    Image.objects.filter(pk=image.pk).update(binned_at=timezone.now())
    removals.purge(Image.objects.filter(pk=image.pk))


@pytest.mark.parametrize(
    "change",
    [
        fill_it, empty_it, rename_it, cover_it, move_it, arrange_its_photos, arrange_it, let_somebody_in, bin_its_photo,
        lose_its_cover,
    ],
)  # fmt: skip
def test_each_way_to_change_an_album_is_told(
    alice: User, bob: User, change: Callable[[Album, Image], None]
) -> None:
    image, other = make_image(alice), make_album(alice, title="Other")
    album = make_album(alice, image, make_image(alice))
    age(album, other)

    change(album, image)

    found = told(alice)
    assert ("album", album.pk, "changed") in found
    assert other.pk not in {key for _kind, key, _change in found}


def test_album_changes_for_its_owner_when_a_contributor_takes_a_photo_away(alice: User, bob: User) -> None:
    image, album = make_image(bob), make_album(alice)
    members.invite(album, "bob", "contributor")
    albums.add(album, [image.pk], by=bob)
    age(album)

    photo_bin.put(Image.objects.filter(pk=image.pk))

    assert told(alice) == [("album", album.pk, "changed")]


def test_albums_that_many_uploads_enter_at_once_are_dated_once_a_second(alice: User) -> None:
    album = make_album(alice)
    age(album)
    album.add([make_image(alice).pk], of_many=True)
    dated = Album.objects.get(pk=album.pk).updated_at

    album.add([make_image(alice).pk], of_many=True)

    again = Album.objects.get(pk=album.pk).updated_at
    assert dated > LONG_AGO
    assert again == dated or again - dated > timedelta(seconds=1)


def test_links_that_go_with_their_photo_or_album_are_told(alice: User) -> None:
    image, album = make_image(alice), make_album(alice)
    to_photo, _ = sharing.make(alice, images=[image.pk])
    to_album, _ = sharing.make(alice, album=album)
    photo_bin.put(Image.objects.filter(pk=image.pk))
    removals.purge(Image.objects.filter(pk=image.pk))
    albums.delete(album)

    gone = [(kind, key) for kind, key, change in told(alice) if change == "gone" and kind == "share_link"]
    assert sorted(gone) == sorted([("share_link", to_photo.pk), ("share_link", to_album.pk)])


def test_links_that_change_are_told_and_those_that_are_opened_are_not(alice: User) -> None:
    image = make_image(alice)
    changed, _ = sharing.make(alice, images=[image.pk])
    ended, _ = sharing.make(alice, images=[image.pk])
    opened, _ = sharing.make(alice, images=[image.pk])
    age(changed, ended, opened, image)

    sharing.change(changed, title="For grandma")
    sharing.revoke(ended)
    sharing.count_view(opened)

    assert set(told(alice)) == {
        ("share_link", changed.pk, "changed"),
        ("share_link", ended.pk, "changed"),
    }


def test_photo_that_gets_another_owner_is_gone_for_the_former_one_and_new_for_the_other(
    alice: User, bob: User
) -> None:
    image = make_image(alice)
    age(image)
    Image.objects.update(created_at=timezone.now() - timedelta(days=9))

    owning.move([image.pk], bob)

    assert told(alice) == [("image", image.pk, "gone")]
    assert told(bob) == [("image", image.pk, "created")]


def test_tags_that_a_photo_carries_already_change_nothing(alice: User) -> None:
    image = make_image(alice)
    bulk.add_tags(alice, [image.pk], ["ridge"])
    age(image)

    bulk.add_tags(alice, [image.pk], ["Ridge"])
    bulk.remove_tags(alice, [image.pk], ["fog"])

    assert told(alice) == []


def test_version_that_a_change_of_tags_answers_is_that_of_the_row(alice: User) -> None:
    image = make_image(alice)

    editing.change(image, {"tags": ["ridge"]})

    assert editing.version(image) == editing.version(Image.objects.get(pk=image.pk))


@pytest.mark.usefixtures("s3")
def test_photo_that_arrives_is_told_as_created_and_when_its_pictures_have_other_addresses_as_changed(
    alice: User,
) -> None:
    arrived = upload_photo(alice).image
    assert arrived is not None
    assert told(alice) == [("image", arrived.pk, "created")]
    age(arrived)

    arrived.refresh_from_db()
    renditions.rebuild(arrived, turn=90)

    assert told(alice) == [("image", arrived.pk, "changed")]
