"""What belongs together finds itself, whichever comes first, and nothing vanishes with the top of a stack."""

import struct
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from gallery import bin, stacks, tasks  # noqa: A004 (the gallery's)
from gallery.models import Image, User
from tests.imaging import corpus
from tests.make import make_image, photo_bytes, upload_photo
from tests.moving import dng_bytes, needs_ffmpeg, video_bytes

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
Kind = Image.Kind


def still(owner: User, filename: str = "IMG_7.HEIC", **values: Any) -> Image:
    return make_image(
        owner,
        filename=filename,
        content_type="image/heic",
        **{"taken_at": NOON, "taken_offset_minutes": 120, **values},
    )


def film(owner: User, filename: str = "IMG_7.MOV", **values: Any) -> Image:
    return make_image(
        owner, filename=filename, content_type="video/quicktime", kind=Kind.VIDEO,
        **{"taken_at": NOON - timedelta(seconds=2), "taken_offset_minutes": 120, "duration_s": 2.9, **values},
    )  # fmt: skip


def raw(owner: User, filename: str = "DSCF1.RAF", **values: Any) -> Image:
    return make_image(
        owner,
        filename=filename,
        content_type="image/x-fuji-raf",
        **{"taken_at": NOON, "camera_model": "X-T5", **values},
    )


def jpeg(owner: User, filename: str = "DSCF1.JPG", **values: Any) -> Image:
    return make_image(
        owner,
        filename=filename,
        content_type="image/jpeg",
        **{"taken_at": NOON, "camera_model": "X-T5", **values},
    )


def under(image: Image) -> tuple[object, str | None]:
    image.refresh_from_db()
    return image.stacked_under_id, image.stack_kind


@pytest.mark.parametrize("first", ["still", "film"])
def test_film_of_a_live_photo_lies_under_its_still_whichever_comes_first(alice: User, first: str) -> None:
    picture, moving = still(alice), film(alice)

    assert stacks.join(picture if first == "still" else moving) == 1

    assert under(moving) == (picture.pk, "live")
    assert under(picture) == (None, None)
    assert list(Image.objects.in_timeline()) == [picture]


def test_content_identifier_counts_more_than_name_and_time(alice: User) -> None:
    picture = still(alice, metadata={"content_identifier": "A"})
    another = film(alice, metadata={"content_identifier": "B"})
    own = film(
        alice, "edited.mov", metadata={"content_identifier": "A"}, taken_at=NOON + timedelta(seconds=8)
    )

    stacks.join(picture)

    assert under(own) == (picture.pk, "live")
    assert under(another) == (None, None)


def test_film_without_a_zone_may_be_hours_off_and_not_minutes(alice: User) -> None:
    picture = still(alice, taken_offset_minutes=None)
    moving = film(alice, taken_offset_minutes=None, taken_at=NOON - timedelta(hours=2, seconds=2))
    late = film(alice, taken_offset_minutes=None, taken_at=NOON + timedelta(minutes=5))

    assert stacks.join(late) == 0
    assert stacks.join(picture) == 1
    assert under(moving) == (picture.pk, "live")


@pytest.mark.parametrize(
    "changes",
    [
        {"filename": "IMG_8.MOV"},
        {"taken_at": NOON + timedelta(minutes=1)},
        {"duration_s": 40.0},
        {"duration_s": None},
        {"binned_at": NOON},
        {"held_at": NOON},
    ],
)
def test_other_films_stand_by_themselves(alice: User, changes: dict[str, Any]) -> None:
    picture, moving = still(alice), film(alice, **changes)

    assert stacks.join(picture) == 0
    assert under(moving)[0] is None


def test_photos_of_two_people_are_never_joined(alice: User, bob: User) -> None:
    picture, moving = still(alice), film(bob)

    assert (stacks.join(picture), stacks.join(moving)) == (0, 0)


def test_still_has_one_film(alice: User) -> None:
    picture, first, second = still(alice), film(alice), film(alice)

    stacks.join(picture)
    stacks.join(second)

    assert {under(first)[0], under(second)[0]} == {picture.pk, None}


def test_raw_lies_under_its_jpeg(alice: User) -> None:
    negative, picture = raw(alice), jpeg(alice)

    assert stacks.join(negative) == 1
    assert stacks.join(picture) == 0
    assert under(negative) == (picture.pk, "raw")


@pytest.mark.parametrize(
    "changes",
    [{"taken_at": NOON + timedelta(seconds=5)}, {"camera_model": "X-T4"}, {"filename": "DSCF10.JPG"}],
)
def test_other_jpegs_are_not_those_of_the_raw(alice: User, changes: dict[str, Any]) -> None:
    negative = raw(alice)
    jpeg(alice, **changes)

    assert stacks.join(negative) == 0


