"""Pages as people need them: dark from the first frame, large, in high contrast, by keys alone, in longer words, from right to left."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from gallery import tags
from gallery.models import Image, ShareLink, User
from gallery.search import index
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.make import PASSWORD, make_album, make_image

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
LONG = "The long way over the ridge with everybody who came along"
# WCAG 1.4.12: what a reader may set and nothing may be lost by.
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }'
    + ' p { margin-block-end: 2em !important; }');
  document.adoptedStyleSheets.push(sheet);
}"""
# Words and controls that a reader cannot bring into view: beyond an edge, and in nothing that scrolls.
BEYOND = """() => [...document.querySelectorAll('h1, h2, p, a, button, label, input:not([type=hidden]), summary, td, th, dt, dd')]
  .filter((one) => one.checkVisibility({ contentVisibilityAuto: true }) && !one.closest('.skip, .hidden, .choose'))
  .filter((one) => {
    const { left, right, width } = one.getBoundingClientRect();
    let around = one.parentElement;
    while (around && !['auto', 'scroll'].includes(getComputedStyle(around).overflowX)) around = around.parentElement;
    return width && !around && (left < -1 || right > innerWidth + 1);
  })
  .map((one) => one.outerHTML.slice(0, 120))"""
# Controls of the bar that lie on one another, and those whose words are wider than they are.
COLLISIONS = """(bar) => {
  const shown = [...bar.querySelectorAll('a, button, input, [role=status]')].filter((one) => one.checkVisibility());
  const seen = (one) => {
    const box = one.getBoundingClientRect();
    const frame = one.closest('.actions')?.getBoundingClientRect();
    return frame ? { top: box.top, bottom: box.bottom, left: Math.max(box.left, frame.left), right: Math.min(box.right, frame.right) } : box;
  };
  const found = [];
  for (const [place, one] of shown.entries()) {
    if (one.tagName !== 'INPUT' && one.scrollWidth > one.clientWidth + 1) found.push(`cut: ${one.textContent.trim()}`);
    for (const other of shown.slice(place + 1)) {
      const [a, b] = [seen(one), seen(other)];
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 1) found.push(`${one.textContent.trim()} on ${other.textContent.trim()}`);
    }
  }
  return found;
}"""
# Two fifths more of every word, as German needs.
LONGER = """(bar) => {
  const words = document.createTreeWalker(bar, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode.data.trim();
    if (text) words.currentNode.data = text + 'ñ'.repeat(Math.ceil(text.length * .4));
  }
}"""


@pytest.fixture
def library(alice: User) -> list[Image]:
    images = [
        make_image(alice, taken_at=NOON - timedelta(hours=7 * number), taken_offset_minutes=0, title=f"Ridge {number}")
        for number in range(12)
    ]  # fmt: skip
    tags.add(alice, [images[0].pk], ["snow"])
    index.refresh([image.pk for image in images])
    return images


@pytest.fixture(autouse=True)
def _without_pictures(site: Site) -> Iterator[None]:
    yield
    site.complaints[:] = [text for text in site.complaints if "Failed to load resource" not in text]


def entered(site: Site, user: User, **options: object) -> Page:
    page = site.open(**options)
    site.sign_in(page, user)
    page.locator(".grid > li .choose").first.wait_for(state="attached")
    return page


def select_first(page: Page) -> None:
    page.locator(".grid a").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".selection [role=status]")).to_have_text("1 selected")


def tab_to(page: Page, goal: Locator, *, within: int = 80) -> None:
    """Press Tab until the goal has the focus."""
    goal.wait_for(state="attached")
    for _ in range(within):
        page.keyboard.press("Tab")
        if goal.evaluate("(one) => one === document.activeElement"):
            return
    pytest.fail(f"{within} tabs do not reach {goal}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chosen_theme_is_in_the_page_as_it_is_served_and_auto_follows_the_system(
    alice: User, site: Site, library: list[Image], scheme: str
) -> None:
    page = entered(site, alice, color_scheme=scheme)
    background = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(251, 251, 250)", "rgb(16, 18, 20)"
    assert page.evaluate(background) == {"light": light, "dark": dark}[scheme]
    page.context.add_cookies([{"name": "theme", "value": "dark", "url": site.url}])
    answer = page.goto(f"{site.url}/", wait_until="commit")
    assert answer
    assert 'data-theme="dark"' in answer.text()
    # Before any script has run there is nothing light to be seen.
    page.wait_for_selector("body")
    assert page.evaluate(background) == dark


