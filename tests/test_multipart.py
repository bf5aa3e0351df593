"""Large files go in parts: each checked on its way, taken up again where it broke off, whole or not at all."""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from django.test import Client

from gallery import objectstore, tasks, uploads
from gallery.errors import InvalidUpload, NotUploaded
from gallery.models import Image, Removal, Upload, User
from gallery.uploads import announcing
from tests.make import announced, photo_bytes

pytestmark = pytest.mark.usefixtures("s3", "small_parts")

PART = objectstore.MIN_PART_BYTES


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send in parts what is larger than the smallest part that S3 takes, so that the tests need no 25 MB."""
    monkeypatch.setattr(announcing, "MULTIPART_BYTES", PART)
    monkeypatch.setattr(announcing, "PART_BYTES", PART)


def large_photo(extra: int = 1000) -> bytes:
    """Return a photograph of one whole part and some bytes more; what follows the end of a JPEG is not looked at."""
    data = photo_bytes()
    return data + bytes(PART + extra - len(data))


def begin(owner: User, data: bytes) -> Upload:
    answer = uploads.start(owner, [announced(data)])[0]
    assert answer.upload is not None
    assert answer.request is None
    return answer.upload


def piece(data: bytes, number: int) -> bytes:
    return data[PART * (number - 1) : PART * number]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def send(part: uploads.SignedPart, data: bytes) -> int:
    call = urllib.request.Request(
        part.request.url, data, dict(part.request.headers), method=part.request.method
    )
    try:
        with urllib.request.urlopen(call) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def send_part(upload: Upload, data: bytes, number: int) -> None:
    signed = uploads.sign_parts(upload, {number: sha256(piece(data, number))})
    assert send(signed[0], piece(data, number)) == 200


def test_large_photo_goes_in_parts_and_becomes_an_image(alice: User) -> None:
    data = large_photo()
    upload = begin(alice, data)
    for number in (1, 2):
        send_part(upload, data, number)

    uploads.finish(upload)
    tasks.tick()

    image = Image.objects.get(owner=alice)
    alice.refresh_from_db()
    assert image.sha256 == sha256(data)
    assert objectstore.read(image.original_key, max_bytes=10**8) == data
    assert alice.used_bytes == len(data)


def test_broken_off_upload_is_taken_up_where_it_ended(alice: User) -> None:
    data = large_photo()
    send_part(begin(alice, data), data, 1)

    again = begin(alice, data)
    arrived = uploads.list_parts(again)
    send_part(again, data, 2)

    assert [(part.number, part.size, part.sha256) for part in arrived.parts] == [
        (1, PART, sha256(piece(data, 1)))
    ]
    assert (arrived.part_count, arrived.whole) == (2, False)
    assert uploads.finish(again).state == Upload.State.PROCESSING


def test_finishing_before_all_parts_arrived_names_what_is_missing(alice: User) -> None:
    data = large_photo()
    upload = begin(alice, data)
    send_part(upload, data, 2)

    with pytest.raises(NotUploaded, match="1 of the 2 parts"):
        uploads.finish(upload)

    send_part(upload, data, 1)
    assert uploads.finish(upload).state == Upload.State.PROCESSING


def test_s3_refuses_a_part_with_other_bytes(alice: User) -> None:
    data = large_photo()
    upload = begin(alice, data)
    signed = uploads.sign_parts(upload, {2: sha256(piece(data, 2))})

    assert send(signed[0], b"x" * len(piece(data, 2))) in {400, 403}
    assert uploads.list_parts(upload).parts == []


def test_finishing_again_after_the_parts_were_joined_changes_nothing(alice: User) -> None:
    data = large_photo()
    upload = begin(alice, data)
    for number in (1, 2):
        send_part(upload, data, number)
    stale = Upload.objects.get(pk=upload.pk)

    uploads.finish(upload)
    uploads.finish(stale)

    alice.refresh_from_db()
    assert alice.used_bytes == len(data)


def test_parts_that_are_not_the_announced_file_are_rejected_and_kept_aside(alice: User) -> None:
    data = large_photo()
    other = large_photo()[: len(data)]
    upload = begin(alice, data)
    for number in (1, 2):
        send_part(upload, other, number)

    uploads.finish(upload)
    tasks.tick()

    upload.refresh_from_db()
    alice.refresh_from_db()
    aside = Removal.objects.get(reason=Removal.Reason.WRONG_BYTES)
    assert (upload.state, upload.code) == (Upload.State.REJECTED, "wrong_bytes")
    assert aside.not_before is None
    assert objectstore.read(aside.key, max_bytes=10**8) == other
    assert alice.used_bytes == 0


def test_right_file_can_be_sent_after_wrong_bytes_were_rejected(alice: User) -> None:
    data, other = large_photo(), large_photo()
    upload = begin(alice, data)
    for number in (1, 2):
        send_part(upload, other, number)
    uploads.finish(upload)
    tasks.tick()

    again = begin(alice, data)
    for number in (1, 2):
        send_part(again, data, number)
    uploads.finish(again)
    tasks.tick()

    assert Image.objects.get(owner=alice).sha256 == sha256(data)


def test_part_of_a_file_that_changed_is_refused(alice: User) -> None:
    data = large_photo()
    upload = begin(alice, data)
    send_part(upload, data, 1)

    with pytest.raises(InvalidUpload, match=r"Part 1 .* has changed"):
        uploads.sign_parts(upload, {1: sha256(b"something else")})


@pytest.mark.parametrize(
    "asked",
    [{}, {0: "a" * 64}, {3: "a" * 64}, {1: "A" * 64}, {1: "a"}, dict.fromkeys(range(1, 102), "a" * 64)],
)
def test_wrong_demand_for_parts_is_refused(alice: User, asked: dict[int, str]) -> None:
    with pytest.raises(InvalidUpload):
        uploads.sign_parts(begin(alice, large_photo()), asked)


def test_small_file_takes_no_parts(alice: User) -> None:
    upload = uploads.start(alice, [announced(photo_bytes())])[0].upload

    assert upload is not None
    with pytest.raises(InvalidUpload, match="takes no parts"):
        uploads.sign_parts(upload, {1: "a" * 64})


def test_given_up_upload_frees_its_parts_and_can_be_started_anew(alice: User) -> None:
    data = large_photo()
    upload = begin(alice, data)
    send_part(upload, data, 1)
    key = upload.key

    uploads.abort(upload)

    assert not Upload.objects.filter(pk=upload.pk).exists()
    assert [found for found in objectstore.multipart_list("originals/") if found.key == key] == []
    assert begin(alice, data).key != key


def test_finished_photo_cannot_be_given_up_as_an_upload(alice: User) -> None:
    data = large_photo()
    upload = begin(alice, data)
    for number in (1, 2):
        send_part(upload, data, number)
    uploads.finish(upload)
    tasks.tick()

    with pytest.raises(InvalidUpload, match="delete the photo instead"):
        uploads.abort(upload)


def test_upload_whose_parts_the_store_dropped_starts_over(alice: User) -> None:
    data = large_photo()
    upload = begin(alice, data)
    send_part(upload, data, 1)
    objectstore.multipart_abort(upload.key, upload.multipart_id or "")

    again = begin(alice, data)
    assert uploads.list_parts(again).parts == []
    for number in (1, 2):
        send_part(again, data, number)
    assert uploads.finish(again).state == Upload.State.PROCESSING


def test_owner_gives_an_upload_up_and_a_stranger_gets_404(
    alice: User, stranger: User, signed_in: Callable[[User], Client]
) -> None:
    upload = begin(alice, large_photo())
    address = f"/api/uploads/{upload.pk}/"

    assert signed_in(stranger).delete(address).status_code == 404
    assert signed_in(alice).delete(address).status_code == 204
    assert not Upload.objects.filter(pk=upload.pk).exists()
    assert signed_in(alice).delete(address).status_code == 404
