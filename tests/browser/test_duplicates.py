"""The page of photos that look alike in a browser: no barrier that axe knows, and a decision without a script."""

import pytest
from playwright.sync_api import expect

from gallery import similar
from gallery.models import Image, User
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.test_accessibility import objections
from tests.make import make_image

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOK = 0x1234_5678_9ABC_DEF0
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def alike(owner: User) -> list[Image]:
    images = [make_image(owner, phash=LOOK, width=6000 - place, camera_model="X-T5") for place in range(3)]
    for image in images:
        similar.note(image)
    return images


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_duplicates_and_stacks_have_no_barrier_that_axe_knows(
    alice: User, site: Site, screen: dict[str, object]
) -> None:
    page = site.open(**screen)
    site.sign_in(page, alice)
    page.goto(f"{site.url}/duplicates/")
    found = objections(page)
    images = alike(alice)
    page.goto(f"{site.url}/duplicates/")
    found += objections(page)
    assert not page.evaluate(WIDER)
    Image.objects.filter(pk__in=[images[1].pk, images[2].pk]).update(
        stacked_under=images[0], stack_kind="burst"
    )
    page.goto(f"{site.url}/p/{images[1].pk}/")
    found += objections(page)
    assert not found


def test_the_rest_is_binned_and_taken_back_without_a_script(alice: User, site: Site) -> None:
    images = alike(alice)
    page = site.open(java_script_enabled=False)
    site.sign_in(page, alice)
    page.goto(f"{site.url}/duplicates/")

    page.get_by_role("button", name="Keep the chosen, bin the rest").click()
    expect(page.get_by_text("2 photos moved to the bin.")).to_be_visible()
    assert list(Image.objects.live()) == [images[0]]

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 photos are back in your library.")).to_be_visible()
    assert Image.objects.live().count() == 3
