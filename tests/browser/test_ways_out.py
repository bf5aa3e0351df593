"""The bar over a selection offers the way back: out of the archive, of the favourites, of an album."""

import pytest
from playwright.sync_api import expect

from gallery.models import Image, User
from tests.browser.conftest import Site
from tests.browser.test_timeline import LEFT_ALONE, NOON
from tests.make import make_album, make_image

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def liked_and_away(alice: User) -> None:
    make_image(alice, is_favorite=True)
    away = make_image(alice)
    Image.objects.filter(pk=away.pk).update(archived_at=NOON)


@pytest.mark.parametrize(
    ("url", "name", "words"),
    [
        ("/archive/", "Unarchive", "back in the timeline"),
        ("/favourites/", "Remove from favourites", "no favourite any more"),
    ],
)
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_bar_offers_the_way_out_of_the_archive_and_of_the_favourites(
    site: Site, alice: User, liked_and_away: None, url: str, name: str, words: str, scripts: bool
) -> None:
    page = site.open(java_script_enabled=scripts)
    site.sign_in(page, alice)
    page.goto(f"{site.url}{url}")
    if scripts:
        page.locator(".grid > li .choose").first.wait_for(state="attached")
        page.locator(".grid a").first.focus()
        page.keyboard.press("Space")
    else:
        page.get_by_role("link", name="Select").click()
        page.locator("input[name=photo]").check()
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator(".toast")).to_contain_text(words)
    expect(page.locator(".grid > li:not([hidden])")).to_have_count(0)
    assert not Image.objects.exclude(archived_at=None).filter(is_favorite=True).exists()
    site.complaints[:] = [text for text in site.complaints if LEFT_ALONE not in text]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_photos_are_taken_out_of_an_album_on_its_own_page(site: Site, alice: User, scripts: bool) -> None:
    album = make_album(alice, *(make_image(alice) for _ in range(3)))
    page = site.open(java_script_enabled=scripts)
    site.sign_in(page, alice)
    page.goto(f"{site.url}{album.get_absolute_url()}")
    if scripts:
        page.locator(".grid > li .choose").first.wait_for(state="attached")
        page.locator(".grid a").first.focus()
        page.keyboard.press("Space")
    else:
        page.get_by_role("link", name="Select").click()
        page.locator("input[name=photo]").first.check()
    page.get_by_role("button", name="Remove from album", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("1 photo taken out of Summer.")
    expect(page.locator(".grid > li:not([hidden])")).to_have_count(2)
    assert album.entries.count() == 2
    site.complaints[:] = [text for text in site.complaints if LEFT_ALONE not in text]
