"""Near copies are found as they arrive; bursts, and what people stack and unstack."""

import io
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from PIL import Image as Picture

from gallery import bin as photo_bin
from gallery import crashpoints, duplicates, removals, renditions, rotation, similar, stacks, tasks
from gallery.errors import GalleryError
from gallery.models import HashBand, Image, SimilarPair, User
from tests.make import make_image, upload_photo

pytestmark = pytest.mark.django_db
HASH = 0x5A5A_1234_ABCD_0F0E
NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)


def flipped(*bits: int) -> int:
    value = HASH
    for bit in bits:
        value ^= 1 << bit
    return value - (1 << 64) if value >> 63 else value


def arrived(owner: User, phash: int | None = HASH, **values: Any) -> Image:
    image = make_image(owner, phash=phash, **values)
    stacks.join(image)
    similar.note(image)
    image.refresh_from_db()
    return image


def shot(owner: User, after_s: float, **values: Any) -> Image:
    """Let a picture of a burst arrive, so many seconds after noon."""
    moment = NOON + timedelta(seconds=after_s)
    return arrived(owner, camera_make="Fujifilm", camera_model="X-T5", taken_at=moment, **values)


@pytest.mark.parametrize("bits", [(), (0,), (1, 17, 33, 49), (0, 1, 2, 3, 4, 5), (3, 18, 19, 34, 35, 63)])
def test_near_copies_are_found_whichever_bits_differ(alice: User, bits: tuple[int, ...]) -> None:
    first, second = arrived(alice), arrived(alice, flipped(*bits))

    pair = SimilarPair.objects.get()
    assert {pair.first_id, pair.second_id} == {first.pk, second.pk}
    assert pair.distance == len(bits)


def test_what_looks_otherwise_is_plain_or_anothers_is_no_copy(alice: User, bob: User) -> None:
    arrived(alice)
    arrived(alice, flipped(*range(0, 64, 8)))
    arrived(bob)
    for plain in (0, 0, None):
        arrived(alice, plain)
    arrived(alice, kind=Image.Kind.VIDEO)

    assert not SimilarPair.objects.exists()


def test_noting_again_changes_nothing_and_a_turned_picture_is_found_by_its_new_look(alice: User) -> None:
    image = arrived(alice)
    other = arrived(alice)
    similar.note(image)
    assert (SimilarPair.objects.count(), HashBand.objects.count()) == (1, 8)

    image.phash = flipped(*range(32))
    image.save()
    similar.note(image)

    assert set(HashBand.objects.filter(image=image).values_list("key", flat=True)) == set(
        similar.keys(image.phash)
    )
    assert HashBand.objects.filter(image=other).count() == 4


def test_groups_are_shown_the_best_first_and_page_by_page(alice: User) -> None:
    for number in range(5):
        look = uuid.uuid5(uuid.NAMESPACE_URL, str(number)).int & (1 << 62) - 1
        arrived(alice, look, width=1600, height=1200, filename=f"small-{number}.jpg")
        arrived(alice, look, filename=f"large-{number}.jpg")

    seen: list[list[str]] = []
    page = duplicates.groups(alice, count=2)
    while True:
        seen += [[image.filename for image in group.images] for group in page.groups]
        if page.before is None:
            break
        page = duplicates.groups(alice, page.before, count=2)

    assert seen == [[f"large-{number}.jpg", f"small-{number}.jpg"] for number in (4, 3, 2, 1, 0)]


def test_copies_of_copies_are_one_group(alice: User) -> None:
    images = [arrived(alice, flipped(*range(count))) for count in (0, 5, 10, 15)]

    (group,) = duplicates.groups(alice).groups

    assert {image.pk for image in group.images} == {image.pk for image in images}


def test_keeping_puts_the_rest_into_the_bin_and_restoring_asks_again(alice: User) -> None:
    best, worse = arrived(alice), arrived(alice, width=600, height=400)

    binned = duplicates.keep(alice, [best.pk, worse.pk], {best.pk})

    assert binned == [worse.pk]
    assert list(Image.objects.live()) == [best]
    assert not duplicates.groups(alice).groups
    photo_bin.restore(Image.objects.filter(pk=worse.pk))
    assert len(duplicates.groups(alice).groups) == 1


