"""Guests get what moves without its metadata, and pictures of every format at full size; never the original unasked."""

import io
import re
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.test import Client
from PIL import Image as Pillow

from gallery import archives, jobs, objectstore, renditions, sharing
from gallery.archives import copies
from gallery.models import Image, Job, User
from tests.make import upload_photo
from tests.moving import dng_bytes, gif_bytes, needs_ffmpeg, video_bytes
from tests.pages import tags
from tests.sharing import make_link, place

pytestmark = pytest.mark.usefixtures("s3")
SECRETS = (("title", "secret title"), ("location", "+43.2004-004.8133/"), ("artist", "Alice Example"))


def brought(owner: User, data: bytes, filename: str) -> Image:
    image = upload_photo(owner, data, filename).image
    assert image is not None
    return image


def fetched(url: str) -> bytes:
    with urlopen(url) as answer:
        return bytes(answer.read())


def downloaded(address: str) -> tuple[str, bytes]:
    """Follow one photo's download as a guest does: the worker makes it where it must. Returns its name, its bytes."""
    guest = Client()
    answer = guest.get(f"{address}download/")
    if "/zip/" in answer["Location"]:
        page = answer["Location"]
        assert "Preparing" in guest.get(page).content.decode()
        assert jobs.work_once()
        assert "Download the photo" in guest.get(page).content.decode()
        answer = guest.get(f"{page}file/")
    with urlopen(answer["Location"]) as file:
        named = re.search(r'filename="([^"]+)"', file.headers["Content-Disposition"])
        return named[1] if named else "", bytes(file.read())


def packed(link_job: Job) -> zipfile.ZipFile:
    assert jobs.work_once()
    link_job.refresh_from_db()
    assert link_job.state == Job.State.DONE, link_job.reason
    return zipfile.ZipFile(io.BytesIO(objectstore.read(link_job.result["key"], max_bytes=10**9)))


def assert_tells_nothing(data: bytes) -> None:
    assert not [value for _, value in SECRETS if value.encode() in data]


@needs_ffmpeg
def test_guest_plays_a_video_whose_file_tells_nothing(alice: User) -> None:
    data = video_bytes(container="mov", tags=SECRETS)
    assert b"secret title" in data
    image = brought(alice, data, "IMG_20260914.MOV")
    link, address = make_link(alice, image)
    guest = Client()

    page = guest.get(f"{address}{place(address, image)}")
    part = guest.get(f"{address}{place(address, image)}", headers={"X-Requested-Fragment": "1"})

    [film] = tags(page, "video")
    assert film["aria-label"] == "Video"
    [article] = tags(part, "article")
    assert article["data-video"] == film["src"]
    assert_tells_nothing(fetched(film["src"]))
    name, copy = downloaded(f"{address}{place(address, image)}")
    assert name == "photo-001.mp4"
    assert copy == fetched(film["src"])
    assert image.original_key not in page.content.decode() + part.content.decode()
    assert "Video 1" in guest.get(address).content.decode()

    archive = packed(archives.start_for_guests(link))
    assert archive.namelist() == ["photo-001.mp4"]
    assert archive.read("photo-001.mp4") == copy


@needs_ffmpeg
def test_original_of_a_video_is_given_where_originals_are_allowed(alice: User) -> None:
    data = video_bytes(container="mov", tags=SECRETS)
    image = brought(alice, data, "party.mov")
    _, address = make_link(alice, image, allow_originals=True)
    assert downloaded(f"{address}{place(address, image)}") == ("party.mov", data)


@needs_ffmpeg
def test_video_that_no_browser_plays_is_a_picture_to_guests(alice: User) -> None:
    image = brought(alice, video_bytes(codec="prores", container="mov", tags=SECRETS), "cut.mov")
    assert not renditions.video_url(image)
    link, address = make_link(alice, image)
    page = Client().get(f"{address}{place(address, image)}")
    assert not tags(page, "video")
    name, data = downloaded(f"{address}{place(address, image)}")
    assert name == "photo-001.webp"
    assert Pillow.open(io.BytesIO(data)).size == (96, 64)
    assert packed(archives.start_for_guests(link)).namelist() == ["photo-001.webp"]


