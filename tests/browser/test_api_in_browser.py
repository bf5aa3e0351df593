"""The browsable API in a browser: each method is sent by its form, a photo is uploaded, and axe has nothing to object to."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gallery.models import Album, Image, Upload, User
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.test_accessibility import objections
from tests.browser.test_every_page import WIDER
from tests.make import make_album, make_image, photo_bytes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opened(site: Site, user: User, path: str) -> Page:
    page = site.open()
    site.sign_in(page, user)
    page.goto(f"{site.url}{path}")
    return page


def test_photo_is_uploaded_in_the_three_steps_of_a_program(alice: User, site: Site, tmp_path: Path) -> None:
    photo = tmp_path / "ridge.jpg"
    photo.write_bytes(photo_bytes(96, 64))
    page = opened(site, alice, "/api/uploads/")

    page.locator("#upload-file").set_input_files(photo)
    page.get_by_role("button", name="Upload", exact=True).click()

    expect(page.locator("#answer")).to_contain_text("/finish/\nHTTP 200")
    assert Upload.objects.get().state == Upload.State.PROCESSING


def test_photo_is_changed_and_put_into_the_bin_by_its_page(alice: User, site: Site) -> None:
    image = make_image(alice, title="Fog")
    page = opened(site, alice, f"/api/images/{image.pk}/")
    body = page.get_by_label("Body of a PATCH request, as JSON")

    body.fill(body.input_value().replace('"Fog"', '"Above the fog"'))
    page.get_by_role("button", name="PATCH").click()
    expect(page.locator("#answer")).to_contain_text("HTTP 200")
    assert Image.objects.get().title == "Above the fog"

    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="DELETE").click()
    expect(page.locator("#answer")).to_contain_text("HTTP 204")
    assert Image.objects.get().binned_at
    forgive_refusals(site)


def test_what_cannot_be_done_is_answered_in_words(alice: User, site: Site) -> None:
    page = opened(site, alice, "/api/albums/")

    page.get_by_label("Body of a POST request, as JSON").fill('{"title": ""}')
    page.get_by_role("button", name="POST").click()

    expect(page.locator("#answer")).to_contain_text("title: This field may not be blank.")
    assert not Album.objects.exists()
    forgive_refusals(site)


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_of_the_api_have_no_barrier_and_are_no_wider_than_the_screen(
    alice: User, site: Site, screen: dict[str, object]
) -> None:
    image = make_image(alice, title="Ridge")
    album = make_album(alice, image)
    page = site.open(**screen)
    site.sign_in(page, alice)
    found = []
    for path in (
        "", "images/", f"images/{image.pk}/", f"images/{image.pk}/rotate/", f"albums/{album.pk}/", "uploads/", "bin/empty/",
        "tokens/", "docs/", "images/?surprise=1",
    ):  # fmt: skip
        page.goto(f"{site.url}/api/{path}")
        for summary in page.locator("summary").all()[:3]:
            summary.click()
        if page.evaluate(WIDER):
            found.append(f"{path}: wider than the screen")
        found += objections(page)
    forgive_refusals(site)

    assert not found


def forgive_refusals(site: Site) -> None:
    """Pass over answers of 400 and 405, which are what these pages are to show."""
    site.complaints[:] = [text for text in site.complaints if "Failed to load resource" not in text]
