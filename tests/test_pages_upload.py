"""The upload page, and uploading without JavaScript: a form to the store, then a button that finishes."""

from collections.abc import Callable

import pytest
import requests
from django.test import Client

from gallery import bin as photo_bin
from gallery import tasks
from gallery.models import Album, Image, Upload, User
from photosky.env import S3Settings
from tests.make import photo_bytes, upload_photo
from tests.pages import tags

SignedIn = Callable[[User], Client]


def post_to_store(client: Client, data: bytes, **fields: str) -> str:
    """Do as a browser does with the form, and return where the store sends it."""
    page = client.post("/upload/form/", fields)
    form = next(tag for tag in tags(page, "form") if tag.get("enctype") == "multipart/form-data")
    inputs = {
        tag["name"]: tag["value"]
        for tag in tags(page, "input")
        if tag.get("type") == "hidden" and tag["name"] not in {"csrfmiddlewaretoken", "next"}
    }
    answer = requests.post(
        form["action"], data=inputs, files={"file": ("IMG_1.jpg", data, "image/jpeg")},
        allow_redirects=False, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 303
    return answer.headers["Location"].removeprefix("http://testserver")


def test_a_photo_is_uploaded_by_plain_forms(alice: User, s3: S3Settings, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    done = post_to_store(client, photo_bytes())
    assert "One step left" in client.get(done).content.decode()
    assert Upload.objects.get().state == Upload.State.PENDING
    response = client.post(done, follow=True)
    assert "being prepared" in response.content.decode()
    upload = Upload.objects.get()
    tasks.process(upload.pk)
    upload.refresh_from_db()
    assert upload.image is not None
    assert upload.image.get_absolute_url() in client.get(done).content.decode()


def test_form_that_brings_a_photo_of_the_bin_is_not_told_that_it_is_kept(
    alice: User, s3: S3Settings, signed_in: SignedIn
) -> None:
    data = photo_bytes()
    image = upload_photo(alice, data).image
    assert image is not None
    photo_bin.put(Image.objects.filter(pk=image.pk))
    client = signed_in(alice)
    done = post_to_store(client, data)
    client.post(done)
    upload = Upload.objects.exclude(image=image).get()
    tasks.process(upload.pk)
    upload.refresh_from_db()

    text = client.get(done).content.decode()

    assert upload.code == "in_bin"
    assert "The photo is in your library" not in text
    assert "The photo is in the bin" in text
    photo_bin.restore(Image.objects.filter(pk=image.pk))
    assert "The photo is in your library" in client.get(done).content.decode()


def test_what_is_no_photo_is_refused_with_the_reason(
    alice: User, s3: S3Settings, signed_in: SignedIn
) -> None:
    client = signed_in(alice)
    done = post_to_store(client, b"MZ" + b"\0" * 4000)
    client.post(done)
    tasks.process(Upload.objects.get().pk)
    text = client.get(done).content.decode()
    assert "could not be kept" in text
    assert Upload.objects.get().reason in text


def test_finishing_before_anything_arrived_says_so(alice: User, s3: S3Settings, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    client.post("/upload/form/")
    response = client.post(f"/upload/done/{Upload.objects.get().pk}/", follow=True)
    assert "has not arrived yet" in response.content.decode()


def test_looking_at_the_upload_page_makes_no_upload(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    assert client.get("/upload/").status_code == 200
    assert client.get("/upload/form/").status_code == 405
    assert not Upload.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_upload_of_somebody_else_is_not_found(
    alice: User, stranger: User, s3: S3Settings, signed_in: SignedIn, method: str
) -> None:
    signed_in(alice).post("/upload/form/")
    url = f"/upload/done/{Upload.objects.get().pk}/"
    assert getattr(signed_in(stranger), method)(url).status_code == 404
    assert getattr(signed_in(alice), method)(f"/upload/done/{alice.pk}/").status_code == 404


def test_photos_go_into_an_album_only_where_one_may_arrange_it(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    url = f"/upload/?album={shared_album.pk}"
    assert "Picos 2026" in signed_in(alice).get(url).content.decode()
    assert signed_in(bob).get(url).status_code == 404
    assert signed_in(bob).post("/upload/form/", {"album": shared_album.pk}).status_code == 404


def test_a_full_library_says_so_before_anything_is_sent(alice: User, signed_in: SignedIn) -> None:
    User.objects.filter(pk=alice.pk).update(quota_bytes=10, used_bytes=10)
    response = signed_in(alice).post("/upload/form/", follow=True)
    assert "There is no space" in response.content.decode()
