"""The timeline in a browser: rows, selecting by pointer, keys and touch, the bin with its way back, months, and no script."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from gallery.models import Image, User
from tests.browser.conftest import PHONE, Site
from tests.browser.test_accessibility import objections
from tests.make import make_image

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHAPES = [(6000, 4000), (4000, 6000), (4032, 3024), (9000, 3000), (1000, 2500)]
NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
LEFT_ALONE = "Failed to load resource"


def fill(owner: User, count: int, *, days: int = 5, start: datetime = NOON) -> None:
    """Make photos of several shapes, spread over days."""
    rows = []
    for number in range(count):
        width, height = SHAPES[number % len(SHAPES)]
        taken = start - timedelta(days=number * days // count, minutes=number % 600)
        rows.append(
            make_image(owner, save=False, width=width, height=height, taken_at=taken, taken_offset_minutes=0)
        )
    Image.objects.bulk_create(rows, batch_size=500)


@pytest.fixture
def page(alice: User, site: Site) -> Iterator[Page]:
    """Return a signed-in page; that rows without pictures find none is no complaint."""
    page = site.open()
    site.sign_in(page, alice)
    yield page
    site.complaints[:] = [text for text in site.complaints if LEFT_ALONE not in text]


def ready(page: Page, url: str) -> Page:
    """Open the page and wait until its boxes are there."""
    page.goto(url)
    page.locator(".grid > li .choose").first.wait_for(state="attached")
    return page


def tile(page: Page, place: int) -> Locator:
    return page.locator(".grid > li:not([hidden])").nth(place)


def chosen(page: Page) -> list[int]:
    """Return the places of the tiles that are selected."""
    found: list[int] = page.evaluate(
        "[...document.querySelectorAll('.grid > li:not([hidden])')].flatMap((li, at) => li.querySelector(':checked') ? [at] : [])"
    )
    return found


@pytest.mark.parametrize("width", [320, 390, 768, 1440, 2560])
def test_rows_are_even_nothing_is_wider_than_the_window_and_shapes_are_kept(
    alice: User, site: Site, page: Page, width: int
) -> None:
    fill(alice, 60)
    page.set_viewport_size({"width": width, "height": 900})
    ready(page, f"{site.url}/")
    page.evaluate(
        "for (const day of document.querySelectorAll('.day')) day.style.contentVisibility = 'visible'"
    )
    boxes = page.evaluate(
        """[...document.querySelectorAll('.grid')].map((grid) => [...grid.children].map((li) => {
          const { top, width, height } = li.getBoundingClientRect();
          return [Math.round(top), width, height, Number(li.style.getPropertyValue('--r'))];
        }))"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for grid in boxes:
        rows: dict[int, list[float]] = {}
        for top, _width, height, _ratio in grid:
            rows.setdefault(top, []).append(height)
        assert all(max(heights) - min(heights) < 1 for heights in rows.values())
        assert all(abs(wide / high / ratio - 1) < 0.02 for _top, wide, high, ratio in grid)


def test_the_first_picture_comes_first_and_those_far_down_when_they_come_near(
    alice: User, site: Site, page: Page
) -> None:
    fill(alice, 30)
    ready(page, f"{site.url}/")
    images = page.locator(".grid img")
    assert images.first.get_attribute("fetchpriority") == "high"
    assert images.first.get_attribute("loading") is None
    lazy = images.evaluate_all("(all) => all.map((image) => image.loading === 'lazy')")
    assert lazy == [False] * 8 + [True] * 22
    assert images.evaluate_all("(all) => all.every((image) => image.width && image.height)")


def test_shift_click_takes_the_photos_between_and_escape_lets_go(alice: User, site: Site, page: Page) -> None:
    fill(alice, 20, days=1)
    ready(page, f"{site.url}/")
    tile(page, 2).hover()
    tile(page, 2).locator(".choose").click()
    tile(page, 8).locator("a").click(modifiers=["Shift"])
    expect(page.locator(".selection [role=status]")).to_have_text("7 selected")
    assert chosen(page) == [2, 3, 4, 5, 6, 7, 8]
    assert page.url == f"{site.url}/"
    page.keyboard.press("Escape")
    expect(page.locator(".selection")).to_have_count(0)
    assert chosen(page) == []


def test_keys_go_by_what_is_seen_and_select(alice: User, site: Site, page: Page) -> None:
    fill(alice, 30, days=2)
    ready(page, f"{site.url}/")
    tile(page, 1).locator("a").focus()
    before = tile(page, 1).bounding_box()
    page.keyboard.press("ArrowDown")
    after = page.evaluate_handle("document.activeElement.closest('li')").as_element()
    assert before
    assert after
    box = after.bounding_box()
    assert box
    assert box["y"] > before["y"] + 20
    assert abs(box["x"] - before["x"]) < before["width"] + box["width"]
    page.keyboard.press("Home")
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".selection [role=status]")).to_have_text("3 selected")
    page.keyboard.press("Control+a")
    expect(page.locator(".selection [role=status]")).to_have_text("15 selected")
    page.keyboard.press("Control+a")
    expect(page.locator(".selection [role=status]")).to_have_text("30 selected")
    page.keyboard.press("Escape")
    page.locator(".grid a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/p/**")


