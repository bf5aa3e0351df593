"""An upload from its announcement to an image: what arrives is what was announced, once, and only its owner's."""

import hashlib
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import Settings

from gallery import objectstore, search, tasks, uploads
from gallery.errors import InvalidUpload, NotUploaded, QuotaExceeded
from gallery.models import Image, Upload, User
from photosky.env import S3Settings
from tests.make import announced, make_album, photo_bytes, upload_photo

pytestmark = pytest.mark.usefixtures("s3")


def send(request: objectstore.SignedRequest, data: bytes) -> int:
    """Send bytes as a browser would and return the status that S3 answers."""
    call = urllib.request.Request(request.url, data, dict(request.headers), method=request.method)
    try:
        with urllib.request.urlopen(call) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def begin(owner: User, data: bytes) -> tuple[Upload, objectstore.SignedRequest]:
    answer = uploads.start(owner, [announced(data)])[0]
    assert answer.upload is not None
    assert answer.request is not None
    return answer.upload, answer.request


def test_photo_goes_from_announcement_to_ready_image(alice: User) -> None:
    data = photo_bytes(320, 200)
    upload, request = begin(alice, data)

    assert send(request, data) == 200
    uploads.finish(upload)
    assert tasks.tick() == 1

    upload.refresh_from_db()
    image = upload.image
    assert upload.state == Upload.State.READY
    assert image is not None
    assert (image.width, image.height) == (320, 200)
    assert image.sha256 == hashlib.sha256(data).hexdigest()
    assert objectstore.read(image.original_key, max_bytes=10**7) == data
    assert image.taken_at.isoformat() == "2026-09-14T17:42:11+00:00"
    assert image.month == 202609
    assert image.camera_model == "X-T5"


@pytest.mark.parametrize("taken", ["9999:12:31 23:59:59", ""])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize(
    "modified_at", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)]
)
def test_dates_at_the_ends_of_the_calendar_do_not_cost_the_photo(
    alice: User, settings: Settings, modified_at: datetime, zone: str, taken: str
) -> None:
    settings.TIME_ZONE = zone
    data = photo_bytes(taken=taken, offset="-05:00")
    file = announced(data, modified_at=modified_at)

    upload = uploads.start(alice, [file])[0].upload
    assert upload is not None
    objectstore.put(upload.key, data, content_type="image/jpeg", if_absent=True)
    assert tasks.process(uploads.finish(upload).pk)
    upload.refresh_from_db()

    assert upload.image is not None
    assert upload.image.taken_source == Image.TakenSource.UPLOAD
    assert upload.image.taken_at == upload.created_at


def test_every_rendition_of_a_ready_image_stands_in_the_store(alice: User) -> None:
    image = upload_photo(alice).image

    assert image is not None
    from gallery import renditions

    for key in renditions.keys(image):
        assert objectstore.head(key) is not None, key


def test_s3_refuses_bytes_that_were_not_announced(alice: User) -> None:
    data = photo_bytes()
    upload, request = begin(alice, data)
    other = bytes([data[0] ^ 1]) + data[1:]

    assert send(request, other) in {400, 403}
    assert objectstore.head(upload.key) is None


def test_s3_refuses_a_second_write_of_an_original(alice: User) -> None:
    data = photo_bytes()
    _, request = begin(alice, data)

    assert send(request, data) == 200
    assert send(request, data) == 412


def test_finishing_before_the_bytes_arrived_can_be_repeated_later(alice: User) -> None:
    data = photo_bytes()
    upload, request = begin(alice, data)
    with pytest.raises(NotUploaded):
        uploads.finish(upload)

    send(request, data)

    assert uploads.finish(upload).state == Upload.State.PROCESSING


def test_finishing_twice_makes_one_image_and_counts_once(alice: User) -> None:
    data = photo_bytes()
    upload, request = begin(alice, data)
    send(request, data)

    uploads.finish(upload)
    uploads.finish(Upload.objects.get(pk=upload.pk))
    tasks.tick()
    uploads.finish(Upload.objects.get(pk=upload.pk))
    tasks.tick()

    alice.refresh_from_db()
    assert Image.objects.count() == 1
    assert alice.used_bytes == len(data)


