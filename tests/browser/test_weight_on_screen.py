"""What a first look costs: requests, bytes of pictures, and how far the page moves under the eye."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from gallery import imaging, objectstore, renditions
from gallery.models import Image, User
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.make import make_image, photo_bytes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KIB = 1024
SHIFTS = """addEventListener('DOMContentLoaded', () => {
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
});"""


def fill(owner: User, sources: list[bytes], over: str = "day") -> None:
    """Make a hundred photos over ten days (or months) from a few, each with renditions of its own in the store."""
    made = [(processed, list(processed.renditions)) for processed in map(imaging.process, sources)]
    for number in range(100):
        processed, pictures = made[number % len(made)]
        facts = processed.facts
        image = make_image(owner, save=False, width=facts.width, height=facts.height, color=processed.colour)
        count = 1 + number // 10
        taken = image.taken_at.replace(month=count) if over == "month" else image.taken_at.replace(day=count)
        image.set_taken(taken, 0, Image.TakenSource.EXIF)
        image.save(force_insert=True)
        for rendition in pictures:
            if rendition.name in {"h240", "h480"}:
                key = renditions.key(image.rendition_token, imaging.RECIPE, rendition.name)
                objectstore.put(key, rendition.data, content_type=rendition.content_type, if_absent=False)


def fresh(site: Site, user: User, screen: dict[str, object]) -> Page:
    """Return a page of a browser that is signed in and has nothing in its cache."""
    page = site.open(**screen)
    site.sign_in(page, user)
    return site.open(**screen, storage_state=page.context.storage_state())


def look(page: Page, url: str) -> list[Response]:
    """Open the library, wait until it is quiet, and return all that it asked for."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return answers


@pytest.mark.parametrize("over", ["day", "month"])
@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_first_look_takes_few_requests_and_the_page_stands_still(
    alice: User, site: Site, screen: dict[str, object], over: str
) -> None:
    fill(alice, [photo_bytes(900, 600), photo_bytes(600, 900), photo_bytes(800, 600)], over)
    page = fresh(site, alice, screen)
    page.add_init_script(SHIFTS)
    answers = look(page, f"{site.url}/")
    expect(page.locator(".scrubber")).to_have_count(int(screen is DESKTOP and over == "month"))
    assert len(answers) <= 45
    hosts = {answer.url.split("/")[2] for answer in answers}
    assert len(hosts) == 2
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in range(0, height, 700):
        page.mouse.wheel(0, 700) if screen is DESKTOP else page.evaluate(f"scrollTo(0, {top})")
        page.wait_for_timeout(60)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shift") <= 0.02


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pictures_of_the_first_look_are_at_most_550_kib(
    alice: User, site: Site, real_photos: Path, screen: dict[str, object]
) -> None:
    names = (
        "canon-22mp.jpg",
        "sony-a6000-24mp.jpg",
        "phone-pug.heic",
        "orientation-6.jpg",
        "canon-10bit.hif",
    )
    fill(alice, [(real_photos / name).read_bytes() for name in names])
    answers = look(fresh(site, alice, screen), f"{site.url}/")
    pictures = [answer for answer in answers if answer.url.partition("?")[0].endswith(".webp")]
    assert len(pictures) >= 10
    assert sum(len(picture.body()) for picture in pictures) <= 550 * KIB