def test_letters_do_nothing_where_they_are_turned_off(alice: User, site: Site, page: Page) -> None:
    fill(alice, 3)
    page.context.add_cookies([{"name": "keys", "value": "off", "url": site.url}])
    ready(page, f"{site.url}/")
    page.locator(".grid a").first.focus()
    for key in ("x", "f", "?", "g", "a"):
        page.keyboard.press(key)
    page.keyboard.press("Space")
    expect(page.locator(".selection [role=status]")).to_have_text("1 selected")
    assert page.locator("dialog").count() == 0
    assert page.url == f"{site.url}/"
    assert not Image.objects.filter(is_favorite=True).exists()


def test_a_day_is_selected_by_its_box(alice: User, site: Site, page: Page) -> None:
    fill(alice, 20, days=2)
    ready(page, f"{site.url}/")
    page.locator(".day > h2").first.hover()
    page.locator(".day > h2 .choose").first.click()
    expect(page.locator(".selection [role=status]")).to_have_text("10 selected")
    assert chosen(page) == list(range(10))


def test_the_bin_is_taken_back_by_undo_and_otherwise_it_stands(alice: User, site: Site, page: Page) -> None:
    fill(alice, 6, days=1)
    ready(page, f"{site.url}/")
    for undo in (True, False):
        page.locator(".grid a").first.focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Bin", exact=True).click()
        expect(page.locator(".toast")).to_contain_text("1 photo moved to the bin.")
        expect(page.locator(".grid > li:not([hidden])")).to_have_count(5)
        assert Image.objects.exclude(binned_at=None).count() == 1
        if undo:
            page.get_by_role("button", name="Undo").click()
            expect(page.locator(".grid > li:not([hidden])")).to_have_count(6)
            assert not Image.objects.exclude(binned_at=None).exists()
    page.goto(f"{site.url}/bin/")
    expect(page.locator(".grid > li")).to_have_count(1)


def test_selected_photos_are_tagged_and_put_into_a_new_album_in_place(
    alice: User, site: Site, page: Page
) -> None:
    fill(alice, 5, days=1)
    ready(page, f"{site.url}/")
    for name, label, text in (("Tag", "Tags", "ridge"), ("Add to album", "Title of a new album", "Autumn")):
        page.locator(".grid a").first.focus()
        page.keyboard.press("Space")
        page.keyboard.press("Shift+ArrowRight")
        page.get_by_role("button", name=name, exact=True).click()
        field = page.get_by_role("textbox", name=label)
        field.fill("")
        page.get_by_role("dialog").get_by_role("button", name="Add").click()
        expect(page.get_by_role("dialog").locator(".errorlist, :invalid").first).to_be_visible()
        field.fill(text)
        page.get_by_role("dialog").get_by_role("button", name="Add").click()
        expect(page.locator(".toast")).to_contain_text("2 photos")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert alice.albums.get(title="Autumn").images.count() == 2
    assert Image.objects.filter(tags__name="ridge").count() == 2
    site.complaints[:] = [text for text in site.complaints if "422" not in text]


def test_a_long_press_selects_and_the_finger_that_moves_on_takes_what_lies_between(
    alice: User, site: Site
) -> None:
    fill(alice, 12, days=1)
    page = site.open(**PHONE)
    site.sign_in(page, alice)
    ready(page, f"{site.url}/")
    session = page.context.new_cdp_session(page)

    def touch(kind: str, place: int | None = None) -> None:
        points = []
        if place is not None:
            box = tile(page, place).bounding_box()
            assert box
            points = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 1)
    expect(page.locator(".selection [role=status]")).to_have_text("1 selected")
    touch("touchMove", 4)
    expect(page.locator(".selection [role=status]")).to_have_text("4 selected")
    touch("touchEnd")
    assert page.url == f"{site.url}/"
    tile(page, 6).tap()
    expect(page.locator(".selection [role=status]")).to_have_text("5 selected")
    site.complaints[:] = [text for text in site.complaints if LEFT_ALONE not in text]