def test_nobody_can_bin_all_of_a_group_or_what_is_not_theirs(alice: User, bob: User) -> None:
    own, other = arrived(alice), arrived(bob)

    for kept in (set(), {other.pk}, {uuid.uuid4()}):
        with pytest.raises(GalleryError):
            duplicates.keep(alice, [own.pk, other.pk], kept)
    duplicates.keep(alice, [own.pk, other.pk], {own.pk})

    assert Image.objects.live().count() == 2


def test_dismissed_pairs_stay_away_but_a_further_copy_is_shown(alice: User) -> None:
    images = [arrived(alice), arrived(alice)]
    duplicates.dismiss(alice, [image.pk for image in images])
    similar.note(images[0])
    assert not duplicates.groups(alice).groups

    arrived(alice)

    (group,) = duplicates.groups(alice).groups
    assert len(group.images) == 3


def test_stacked_copies_are_asked_about_no_more(alice: User) -> None:
    best, worse = arrived(alice), arrived(alice, width=600, height=400)

    duplicates.stack(alice, [worse.pk, best.pk])

    worse.refresh_from_db()
    assert (worse.stacked_under_id, worse.stack_kind) == (best.pk, Image.StackKind.PERSON)
    assert not duplicates.groups(alice).groups


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_a_burst_lies_under_one_picture_whatever_arrives_first(alice: User, order: tuple[int, ...]) -> None:
    shots = {place: shot(alice, place * 1.5) for place in order}

    tops = Image.objects.in_timeline().filter(owner=alice)
    assert tops.count() == 1, [(image.taken_at, image.stacked_under_id) for image in shots.values()]
    assert Image.objects.filter(stacked_under=tops.get(), stack_kind="burst").count() == 3
    assert not duplicates.groups(alice).groups


def test_other_cameras_other_times_other_looks_and_edited_copies_are_no_burst(alice: User) -> None:
    shot(alice, 0)
    shot(alice, 3)
    shot(alice, 0)
    shot(alice, 1, phash=flipped(*range(0, 64, 4)))
    arrived(alice, camera_make="Canon", camera_model="EOS R5", taken_at=NOON + timedelta(seconds=1))

    assert not Image.objects.exclude(stacked_under=None).exists()


def test_the_cameras_own_word_makes_a_burst_or_none(alice: User) -> None:
    first = shot(alice, 0, metadata={"burst_identifier": "A"})
    same = shot(alice, 0.2, metadata={"burst_identifier": "A"}, phash=flipped(*range(0, 60, 2)))
    other = shot(alice, 0.4, metadata={"burst_identifier": "B"})

    assert same.stacked_under_id == first.pk
    assert other.stacked_under_id is None


def test_when_the_top_goes_the_rest_does_not_vanish(alice: User) -> None:
    first, second, third = (shot(alice, place) for place in (0, 1, 2))

    photo_bin.put(Image.objects.filter(pk=first.pk))

    assert list(Image.objects.in_timeline()) == [second]
    third.refresh_from_db()
    assert third.stacked_under_id == second.pk
    removals.purge(Image.objects.binned())
    assert Image.objects.in_timeline().count() == 1
    assert not HashBand.objects.filter(image=first.pk).exists()


def test_what_a_person_took_out_of_a_stack_stays_out(alice: User) -> None:
    first, second = shot(alice, 0), shot(alice, 1)

    assert stacks.take_out(second)
    second.refresh_from_db()
    stacks.join(second)
    stacks.join(first)
    stacks.join_recent()

    assert Image.objects.in_timeline().count() == 2


def test_another_top_is_chosen_and_a_stack_is_dissolved(alice: User) -> None:
    first, second, third = (shot(alice, place) for place in (0, 1, 2))

    assert stacks.raise_to_top(third)
    assert list(Image.objects.in_timeline()) == [third]
    assert set(Image.objects.filter(stacked_under=third.pk)) == {first, second}

    assert stacks.dissolve(third) == 2
    assert Image.objects.in_timeline().count() == 3


