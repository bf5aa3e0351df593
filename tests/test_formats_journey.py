"""Every kind of file from its announcement to what the gallery shows of it, over the real object store."""

import hashlib
import io
import urllib.request
from pathlib import Path

import pytest
from PIL import Image as PillowImage

from gallery import imaging, objectstore, removals, renditions
from gallery.models import Image, Removal, Upload, User
from tests.make import photo_bytes, upload_photo
from tests.moving import dng_bytes, gif_bytes, needs_ffmpeg, video_bytes

pytestmark = pytest.mark.usefixtures("s3")
LADDER = sorted(imaging.LADDER)


def ready(owner: User, data: bytes, filename: str) -> Image:
    """Bring a file in and return its image, of which everything stands in the store."""
    upload = upload_photo(owner, data, filename)
    assert upload.state == Upload.State.READY, (upload.code, upload.reason)
    assert upload.image is not None
    assert all(objectstore.head(key) for key in renditions.keys(upload.image))
    kept = objectstore.read(upload.image.original_key, max_bytes=10**8)
    assert hashlib.sha256(kept).digest() == hashlib.sha256(data).digest()
    return upload.image


def fetched(url: str, byte_range: str = "") -> tuple[int, bytes]:
    request = urllib.request.Request(url, headers={"Range": byte_range} if byte_range else {})
    with urllib.request.urlopen(request) as answer:
        return answer.status, answer.read()


def test_jpeg(alice: User) -> None:
    image = ready(alice, photo_bytes(), "IMG_1.JPG")

    assert (image.kind, image.content_type, image.duration_s) == ("photo", "image/jpeg", None)
    assert (renditions.video_url(image), renditions.animation_url(image)) == ("", "")


def test_heic(alice: User, real_photos: Path) -> None:
    image = ready(alice, (real_photos / "phone-pug.heic").read_bytes(), "IMG_2.HEIC")

    assert (image.kind, image.content_type) == ("photo", "image/heic")
    assert image.original_key.endswith(".heic")


@pytest.mark.parametrize("ending", ["dng", "DNG"])
def test_raw(alice: User, ending: str) -> None:
    data = dng_bytes(preview=photo_bytes(1440, 1080))

    image = ready(alice, data, f"DSCF0001.{ending}")

    assert (image.kind, image.content_type) == ("photo", "image/x-adobe-dng")
    assert image.original_key.endswith(".dng")
    assert (image.width, image.height, image.camera_model) == (1440, 1080, "X-T5")


def test_raw_that_claims_to_be_a_tiff_is_kept_under_its_own_type(alice: User) -> None:
    upload = upload_photo(
        alice,
        dng_bytes(96, 64),
        "DSCF0002.dng",
    )

    assert upload.content_type == "image/x-adobe-dng"


def test_short_animation_keeps_moving(alice: User) -> None:
    image = ready(alice, gif_bytes(6), "party.gif")

    assert image.kind == "animation"
    assert image.duration_s == pytest.approx(0.6)
    _, data = fetched(renditions.animation_url(image))
    with PillowImage.open(io.BytesIO(data)) as moving:
        assert (moving.format, getattr(moving, "n_frames", 1), moving.size) == ("WEBP", 6, (120, 80))


def test_long_animation_is_shown_by_its_first_frame(alice: User) -> None:
    image = ready(alice, gif_bytes(5, delay_ms=20_000), "clock.gif")

    assert image.kind == "animation"
    assert image.duration_s == pytest.approx(100)
    assert renditions.animation_url(image) == ""


@needs_ffmpeg
def test_video_is_played_by_parts_of_a_copy_without_metadata(alice: User) -> None:
    tags = (
        ("com.apple.quicktime.location.ISO6709", "+47.3769+008.5417/"),
        ("com.apple.quicktime.model", "iPhone 13"),
    )
    data = video_bytes(tags=tags, sound="aac", container="mov")

    image = ready(alice, data, "IMG_3.MOV")

    assert (image.kind, image.content_type) == ("video", "video/quicktime")
    assert image.duration_s == pytest.approx(2.0, abs=0.11)
    assert (image.width, image.height, image.camera_model, image.latitude) == (96, 64, "iPhone 13", 47.3769)
    url = renditions.video_url(image)
    status, part = fetched(url, "bytes=4-7")
    assert (status, part) == (206, b"ftyp")
    assert b"+47.3769" not in fetched(url)[1]
    head = objectstore.head(renditions.key(image.rendition_token, image.recipe, "clip"))
    assert head is not None
    assert head.content_type == "video/mp4"


@needs_ffmpeg
def test_video_that_cannot_be_played_is_kept_and_shown(alice: User) -> None:
    image = ready(alice, video_bytes(codec="prores", container="mov"), "A001.mov")

    assert image.kind == "video"
    assert renditions.video_url(image) == ""


@needs_ffmpeg
def test_broken_video_is_refused_with_its_reason_and_leaves_nothing(alice: User) -> None:
    data = video_bytes(seconds=1)

    upload = upload_photo(alice, data[: len(data) // 3], "IMG_4.MP4")

    assert (upload.state, upload.code) == (Upload.State.REJECTED, "video_broken")
    assert "damaged" in upload.reason
    assert not Image.objects.exists()


@needs_ffmpeg
def test_video_made_anew_keeps_what_is_played(alice: User) -> None:
    image = ready(alice, video_bytes(seconds=3), "IMG_5.MP4")

    assert renditions.rebuild(image, turn=90)
    image.refresh_from_db()

    assert (image.width, image.height, image.kind) == (64, 96, "video")
    assert fetched(renditions.video_url(image), "bytes=4-7") == (206, b"ftyp")


@needs_ffmpeg
def test_whatever_was_made_of_a_video_goes_with_it(alice: User) -> None:
    image = ready(alice, video_bytes(width=128), "IMG_6.MP4")
    Image.objects.update(binned_at=image.created_at)
    expected = {image.original_key, *renditions.keys(image)}

    removals.purge(Image.objects.all())

    assert set(Removal.objects.values_list("key", flat=True)) == expected
    assert any(key.endswith("/clip.mp4") for key in expected)


@pytest.mark.parametrize("filename", ["a.mkv", "a.avi", "a.jxl", "a.x3f", "a.m4a"])
def test_other_kinds_are_refused_before_they_are_sent(alice: User, filename: str) -> None:
    from gallery import uploads

    answer = uploads.start(alice, [uploads.File(filename, 10, "0" * 64)])[0]

    assert answer.error is not None
    assert answer.error.code == "unsupported_type"
    assert "MP4" in answer.error.message