def test_a_month_of_the_scrubber_takes_the_place_of_the_list_and_back_returns(
    alice: User, site: Site, page: Page
) -> None:
    for month in range(1, 13):
        fill(alice, 12, days=2, start=datetime(2024, month, 15, 12, tzinfo=UTC))
    ready(page, f"{site.url}/")
    page.locator(".scrubber > ol > li").hover()
    page.locator(".scrubber").get_by_role("link", name="March").click()
    page.wait_for_url(f"{site.url}/photos/2024/03/")
    expect(page.locator("h1")).to_have_text("March 2024")
    expect(page.locator(".day time").first).to_have_text("Friday 15 March 2024")
    assert page.title() == "March 2024 · PhotoSky"
    page.mouse.move(400, 500)
    page.mouse.wheel(0, -200)
    expect(page.locator("time[datetime^='2024-04']").first).to_be_attached()
    in_view = page.locator("time[datetime^='2024-03-15']").bounding_box()
    assert in_view
    assert 0 <= in_view["y"] <= 400
    page.go_back()
    expect(page.locator(".day time").first).to_have_text("Sunday 15 December 2024")


def test_a_long_walk_never_holds_more_than_two_thousand_tiles_and_the_way_back_is_whole(
    alice: User, site: Site, page: Page
) -> None:
    fill(alice, 4000, days=160)
    page.context.add_cookies([{"name": "density", "value": "s", "url": site.url}])
    page.set_viewport_size({"width": 2560, "height": 1440})
    ready(page, f"{site.url}/")
    most = 0
    for _ in range(400):
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.wait_for_timeout(40)
        most = max(most, page.locator(".grid > li").count())
        if not page.locator(".pager [rel=next]").count():
            break
    assert not page.locator(".pager [rel=next]").count()
    assert 300 < most <= 2000
    assert page.locator(".day.spare").count() > 0
    height = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".day").first.locator("li").first).to_be_visible(timeout=15_000)
    assert abs(page.evaluate("document.documentElement.scrollHeight") - height) < height * 0.02


def test_without_a_script_photos_are_seen_turned_and_selected(alice: User, site: Site) -> None:
    fill(alice, 120, days=3)
    page = site.open(java_script_enabled=False)
    site.sign_in(page, alice)
    links = page.locator('.grid a[href^="/p/"]')
    assert links.count() == 100
    assert all(
        text.strip() for text in links.locator("img").evaluate_all("(all) => all.map((one) => one.alt)")
    )
    page.get_by_role("link", name="Older photos").click()
    expect(links).to_have_count(20)
    page.get_by_role("link", name="Months").click()
    page.get_by_role("link", name="September").click()
    page.get_by_role("link", name="Select").click()
    page.locator("input[name=photo]").nth(0).check()
    page.locator("input[name=photo]").nth(1).check()
    page.get_by_role("button", name="Bin", exact=True).click()
    page.get_by_role("button", name="Move to the bin").click()
    expect(page.locator(".toast")).to_contain_text("2 photos moved to the bin.")
    assert Image.objects.exclude(binned_at=None).count() == 2
    page.locator("[data-menu]").last.click()
    assert page.get_by_role("link", name="Favourites").is_visible()
    site.complaints[:] = [text for text in site.complaints if LEFT_ALONE not in text]


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_on_the_pages_of_days(alice: User, site: Site, screen: dict[str, object]) -> None:
    fill(alice, 12, days=2)
    fill(alice, 3, days=1, start=datetime(2025, 9, 1, tzinfo=UTC))
    make_image(alice, kind=Image.Kind.VIDEO, duration_s=12, is_favorite=True)
    page = site.open(**screen)
    site.sign_in(page, alice)
    found = []
    for url in (
        "/photos/months/", "/photos/2026/09/", "/favourites/", "/archive/", "/on-this-day/", "/menu/", "/menu/keys/",
        "/?select=1",
    ):  # fmt: skip
        page.goto(f"{site.url}{url}")
        page.wait_for_load_state("networkidle")
        found += objections(page)
    ready(page, f"{site.url}/")
    page.locator(".grid a").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".selection [role=status]")).to_have_text("1 selected")
    found += objections(page)
    page.get_by_role("button", name="Date", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += objections(page)
    assert not found
    site.complaints[:] = [text for text in site.complaints if LEFT_ALONE not in text]


def test_a_range_goes_across_days_whose_tiles_were_put_away(alice: User, site: Site, page: Page) -> None:
    fill(alice, 1200, days=60)
    page.context.add_cookies([{"name": "density", "value": "l", "url": site.url}])
    ready(page, f"{site.url}/")
    page.locator(".grid a").first.focus()
    page.keyboard.press("Space")
    for _ in range(200):
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.wait_for_timeout(40)
        if not page.locator(".pager [rel=next]").count():
            break
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator(".day").last.locator("li").last).to_be_visible()
    assert page.locator(".day.spare").count()
    page.locator(".grid > li > a").last.click(modifiers=["Shift"])
    number = page.locator(".selection [role=status]")
    expect(number).to_have_text("1,200 selected")
    page.get_by_role("button", name="Bin", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("moved to the bin")
    assert not Image.objects.filter(binned_at=None).exists()
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)
    expect(page.locator(".grid > li:not([hidden])")).to_have_count(0)
