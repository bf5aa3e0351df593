"""Where the viewer goes on: past the photos of the page, and within favourites, archive, album and search."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from gallery.models import Image, User
from tests.browser.conftest import Site
from tests.browser.viewing import SAID, VIEWER, library, look, shown, wait_for
from tests.make import make_album, make_image

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOT_THERE = "Failed to load resource"


def favourites(images: list[Image]) -> str:
    Image.objects.filter(pk__in=[image.pk for image in images]).update(is_favorite=True)
    return "/favourites/"


def archive(images: list[Image]) -> str:
    Image.objects.filter(pk__in=[image.pk for image in images]).update(archived_at=timezone.now())
    return "/archive/"


def album(images: list[Image]) -> str:
    return make_album(images[0].owner, *images).get_absolute_url()


def search(images: list[Image]) -> str:
    Image.objects.filter(pk__in=[image.pk for image in images]).update(is_favorite=True)
    return "/search/?q=is%3Afavourite"


@pytest.mark.parametrize("gather", [favourites, archive, album, search])
def test_the_neighbours_are_those_of_the_grid_also_after_a_reload(
    alice: User, site: Site, gather: Callable[[list[Image]], str]
) -> None:
    images = library(alice, 5)
    chosen = [images[0], images[2], images[4]]
    url = gather(chosen)
    page = site.open()
    shown(page, site, alice, 0, url)
    expect(page.locator(SAID)).to_contain_text("Photo 1 of 3")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(chosen[1].get_absolute_url()))
    expect(page.locator(SAID)).to_contain_text("Photo 2 of 3")
    page.reload()
    page.get_by_role("link", name="Next photo").click()
    expect(page).to_have_url(re.compile(chosen[2].get_absolute_url()))
    expect(page.get_by_role("link", name="Next photo")).to_have_count(0)
    page.get_by_role("button", name="Open the viewer").click()
    expect(page.locator(VIEWER)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(chosen[1].get_absolute_url()))


def test_the_viewer_walks_past_the_hundred_photos_of_the_page(alice: User, site: Site) -> None:
    rows = [make_image(alice, save=False) for _ in range(105)]
    Image.objects.bulk_create(rows)
    page = site.open()
    shown(page, site, alice, 97)
    expect(page.locator(SAID)).to_contain_text("Photo 98 of 105")
    for place in range(99, 106):
        page.keyboard.press("ArrowRight")
        expect(page.locator(SAID)).to_contain_text(f"Photo {place} of 105")
    page.wait_for_url(f"**{rows[104].get_absolute_url()}")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{site.url}/")
    site.complaints[:] = [text for text in site.complaints if NOT_THERE not in text]


def test_no_photo_is_left_out_where_the_page_grows_while_the_viewer_opens(alice: User, site: Site) -> None:
    Image.objects.bulk_create([make_image(alice, save=False) for _ in range(105)])
    page = site.open()
    held: dict[str, Route] = {}
    site.sign_in(page, alice)
    onward = page.locator('a[rel="next"]').get_attribute("href")
    assert onward
    page.route(f"**{onward}", lambda route: held.setdefault("page", route))
    page.route(re.compile("viewer-more"), lambda route: held.setdefault("viewer", route))
    look(page, 97)
    wait_for(page, lambda: len(held) == 2)
    page.unroute(f"**{onward}")
    held["page"].continue_()
    expect(page.locator(".grid > li > a")).to_have_count(105)
    held["viewer"].continue_()
    expect(page.locator(SAID)).to_contain_text("Photo 98 of 105")
    site.complaints[:] = [text for text in site.complaints if NOT_THERE not in text]


def test_the_viewer_walks_to_newer_photos_than_those_of_the_page(alice: User, site: Site) -> None:
    rows = [make_image(alice, save=False) for _ in range(103)]
    Image.objects.bulk_create(rows)
    page = site.open()
    site.sign_in(page, alice)
    onward = page.locator('a[rel="next"]').get_attribute("href")
    assert onward
    page.goto(f"{site.url}{onward}")
    page.locator(".grid > li > a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(SAID)).to_contain_text("Photo 101 of 103")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**{rows[99].get_absolute_url()}")
    expect(page.locator(SAID)).to_contain_text("Photo 100 of 103")
    site.complaints[:] = [text for text in site.complaints if NOT_THERE not in text]
