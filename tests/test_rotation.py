"""Turning a photo: wishes add up and none is lost, the pictures turn, the original stays as it was uploaded."""

import hashlib
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image as PillowImage
from pytest_django import DjangoAssertNumQueries

from gallery import jobs, objectstore, renditions, rotation
from gallery.models import Image, Job, Removal, User
from tests.make import make_image, upload_photo

SIZE = (300, 200)


@pytest.fixture
def photo(alice: User, s3: object) -> Image:
    """Return a photo in the real store; its corners can be told apart."""
    image = upload_photo(alice, corners()).image
    assert image is not None
    return image


def corners(orientation: int = 1) -> bytes:
    """Return a picture whose upper left corner is red and whose upper right one is blue, before EXIF turns it."""
    picture = PillowImage.new("RGB", SIZE, "white")
    picture.paste("red", (0, 0, 100, 100))
    picture.paste("blue", (200, 0, 300, 100))
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


def work() -> None:
    while jobs.work_once():
        pass


def rendered(image: Image) -> PillowImage.Image:
    image.refresh_from_db()
    name = renditions.key(image.rendition_token, image.recipe, "l1280")
    return PillowImage.open(io.BytesIO(objectstore.read(name, max_bytes=10**7))).convert("RGB")


def _shade(picture: PillowImage.Image, at: tuple[int, int]) -> tuple[int, int, int]:
    pixel = picture.getpixel(at)
    assert isinstance(pixel, tuple)
    return int(pixel[0]), int(pixel[1]), int(pixel[2])


def corner_of(image: Image, shade: str) -> str:
    """Return in which corner the shade stands."""
    picture = rendered(image)
    width, height = picture.size
    wanted = {"red": (254, 0, 0), "blue": (0, 0, 254)}[shade]
    places = {"top left": (9, 9), "top right": (width - 9, 9), "bottom right": (width - 9, height - 9),
              "bottom left": (9, height - 9)}  # fmt: skip
    distances = {
        name: sum(abs(_shade(picture, at)[band] - wanted[band]) for band in range(3))
        for name, at in places.items()
    }
    return min(distances, key=lambda name: distances[name])


def test_a_quarter_to_the_right_turns_every_rendition_and_no_byte_of_the_original(photo: Image) -> None:
    former, before = renditions.keys(photo), (photo.rendition_token, photo.thumbhash)
    assert rotation.turn(photo, 90) == 90
    work()
    assert corner_of(photo, "red") == "top right"
    assert (photo.width, photo.height, photo.rotation) == (SIZE[1], SIZE[0], 90)
    assert photo.rendition_token != before[0]
    assert photo.thumbhash != before[1]
    original = objectstore.read(photo.original_key, max_bytes=photo.bytes)
    assert hashlib.sha256(original).hexdigest() == photo.sha256
    assert set(former) <= set(Removal.objects.values_list("key", flat=True))
    assert all(objectstore.head(key) for key in renditions.keys(photo))


@pytest.mark.parametrize(
    ("orientation", "corner"), [(6, "bottom right"), (3, "bottom left"), (8, "top left")]
)
def test_a_turn_adds_to_how_the_camera_was_held(
    alice: User, s3: object, orientation: int, corner: str
) -> None:
    image = upload_photo(alice, corners(orientation)).image
    assert image is not None
    rotation.turn(image, 90)
    work()
    assert corner_of(image, "red") == corner


def test_four_turns_come_back_to_the_beginning(photo: Image) -> None:
    before = rendered(photo).tobytes()
    for _ in range(4):
        rotation.turn(photo, 90)
        work()
    assert rendered(photo).tobytes() == before
    assert (photo.rotation or 0, photo.width, photo.height) == (0, *SIZE)


def test_wishes_that_come_before_the_worker_add_up(photo: Image) -> None:
    assert [rotation.turn(photo, 90), rotation.turn(photo, 90)] == [90, 180]
    assert rotation.pending(photo) == 180
    work()
    assert corner_of(photo, "red") == "bottom right"
    assert rotation.pending(photo) is None


