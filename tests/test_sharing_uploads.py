"""Guests bring photos: within the limit, seen by nobody until the owner has looked."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from gallery import access, marker, removals, sharing, tasks, uploads
from gallery.errors import QuotaExceeded
from gallery.models import Album, AlbumImage, Image, ShareLink, Upload, User
from gallery.sharing import bringing
from gallery.views import share_uploads
from tests.make import make_album, make_image, photo_bytes, upload_photo
from tests.pages import tags
from tests.sharing import place

pytestmark = pytest.mark.usefixtures("s3")
MB = 1024**2


@pytest.fixture
def album(alice: User) -> Album:
    return make_album(alice, title="Wedding")


@pytest.fixture
def link(alice: User, album: Album) -> ShareLink:
    return sharing.make(alice, album=album, allow_upload=True, upload_limit_bytes=100 * MB)[0]


def bring(link: ShareLink, data: bytes, name: str = "Bob") -> Upload:
    """Send a photo as a browser without JavaScript does; returns its row."""
    guest = Client()
    page = guest.post(f"/s/{link.plain}/add/", {"name": name})
    form = next(tag for tag in tags(page, "form") if tag.get("enctype"))
    fields = {tag["name"]: tag["value"] for tag in tags(page, "input") if tag.get("type") == "hidden"}
    sent = requests.post(
        form["action"], fields, files={"file": ("x.jpg", data)}, allow_redirects=False, timeout=30
    )
    assert sent.status_code == 303, sent.text
    back = re.sub(r"^http://testserver|\?.*$", "", sent.headers["Location"])
    assert b"Thank you" in guest.get(back).content
    return Upload.objects.latest("id")


def test_guests_photo_waits_for_the_owner_and_is_nowhere_until_then(
    alice: User, bob: User, album: Album, link: ShareLink, signed_in: Callable[[User], Client]
) -> None:
    upload = bring(link, photo_bytes(), name="Aunt Ada")
    assert tasks.process(upload.pk)
    image = Image.objects.get()
    assert image.held_at is not None

    assert not AlbumImage.objects.filter(album=album).exists()
    assert not access.library_of(alice).exists()
    owner = signed_in(alice)
    token = image.rendition_token
    for address in ("/", "/albums/", f"/albums/{album.pk}/", f"/s/{link.plain}/", "/api/images/", "/share/"):
        assert token not in owner.get(address).content.decode(), address
    assert owner.get(f"/p/{image.pk}/").status_code == 404
    assert Client().get(f"/s/{link.plain}/p/{token}/").status_code == 404

    page = owner.get("/share/review/").content.decode()
    assert "Aunt Ada" in page
    assert "Wedding" in page
    assert token in page
    assert token not in signed_in(bob).get("/share/review/").content.decode()


def test_approved_photos_are_in_the_album_and_rejected_ones_in_the_bin(
    alice: User, album: Album, link: ShareLink, signed_in: Callable[[User], Client]
) -> None:
    for _ in range(2):
        tasks.process(bring(link, photo_bytes()).pk)
    good, bad = Image.objects.order_by("id")
    owner = signed_in(alice)

    owner.post("/share/review/", {"image": [str(good.pk)], "verdict": "show"})
    owner.post("/share/review/", {"image": [str(bad.pk)], "verdict": "bin"})

    assert list(access.library_of(alice)) == [good]
    assert list(album.images.all()) == [good]
    assert list(access.bin_of(alice)) == [bad]
    assert Client().get(f"/s/{link.plain}/{place(f'/s/{link.plain}/', good)}").status_code == 200
    # Out of the bin it waits again.
    Image.objects.filter(pk=bad.pk).update(binned_at=None)
    assert list(access.held_for(alice)) == [bad]


def test_nobody_else_can_pass_a_verdict(
    alice: User, bob: User, link: ShareLink, signed_in: Callable[[User], Client]
) -> None:
    tasks.process(bring(link, photo_bytes()).pk)
    image = Image.objects.get()
    for verdict in ("show", "bin"):
        signed_in(bob).post("/share/review/", {"image": [str(image.pk)], "verdict": verdict})
        Client().post("/share/review/", {"image": [str(image.pk)], "verdict": verdict})
    assert list(access.held_for(alice)) == [image]


def test_limit_of_the_link_counts_what_is_announced_before_it_is_signed(alice: User, link: ShareLink) -> None:
    sharing.change(link, upload_limit_bytes=3 * MB)
    for _ in range(3):
        sharing.announce(link, "", lambda _: "http://photos.test/", MB)
    with pytest.raises(QuotaExceeded):
        sharing.announce(link, "", lambda _: "http://photos.test/", 1)
    assert sharing.room_for_guests(link) == 0
    assert ShareLink.objects.get(pk=link.pk).upload_bytes == 3 * MB
    assert "no space" in Client().get(f"/s/{link.plain}/add/").content.decode()


def test_what_arrives_smaller_gives_the_rest_back(alice: User, link: ShareLink) -> None:
    sharing.change(link, upload_limit_bytes=10 * MB)
    data = photo_bytes()
    upload = bring(link, data)
    assert upload.bytes == len(data)
    assert sharing.room_for_guests(link) == 10 * MB - len(data)


def test_owners_space_is_the_limit_too(alice: User, link: ShareLink) -> None:
    User.objects.filter(pk=alice.pk).update(quota_bytes=MB)
    link = ShareLink.objects.select_related("owner").get(pk=link.pk)
    with pytest.raises(QuotaExceeded):
        sharing.announce(link, "", lambda _: "http://photos.test/", MB + 1)
    sharing.announce(link, "", lambda _: "http://photos.test/", MB)
    with pytest.raises(QuotaExceeded):
        sharing.announce(link, "", lambda _: "http://photos.test/", 1)


def test_store_refuses_more_than_was_signed(link: ShareLink) -> None:
    _, form = sharing.announce(link, "", lambda _: "http://photos.test/", 1000)
    sent = requests.post(form.url, dict(form.fields), files={"file": bytes(1001)}, timeout=30)
    assert sent.status_code == 400


def test_file_that_is_no_photo_is_not_kept_and_takes_no_room(alice: User, link: ShareLink) -> None:
    before = sharing.room_for_guests(link)
    upload = bring(link, b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    tasks.process(upload.pk)
    upload.refresh_from_db()
    assert upload.state == Upload.State.REJECTED
    assert not Image.objects.exists()
    assert sharing.room_for_guests(link) == before


def test_guest_learns_nothing_of_what_the_owner_has(alice: User, album: Album, link: ShareLink) -> None:
    data = photo_bytes()
    known = upload_photo(alice, data).image
    tasks.process(bring(link, data).pk)
    assert Image.objects.count() == 1
    assert not album.images.exists()
    assert list(access.library_of(alice)) == [known]


def test_photo_that_its_owner_brings_as_well_waits_no_longer(alice: User, link: ShareLink) -> None:
    data = photo_bytes()
    tasks.process(bring(link, data).pk)
    image = Image.objects.get()

    upload, form = uploads.start_form(alice, lambda _: "http://photos.test/")
    requests.post(form.url, dict(form.fields), files={"file": data}, allow_redirects=False, timeout=30)
    uploads.finish(upload)
    tasks.process(upload.pk)

    assert list(access.library_of(alice)) == [image]


def test_photo_that_its_owner_announces_waits_no_longer(alice: User, album: Album, link: ShareLink) -> None:
    data = photo_bytes()
    tasks.process(bring(link, data).pk)
    file = uploads.File("mine.jpg", len(data), hashlib.sha256(data).hexdigest())

    (answer,) = uploads.start(alice, [file])

    image = access.library_of(alice).get()
    assert (answer.status, answer.image) == ("exists", image)
    # New in the library at this moment, for readers of the change feed as well.
    assert image.created_at == image.updated_at > Upload.objects.get(image=image).updated_at
    assert not access.held_for(alice).exists()


def test_what_a_guest_brought_is_not_taken_for_the_owners_before_they_have_looked(
    alice: User, link: ShareLink
) -> None:
    data = photo_bytes()
    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    upload = bring(link, data)
    Upload.objects.filter(pk=upload.pk).update(sha1=sha1)

    under_way = uploads.known_by_sha1(alice, [sha1])
    tasks.process(upload.pk)
    waiting = uploads.known_by_sha1(alice, [sha1])
    image = Image.objects.get()
    sharing.approve(alice, [image.pk])

    assert (under_way, waiting) == ({}, {})
    assert uploads.known_by_sha1(alice, [sha1]) == {sha1: image.pk}


def test_link_without_leave_takes_nothing(alice: User, album: Album, settings: Settings) -> None:
    link, token = sharing.make(alice, album=album)
    assert Client().get(f"/s/{token}/add/").status_code == 404
    assert Client().post(f"/s/{token}/add/", {"name": "x"}).status_code == 404
    with pytest.raises(QuotaExceeded):
        sharing.announce(link, "", lambda _: "http://photos.test/", 1)
    image = make_image(alice)
    with pytest.raises(sharing.InvalidLink):
        sharing.make(alice, images=[image.pk], allow_upload=True, upload_limit_bytes=1)
    with pytest.raises(sharing.InvalidLink):
        sharing.make(alice, album=album, allow_upload=True)


def test_upload_of_another_link_is_not_found(alice: User, album: Album, link: ShareLink) -> None:
    _, token = sharing.make(alice, album=album, allow_upload=True, upload_limit_bytes=MB)
    upload, _ = sharing.announce(link, "", lambda _: "http://photos.test/", 1000)
    assert Client().get(f"/s/{token}/add/{upload.pk}/").status_code == 404
    assert "has not arrived" in Client().get(f"/s/{link.plain}/add/{upload.pk}/").content.decode()


def test_script_is_told_what_to_send_and_why_not(link: ShareLink) -> None:
    asking = {"X-Requested-Fragment": "1"}
    told = Client().post(f"/s/{link.plain}/add/", {"name": "", "bytes": "1000"}, headers=asking).json()
    assert told["done"].startswith(f"http://testserver/s/{link.plain}/add/")
    assert told["url"].startswith("http")
    for size, status in (("x", 400), ("", 400), (str(10**12), 413), ("9" * 30, 400)):
        answer = Client().post(f"/s/{link.plain}/add/", {"name": "", "bytes": size}, headers=asking)
        assert answer.status_code == status, size
        assert answer.json()["error"]


def test_album_that_is_deleted_meanwhile_leaves_the_photo_held(
    alice: User, album: Album, link: ShareLink
) -> None:
    upload = bring(link, photo_bytes())
    album.delete()
    tasks.process(upload.pk)
    assert access.held_for(alice).count() == 1
    image: Any = Image.objects.get()
    assert sharing.approve(alice, [image.pk]) == 1
    assert list(access.library_of(alice)) == [image]


def test_nobody_takes_all_the_space_by_announcing(alice: User, link: ShareLink) -> None:
    User.objects.filter(pk=alice.pk).update(quota_bytes=150 * MB)
    sharing.change(link, upload_limit_bytes=10_000 * MB)
    link = ShareLink.objects.select_related("owner", "album").get(pk=link.pk)

    with pytest.raises(QuotaExceeded):
        sharing.announce(link, "", lambda _: "http://photos.test/", 100 * MB)
    sharing.announce(link, "", lambda _: "http://photos.test/", 75 * MB)
    with pytest.raises(QuotaExceeded):
        sharing.announce(link, "", lambda _: "http://photos.test/", MB)

    assert uploads.room_of(link.owner) == 75 * MB


def test_so_many_photos_are_announced_at_a_time_and_no_more(
    link: ShareLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing, "MOST_ANNOUNCED", 2)
    for _ in range(2):
        sharing.announce(link, "", lambda _: "http://photos.test/", 1)
    with pytest.raises(QuotaExceeded):
        sharing.announce(link, "", lambda _: "http://photos.test/", 1)


def test_what_a_guest_announced_and_never_sent_is_forgotten_with_its_signature(link: ShareLink) -> None:
    marker.adopt()
    sharing.announce(link, "", lambda _: "http://photos.test/", MB)

    for minutes, left in ((50, 1), (70, 0)):
        now = timezone.now()
        Upload.objects.update(updated_at=now - timedelta(minutes=minutes), lease_until=now)
        removals.look_after()
        assert Upload.objects.count() == left


def test_one_address_announces_so_often_and_no_more(link: ShareLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share_uploads, "MOST_WITHIN", 1)
    sharing.change(link, upload_limit_bytes=1000 * MB)

    answers = [
        Client(REMOTE_ADDR=address).post(f"/s/{link.plain}/add/", {"name": ""})
        for address in ("203.0.113.5", "203.0.113.5", "203.0.113.6")
    ]

    assert [answer.status_code for answer in answers] == [200, 429, 200]
    assert int(answers[1]["Retry-After"]) > 0
