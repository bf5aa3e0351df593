"""What people do: sign in, bring photos in, look at them, go back; with the keyboard, and without JavaScript."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gallery.models import Image, User
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.uploading import give, process
from tests.make import make_album, make_image, photo_bytes, upload_photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_three_photos_are_dropped_seen_opened_and_left(alice: User, site: Site) -> None:
    page = site.open()
    site.sign_in(page, alice)
    give(page, {f"IMG_{number}.jpg": photo_bytes(1200, 800) for number in range(3)})
    expect(page.locator(".files li")).to_have_count(3)
    process(page, 3)
    expect(page.locator('.files [data-state="ready"]')).to_have_count(3, timeout=15_000)
    page.get_by_role("link", name="Show them").click()
    tiles = page.locator(".grid img")
    expect(tiles).to_have_count(3)
    for place in range(3):
        expect(tiles.nth(place)).not_to_have_js_property("naturalWidth", 0)
    tiles.nth(1).click()
    picture = page.locator(".pswp__item[aria-hidden=false] img.pswp__img:not(.pswp__img--placeholder)")
    expect(picture).to_be_visible()
    expect(picture).not_to_have_js_property("naturalWidth", 0)
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".pswp")).to_have_count(0)
    expect(tiles).to_have_count(3)


def test_a_photo_is_uploaded_by_plain_forms(alice: User, site: Site, tmp_path: Path) -> None:
    page = site.open(java_script_enabled=False)
    site.sign_in(page, alice)
    page.get_by_role("link", name="Add photos").click()
    page.get_by_role("button", name="Upload a photo").click()
    file = tmp_path / "IMG_1.jpg"
    file.write_bytes(photo_bytes(900, 600))
    page.get_by_label("Choose one photo").set_input_files(file)
    page.get_by_role("button", name="Upload", exact=True).click()
    page.get_by_role("button", name="Add it to my library").click()
    expect(page.get_by_text("being prepared")).to_be_visible()
    process(page, 1)
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("link", name="Open it").click()
    expect(page.get_by_text("X-T5")).to_be_visible()


def test_everything_is_seen_without_javascript(alice: User, site: Site) -> None:
    for _ in range(3):
        upload_photo(alice, photo_bytes(900, 600))
    page = site.open(java_script_enabled=False)
    site.sign_in(page, alice)
    page.locator(".grid a").first.click()
    page.get_by_role("link", name="Next photo").click()
    page.get_by_role("button", name="Favourite").click()
    expect(page.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Move to bin").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Back in your library")).to_be_visible()


def test_the_bin_is_used_without_javascript(alice: User, site: Site) -> None:
    images = [make_image(alice) for _ in range(4)]
    page = site.open(java_script_enabled=False)
    site.sign_in(page, alice)
    page.goto(f"{site.url}/bin/")
    page.get_by_role("link", name="Delete all photos").click()
    page.get_by_label("To confirm").fill("delete all photos")
    page.get_by_role("button", name="Move all to the bin").click()
    expect(page.get_by_text("4 photos are in the bin now")).to_be_visible()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("checkbox").nth(2).check()
    page.get_by_role("button", name="Restore chosen").click()
    expect(page.get_by_text("2 photos are back in your library")).to_be_visible()
    page.get_by_role("link", name="Empty the bin").click()
    page.get_by_role("button", name="Delete 2 photos for good").click()
    expect(page.get_by_role("heading", name="The bin is empty")).to_be_visible()
    assert type(images[0]).objects.count() == 2


def test_arrow_keys_turn_the_page_and_the_browsers_back_returns_to_the_place(alice: User, site: Site) -> None:
    images = [make_image(alice) for _ in range(40)]
    page = site.open()
    site.sign_in(page, alice)
    page.goto(f"{site.url}{images[30].get_absolute_url()}")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{images[31].get_absolute_url()}")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**{images[30].get_absolute_url()}")
    page.get_by_text("Edit", exact=True).click()
    page.get_by_label("Title").press("ArrowRight")
    assert page.url.endswith(images[30].get_absolute_url())


def test_the_heart_is_set_without_leaving_the_page(alice: User, site: Site) -> None:
    image = make_image(alice)
    page = site.open()
    site.sign_in(page, alice)
    page.goto(f"{site.url}{image.get_absolute_url()}")
    with page.expect_response("**/favourite/"):
        page.get_by_role("button", name="Favourite").click()
    expect(page.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    image.refresh_from_db()
    assert image.is_favorite


def test_the_theme_changes_at_once_and_stays(alice: User, site: Site) -> None:
    page = site.open(color_scheme="light")
    site.sign_in(page, alice)
    page.get_by_role("button", name="Menu and account").click()
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 18, 20)"


def test_the_first_tab_leads_past_the_navigation(alice: User, site: Site) -> None:
    page = site.open()
    site.sign_in(page, alice)
    page.goto(f"{site.url}/albums/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("width", [320, 390, 768, 1440, 2560])
def test_rows_are_even_and_nothing_is_wider_than_the_screen(alice: User, site: Site, width: int) -> None:
    for number in range(30):
        make_image(alice, width=(6000, 4000, 3000, 12000)[number % 4], height=4000)
    page = site.open(viewport={"width": width, "height": 900})
    site.sign_in(page, alice)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.evaluate(
        "[...document.querySelectorAll('.grid > li')].map((tile) => tile.getBoundingClientRect())"
        ".map(({ top, height }) => [Math.round(top), height])"
    )
    rows: dict[int, list[float]] = {}
    for top, height in boxes:
        rows.setdefault(top, []).append(height)
    assert all(max(heights) - min(heights) < 1 for heights in rows.values())


@pytest.mark.parametrize("months", [1, 2])
@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_server_foresees_how_high_a_day_is(
    alice: User, site: Site, screen: dict[str, object], months: int
) -> None:
    for number in range(37):
        make_image(alice, width=(6000, 2667, 4000, 12000)[number % 4], height=4000)
    if months == 2:
        earlier = make_image(alice)
        earlier.set_taken(earlier.taken_at - timedelta(days=31), 0, Image.TakenSource.EXIF)
        earlier.save()
    page = site.open(**screen)
    site.sign_in(page, alice)
    seen, foreseen = page.evaluate(
        "(day => [day.getBoundingClientRect().height,"
        " parseFloat(getComputedStyle(day).containIntrinsicBlockSize.replace('auto', ''))])"
        "(document.querySelector('.day'))"
    )
    assert foreseen == pytest.approx(seen, abs=6)


def test_a_phone_has_its_navigation_at_the_thumb(alice: User, site: Site) -> None:
    make_album(alice, make_image(alice))
    page = site.open(**PHONE)
    site.sign_in(page, alice)
    box = page.get_by_role("navigation", name="Main").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == pytest.approx(844, abs=1)
    page.get_by_role("link", name="Albums").tap()
    expect(page.get_by_role("heading", name="Summer")).to_be_visible()
