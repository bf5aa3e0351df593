"""What tests of the viewer share: a library to look through, opening a photo, and fingers."""

import time
from collections.abc import Callable

from playwright.sync_api import CDPSession, Locator, Page, expect

from gallery import jobs
from gallery.models import Image, User
from tests.browser.conftest import Site
from tests.make import photo_bytes, upload_photo

VIEWER = ".pswp"
SAID = ".pswp p[role=status]"
Point = tuple[float, float]


def library(owner: User, count: int = 6) -> list[Image]:
    """Bring in so many photos with their renditions; the newest first, as the timeline shows them."""
    for number in range(count):
        taken = f"2026:09:14 19:{59 - number:02}:00"
        upload_photo(owner, photo_bytes(1500, 1000, taken=taken), f"IMG_{number}.jpg")
    return list(Image.objects.owned_by(owner).newest_first())


def tile(page: Page, place: int) -> Locator:
    return page.locator(".grid > li > a").nth(place)


def shown(page: Page, site: Site, user: User, place: int = 3, url: str = "/") -> None:
    """Sign in, and open the tile at this place with the keyboard."""
    site.sign_in(page, user)
    if url != "/":
        page.goto(f"{site.url}{url}")
    look(page, place)


def look(page: Page, place: int) -> None:
    """Open the tile at this place with the keyboard."""
    tile(page, place).focus()
    page.keyboard.press("Enter")
    expect(page.locator(VIEWER)).to_be_focused()


def wait_for(page: Page, condition: Callable[[], bool]) -> None:
    """Wait until something has happened outside the page, at most for thirty seconds."""
    until = time.monotonic() + 30
    while not condition() and time.monotonic() < until:
        page.wait_for_timeout(50)
    assert condition()


def work() -> None:
    """Be the worker."""
    while jobs.work_once():
        pass


def _touch(devtools: CDPSession, kind: str, *points: Point) -> None:
    at = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})


def drag(page: Page, *fingers: tuple[Point, Point]) -> None:
    """Move each finger from one point to another, all at once."""
    devtools = page.context.new_cdp_session(page)
    _touch(devtools, "touchStart", *(begin for begin, _ in fingers))
    for step in range(1, 9):
        _touch(
            devtools,
            "touchMove",
            *((x + (to_x - x) * step / 8, y + (to_y - y) * step / 8) for (x, y), (to_x, to_y) in fingers),
        )
        page.wait_for_timeout(16)
    _touch(devtools, "touchEnd")


def tap_twice(page: Page, at: Point) -> None:
    """Touch for a moment, and once more right after it."""
    devtools = page.context.new_cdp_session(page)
    for _ in range(2):
        _touch(devtools, "touchStart", at)
        _touch(devtools, "touchEnd")
