"""The viewer under fingers: swiping, pinching, tapping twice; and without motion where none is wanted."""

import pytest
from playwright.sync_api import Page, expect

from gallery.models import User
from tests.browser.conftest import PHONE, Site
from tests.browser.viewing import SAID, VIEWER, drag, library, tap_twice, tile, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MIDDLE = (195, 450)
# How large the photo in the middle is shown, against how it was laid out.
WIDTH = "document.querySelector('.pswp__item[aria-hidden=false] .pswp__img:last-of-type').getBoundingClientRect().width"
STILL = f"""async () => {{
  const width = () => {WIDTH};
  const before = width();
  await new Promise((resolve) => setTimeout(resolve, 100));
  return width() === before;
}}"""
LONGEST = """() => {
  const seconds = (text) => Math.max(...text.split(',').map((one) => parseFloat(one) * (one.trim().endsWith('ms') ? 1 : 1000)));
  return Math.max(...[...document.querySelectorAll('.pswp, .pswp *')].map((one) => {
    const style = getComputedStyle(one);
    return Math.max(seconds(style.transitionDuration), style.animationName === 'none' ? 0 : seconds(style.animationDuration));
  }), ...document.getAnimations().map((one) => one.effect.getComputedTiming().duration));
}"""


@pytest.fixture
def phone(alice: User, site: Site) -> Page:
    """Return a phone that shows the second of three photos in the viewer."""
    library(alice, 3)
    page = site.open(**PHONE)
    site.sign_in(page, alice)
    tile(page, 1).tap()
    expect(page.locator(VIEWER)).to_be_focused()
    expect(page.locator(SAID)).to_contain_text("Photo 2 of 3")
    expect(page.locator(".pswp__item[aria-hidden=false] .pswp__img:last-of-type")).not_to_have_js_property(
        "naturalWidth", 0
    )
    return page


def test_swiping_left_and_right_leads_to_the_neighbours(phone: Page) -> None:
    drag(phone, ((330, 450), (60, 450)))
    expect(phone.locator(SAID)).to_contain_text("Photo 3 of 3")
    drag(phone, ((60, 450), (330, 450)))
    expect(phone.locator(SAID)).to_contain_text("Photo 2 of 3")
    drag(phone, ((60, 450), (330, 450)))
    expect(phone.locator(SAID)).to_contain_text("Photo 1 of 3")


def test_swiping_down_closes(phone: Page) -> None:
    drag(phone, ((195, 400), (195, 750)))
    expect(phone.locator(VIEWER)).to_have_count(0)
    expect(tile(phone, 1)).to_be_focused()


def test_two_fingers_make_the_photo_larger(phone: Page) -> None:
    before = phone.evaluate(WIDTH)
    drag(phone, ((175, 450), (75, 450)), ((215, 450), (315, 450)))
    wait_for(phone, lambda: phone.evaluate(WIDTH) > 1.5 * before)


def test_two_taps_zoom_and_two_more_zoom_back(phone: Page) -> None:
    before = phone.evaluate(WIDTH)
    tap_twice(phone, MIDDLE)
    wait_for(phone, lambda: phone.evaluate(WIDTH) > 1.5 * before)
    # Until it has come to rest, a tap stops the motion.
    wait_for(phone, lambda: phone.evaluate(STILL))
    tap_twice(phone, MIDDLE)
    wait_for(phone, lambda: phone.evaluate(WIDTH) == pytest.approx(before, abs=1))


def test_who_wants_no_motion_sees_none(alice: User, site: Site) -> None:
    library(alice, 3)
    page = site.open(**PHONE, reduced_motion="reduce")
    site.sign_in(page, alice)
    tile(page, 0).tap()
    expect(page.locator(SAID)).to_contain_text("Photo 1 of 3")
    assert page.evaluate(LONGEST) <= 10
    page.keyboard.press("ArrowRight")
    assert page.evaluate(LONGEST) <= 10
    expect(page.locator(SAID)).to_contain_text("Photo 2 of 3")
