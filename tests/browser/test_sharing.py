"""Sharing in a browser: a link is made, passed on, opened by a guest; photos come back; and axe objects to nothing."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from gallery import jobs, sharing, tasks
from gallery.models import Image, Upload, User
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.test_accessibility import objections
from tests.make import make_album, make_image, photo_bytes, upload_photo
from tests.sharing import place

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def photos(owner: User, count: int) -> list[Image]:
    images = [upload_photo(owner, photo_bytes(900, 600)).image for _ in range(count)]
    return [image for image in images if image is not None]


@contextmanager
def served(html: str) -> Iterator[str]:
    """Serve one page of another site from this computer: what comes from elsewhere may not frame what is here."""

    class OtherSite(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            if self.path == "/":
                self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), OtherSite) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def forgive(site: Site) -> None:
    """Pass over what the browser says of answers such as 422 and 404, which were asked for."""
    site.complaints[:] = [text for text in site.complaints if "status of 4" not in text]


def seen(page: Page) -> None:
    """Wait until the first picture is really there."""
    expect(page.locator(".grid img").first).not_to_have_js_property("naturalWidth", 0)


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
def test_link_with_password_and_end_is_made_passed_on_and_opened(
    alice: User, site: Site, tmp_path: Path, script: bool
) -> None:
    album = make_album(alice, *photos(alice, 3), title="Picos")
    owner = site.open(java_script_enabled=script)
    site.sign_in(owner, alice)
    owner.goto(f"{site.url}/share/new/?album={album.pk}")
    owner.get_by_label("Password", exact=True).fill("open sesame")
    owner.get_by_label("Ends").select_option("7")
    owner.get_by_role("button", name="Make the link").click()
    address = owner.get_by_label("The address of the link").input_value()
    owner.reload()
    expect(owner.get_by_label("The address of the link")).to_have_count(0)

    guest = site.open(java_script_enabled=script)
    guest.goto(address)
    assert "Picos" not in guest.content()
    guest.get_by_label("Password").fill("close sesame")
    guest.get_by_role("button", name="Open").click()
    expect(guest.get_by_label("Password")).to_have_accessible_description("This is not the password.")
    guest.get_by_label("Password").fill("open sesame")
    guest.get_by_role("button", name="Open").click()
    expect(guest.get_by_role("heading", name="Picos")).to_be_visible()
    expect(guest.locator(".grid a")).to_have_count(3)
    if script:
        seen(guest)

    guest.get_by_role("button", name="Download all").click()
    expect(guest.get_by_text("Preparing… 3 photos")).to_be_visible()
    assert jobs.work_once()
    with guest.expect_download() as download:
        guest.get_by_role("link", name="Download the zip").click(timeout=15_000)
    packed = tmp_path / "photos.zip"
    download.value.save_as(packed)
    assert zipfile.ZipFile(packed).namelist() == ["photo-001.jpg", "photo-002.jpg", "photo-003.jpg"]

    owner.goto(f"{site.url}/share/")
    expect(owner.get_by_text("opened 1 time")).to_be_visible()
    owner.get_by_role("link", name="Picos").click()
    owner.get_by_role("link", name="End the link").click()
    owner.get_by_role("button", name="End the link").click()
    guest.goto(address)
    expect(guest.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    forgive(site)


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
def test_guest_looks_at_photos_one_by_one(alice: User, site: Site, script: bool) -> None:
    _, token = sharing.make(alice, album=make_album(alice, *photos(alice, 2), title="Picos"))
    guest = site.open(java_script_enabled=script)
    guest.goto(f"{site.url}/s/{token}/")
    first = guest.locator(".grid a").first.get_attribute("href") or ""
    guest.goto(site.url + first)
    expect(guest.locator(".frame img")).to_be_visible()
    guest.get_by_role("link", name="Next photo").click()
    expect(guest.get_by_role("link", name="Next photo")).to_have_count(0)
    with guest.expect_download() as download:
        guest.get_by_role("link", name="Download").first.click()
    assert download.value.suggested_filename == "photo-001.jpg"
    guest.get_by_role("link", name="Picos").click()
    expect(guest.locator(".grid a")).to_have_count(2)


def test_address_is_copied(alice: User, site: Site) -> None:
    image = make_image(alice)
    owner = site.open(permissions=["clipboard-read", "clipboard-write"])
    site.sign_in(owner, alice)
    owner.goto(f"{site.url}/share/new/?image={image.pk}")
    owner.get_by_role("button", name="Make the link").click()
    owner.get_by_role("button", name="Copy").click()
    expect(owner.get_by_text("Copied.")).to_be_visible()
    address = owner.get_by_label("The address of the link").input_value()
    assert owner.evaluate("navigator.clipboard.readText()") == address


def test_guest_brings_several_photos_and_the_owner_looks_at_them(alice: User, site: Site) -> None:
    album = make_album(alice, title="Wedding")
    _, token = sharing.make(alice, album=album, allow_upload=True, upload_limit_bytes=10**8)
    guest = site.open()
    guest.goto(f"{site.url}/s/{token}/")
    guest.get_by_role("link", name="Add photos").click()
    guest.get_by_label("Your name").fill("Aunt Ada")
    files = [
        {"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes(600, 400)} for n in range(3)
    ]
    guest.get_by_label("Photos").set_input_files(files)  # type: ignore[arg-type]
    guest.get_by_role("button", name="Send").click()
    expect(guest.get_by_text("Thank you. 3 photos have arrived.")).to_be_visible(timeout=15_000)
    for upload in Upload.objects.all():
        tasks.process(upload.pk)

    owner = site.open()
    site.sign_in(owner, alice)
    owner.goto(f"{site.url}/share/")
    owner.get_by_role("link", name="3 photos to look at").click()
    expect(owner.get_by_text("Aunt Ada → Wedding")).to_have_count(3)
    owner.get_by_role("checkbox").first.uncheck()
    owner.get_by_role("button", name="Show the chosen").click()
    expect(owner.get_by_text("2 photos are shown now.")).to_be_visible()
    owner.get_by_role("button", name="Put the chosen into the bin").click()
    expect(owner.get_by_text("No photos wait for you.")).to_be_visible()
    guest.goto(f"{site.url}/s/{token}/")
    expect(guest.locator(".grid a")).to_have_count(2)


def test_embedded_page_shows_in_a_frame_of_another_site(alice: User, site: Site) -> None:
    _, token = sharing.make(alice, album=make_album(alice, *photos(alice, 2), title="Picos"))
    page = site.open()
    frame = f'<iframe src="{site.url}/s/{token}/embed/" title="Picos" width="640" height="480"></iframe>'
    with served(frame) as address:
        page.goto(address)
        expect(page.frame_locator("iframe").locator(".grid a")).to_have_count(2)


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_of_sharing_has_a_barrier_that_axe_knows(
    alice: User, site: Site, screen: dict[str, object]
) -> None:
    images = photos(alice, 3)
    Image.objects.filter(pk=images[0].pk).update(title="Ridge", description="At dusk")
    album = make_album(alice, *images, title="Picos")
    open_, token = sharing.make(
        alice, album=album, allow_upload=True, upload_limit_bytes=10**8, show_camera=True
    )
    locked = sharing.make(alice, images=[images[0].pk], password="x")[1]
    ended = sharing.make(alice, images=[images[1].pk, images[2].pk])[0]
    sharing.revoke(ended)
    Image.objects.filter(pk=images[2].pk).update(held_at=images[2].created_at)
    guest = site.open(**screen)
    found: list[str] = []
    for address in (f"{token}/", f"{token}/{place(f'/s/{token}/', images[0])}", f"{token}/add/", f"{token}/embed/",
                    f"{locked}/", "nothing/", f"{token}/add/{album.pk}/"):  # fmt: skip
        guest.goto(f"{site.url}/s/{address}")
        found += objections(guest)
    guest.goto(f"{site.url}/s/{token}/")
    guest.get_by_role("button", name="Download all").click()
    found += objections(guest)
    assert jobs.work_once()
    expect(guest.get_by_role("link", name="Download the zip")).to_be_visible(timeout=15_000)
    found += objections(guest)

    owner = site.open(**screen)
    site.sign_in(owner, alice)
    for address in (f"new/?album={album.pk}", f"new/?image={images[0].pk}", "", f"{open_.pk}/", f"{ended.pk}/",
                    f"{open_.pk}/revoke/", "review/"):  # fmt: skip
        owner.goto(f"{site.url}/share/{address}")
        found += objections(owner)
    owner.goto(f"{site.url}/share/new/?album={album.pk}")
    owner.get_by_role("button", name="Make the link").click()
    found += objections(owner)
    forgive(site)
    assert not found


def test_original_that_a_guest_may_have_is_whole(alice: User, site: Site, tmp_path: Path) -> None:
    data = photo_bytes(900, 600)
    image = upload_photo(alice, data).image
    assert image is not None
    _, token = sharing.make(alice, images=[image.pk], allow_originals=True)
    guest = site.open()
    guest.goto(f"{site.url}/s/{token}/")
    with guest.expect_download() as download:
        guest.get_by_role("link", name="Download").first.click()
    saved = tmp_path / "photo.jpg"
    download.value.save_as(saved)
    assert saved.read_bytes() == data


def test_viewer_opens_over_the_guests_grid_and_tells_what_the_link_allows(alice: User, site: Site) -> None:
    images = photos(alice, 2)
    Image.objects.filter(pk=images[0].pk).update(title="Ridge")
    _, token = sharing.make(alice, album=make_album(alice, *images, title="Picos"))
    guest = site.open()
    guest.goto(f"{site.url}/s/{token}/")
    guest.locator(".grid a").first.click()
    expect(guest.locator(".pswp img.pswp__img").first).to_be_visible(timeout=15_000)
    expect(guest).to_have_url(f"{site.url}/s/{token}/{place(f'/s/{token}/', images[0])}")
    guest.get_by_role("button", name="Information").click()
    expect(guest.get_by_role("heading", name="Ridge")).to_be_visible()
    assert "X-T5" not in guest.content()
    guest.keyboard.press("Escape")
    expect(guest).to_have_url(f"{site.url}/s/{token}/")