def test_an_earlier_wish_that_is_tried_again_does_not_undo_a_later_one(photo: Image) -> None:
    rotation.turn(photo, 90)
    first = Job.objects.get(kind=rotation.KIND)
    Job.objects.filter(pk=first.pk).update(not_before=timezone.now() + timedelta(hours=1))
    rotation.turn(photo, 90)
    work()
    Job.objects.filter(pk=first.pk).update(not_before=timezone.now())
    work()
    photo.refresh_from_db()
    assert photo.rotation == 180
    first.refresh_from_db()
    assert first.state == Job.State.DONE


def test_a_job_that_is_done_twice_turns_once(photo: Image) -> None:
    rotation.turn(photo, 90)
    job = Job.objects.get(kind=rotation.KIND)
    for _ in range(2):
        rotation.bring_about(job, jobs.Round(job))
    photo.refresh_from_db()
    assert photo.rotation == 90


def test_rebuilt_renditions_stay_turned(photo: Image) -> None:
    rotation.turn(photo, 90)
    work()
    photo.refresh_from_db()
    assert renditions.rebuild(photo)
    assert corner_of(photo, "red") == "top right"


def test_the_page_says_that_a_photo_is_being_turned_until_it_is(alice: User, photo: Image) -> None:
    client = Client()
    client.force_login(alice)
    url = photo.get_absolute_url()
    answer = client.post(f"{url}rotate/", {"degrees": "270"}, follow=True)
    assert "will be turned in a moment" in answer.content.decode()
    assert 'data-turn="270"' in answer.content.decode()
    work()
    assert "data-turn" not in client.get(url).content.decode()


def test_a_program_turns_a_photo(alice: User, photo: Image) -> None:
    client = Client()
    client.force_login(alice)
    url = f"/api/images/{photo.pk}/rotate/"
    answer = client.post(url, {"degrees": 180}, content_type="application/json")
    assert (answer.status_code, answer.json()) == (202, {"rotation": 180})
    assert client.post(url, {"degrees": 45}, content_type="application/json").status_code == 400
    work()
    assert client.get(f"/api/images/{photo.pk}/").json()["rotation"] == 180


def test_a_video_cannot_be_turned(alice: User) -> None:
    with pytest.raises(rotation.CannotTurn):
        rotation.turn(make_image(alice, kind=Image.Kind.VIDEO), 90)


def test_strangers_turn_nothing(stranger: User, photo: Image) -> None:
    client = Client()
    client.force_login(stranger)
    assert client.post(f"{photo.get_absolute_url()}rotate/", {"degrees": "90"}).status_code == 404
    assert not Job.objects.exists()


def test_the_page_tells_why_a_turn_came_to_nothing_until_another_succeeds(alice: User, photo: Image) -> None:
    client = Client()
    client.force_login(alice)
    url = photo.get_absolute_url()
    original = objectstore.read(photo.original_key, max_bytes=photo.bytes)
    objectstore.delete([photo.original_key])
    rotation.turn(photo, 90)
    work()
    assert rotation.outlook(photo) == (None, Job.objects.get().reason)
    assert "could not be turned" in client.get(url).content.decode()
    objectstore.put(photo.original_key, original, content_type=photo.content_type, if_absent=True)
    rotation.turn(photo, 90)
    assert rotation.outlook(photo) == (90, "")
    work()
    assert rotation.outlook(photo) == (None, "")
    assert "could not be turned" not in client.get(url).content.decode()


def test_turning_one_photo_reads_no_wish_of_another(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    image, other = make_image(alice), make_image(alice)
    for degrees in rotation.QUARTERS:
        jobs.start(rotation.KIND, alice, {"image": str(other.pk), "degrees": degrees})
    mine = jobs.start(rotation.KIND, alice, {"image": str(image.pk), "degrees": 90})

    assert list(rotation._wishes(image)) == [mine]
    with django_assert_num_queries(1):
        assert rotation.pending(image) == 90
    assert not rotation._is_overtaken(mine, image)