def test_own_photo_is_not_asked_for_again_but_put_into_the_album(alice: User) -> None:
    data = photo_bytes()
    upload_photo(alice, data)
    album = make_album(alice)

    answer = uploads.start(alice, [announced(data, "again.jpg")], album)[0]

    assert answer.status == "exists"
    assert answer.request is None
    assert list(album.images.values_list("sha256", flat=True)) == [hashlib.sha256(data).hexdigest()]
    assert list(search.run(alice, "summer")) == [answer.image]


def test_the_same_photo_of_another_owner_is_another_photo(alice: User, bob: User) -> None:
    data = photo_bytes()
    upload_photo(alice, data)

    assert uploads.start(bob, [announced(data)])[0].status == "upload"


def test_announcing_again_signs_the_same_upload(alice: User) -> None:
    data = photo_bytes()
    first, _ = begin(alice, data)
    second, _ = begin(alice, data)

    assert first.pk == second.pk
    assert Upload.objects.count() == 1


def test_one_file_chosen_twice_is_sent_once(alice: User) -> None:
    data = photo_bytes()

    answers = uploads.start(alice, [announced(data, "a.jpg"), announced(data, "b.jpg")])

    assert [answer.status for answer in answers] == ["upload", "exists"]


def test_text_named_jpg_is_rejected_with_a_reason(alice: User) -> None:
    upload = upload_photo(alice, b"these are only words\n" * 20, "holiday.jpg")

    alice.refresh_from_db()
    assert upload.state == Upload.State.REJECTED
    assert upload.code
    assert upload.reason
    assert upload.image is None
    assert alice.used_bytes == 0


def test_rejected_file_is_looked_at_again_when_offered_again(alice: User) -> None:
    data = b"not a picture at all"
    rejected = upload_photo(alice, data)

    upload, request = begin(alice, data)

    assert upload.pk == rejected.pk
    assert send(request, data) == 412
    assert uploads.finish(upload).state == Upload.State.PROCESSING


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"bytes": 0}, "invalid_upload"),
        ({"bytes": 10**12}, "too_large"),
        ({"filename": ""}, "invalid_upload"),
        ({"filename": "../.."}, "invalid_upload"),
        ({"filename": "tool.exe"}, "unsupported_type"),
        ({"filename": "drawing.svg", "content_type": "image/svg+xml"}, "unsupported_type"),
        ({"sha256": "abc"}, "invalid_upload"),
        ({"sha256": "Z" * 64}, "invalid_upload"),
    ],
)
def test_wrong_announcement_is_refused_by_name_and_the_rest_goes_on(
    alice: User, change: dict[str, Any], code: str
) -> None:
    good = announced(photo_bytes())
    bad = replace(announced(photo_bytes()), **change)

    refused, accepted = uploads.start(alice, [bad, good])

    assert refused.status == "refused"
    assert refused.error is not None
    assert refused.error.code == code
    assert accepted.status == "upload"


@pytest.mark.parametrize("count", [0, uploads.MAX_FILES + 1])
def test_batch_of_wrong_length_is_refused(alice: User, count: int) -> None:
    with pytest.raises(InvalidUpload):
        uploads.start(alice, [announced(b"x")] * count)


def test_name_loses_folders_and_control_characters(alice: User) -> None:
    answer = uploads.start(alice, [announced(photo_bytes(), "C:\\fotos\\a\x00b\u202e.jpg")])[0]

    assert answer.upload is not None
    assert answer.upload.filename == "ab.jpg"


def test_quota_refuses_what_does_not_fit_and_takes_what_does(alice: User) -> None:
    small, large = photo_bytes(40, 30), photo_bytes(900, 700)
    User.objects.filter(pk=alice.pk).update(quota_bytes=len(small) + 10)
    alice.refresh_from_db()

    fits, refused = uploads.start(alice, [announced(small), announced(large)])

    assert fits.status == "upload"
    assert refused.error is not None
    assert refused.error.code == "quota_exceeded"