def test_animation_moves_for_guests_as_well(alice: User) -> None:
    image = brought(alice, gif_bytes(6), "party.gif")
    link, address = make_link(alice, image)
    page = Client().get(f"{address}{place(address, image)}")
    [shown] = [tag for tag in tags(page, "img") if tag.get("alt")]
    assert shown["src"] == renditions.animation_url(image)
    name, data = downloaded(f"{address}{place(address, image)}")
    assert (name, getattr(Pillow.open(io.BytesIO(data)), "n_frames", 1)) == ("photo-001.webp", 6)
    assert packed(archives.start_for_guests(link)).read("photo-001.webp") == data


@pytest.mark.parametrize("kind", ["heic", "avif", "tiff", "dng"])
def test_copy_has_full_size_where_the_format_cannot_be_stripped(
    alice: User, request: pytest.FixtureRequest, kind: str
) -> None:
    if kind in {"heic", "avif"}:
        photos: Path = request.getfixturevalue("real_photos")
        data = (photos / {"heic": "phone-pug.heic", "avif": "sample.avif"}[kind]).read_bytes()
    else:
        data = dng_bytes(preview=_jpeg()) if kind == "dng" else _tiff()
    image = brought(alice, data, f"IMG_20260914.{kind}")
    link, address = make_link(alice, image)

    name, copy = downloaded(f"{address}{place(address, image)}")

    assert name == "photo-001.jpg"
    opened = Pillow.open(io.BytesIO(copy))
    assert (opened.format, opened.size) == ("JPEG", (image.width, image.height))
    assert not opened.getexif()
    assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & set(opened.info)
    with packed(archives.start_for_guests(link)) as archive:
        assert archive.namelist() == ["photo-001.jpg"]
        assert archive.read("photo-001.jpg") == copy


def test_copy_of_full_size_stands_as_a_person_turned_it(alice: User) -> None:
    image = brought(alice, _tiff(), "a.tif")
    Image.objects.filter(pk=image.pk).update(rotation=90, width=image.height, height=image.width)
    image.refresh_from_db()
    copy = Pillow.open(io.BytesIO(copies.copy_of(image).data)).convert("RGB")
    assert copy.size == (2700, 3000)
    # Red stood at the upper left.
    assert copy.getpixel((2650, 50))[0] > 200  # type: ignore[index]
    assert copy.getpixel((50, 50))[0] < 100  # type: ignore[index]


def test_picture_too_large_to_decode_whole_goes_as_its_largest_rendition(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = brought(alice, _tiff(), "a.tif")
    # What is no picture any more cannot be encoded anew either.
    objectstore.put(image.original_key, b"II*\0" + bytes(100), content_type="image/tiff", if_absent=False)
    copy = copies.copy_of(image)
    assert copy.extension == "webp"
    assert Pillow.open(io.BytesIO(copy.data)).size == (2560, 2304)


def test_photo_that_is_gone_meanwhile_is_said_to_be_gone(alice: User) -> None:
    image = brought(alice, _tiff(), "a.tif")
    link, address = make_link(alice, image)
    page = Client().get(f"{address}{place(address, image)}download/")["Location"]
    assert link.album is not None
    link.album.images.remove(image)
    assert jobs.work_once()
    assert "there any more" in Client().get(page).content.decode()


def test_single_copy_ends_with_the_photos_place_in_the_link(alice: User) -> None:
    image = brought(alice, _tiff(), "a.tif")
    link, address = make_link(alice, image)
    page = Client().get(f"{address}{place(address, image)}download/")["Location"]
    again = Client().get(f"{address}{place(address, image)}download/")["Location"]
    assert page == again
    assert jobs.work_once()
    assert link.album is not None
    link.album.images.remove(image)
    assert Client().get(f"{page}file/")["Location"] == address
    sharing.revoke(link)
    assert Client().get(page).status_code == 404


def _jpeg() -> bytes:
    made = io.BytesIO()
    Pillow.linear_gradient("L").resize((1440, 1080)).convert("RGB").save(made, "JPEG")
    return made.getvalue()


def _tiff() -> bytes:
    picture = Pillow.new("RGB", (3000, 2700), (20, 90, 160))
    picture.paste((250, 10, 10), (0, 0, 400, 400))
    made = io.BytesIO()
    picture.save(made, "TIFF", compression="tiff_deflate", description="secret note", artist="Alice Example")
    return made.getvalue()
