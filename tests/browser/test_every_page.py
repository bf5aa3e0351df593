"""Every page that the access table names, as its owner sees it: axe, no word in the console, nothing wider than the screen."""

import pytest
from django.urls import reverse

from gallery.models import User
from tests.access_table import TABLE
from tests.access_world import World, make_world
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.test_accessibility import objections

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]

# What is no page: files, feeds, answers for scripts, addresses that only lead on, and pages that are seen elsewhere.
NO_PAGES = {
    "gallery:manifest", "gallery:service_worker", "gallery:original", "gallery:download_file", "gallery:shared_feed",
    "gallery:shared_picture", "gallery:shared_preview", "gallery:shared_file", "gallery:share_oembed", "gallery:bulk",
    "gallery:map_photos", "gallery:map_area", "healthz", "account_exported", "gallery:shared_copy",
    "gallery:uploader_words",
}  # fmt: skip
SCREENS = {"desktop": DESKTOP, "phone": PHONE, "narrow": {"viewport": {"width": 320, "height": 640}}}
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def pages(world: World) -> list[str]:
    """Return the address of each page for one thing that its owner may look at."""
    found = []
    for (name, method), rule in sorted(TABLE.items()):
        if method == "get" and name not in NO_PAGES and not name.startswith("api:"):
            found += [world.url(name, thing) for thing in rule.things if "owner" in rule.who(thing)][:1]
    # A link is made of something.
    album = f"?album={world.parts['album']['album']}"
    return [url + album if url == reverse("gallery:share_new") else url for url in dict.fromkeys(found)]


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS.keys())
def test_no_page_has_a_barrier_or_is_wider_than_the_screen(
    alice: User, site: Site, screen: dict[str, object]
) -> None:
    world = make_world(alice)
    page = site.open(**screen)
    site.sign_in(page, alice)
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
    for url in pages(world):
        answer = page.goto(f"{site.url}{url}")
        assert answer is not None
        if answer.status >= 400:
            found.append(f"{url}: {answer.status}")
            continue
        if page.evaluate(WIDER):
            found.append(f"{url}: wider than the screen")
        # A screen as narrow as this stands for a page that is enlarged fourfold; its rules are those of the phone.
        if screen is not SCREENS["narrow"]:
            found += objections(page)
    # The pictures of these rows were never made.
    site.complaints[:] = [text for text in site.complaints if "Failed to load resource" not in text]

    assert not found
