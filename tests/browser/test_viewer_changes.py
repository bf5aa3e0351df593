"""What is done with a photo in the viewer and on its page: by keys, by forms in place, by turning; and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from gallery import objectstore
from gallery.models import Image, Job, Tag, User
from tests.browser.conftest import Site
from tests.browser.viewing import SAID, VIEWER, library, look, shown, wait_for, work
from tests.make import make_album

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PICTURE = ".pswp__item[aria-hidden=false] img.pswp__img:not(.pswp__img--placeholder)"
SHAPE = f"(image => image.naturalWidth / image.naturalHeight)(document.querySelector('{PICTURE}'))"


@pytest.fixture
def images(alice: User, site: Site) -> list[Image]:
    return library(alice, 3)


@pytest.fixture
def page(alice: User, images: list[Image], site: Site) -> Page:
    """Return a page that shows the second of three photos in the viewer."""
    page = site.open()
    shown(page, site, alice, 1)
    expect(page.locator(SAID)).to_contain_text("Photo 2 of 3")
    expect(page.locator(".pswp .heart")).to_be_visible()
    return page


def panel(page: Page) -> None:
    page.keyboard.press("i")
    expect(page.locator(".viewer-info")).to_be_visible()


def test_letters_open_the_panel_and_set_the_heart(page: Page, images: list[Image]) -> None:
    panel(page)
    expect(page.locator(".viewer-info")).to_contain_text("Fujifilm X-T5")
    page.keyboard.press("i")
    expect(page.locator(".viewer-info")).to_be_hidden()
    page.keyboard.press("f")
    expect(page.locator(".pswp .heart")).to_have_attribute("aria-pressed", "true")
    images[1].refresh_from_db()
    assert images[1].is_favorite


def test_d_downloads_the_original(page: Page) -> None:
    with page.expect_download() as found:
        page.keyboard.press("d")
    assert found.value.suggested_filename == "IMG_1.jpg"


def test_delete_bins_the_photo_and_undo_brings_it_back(page: Page, images: list[Image]) -> None:
    page.keyboard.press("Delete")
    expect(page.locator(".pswp .said")).to_contain_text("Moved to the bin")
    expect(page.locator(SAID)).to_contain_text("Photo 2 of 2")
    page.wait_for_url(f"**{images[2].get_absolute_url()}")
    images[1].refresh_from_db()
    assert images[1].binned_at
    page.locator(".pswp .said").get_by_role("button", name="Undo").click()
    expect(page.locator(SAID)).to_contain_text("Photo 2 of 3")
    page.wait_for_url(f"**{images[1].get_absolute_url()}")
    images[1].refresh_from_db()
    assert not images[1].binned_at


def test_what_was_binned_is_gone_from_the_grid(page: Page) -> None:
    page.keyboard.press("Delete")
    expect(page.locator(SAID)).to_contain_text("Photo 2 of 2")
    page.keyboard.press("Escape")
    expect(page.locator(VIEWER)).to_have_count(0)
    expect(page.locator(".grid > li")).to_have_count(2)
    expect(page.locator(".grid > li > a").nth(1)).to_be_focused()


def test_letters_do_nothing_for_who_has_turned_them_off(alice: User, site: Site, images: list[Image]) -> None:
    page = site.open()
    page.context.add_cookies([{"name": "keys", "value": "off", "url": site.url}])
    shown(page, site, alice, 1)
    expect(page.locator(".pswp .heart")).to_be_visible()
    for key in "ifdz":
        page.keyboard.press(key)
    page.keyboard.press("ArrowRight")
    expect(page.locator(SAID)).to_contain_text("Photo 3 of 3")
    expect(page.locator(".viewer-info")).to_be_hidden()
    assert not Image.objects.filter(is_favorite=True).exists()


def test_words_are_written_in_place_and_an_error_stands_at_its_field(
    page: Page, site: Site, images: list[Image], alice: User
) -> None:
    panel(page)
    about = page.locator(".viewer-info")
    about.get_by_text("Edit", exact=True).click()
    about.get_by_label("Title").fill("Evening on the ridge")
    about.get_by_label("Tags").fill("ridge")
    about.get_by_label("Latitude").fill("95")
    about.get_by_label("Longitude").fill("5")
    with page.expect_response(lambda answer: answer.url.endswith("/edit/") and answer.status == 422):
        about.get_by_role("button", name="Save").click()
    latitude = about.get_by_label("Latitude")
    expect(latitude).to_be_focused()
    expect(latitude).to_have_attribute("aria-invalid", "true")
    error = about.locator(f"#{(latitude.get_attribute('aria-describedby') or '').split()[-1]}")
    expect(error).to_be_visible()
    expect(about.get_by_label("Title")).to_have_value("Evening on the ridge")
    page.keyboard.press("ArrowRight")  # moves in the text, not to another photo
    latitude.fill("43.2")
    about.get_by_role("button", name="Save").click()
    expect(about.get_by_role("heading")).to_have_text("Evening on the ridge")
    expect(page.locator(".pswp .said")).to_have_text("Saved.")
    images[1].refresh_from_db()
    site.complaints[:] = [text for text in site.complaints if "422" not in text]
    assert (images[1].title, images[1].latitude) == ("Evening on the ridge", 43.2)
    tag = Tag.objects.get(owner=alice)
    expect(about.get_by_role("link", name="ridge")).to_have_attribute("href", f"/tags/{tag.pk}/")


def test_no_form_beside_a_photo_is_wider_than_its_place(
    alice: User, site: Site, page: Page, images: list[Image]
) -> None:
    make_album(alice, images[1], title="Words without an end, and a" + "verylongword" * 6)
    too_wide = []
    for where in ("viewer", "page"):
        page.goto(f"{site.url}{'/' if where == 'viewer' else images[1].get_absolute_url()}")
        if where == "viewer":
            look(page, 1)
            panel(page)
        about = page.locator(".viewer-info" if where == "viewer" else ".about")
        about.evaluate("(one) => { for (const part of one.querySelectorAll('details')) part.open = true; }")
        expect(about.get_by_label("Latitude")).to_be_visible()
        for width in (1440, 1100, 390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            if about.evaluate("(one) => one.scrollWidth > one.clientWidth") or page.evaluate(
                "document.documentElement.scrollWidth > innerWidth"
            ):
                too_wide.append((where, width))
        page.set_viewport_size({"width": 1440, "height": 900})
    assert not too_wide


def test_a_turn_is_shown_at_once_and_then_made(page: Page, images: list[Image]) -> None:
    expect(page.locator(PICTURE)).not_to_have_js_property("naturalWidth", 0)
    assert page.evaluate(SHAPE) == pytest.approx(1.5, abs=0.02)
    panel(page)
    page.get_by_role("button", name="Turn right").click()
    expect(page.locator(PICTURE)).to_have_css("rotate", "90deg")
    expect(page.locator(".viewer-info")).to_contain_text("is being turned")
    work()
    expect(page.locator(".viewer-info")).not_to_contain_text("is being turned")
    expect(page.locator(PICTURE)).not_to_have_css("rotate", "90deg")
    expect(page.locator(PICTURE)).not_to_have_js_property("naturalWidth", 0)
    wait_for(page, lambda: abs(page.evaluate(SHAPE) - 1 / 1.5) < 0.02)


def test_a_turn_that_fails_is_told_and_the_photo_stands_as_before(page: Page, images: list[Image]) -> None:
    expect(page.locator(PICTURE)).not_to_have_js_property("naturalWidth", 0)
    objectstore.delete([images[1].original_key])
    panel(page)
    page.get_by_role("button", name="Turn right").click()
    expect(page.locator(PICTURE)).to_have_css("rotate", "90deg")
    work()
    assert Job.objects.get().state == Job.State.FAILED
    expect(page.locator(".pswp .said")).to_contain_text("could not be turned")
    expect(page.locator(".viewer-info [data-turn-failed]")).to_be_visible()
    expect(page.locator(PICTURE)).not_to_have_css("rotate", "90deg")


def test_sharing_leads_to_a_new_link_of_this_photo(page: Page, images: list[Image]) -> None:
    page.locator(".pswp").get_by_role("link", name="Share").click()
    page.wait_for_url(f"**ids={images[1].pk}**")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_label("The address of the link")).to_have_value(re.compile(r"/s/\w+"))


def test_what_is_done_to_a_photo_is_done_without_scripts(
    alice: User, site: Site, images: list[Image]
) -> None:
    page = site.open(java_script_enabled=False)
    site.sign_in(page, alice)
    page.locator(".grid > li > a").nth(1).click()
    expect(page.locator(".frame img")).not_to_have_js_property("naturalWidth", 0)
    expect(page.get_by_role("button", name="Open the viewer")).to_have_count(0)
    page.get_by_text("Edit", exact=True).click()
    page.get_by_label("Offset from UTC").fill("nowhere")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Offset from UTC")).to_have_attribute("aria-invalid", "true")
    site.complaints[:] = [text for text in site.complaints if "422" not in text]
    page.get_by_label("Offset from UTC").fill("+01:00")
    page.get_by_label("Title").fill("Ridge")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Ridge")).to_be_visible()
    page.get_by_role("button", name="Turn right").click()
    expect(page.get_by_text("will be turned in a moment")).to_be_visible()
    work()
    page.reload()
    assert page.evaluate("(i => i.width / i.height)(document.querySelector('.frame img'))") < 1
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("button", name="Back to the timeline")).to_be_visible()


def test_the_next_photo_is_looked_at_after_another_was_closed(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator(VIEWER)).to_have_count(0)
    look(page, 2)
    expect(page.locator(SAID)).to_contain_text("Photo 3 of 3")
