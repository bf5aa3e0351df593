"""The bin's end: rows first, bytes a grace later, and nothing that anybody still needs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gallery import bin as photo_bin
from gallery import marker, objectstore, removals, renditions, tasks, uploads
from gallery.models import AlbumImage, Image, Removal, Tag, Upload, User
from photosky.env import S3Settings
from tests.make import announced, make_album, make_image, photo_bytes, upload_photo


@pytest.fixture(autouse=True)
def bucket(other_s3_bucket: S3Settings) -> S3Settings:
    """Give the test a bucket of its own, as a library has."""
    objectstore.ensure_bucket([])
    return other_s3_bucket


def photo_of(owner: User) -> Image:
    image = upload_photo(owner).image
    assert image is not None
    return image


def objects_of(image: Image) -> list[str]:
    return [image.original_key, *renditions.keys(image)]


def standing(keys: list[str]) -> list[str]:
    return [key for key in keys if objectstore.head(key) is not None]


def days_pass(days: int) -> None:
    """Let the time of everything that waits pass."""
    ago = timedelta(days=days)
    for row in Image.objects.binned():
        Image.objects.filter(pk=row.pk).update(binned_at=(row.binned_at or timezone.now()) - ago)
    for removal in Removal.objects.exclude(not_before=None):
        Removal.objects.filter(pk=removal.pk).update(not_before=(removal.not_before or timezone.now()) - ago)


def test_binned_photo_stays_whole_until_its_days_are_over(alice: User) -> None:
    image = photo_of(alice)
    photo_bin.put(Image.objects.filter(pk=image.pk))

    days_pass(29)
    tasks.tick()

    assert Image.objects.filter(pk=image.pk).exists()
    assert len(standing(objects_of(image))) == 6


def test_purge_takes_the_row_first_and_the_bytes_after_a_grace(alice: User) -> None:
    image = photo_of(alice)
    photo_bin.put(Image.objects.filter(pk=image.pk))
    days_pass(31)

    tasks.tick()
    assert not Image.objects.filter(pk=image.pk).exists()
    assert len(standing(objects_of(image))) == 6

    days_pass(2)
    tasks.tick()
    assert standing(objects_of(image)) == []
    assert not Removal.objects.exists()


def test_purge_gives_the_space_back(alice: User) -> None:
    photo_of(alice)
    kept = photo_of(alice)
    photo_bin.put(Image.objects.exclude(pk=kept.pk))

    removals.purge(Image.objects.all())

    alice.refresh_from_db()
    assert alice.used_bytes == kept.bytes
    assert list(Image.objects.all()) == [kept]


def test_restored_photo_is_not_purged(alice: User) -> None:
    image = photo_of(alice)
    album = make_album(alice, image)
    photo_bin.put(Image.objects.all())
    days_pass(31)
    photo_bin.restore(Image.objects.filter(pk=image.pk))

    tasks.tick()

    assert list(album.images.all()) == [image]
    assert len(standing(objects_of(image))) == 6


def test_purge_takes_albums_entries_covers_and_tags_along(alice: User) -> None:
    image = photo_of(alice)
    album = make_album(alice, image)
    album.cover = image
    album.save()
    image.tags.add(Tag.objects.create(owner=alice, name="sea"))
    photo_bin.put(Image.objects.all())

    removals.purge(Image.objects.all())

    album.refresh_from_db()
    assert album.cover is None
    assert not AlbumImage.objects.exists()


def test_bytes_that_a_row_needs_are_never_removed(alice: User) -> None:
    image = photo_of(alice)
    yesterday = timezone.now() - timedelta(days=1)
    for key in objects_of(image):
        Removal.objects.create(key=key, reason=Removal.Reason.UNTRACKED, not_before=yesterday)

    assert removals.run() == 0

    assert len(standing(objects_of(image))) == 6
    assert not Removal.objects.exists()


def test_nothing_is_removed_from_another_librarys_bucket(alice: User) -> None:
    marker.verify()
    objectstore.delete([marker.KEY])
    objectstore.put(
        marker.KEY,
        b'{"library": "00000000-0000-7000-8000-000000000000"}',
        content_type="text/plain",
        if_absent=True,
    )
    objectstore.put("originals/x", b"theirs", content_type="image/jpeg", if_absent=True)
    yesterday = timezone.now() - timedelta(days=1)
    Removal.objects.create(key="originals/x", reason=Removal.Reason.PURGED, not_before=yesterday)

    with pytest.raises(marker.WrongBucket):
        removals.run()

    assert objectstore.head("originals/x") is not None


def test_photo_deleted_for_good_can_come_back_under_another_key(alice: User) -> None:
    data = photo_bytes()
    image = upload_photo(alice, data).image
    assert image is not None
    photo_bin.put(Image.objects.all())
    removals.purge(Image.objects.all())

    again = upload_photo(alice, data).image
    days_pass(2)
    removals.run()

    assert again is not None
    assert again.original_key != image.original_key
    assert len(standing(objects_of(again))) == 6
    assert standing([image.original_key]) == []


def test_bin_is_emptied_only_of_what_was_confirmed(alice: User) -> None:
    make_image(alice)
    photo_bin.put_all(alice)
    make_image(alice, binned_at=timezone.now())

    with pytest.raises(photo_bin.Unconfirmed, match="holds 2 photos, not 1"):
        photo_bin.empty(alice, confirmed=1)

    assert photo_bin.empty(alice, confirmed=2) == 2
    assert not Image.objects.exists()


def test_emptying_the_bin_leaves_the_library_and_others_alone(alice: User, bob: User) -> None:
    mine, theirs = make_image(alice), make_image(bob, binned_at=timezone.now())
    make_image(alice, binned_at=timezone.now())

    photo_bin.empty(alice, confirmed=1)

    assert set(Image.objects.all()) == {mine, theirs}


def test_deleting_all_goes_by_way_of_the_bin(alice: User, bob: User) -> None:
    make_image(alice)
    other = make_image(bob)

    assert photo_bin.put_all(alice) == 1

    assert Image.objects.count() == 2
    assert list(Image.objects.live()) == [other]


def test_more_photos_than_one_transaction_takes_are_purged_in_steps(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removals, "CHUNK", 20)
    images = [make_image(alice, binned_at=timezone.now()) for _ in range(7)]
    make_album(alice, *images)

    assert removals.purge(Image.objects.all()) == 7
    assert Removal.objects.count() == 7 * 6


def test_given_up_upload_leaves_nothing_behind(alice: User) -> None:
    data = photo_bytes()
    upload = uploads.start(alice, [announced(data)])[0].upload
    assert upload is not None
    objectstore.put(upload.key, data, content_type="image/jpeg", if_absent=True)
    uploads.finish(upload)

    uploads.abort(upload)
    days_pass(2)
    removals.run()

    alice.refresh_from_db()
    assert standing([upload.key]) == []
    assert alice.used_bytes == 0
    assert not Upload.objects.exists()


def test_refused_file_that_nobody_offers_again_goes_after_the_bins_time(alice: User) -> None:
    upload = upload_photo(alice, b"these are only words" * 20)
    Upload.objects.update(updated_at=timezone.now() - timedelta(days=31))

    tasks.tick()
    days_pass(2)
    tasks.tick()

    assert not Upload.objects.exists()
    assert standing([upload.key]) == []


def test_announced_file_that_never_came_is_forgotten(alice: User) -> None:
    upload = uploads.start(alice, [announced(photo_bytes())])[0].upload
    assert upload is not None
    long_ago = timezone.now() - timedelta(days=3)
    Upload.objects.update(updated_at=long_ago, lease_until=long_ago)

    tasks.tick()

    assert not Upload.objects.exists()


def test_photo_that_came_without_being_finished_is_found_by_the_tick(alice: User) -> None:
    data = photo_bytes()
    upload = uploads.start(alice, [announced(data)])[0].upload
    assert upload is not None
    objectstore.put(upload.key, data, content_type="image/jpeg", if_absent=True)
    Upload.objects.update(lease_until=timezone.now() - timedelta(minutes=1))

    assert tasks.tick() == 1

    assert Image.objects.filter(original_key=upload.key).exists()
