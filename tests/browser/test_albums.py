"""Albums in a browser: putting photos into an order by dragging, by keys and by plain forms; no barrier that axe knows."""

import uuid

import pytest
from playwright.sync_api import Page, expect

from gallery import albums, members, smart_albums, tags
from gallery.models import Album, AlbumMember, Tag, User
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.test_accessibility import objections
from tests.make import make_album, make_image, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def order(album: Album) -> list[uuid.UUID]:
    return list(album.entries.order_by("position", "id").values_list("image_id", flat=True))


def arranging(site: Site, user: User, album: Album, **options: object) -> Page:
    page = site.open(**options)
    site.sign_in(page, user)
    page.goto(f"{site.url}{album.get_absolute_url()}arrange/")
    return page


def moved(page: Page) -> None:
    """Wait until the last move was sent and answered."""
    page.wait_for_load_state("networkidle")


def test_a_photo_is_dragged_to_its_place(alice: User, site: Site) -> None:
    images = [make_image(alice) for _ in range(4)]
    album = make_album(alice, *images)
    page = arranging(site, alice, album)
    rows = page.locator(".arranged > li")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        rows.nth(0).locator(".picture").drag_to(rows.nth(2).locator(".picture"))
    moved(page)
    keys = [image.pk for image in images]
    assert order(album) == [keys[1], keys[2], keys[0], keys[3]]
    assert page.locator('[name="place"]').evaluate_all("all => all.map(one => one.value)") == [
        "1",
        "2",
        "3",
        "4",
    ]


def test_arrow_keys_move_a_photo_and_say_where_it_is(alice: User, site: Site) -> None:
    images = [make_image(alice, title=f"Picture {number}") for number in range(3)]
    album = make_album(alice, *images)
    page = arranging(site, alice, album)
    picture = page.get_by_role("button", name="Picture 0", exact=True)
    picture.focus()
    for key, place in (("ArrowRight", 2), ("ArrowDown", 3), ("ArrowLeft", 2)):
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.keyboard.press(key)
        expect(page.locator("[role=status]", has_text=f"Picture 0: place {place}")).to_be_attached()
        expect(picture).to_be_focused()
    moved(page)
    assert order(album) == [images[1].pk, images[0].pk, images[2].pk]


def test_photos_are_arranged_chosen_and_taken_out_without_javascript(alice: User, site: Site) -> None:
    images = [make_image(alice) for _ in range(3)]
    album, other = make_album(alice, *images), make_image(alice)
    page = arranging(site, alice, album, java_script_enabled=False)
    page.locator(".move").nth(0).get_by_role("button", name="Later").click()
    assert order(album) == [images[1].pk, images[0].pk, images[2].pk]
    page.locator('[name="place"]').nth(2).fill("1")
    page.locator('[name="place"]').nth(2).press("Enter")
    assert order(album)[0] == images[2].pk
    page.locator('.choose [value="' + str(images[1].pk) + '"]').check()
    page.get_by_role("button", name="Take chosen out").click()
    assert order(album) == [images[2].pk, images[0].pk]
    page.goto(f"{site.url}{album.get_absolute_url()}add/")
    page.locator(f'[value="{other.pk}"]').check()
    page.get_by_role("button", name="Add chosen photos").click()
    assert order(album) == [images[2].pk, images[0].pk, other.pk]


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_of_albums_has_a_barrier_that_axe_knows(
    alice: User, site: Site, screen: dict[str, object]
) -> None:
    images = [make_image(alice) for _ in range(3)]
    album = make_album(alice, *images, title="Picos")
    albums.create(alice, "Day 1", album)
    albums.create(alice, "Day 2", album)
    member = members.invite(album, make_user("bob").username, AlbumMember.Role.EDITOR)
    tags.add(alice, [images[0].pk], ["snow", "sea"])
    tag = Tag.objects.get(name="snow")
    smart = smart_albums.create(alice, "Snow", "tag:snow")
    here = album.get_absolute_url()
    page = site.open(**screen)
    site.sign_in(page, alice)
    found = []
    for url in (
        "/albums/", "/albums/arrange/", here, f"{here}edit/", f"{here}move/", f"{here}delete/", f"{here}add/",
        f"{here}arrange/", f"{here}arrange-albums/", f"{here}members/", f"{here}members/{member.pk}/remove/", "/tags/",
        f"/tags/{tag.pk}/", f"/tags/{tag.pk}/edit/", f"/tags/{tag.pk}/delete/", "/smart/new/?q=tag:sea",
        smart.get_absolute_url(), f"{smart.get_absolute_url()}edit/", f"{smart.get_absolute_url()}delete/",
    ):  # fmt: skip
        page.goto(f"{site.url}{url}")
        found += objections(page)
    assert not found