def test_what_is_binned_with_others_under_it_leaves_them_in_the_timeline(alice: User) -> None:
    picture, negative, moving = jpeg(alice), raw(alice), film(alice, "DSCF1.MOV", taken_offset_minutes=None)
    stacks.join(picture)

    bin.put(Image.objects.filter(pk=picture.pk))

    assert list(Image.objects.in_timeline()) == [negative]
    assert under(moving) == (negative.pk, "live")


def test_stack_that_is_binned_whole_comes_back_whole(alice: User) -> None:
    picture, negative = jpeg(alice), raw(alice)
    stacks.join(picture)

    bin.put(Image.objects.all())
    bin.restore(Image.objects.all())

    assert list(Image.objects.in_timeline()) == [picture]
    assert under(negative) == (picture.pk, "raw")


def test_photo_that_is_restored_without_its_top_is_seen(alice: User) -> None:
    picture, negative = jpeg(alice), raw(alice)
    stacks.join(picture)
    bin.put(Image.objects.all())

    bin.restore(Image.objects.filter(pk=negative.pk))

    assert list(Image.objects.in_timeline()) == [negative]


def test_what_was_left_under_a_binned_photo_is_brought_back(alice: User) -> None:
    picture, negative = jpeg(alice), raw(alice)
    stacks.join(picture)
    Image.objects.filter(pk=picture.pk).update(binned_at=NOON)

    assert stacks.mend() == 1
    assert list(Image.objects.in_timeline()) == [negative]


def test_halves_that_a_worker_left_apart_are_joined_later(alice: User) -> None:
    negative, picture = raw(alice), jpeg(alice)

    assert stacks.join_recent() == 1
    assert under(negative) == (picture.pk, "raw")


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_meet_make_one_stack() -> None:
    from tests.make import make_user

    alice = make_user("alice")
    pairs = [(still(alice, f"IMG_{n}.HEIC"), film(alice, f"IMG_{n}.MOV")) for n in range(100, 106)]
    together = threading.Barrier(2)

    def work(side: int) -> None:
        for pair in pairs:
            together.wait()
            stacks.join(pair[side])
        connections.close_all()

    workers = [threading.Thread(target=work, args=(side,)) for side in (0, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [under(moving) for _, moving in pairs] == [(picture.pk, "live") for picture, _ in pairs]
    assert [under(picture) for picture, _ in pairs] == [(None, None)] * len(pairs)


def apple_note(identifier: str) -> bytes:
    """Write Apple's maker note with nothing but the content identifier."""
    text = identifier.encode() + b"\0"
    return (
        b"Apple iOS\0\0\1MM" + struct.pack(">HHHII", 1, 0x11, 2, len(text), 14 + 2 + 12 + 4) + bytes(4) + text
    )


def live_still(identifier: str, taken: str = "2024:05:06 09:08:09") -> bytes:
    photo = {0x9003: taken, 0x9011: "+02:00", 0x927C: apple_note(identifier)}
    return corpus.encoded(corpus.corners(), exif=corpus.tags({0x010F: "Apple"}, photo))


@needs_ffmpeg
@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("film_first", [True, False])
def test_live_photo_is_one_photo_after_its_upload(alice: User, film_first: bool) -> None:
    tags = (
        ("com.apple.quicktime.content.identifier", "8A2F-77"),
        ("com.apple.quicktime.creationdate", "2024-05-06T09:08:07+0200"),
    )
    files = [(live_still("8A2F-77"), "IMG_9.JPG"), (video_bytes(tags=tags, container="mov"), "other.MOV")]

    for data, name in reversed(files) if film_first else files:
        upload_photo(alice, data, name)

    top = Image.objects.in_timeline().get()
    assert top.filename == "IMG_9.JPG"
    assert top.metadata["content_identifier"] == "8A2F-77"
    assert [(member.filename, member.stack_kind) for member in top.stack.all()] == [("other.MOV", "live")]


@pytest.mark.usefixtures("s3")
def test_raw_and_jpeg_are_one_photo_after_their_upload(alice: User) -> None:
    upload_photo(alice, dng_bytes(100, 80), "DSCF7.DNG")
    upload_photo(alice, photo_bytes(), "DSCF7.JPG")

    top = Image.objects.in_timeline().get()
    assert top.filename == "DSCF7.JPG"
    assert top.stack.get().stack_kind == "raw"
    assert tasks.tick() == 0