@pytest.mark.django_db(transaction=True)
def test_workers_that_meet_leave_no_stack_within_a_stack(alice: User) -> None:
    images = [
        make_image(
            alice, phash=HASH, camera_make="Fujifilm", camera_model="X-T5",
            taken_at=NOON + timedelta(seconds=place / 4),
        )
        for place in range(6)
    ]  # fmt: skip
    errors: list[BaseException] = []

    def work(mine: list[Image]) -> None:
        try:
            for image in mine:
                stacks.join(image)
        except BaseException as error:  # noqa: BLE001 (told to the test)
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(images[start::2],)) for start in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not errors
    assert not Image.objects.filter(stacked_under__stacked_under__isnull=False).exists()
    assert Image.objects.in_timeline().count() == 1


@pytest.mark.usefixtures("s3")
@pytest.mark.django_db(transaction=True)
def test_photos_from_before_there_were_hashes_are_hashed_by_their_renditions(alice: User) -> None:
    image = upload_photo(alice).image
    lost = make_image(alice, phash=None)
    assert image is not None
    Image.objects.update(phash=None)
    HashBand.objects.all().delete()

    assert similar.fill() == 2
    assert similar.fill() == 0

    again = Image.objects.get(pk=image.pk)
    # A drawn gradient has few frequencies of its own; the rest is the encoder's.
    assert again.phash
    assert similar.distance(again.phash, image.phash or 0) < 32
    assert HashBand.objects.filter(image=image).count() == 4
    assert Image.objects.get(pk=lost.pk).phash == similar.PLAIN


class Killed(BaseException):
    """The worker ends here."""


def drawn(quality: int) -> bytes:
    """Return a picture that is recognised at any quality."""
    picture = Picture.effect_mandelbrot((600, 400), (-2, -1.2, 1, 1.2), 60).convert("RGB")
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=quality)
    return data.getvalue()


@pytest.mark.usefixtures("s3")
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_before_it_looked_for_near_copies_leaves_them_to_the_next(alice: User) -> None:
    upload_photo(alice, drawn(95))

    def die(point: str) -> None:
        if point == "work.recorded":
            raise Killed

    crashpoints.arm(die)
    try:
        with pytest.raises(Killed):
            upload_photo(alice, drawn(60))
    finally:
        crashpoints.arm(None)
    assert not SimilarPair.objects.exists()
    # It is found by what comes next,
    upload_photo(alice, drawn(30))
    assert SimilarPair.objects.count() == 2

    # and finds what came before.
    assert similar.catch_up() == 1
    assert similar.catch_up() == 0
    assert SimilarPair.objects.count() == 3
    assert HashBand.objects.count() == 3 * similar.BANDS


@pytest.mark.usefixtures("s3")
@pytest.mark.django_db(transaction=True)
def test_a_turned_picture_is_found_by_its_new_look(alice: User) -> None:
    image = upload_photo(alice, drawn(95)).image
    assert image is not None
    rotation.turn(image, 90)
    while tasks.work_once():
        pass

    turned = Image.objects.get(pk=image.pk)
    assert turned.phash != image.phash
    found = HashBand.objects.filter(image=image).values_list("key", flat=True)
    assert set(found) == set(similar.keys(turned.phash or 0))


@pytest.mark.usefixtures("s3")
@pytest.mark.django_db(transaction=True)
def test_what_another_recipe_makes_of_a_picture_is_looked_for_anew(alice: User) -> None:
    image = upload_photo(alice, drawn(95)).image
    assert image is not None
    upload_photo(alice, drawn(60))
    SimilarPair.objects.all().delete()
    # As a former way of hashing would have had it.
    Image.objects.filter(pk=image.pk).update(phash=1)
    HashBand.objects.filter(image=image).update(key=F("key") + 7)
    image.refresh_from_db()

    assert renditions.rebuild(image)
    similar.catch_up()

    assert SimilarPair.objects.count() == 1
