"""The map and the search in a browser: clusters, the strip, the keyboard, errors at their term, and no barrier."""

import re

import pytest
from playwright.sync_api import Page, expect

from gallery.models import Image, ImageTag, Tag, User
from gallery.places import naming
from gallery.search import index
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.test_accessibility import objections
from tests.make import upload_photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLACES = ((48.8566, 2.3522), (48.8570, 2.3530), (48.8566, 2.3522), (-33.8568, 151.2153))


@pytest.fixture
def travels(alice: User, s3: object) -> User:
    """Return alice with three photos in Paris, two of them at one spot, and one in Sydney."""
    tag = Tag.objects.create(owner=alice, name="beach")
    for latitude, longitude in PLACES:
        image = upload_photo(alice).image
        assert image is not None
        Image.objects.filter(pk=image.pk).update(latitude=latitude, longitude=longitude)
        ImageTag.objects.create(image=image, tag=tag)
    keys = list(Image.objects.values_list("pk", flat=True))
    naming.fill(keys)
    index.refresh(keys)
    return alice


def opened(site: Site, user: User, path: str, **options: object) -> Page:
    page = site.open(**options)
    site.sign_in(page, user)
    page.goto(f"{site.url}{path}")
    return page


def test_a_cluster_is_entered_until_its_photos_are_listed(travels: User, site: Site) -> None:
    page = opened(site, travels, "/map/", reduced_motion="reduce")
    paris = page.get_by_role("button", name="Photos: 3, Paris")
    expect(paris).to_be_visible()
    expect(page.get_by_role("heading", name="4 photos in view")).to_be_visible()
    paris.click()
    expect(page.get_by_role("heading", name="3 photos in view")).to_be_visible()
    page.goto(f"{site.url}/map/#18/48.8566/2.3522")
    page.reload()
    page.get_by_role("button", name="Photos: 2, Paris").click()
    strip = page.get_by_role("region", name="Photos in view")
    expect(strip.get_by_role("listitem")).to_have_count(2)
    expect(strip.get_by_role("link").nth(0)).to_be_focused()


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_every_photo_is_in_view_at_first_and_the_map_keeps_its_size(
    travels: User, site: Site, screen: dict[str, object]
) -> None:
    Image.objects.update(latitude=55.0387, longitude=8.4571)
    Image.objects.filter(pk=Image.objects.values("pk")[:1]).update(latitude=44.8504, longitude=34.9766)
    naming.fill(Image.objects.values_list("pk", flat=True))
    page = opened(site, travels, "/map/", **screen)
    expect(page.get_by_role("heading", name="4 photos in view")).to_be_visible()
    expect(page.get_by_role("button", name="Photos: 1, Sudak")).to_be_in_viewport()
    world = page.get_by_role("region", name="Map of your photos")
    size = world.bounding_box()
    page.goto(f"{site.url}/map/#6/-40/-120")
    page.reload()
    expect(page.get_by_role("heading", name="No photos in view")).to_be_visible()
    assert world.bounding_box() == size


def test_the_keyboard_moves_the_map_and_enters_clusters(travels: User, site: Site) -> None:
    page = opened(site, travels, "/map/#10/48.8566/2.3522", reduced_motion="reduce")
    expect(page.get_by_role("heading", name="3 photos in view")).to_be_visible()
    page.get_by_role("region", name="Map of your photos").focus()
    # Keys that come while the map still moves are dropped, as Leaflet does: one after the other.
    for _ in range(4):
        before = page.url
        page.keyboard.press("Shift+ArrowRight")
        expect(page).not_to_have_url(before)
    expect(page.get_by_role("heading", name="No photos in view")).to_be_visible()
    page.goto(f"{site.url}/map/#3/48.8566/2.3522")
    page.reload()
    page.get_by_role("button", name="Photos: 3, Paris").focus()
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("#3/"))
    expect(page.get_by_role("heading", name="3 photos in view")).to_be_visible()


def test_the_world_goes_on_beyond_the_antimeridian(travels: User, site: Site) -> None:
    Image.objects.filter(latitude__lt=0).update(latitude=-16.9, longitude=-179.95)
    naming.fill(Image.objects.values_list("pk", flat=True))
    page = opened(site, travels, "/map/#6/-16.9/179.5")
    expect(page.get_by_role("button", name=re.compile("Photos: 1"))).to_be_in_viewport()
    expect(page.get_by_role("heading", name="1 photo in view")).to_be_visible()


def test_the_strip_leads_to_a_photo_and_to_a_page_of_the_area(travels: User, site: Site) -> None:
    page = opened(site, travels, "/map/#10/48.8566/2.3522")
    page.get_by_role("link", name="All of this area").click()
    expect(page.get_by_role("heading", name="Photos in this area")).to_be_visible()
    expect(page.locator(".grid li")).to_have_count(3)


def test_places_need_no_javascript(travels: User, site: Site) -> None:
    page = opened(site, travels, "/map/", java_script_enabled=False)
    page.get_by_role("link", name="List of places").click()
    page.get_by_role("link", name="France").click()
    page.get_by_role("link", name="Paris").click()
    expect(page.locator(".grid li")).to_have_count(3)


def test_chips_build_a_search_without_javascript(travels: User, site: Site) -> None:
    page = opened(site, travels, "/search/", java_script_enabled=False)
    page.get_by_role("link", name="#beach").click()
    expect(page.get_by_role("heading", name="4 photos")).to_be_visible()
    page.get_by_role("link", name="Favourites").click()
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("link", name="Remove is:favourite").click()
    expect(page.get_by_role("heading", name="4 photos")).to_be_visible()


def test_an_error_selects_its_term(travels: User, site: Site) -> None:
    page = opened(site, travels, "/search/?q=sea+tga:beach")
    box = page.get_by_label("Words, places, dates")
    expect(box).to_be_focused()
    expect(box).to_have_accessible_description(re.compile("There is no field"))
    chosen = box.evaluate("(box) => box.value.slice(box.selectionStart, box.selectionEnd)")
    assert chosen == "tga:beach"
    # The browser's own word for an answer of 422.
    site.complaints.clear()


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_map_places_and_search_have_no_barrier_that_axe_knows(
    travels: User, site: Site, screen: dict[str, object]
) -> None:
    page = opened(site, travels, "/map/", **screen)
    expect(page.get_by_role("heading", name="4 photos in view")).to_be_visible()
    found = objections(page)
    for path in (
        "/places/",
        "/places/FR/",
        "/places/FR/in/Paris/",
        "/search/",
        "/search/?q=tag:beach+paris&help=1",
        "/search/?q=tga:x",
    ):
        page.goto(f"{site.url}{path}")
        found += objections(page)
    site.complaints.clear()
    assert not found
