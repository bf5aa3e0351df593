"""Faults behind us: the store, its events and other workers fail in the middle of a step."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gallery import bin as photo_bin
from gallery import crashpoints, marker, objectstore, removals, renditions, tasks, uploads
from gallery.fsck import Kind
from gallery.models import Image, Library, Removal, Upload, User
from tests.faults.library import (
    Store,
    arrive,
    begin,
    bring,
    check_invariants,
    check_settled,
    everything,
    expire_leases,
    inspect,
    photos,
    send,
    settle,
    sha256,
    time_passes,
)
from tests.make import announced, photo_bytes, upload_photo


def processing(owner: User, data: bytes) -> Upload:
    return uploads.finish(arrive(owner, data))


@pytest.mark.parametrize("operation", ["HeadObject", "GetObject", "PutObject"])
def test_store_that_cannot_be_reached_postpones_the_work(owner: User, store: Store, operation: str) -> None:
    data = photo_bytes()
    upload = arrive(owner, data)
    with store.request_lost(operation) as met:
        try:
            uploads.finish(upload)
        except objectstore.Unavailable:
            assert operation == "HeadObject"
        tasks.process(upload.pk)

    assert met
    assert not Upload.objects.filter(state=Upload.State.REJECTED).exists()
    settle()
    assert photos(owner) == [sha256(data)]
    check_settled()


def test_busy_store_is_asked_again_and_the_photo_is_made_in_the_end(owner: User, store: Store) -> None:
    data = photo_bytes()
    upload = processing(owner, data)
    with store.says("PutObject", 503, "SlowDown", 4):
        tasks.process(upload.pk)

    check_invariants()
    settle()
    assert photos(owner) == [sha256(data)]
    check_settled()


@pytest.mark.parametrize("operation", ["PutObject", "HeadObject"])
def test_answer_that_is_lost_after_the_store_did_its_part_changes_nothing(
    owner: User, store: Store, operation: str
) -> None:
    data = photo_bytes()
    upload = processing(owner, data)
    with store.answer_lost(operation, 3):
        tasks.process(upload.pk)

    settle()
    assert photos(owner) == [sha256(data)]
    check_settled()


def test_answer_lost_while_a_form_is_copied_costs_a_repetition(owner: User, store: Store) -> None:
    data = photo_bytes()
    upload, _ = uploads.start_form(owner, lambda key: f"http://photos.test/{key}/")
    objectstore.put(upload.key, data, content_type="", if_absent=True)
    with store.answer_lost("CopyObject"), pytest.raises(objectstore.Unavailable):
        uploads.finish(upload)

    uploads.finish(upload)
    settle()

    assert photos(owner) == [sha256(data)]
    check_settled()


def test_answer_lost_while_parts_are_joined_costs_a_repetition(
    owner: User, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gallery.uploads import announcing

    part = objectstore.MIN_PART_BYTES
    monkeypatch.setattr(announcing, "MULTIPART_BYTES", part)
    monkeypatch.setattr(announcing, "PART_BYTES", part)
    data = photo_bytes()
    data += bytes(part + 9 - len(data))
    upload = uploads.start(owner, [announced(data)])[0].upload
    assert upload is not None
    pieces = {1: data[:part], 2: data[part:]}
    for signed in uploads.sign_parts(upload, {number: sha256(piece) for number, piece in pieces.items()}):
        send(signed.request, pieces[signed.number])
    with store.answer_lost("CompleteMultipartUpload", 1), suppress(objectstore.Unavailable):
        uploads.finish(upload)

    bring(owner, data)
    settle()

    assert photos(owner) == [sha256(data)]
    check_settled()


def test_message_that_comes_three_times_is_done_once(owner: User) -> None:
    data = photo_bytes()
    upload = arrive(owner, data)
    for _ in range(3):
        assert uploads.finish_by_key(upload.key) == upload
        tasks.process(upload.pk)

    assert Upload.objects.get().attempts == 1
    assert photos(owner) == [sha256(data)]
    settle()
    check_settled()


def test_message_that_never_comes_is_made_up_for_by_the_tick(owner: User) -> None:
    data = photo_bytes()
    arrive(owner, data)

    time_passes()
    assert tasks.tick() == 1

    assert photos(owner) == [sha256(data)]


def test_message_about_an_object_without_a_row_is_nobodys(owner: User) -> None:
    objectstore.put("originals/before/its-row.jpg", b"?", content_type="image/jpeg", if_absent=True)

    assert uploads.finish_by_key("originals/before/its-row.jpg") is None
    assert not Upload.objects.exists()


def test_message_that_comes_after_the_photo_was_deleted_brings_nothing_back(owner: User) -> None:
    upload = upload_photo(owner)
    photo_bin.put(Image.objects.all())
    removals.purge(Image.objects.all())

    assert uploads.finish_by_key(upload.key) is None
    settle()

    assert photos(owner) == []
    check_settled()


def test_message_about_a_rendition_starts_nothing(owner: User) -> None:
    image = upload_photo(owner).image
    assert image is not None
    rows = list(Upload.objects.values())

    assert [uploads.finish_by_key(key) for key in renditions.keys(image)] == [None] * 5
    assert list(Upload.objects.values()) == rows


def test_worker_that_outlives_its_lease_does_not_count(owner: User) -> None:
    data = photo_bytes()
    upload = processing(owner, data)
    overtaken: list[bool] = []

    def overtake(point: str) -> None:
        if point == "work.built" and not overtaken:
            overtaken.append(True)
            expire_leases()
            assert tasks.process(upload.pk)

    crashpoints.arm(overtake)
    tasks.process(upload.pk)

    assert overtaken
    owner.refresh_from_db()
    assert photos(owner) == [sha256(data)]
    assert owner.used_bytes == len(data)
    settle()
    check_settled()


def test_upload_given_up_while_a_worker_is_at_it_leaves_nothing(owner: User) -> None:
    upload = processing(owner, photo_bytes())

    def give_up(point: str) -> None:
        if point == "work.built":
            uploads.abort(Upload.objects.get(pk=upload.pk))

    crashpoints.arm(give_up)
    tasks.process(upload.pk)
    crashpoints.arm(None)
    settle()

    assert not Upload.objects.exists()
    assert photos(owner) == []
    check_settled()


def test_photo_deleted_for_good_while_its_duplicate_is_worked_on_comes_back(owner: User) -> None:
    data = photo_bytes()
    upload, _ = uploads.start_form(owner, lambda key: f"http://photos.test/{key}/")
    objectstore.put(upload.key, data, content_type="", if_absent=True)
    uploads.finish(upload)
    upload_photo(owner, data)
    photo_bin.put(Image.objects.all())
    removals.purge(Image.objects.all())

    tasks.tick()
    settle()

    assert photos(owner) == [sha256(data)]
    check_settled()


def test_object_that_the_store_would_not_delete_is_deleted_later(owner: User, store: Store) -> None:
    upload_photo(owner)
    photo_bin.put(Image.objects.all())
    removals.purge(Image.objects.all())
    stubborn = Removal.objects.order_by("id").values_list("key", flat=True)[0]
    later = timezone.now() + timedelta(days=2)
    reply = f"<DeleteResult><Error><Key>{stubborn}</Key><Code>InternalError</Code></Error></DeleteResult>"
    with store.replies("DeleteObjects", 200, reply.encode()):
        removals.run(later)

    assert list(Removal.objects.values_list("key", "attempts")) == [(stubborn, 1)]
    removals.run(later + timedelta(hours=2))
    settle()
    assert not Removal.objects.exists()


def test_removal_whose_answer_is_lost_is_done_again(owner: User, store: Store) -> None:
    upload_photo(owner)
    kept = upload_photo(owner).image
    assert kept is not None
    photo_bin.put(Image.objects.exclude(pk=kept.pk))
    removals.purge(Image.objects.all())
    with store.answer_lost("DeleteObjects"), pytest.raises(objectstore.Unavailable):
        removals.run(timezone.now() + timedelta(days=2))

    settle()
    assert photos(owner) == [kept.sha256]
    check_settled()


def test_original_that_is_spoilt_behind_our_back_is_reported_and_nothing_else_touched(owner: User) -> None:
    kept = photo_bytes()
    upload_photo(owner, kept)
    spoilt = upload_photo(owner).image
    assert spoilt is not None
    data = bytearray(objectstore.read(spoilt.original_key, max_bytes=10**7))
    data[100] ^= 1
    objectstore.put(spoilt.original_key, bytes(data), content_type="image/jpeg", if_absent=False)
    before = everything()

    report = inspect(repair=True)

    assert [(found.kind, found.subject) for found in report.open] == [
        (Kind.WRONG_CHECKSUM, spoilt.original_key)
    ]
    assert everything() == before


def test_repair_that_meets_a_form_half_finished_leaves_its_copy_alone(owner: User) -> None:
    """What the list calls unknown may belong to a photo a moment later."""
    data = photo_bytes()
    upload, _ = uploads.start_form(owner, lambda key: f"http://photos.test/{key}/")
    objectstore.put(upload.key, data, content_type="", if_absent=True)

    def repair(point: str) -> None:
        if point == "finish.copied":
            crashpoints.arm(None)
            assert Kind.UNTRACKED not in {found.kind for found in inspect(repair=True).findings}

    crashpoints.arm(repair)
    uploads.finish(upload)
    settle()

    assert photos(owner) == [sha256(data)]
    check_settled()


def test_photo_restored_while_the_bin_is_purged_stays_or_goes_as_a_whole(owner: User) -> None:
    from tests.faults.test_client_faults import at_once

    for _ in range(3):
        upload_photo(owner)
        photo_bin.put(Image.objects.all())
        at_once(lambda: removals.purge(Image.objects.all()), lambda: photo_bin.restore(Image.objects.all()))
        check_invariants()

    settle()
    assert len(photos(owner)) == Image.objects.count()
    check_settled()


def test_wrong_bucket_calls_no_photo_missing_and_gives_nothing_up(
    owner: User, store: Store, settings: Any
) -> None:
    data = photo_bytes()
    upload = processing(owner, data)
    settings.S3 = replace(store.settings, bucket=f"{store.settings.bucket}-empty")
    objectstore.ensure_bucket([])

    tasks.process(upload.pk)
    time_passes()
    tasks.tick()
    with pytest.raises(marker.WrongBucket):
        inspect(repair=True)

    assert not Upload.objects.filter(state=Upload.State.REJECTED).exists()
    settings.S3 = store.settings
    settle()
    assert photos(owner) == [sha256(data)]
    check_settled()


def test_empty_database_beside_the_bucket_removes_nothing(owner: User) -> None:
    upload_photo(owner)
    before = everything()
    for model in (Upload, Image, Library):
        model.objects.all().delete()

    tasks.tick()
    with pytest.raises(marker.WrongBucket):
        inspect(repair=True)

    assert everything() == before


def test_announcement_that_is_dropped_while_its_bytes_arrive_is_found_by_fsck(owner: User) -> None:
    data = photo_bytes()
    upload, request = begin(owner, data)
    time_passes()
    tasks.tick()
    assert not Upload.objects.exists()
    send(request, data)

    bring(owner, data)
    settle()

    assert photos(owner) == [sha256(data)]
    assert objectstore.head(upload.key) is None
    check_settled()