@pytest.mark.parametrize(("width", "height"), [(640, 512), (320, 256)], ids=["200%", "400%"])
def test_enlarged_pages_lose_nothing_and_scroll_one_way_only(
    alice: User, site: Site, library: list[Image], width: int, height: int
) -> None:
    album = make_album(alice, *library, title=LONG)
    page = entered(site, alice, viewport={"width": width, "height": height})
    lost = []
    for url in (
        "/", "/?select=1", "/photos/months/", "/favourites/", "/albums/", album.get_absolute_url(),
        f"{album.get_absolute_url()}edit/", f"{album.get_absolute_url()}members/", "/tags/", "/search/?q=ridge",
        "/menu/", "/menu/keys/", "/bin/", "/upload/",
    ):  # fmt: skip
        page.goto(f"{site.url}{url}")
        for spaced in (False, True):
            if spaced:
                page.evaluate(SPACED)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                lost.append(f"{url} scrolls sideways, spaced: {spaced}")
            lost += [f"{url}: {what}" for what in page.evaluate(BEYOND)]
    assert not lost


def test_selected_and_focused_photos_are_seen_in_forced_colours(
    alice: User, site: Site, library: list[Image]
) -> None:
    page = entered(site, alice, forced_colors="active")
    select_first(page)
    page.keyboard.press("ArrowRight")
    chosen, focused, plain = (page.locator(".grid > li").nth(place) for place in (0, 1, 2))
    frame = "(one) => { const { outlineStyle, outlineWidth } = getComputedStyle(one); return [outlineStyle, outlineWidth]; }"
    ring = (
        "(one) => { const { outlineStyle, outlineWidth } = getComputedStyle(one.querySelector('a'), '::after');"
        " return [outlineStyle, outlineWidth]; }"
    )
    assert chosen.evaluate(frame) == ["solid", "4px"]
    assert plain.evaluate(frame)[0] == "none"
    assert focused.evaluate(ring) == ["solid", "3px"]
    # Not only in the sheet: the pixels differ.
    assert chosen.screenshot() != plain.screenshot() != focused.screenshot()
    expect(chosen.locator("input")).to_be_visible()


def test_by_keys_alone_from_signing_in_to_a_link_in_the_clipboard(
    alice: User, site: Site, library: list[Image]
) -> None:
    page = site.open()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{site.url}/accounts/login/")
    tab_to(page, page.get_by_label("User name or e-mail"))
    page.keyboard.type(alice.username)
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/")
    page.locator(".grid > li .choose").first.wait_for(state="attached")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    page.keyboard.type('"Ridge 7"')
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/search/?q=**")
    found = page.locator(".grid > li > a")
    expect(found).to_have_count(1)
    tab_to(page, found)
    page.keyboard.press("Enter")
    heart = page.locator(".pswp").get_by_role("button", name="Favourite")
    expect(heart).to_be_visible()
    page.keyboard.press("f")
    expect(heart).to_have_attribute("aria-pressed", "true")
    tab_to(page, page.locator(".pswp").get_by_role("link", name="Share"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/share/**")
    tab_to(page, page.get_by_role("button", name="Make the link"))
    page.keyboard.press("Enter")
    copy = page.get_by_role("button", name="Copy")
    tab_to(page, copy)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Copied.")).to_be_attached()
    assert (
        page.evaluate("navigator.clipboard.readText()")
        == page.get_by_label("The address of the link").input_value()
    )
    assert ShareLink.objects.get().image_id == library[7].pk or ShareLink.objects.get().picks.count() == 1
    assert Image.objects.get(is_favorite=True) == library[7]


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize(
    "screen",
    [DESKTOP, PHONE, {"viewport": {"width": 1024, "height": 700}}],
    ids=["desktop", "phone", "tablet"],
)
def test_longer_words_and_right_to_left_leave_header_and_selection_bar_in_order(
    alice: User,
    site: Site,
    settings: Settings,
    library: list[Image],
    screen: dict[str, object],
    direction: str,
) -> None:
    if direction == "rtl":
        settings.LANGUAGES = [("he", "Hebrew")]
        settings.LANGUAGE_CODE = "he"
    page = site.open(**screen)
    page.goto(f"{site.url}/accounts/login/")
    page.locator("[name=login]").fill(alice.username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"{site.url}/")
    page.locator(".grid > li .choose").first.wait_for(state="attached")
    assert page.evaluate("document.documentElement.dir") == direction
    width = page.viewport_size["width"] if page.viewport_size else 0
    header = page.locator("header.bar")
    header.evaluate(LONGER)
    assert not header.evaluate(COLLISIONS)
    select_first(page)
    bar = page.locator(".selection")
    bar.evaluate(LONGER)
    assert not bar.evaluate(COLLISIONS)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    first, second = (page.locator(".grid > li").nth(place).bounding_box() for place in (0, 1))
    assert first
    assert second
    if first["y"] == second["y"]:
        assert (first["x"] > second["x"]) is (direction == "rtl")