def test_quota_is_checked_again_when_the_bytes_have_arrived(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(quota_bytes=100_000)
    alice.refresh_from_db()
    data = photo_bytes()
    upload, request = begin(alice, data)
    send(request, data)
    User.objects.filter(pk=alice.pk).update(used_bytes=99_999)

    with pytest.raises(QuotaExceeded):
        uploads.finish(Upload.objects.get(pk=upload.pk))

    upload.refresh_from_db()
    assert upload.state == Upload.State.PENDING


def test_upload_that_was_announced_but_vanished_is_rejected(alice: User) -> None:
    data = photo_bytes()
    upload, request = begin(alice, data)
    send(request, data)
    uploads.finish(upload)
    objectstore.delete([upload.key])

    tasks.tick()

    upload.refresh_from_db()
    assert (upload.state, upload.code) == (Upload.State.REJECTED, "missing")


def test_two_workers_on_one_upload_make_one_image(alice: User) -> None:
    data = photo_bytes()
    upload, request = begin(alice, data)
    send(request, data)
    uploads.finish(upload)

    assert tasks.process(upload.pk) is True
    assert tasks.process(upload.pk) is False
    assert Image.objects.count() == 1


def test_store_that_is_away_postpones_the_upload(alice: User, settings: object, s3: S3Settings) -> None:
    data = photo_bytes()
    upload, request = begin(alice, data)
    send(request, data)
    uploads.finish(upload)

    settings.S3 = replace(s3, endpoint="http://127.0.0.1:9")  # type: ignore[attr-defined]  # nobody listens there
    tasks.process(upload.pk)

    upload.refresh_from_db()
    assert upload.state == Upload.State.PROCESSING
    assert upload.attempts == 0
    assert upload.lease_until is not None


def test_form_without_javascript_brings_a_photo_in(alice: User) -> None:
    import requests

    data = photo_bytes()
    upload, form = uploads.start_form(alice, lambda key: f"http://photos.test/upload/done/{key}/")
    answer = requests.post(
        form.url,
        data=dict(form.fields),
        files={"file": ("x.jpg", data, "image/jpeg")},
        allow_redirects=False,
        timeout=20,
    )

    assert answer.status_code == 303
    assert str(upload.pk) in answer.headers["location"]
    uploads.finish(upload)
    tasks.tick()
    upload.refresh_from_db()
    assert upload.state == Upload.State.READY
    assert upload.image is not None
    assert upload.image.original_key.startswith("originals/")
    assert objectstore.read(upload.image.original_key, max_bytes=10**7) == data


def test_photo_posted_by_form_that_is_known_is_not_kept_twice(alice: User) -> None:
    import requests

    data = photo_bytes()
    known = upload_photo(alice, data).image
    upload, form = uploads.start_form(alice, lambda key: f"http://photos.test/{key}/", make_album(alice))
    requests.post(
        form.url, data=dict(form.fields), files={"file": ("x.jpg", data)}, allow_redirects=False, timeout=20
    )
    uploads.finish(upload)
    tasks.tick()

    upload.refresh_from_db()
    alice.refresh_from_db()
    assert upload.code == "duplicate"
    assert upload.image == known
    assert list(search.run(alice, "summer")) == [known]
    assert alice.used_bytes == len(data)


def test_announced_files_take_their_space_from_the_quota_before_they_arrive(alice: User) -> None:
    first, second = photo_bytes(), photo_bytes()
    alice.quota_bytes = len(first) + len(second) // 2
    alice.save()

    answers = [uploads.start(alice, [announced(data)])[0] for data in (first, second, first)]

    assert [answer.status for answer in answers] == ["upload", "refused", "upload"]
    assert isinstance(answers[1].error, QuotaExceeded)
