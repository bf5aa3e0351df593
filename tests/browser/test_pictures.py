"""The pictures of the grid: as sharp as the screen needs and no sharper, kept by the browser, and focused so that it is seen."""

import io
from typing import Any

import pytest
from PIL import Image as Picture
from playwright.sync_api import expect

from gallery.models import User
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.viewing import wait_for
from tests.make import photo_bytes, upload_photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHAPES = [(1500, 1000), (1000, 1500), (1600, 1200), (2400, 900), (1500, 1000), (1200, 1600)]
ALL_THERE = (
    "() => [...document.querySelectorAll('.grid img')].every((one) => one.complete && one.naturalWidth)"
)
# Within the frame of a tile: its first pixel may be shared with what is beside it.
DEPTHS = range(1, 8)
# How much of the screen's own sharpness a picture has at least. On phones a page of them at their three pixels to each of
# the layout would weigh twice what a first look may (gallery/views/tiles.py).
LEAST = {"desktop": 0.8, "phone": 0.65}
# The width of each file, and of the frame that it fills. In the page's own words of it the screen is reckoned in already.
SIZES = """() => Promise.all([...document.querySelectorAll('.grid img')].map(async (one) => {
  const file = Object.assign(new Image(), { src: one.currentSrc });
  await file.decode();
  const ratio = file.naturalWidth / file.naturalHeight;
  return { name: one.currentSrc.match(/(h\\d+)\\./)[1], file: file.naturalWidth, shown: Math.max(one.clientWidth, one.clientHeight * ratio) };
}))"""


@pytest.mark.parametrize(
    ("name", "screen"), [("desktop", DESKTOP), ("phone", PHONE)], ids=["desktop", "phone"]
)
@pytest.mark.parametrize("density", ["s", "m", "l"])
def test_pictures_are_about_as_sharp_as_the_screen(
    alice: User, site: Site, name: str, screen: dict[str, object], density: str
) -> None:
    for width, height in SHAPES:
        upload_photo(alice, photo_bytes(width, height))
    page = site.open(**screen)
    page.context.add_cookies([{"name": "density", "value": density, "url": site.url}])
    site.sign_in(page, alice)
    page.wait_for_function(ALL_THERE)
    ratio = page.evaluate("devicePixelRatio")

    for picture in page.evaluate(SIZES):
        assert picture["file"] >= LEAST[name] * picture["shown"] * min(ratio, 2), picture
        # Of the smallest that there is, no smaller one can be taken.
        assert picture["file"] <= 2.2 * picture["shown"] * ratio or picture["name"] == "h240", picture


def test_the_second_look_fetches_no_picture_again(alice: User, site: Site) -> None:
    for width, height in SHAPES:
        upload_photo(alice, photo_bytes(width, height))
    page = site.open()
    session = page.context.new_cdp_session(page)
    came: dict[str, dict[str, str]] = {}
    fetched: list[float] = []

    def note(event: dict[str, Any]) -> None:
        if event["type"] == "Image" and "/renditions/" in event["response"]["url"]:
            came[event["requestId"]] = {
                name.lower(): value for name, value in event["response"]["headers"].items()
            }

    session.on("Network.responseReceived", note)
    session.on(
        "Network.loadingFinished",
        lambda event: fetched.append(event["encodedDataLength"]) if event["requestId"] in came else None,
    )
    session.send("Network.enable")
    site.sign_in(page, alice)
    page.wait_for_function(ALL_THERE)
    wait_for(page, lambda: len(fetched) == len(SHAPES))
    assert all(fetched)
    for headers in came.values():
        assert "immutable" in headers["cache-control"]
        assert headers["content-type"] == "image/webp"

    fetched.clear()
    page.goto(f"{site.url}/photos/months/")
    page.goto(f"{site.url}/")
    expect(page.locator(".grid img")).to_have_count(len(SHAPES))
    page.wait_for_function(ALL_THERE)
    assert sum(fetched) == 0


def _plain(shade: int) -> bytes:
    data = io.BytesIO()
    Picture.new("RGB", (900, 600), (shade, shade, shade)).save(data, "JPEG", quality=95)
    return data.getvalue()


def _luminance(pixel: tuple[int, ...]) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [value / 255 for value in pixel[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shade", [255, 128, 0], ids=["white", "grey", "black"])
def test_the_focus_is_seen_on_every_side_of_any_photo(
    alice: User, site: Site, scheme: str, shade: int
) -> None:
    upload_photo(alice, _plain(shade))
    page = site.open(color_scheme=scheme)
    site.sign_in(page, alice)
    page.wait_for_function(ALL_THERE)
    page.mouse.move(0, 0)

    def edges() -> list[float]:
        shot = Picture.open(io.BytesIO(page.locator(".grid > li").first.screenshot())).convert("RGB")
        width, height = shot.size
        middle: tuple[int, ...] = shot.getpixel((width // 2, height // 2))  # type: ignore[assignment]
        lines = [
            [(depth, height // 2) for depth in DEPTHS],
            [(width - 1 - depth, height // 2) for depth in DEPTHS],
            [(width // 2, depth) for depth in DEPTHS],
            [(width // 2, height - 1 - depth) for depth in DEPTHS],
        ]
        return [max(_contrast(shot.getpixel(at), middle) for at in line) for line in lines]  # type: ignore[arg-type]

    before = edges()
    page.keyboard.press("Tab")
    page.locator(".grid a").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(page.locator(".grid a").first).to_be_focused()

    assert max(before) < 1.5
    assert min(edges()) >= 3
