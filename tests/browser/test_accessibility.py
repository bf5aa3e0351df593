"""axe finds nothing to object to: every page, light and dark, on a desk and on a phone."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from gallery.models import User
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.make import make_album, make_image

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Scheme = Literal["light", "dark"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
# What is not rendered yet has no size that axe could judge, and what is fading has neither colour.
SHOW_ALL = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    '.day, .files > li { content-visibility: visible !important; } * { transition: none !important; }');
  document.adoptedStyleSheets.push(sheet);
}"""


def objections(page: Page, **options: object) -> list[str]:
    """Return what axe finds by day and by night; of the rules only those about colours can differ by night."""
    page.evaluate(SHOW_ALL)
    found = []
    looks: tuple[tuple[Scheme, object], ...] = (("light", RULES), ("dark", COLOURS))
    for scheme, rules in looks:
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page, options={"runOnly": rules, **options}).response["violations"]
        found += [f"{page.url} ({scheme}): {rule['id']}: {rule['nodes'][0]['html']}" for rule in violations]
    return found


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_has_a_barrier_that_axe_knows(alice: User, site: Site, screen: dict[str, object]) -> None:
    page = site.open(**screen)
    page.goto(f"{site.url}/accounts/login/")
    found = objections(page)
    site.sign_in(page, alice)
    for url in ("/", "/albums/", "/bin/"):  # empty
        page.goto(f"{site.url}{url}")
        found += objections(page)
    image, liked = (
        make_image(alice),
        make_image(alice, is_favorite=True, title="Ridge", description="At dusk"),
    )
    binned = make_image(alice)
    type(binned).objects.filter(pk=binned.pk).update(binned_at=binned.taken_at)
    album = make_album(alice, image, liked)
    make_album(alice, title="Inside").children.add(album)
    for url in (
        "/", "/albums/", "/bin/", "/bin/empty/", "/bin/delete-all/", "/upload/", album.get_absolute_url(), image.get_absolute_url(),
        liked.get_absolute_url(), "/accounts/password/change/", "/accounts/logout/",
    ):  # fmt: skip
        page.goto(f"{site.url}{url}")
        for summary in page.locator("summary").all():
            summary.click()
        found += objections(page)
    page.goto(f"{site.url}/")
    page.get_by_role("button", name="Menu and account").click()
    found += objections(page)
    assert not found
