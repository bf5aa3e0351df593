"""The viewer over a grid: addresses, keys, focus, history, what is fetched ahead, and what axe says of it."""

import re

import pytest
from playwright.sync_api import Request, expect

from gallery.models import User
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.test_accessibility import objections
from tests.browser.viewing import SAID, VIEWER, library, shown, tile, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_tile_opens_the_viewer_at_the_photos_own_address(alice: User, site: Site) -> None:
    images = library(alice)
    page = site.open()
    shown(page, site, alice)
    page.wait_for_url(f"**{images[3].get_absolute_url()}")
    expect(page.get_by_role("dialog", name="Photo viewer")).to_have_attribute("aria-modal", "true")
    expect(page.locator(SAID)).to_contain_text("Photo 4 of 6")
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('.pswp')"
        )
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{images[4].get_absolute_url()}")
    expect(page.locator(SAID)).to_contain_text("Photo 5 of 6")
    page.reload()
    expect(page.locator(".frame img")).to_be_visible()
    expect(page.locator(VIEWER)).to_have_count(0)


@pytest.mark.parametrize("way", ["back", "Escape", "close"])
def test_the_viewer_closes_to_where_it_was_opened_and_the_last_photo_has_the_focus(
    alice: User, site: Site, way: str
) -> None:
    library(alice)
    page = site.open()
    shown(page, site, alice)
    page.keyboard.press("ArrowRight")
    expect(page.locator(SAID)).to_contain_text("Photo 5")
    if way == "back":
        page.go_back()
    elif way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Close").click()
    expect(page.locator(VIEWER)).to_have_count(0)
    page.wait_for_url(f"{site.url}/")
    expect(page.locator(".grid > li > a").nth(4)).to_be_focused()
    expect(page.locator(".grid > li > a").nth(4)).to_be_in_viewport()


def test_forward_and_back_after_closing_lead_where_they_say(alice: User, site: Site) -> None:
    images = library(alice, 2)
    page = site.open()
    shown(page, site, alice, 0)
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{images[1].get_absolute_url()}")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{site.url}/")
    page.go_forward()
    expect(page.locator(".frame img")).to_be_visible()
    assert page.url.endswith(images[1].get_absolute_url())
    page.go_back()
    expect(page.locator(".grid > li")).to_have_count(2)
    expect(page.locator(VIEWER)).to_have_count(0)


def test_a_page_reloaded_in_the_viewer_goes_back_to_the_grid(alice: User, site: Site) -> None:
    library(alice, 2)
    page = site.open()
    shown(page, site, alice, 0)
    page.reload()
    expect(page.locator(".frame img")).to_be_visible()
    page.go_back()
    expect(page.locator(".grid > li")).to_have_count(2)


def test_keys_pressed_while_the_viewer_opens_are_not_lost(alice: User, site: Site) -> None:
    library(alice, 3)
    page = site.open()
    site.sign_in(page, alice)
    tile(page, 0).focus()
    for key in ("Enter", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(SAID)).to_contain_text("Photo 3 of 3")


def test_a_click_with_control_held_down_opens_another_tab(alice: User, site: Site) -> None:
    images = library(alice, 2)
    page = site.open()
    site.sign_in(page, alice)
    with page.context.expect_page() as other:
        page.locator(".grid > li > a").first.click(modifiers=["Control"])
    expect(other.value.locator(".frame img")).to_be_visible()
    assert other.value.url.endswith(images[0].get_absolute_url())
    expect(page.locator(VIEWER)).to_have_count(0)


def test_neighbours_are_fetched_ahead_and_never_twice(alice: User, site: Site) -> None:
    places = {image.rendition_token: place for place, image in enumerate(library(alice, 7))}
    page = site.open()
    site.sign_in(page, alice)
    asked: list[int] = []

    def note(request: Request) -> None:
        if found := re.search(r"renditions/(\w+)/\w+/l\d+\.webp", request.url):
            asked.append(places[found.group(1)])

    page.on("requestfinished", note)
    page.locator(".grid > li > a").nth(2).click()
    wait_for(page, lambda: len(asked) == 4)
    assert sorted(asked) == [1, 2, 3, 4]
    page.keyboard.press("ArrowRight")
    wait_for(page, lambda: len(asked) == 5)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(SAID)).to_contain_text("Photo 3")
    page.wait_for_timeout(300)
    assert sorted(asked) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_in_the_viewer_and_its_panel(
    alice: User, site: Site, screen: dict[str, object]
) -> None:
    library(alice, 3)
    page = site.open(**screen)
    shown(page, site, alice, 1)
    expect(page.locator(SAID)).to_contain_text("Photo 2")
    found = objections(page)
    page.get_by_role("button", name="Information").click()
    page.locator(".viewer-info summary").first.click()
    expect(page.get_by_label("Description")).to_be_visible()
    assert not found + objections(page)
