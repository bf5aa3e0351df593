"""Faults on the way in: clients that die, lie, repeat themselves or come too late."""

import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
import time_machine
from django.db import IntegrityError, connections
from django.utils import timezone

from gallery import objectstore, tasks, uploads
from gallery.errors import GalleryError, NotUploaded, QuotaExceeded
from gallery.models import Image, Upload, User
from gallery.uploads import announcing
from tests.faults.library import (
    Store,
    arrive,
    begin,
    bring,
    check_invariants,
    check_settled,
    everything,
    photos,
    send,
    settle,
    sha256,
)
from tests.make import announced, photo_bytes, upload_photo


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Run the calls in threads that start together; return what each returned or raised."""
    results: list[object] = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def run(place: int, call: Callable[[], object]) -> None:
        ready.wait(10)
        try:
            results[place] = call()
        except (GalleryError, objectstore.ObjectStoreError, IntegrityError) as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_client_that_dies_after_the_announcement_leaves_nothing(owner: User) -> None:
    begin(owner, photo_bytes())

    settle()

    assert not Upload.objects.exists()
    check_settled()


def test_client_that_lost_the_answer_of_its_put_sends_again_and_finishes(owner: User) -> None:
    data = photo_bytes()
    upload, request = begin(owner, data)
    send(request, data)

    assert send(request, data) == 412
    uploads.finish(upload)
    settle()

    assert photos(owner) == [sha256(data)]
    check_settled()


def test_put_that_breaks_off_leaves_no_object(owner: User) -> None:
    data = photo_bytes(900, 700)
    upload, request = begin(owner, data)
    place = urlsplit(request.url)
    lines = [
        f"PUT {place.path}?{place.query} HTTP/1.1",
        f"Host: {place.netloc}",
        f"Content-Length: {len(data)}",
    ]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    with socket.create_connection((place.hostname or "", place.port or 0)) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode() + data[: len(data) // 2])

    assert objectstore.head(upload.key) is None
    with pytest.raises(NotUploaded):
        uploads.finish(upload)
    bring(owner, data)
    settle()

    assert photos(owner) == [sha256(data)]
    check_settled()


def test_other_bytes_of_the_same_size_are_refused_by_the_store(owner: User) -> None:
    data = photo_bytes()
    upload, request = begin(owner, data)

    assert send(request, bytes(len(data))) in {400, 403}
    with pytest.raises(NotUploaded):
        uploads.finish(upload)

    settle()
    check_settled()


def test_bytes_that_came_by_another_way_than_the_signed_one_are_kept_aside(owner: User) -> None:
    data = photo_bytes()
    upload, _ = begin(owner, data)
    objectstore.put(upload.key, data + b"more", content_type="image/jpeg", if_absent=True)

    assert uploads.finish(upload).code == "wrong_bytes"
    bring(owner, data)
    settle()

    assert photos(owner) == [sha256(data)]
    check_settled()


def test_form_with_ten_times_the_size_is_refused_by_the_store(owner: User, settings: object) -> None:
    settings.MAX_UPLOAD_BYTES = 10_000  # type: ignore[attr-defined]
    upload, form = uploads.start_form(owner, lambda key: f"http://photos.test/{key}/")

    answer = requests.post(form.url, dict(form.fields), files={"file": bytes(100_000)}, timeout=20)

    assert answer.status_code == 400
    with pytest.raises(NotUploaded):
        uploads.finish(upload)
    settle()
    check_settled()


def test_signature_that_ran_out_is_refused_and_a_new_one_is_given(owner: User) -> None:
    data = photo_bytes()
    with time_machine.travel(timezone.now() - timedelta(hours=2)):
        _, request = begin(owner, data)

    assert send(request, data) == 403
    bring(owner, data)
    settle()

    assert photos(owner) == [sha256(data)]
    check_settled()


@pytest.mark.parametrize("minutes", [-20, 20])
def test_clock_that_is_wrong_costs_time_only(owner: User, minutes: int) -> None:
    data = photo_bytes()
    upload = arrive(owner, data)
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        try:
            uploads.finish(upload)
            tasks.tick()
        except objectstore.ObjectStoreError:
            pass

    assert not Upload.objects.filter(state=Upload.State.REJECTED).exists()
    bring(owner, data)
    settle()
    assert photos(owner) == [sha256(data)]
    check_settled()


def test_second_put_after_finishing_cannot_alter_the_original(owner: User) -> None:
    data = photo_bytes()
    upload, request = begin(owner, data)
    send(request, data)
    uploads.finish(upload)
    settle()

    assert send(request, data) == 412
    assert send(request, bytes(len(data))) in {400, 403, 412}
    assert photos(owner) == [sha256(data)]
    check_settled()


def test_finishing_twice_at_the_same_moment_is_one_transition(owner: User) -> None:
    data = photo_bytes()
    upload = arrive(owner, data)
    copies = [Upload.objects.select_related("owner").get(pk=upload.pk) for _ in range(4)]

    answers = at_once(*[lambda copy=copy: uploads.finish(copy).state for copy in copies])

    owner.refresh_from_db()
    assert answers == [Upload.State.PROCESSING] * 4
    assert owner.used_bytes == len(data)
    settle()
    assert photos(owner) == [sha256(data)]
    check_settled()


def test_finishing_before_the_bytes_came_changes_nothing(owner: User) -> None:
    upload, _ = begin(owner, photo_bytes())
    before = Upload.objects.values().get()

    with pytest.raises(NotUploaded):
        uploads.finish(upload)

    assert Upload.objects.values().get() == before


def test_quota_for_one_takes_one_of_two_simultaneous_uploads(owner: User) -> None:
    first, second = arrive(owner, photo_bytes()), arrive(owner, photo_bytes())
    User.objects.update(quota_bytes=max(first.bytes, second.bytes) + 10)
    copies = [Upload.objects.select_related("owner").get(pk=one.pk) for one in (first, second)]

    answers = at_once(*[lambda copy=copy: uploads.finish(copy).state for copy in copies])

    assert sorted(isinstance(answer, QuotaExceeded) for answer in answers) == [False, True]
    check_invariants()
    settle()
    assert len(photos(owner)) == 1
    check_settled()


def test_one_file_announced_twice_at_the_same_moment_is_one_upload(owner: User) -> None:
    file = announced(photo_bytes())

    at_once(*[lambda: uploads.start(owner, [file]) for _ in range(4)])

    assert Upload.objects.count() == 1


def test_finishing_and_giving_up_at_the_same_moment_ends_in_one_of_both(owner: User) -> None:
    for _ in range(3):
        upload = arrive(owner, photo_bytes())
        copies = [Upload.objects.select_related("owner").get(pk=upload.pk) for _ in range(2)]
        at_once(lambda: uploads.finish(copies[0]), lambda: uploads.abort(copies[1]))  # noqa: B023
        check_invariants()

    settle()

    assert len(photos(owner)) == Image.objects.count()
    check_settled()


def test_upload_in_parts_that_is_abandoned_frees_its_parts(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = objectstore.MIN_PART_BYTES
    monkeypatch.setattr(announcing, "MULTIPART_BYTES", part)
    monkeypatch.setattr(announcing, "PART_BYTES", part)
    data = bytes(2 * part + 5)
    upload = uploads.start(owner, [announced(data)])[0].upload
    assert upload is not None
    signed = uploads.sign_parts(upload, {2: sha256(data[part : 2 * part])})
    assert send(signed[0].request, data[part : 2 * part]) == 200

    settle()

    assert not Upload.objects.exists()
    assert list(objectstore.multipart_list("")) == []
    check_settled()


def test_bad_files_are_refused_with_reasons_and_the_good_one_of_the_batch_is_kept(owner: User) -> None:
    good = photo_bytes()
    corrupt = good[:60] + bytes(len(good) - 60)
    truncated = photo_bytes(400, 300)[:300]
    words = b"no picture" * 50
    for data in (corrupt, truncated, good, words):
        uploads.finish(arrive(owner, data))

    assert tasks.tick() == 4

    refused = Upload.objects.filter(state=Upload.State.REJECTED)
    assert refused.count() == 3
    assert not refused.filter(reason="").exists()
    assert photos(owner) == [sha256(good)]
    settle()
    check_settled()


def test_original_of_one_owner_is_another_object_than_that_of_the_other(owner: User, store: Store) -> None:
    from tests.make import make_user

    data, other = photo_bytes(), make_user("bob")
    upload_photo(owner, data)
    upload_photo(other, data)

    assert photos(owner) == photos(other) == [sha256(data)]
    assert len([key for key in everything() if key.endswith(".jpg") and key.startswith("originals/")]) == 2
