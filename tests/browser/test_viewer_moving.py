"""What moves in the viewer: videos, animations, live photos, the slideshow, and the bar that leaves when nothing does."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from gallery.models import Image, User
from tests.browser.conftest import Site
from tests.browser.viewing import SAID, VIEWER, library, shown, wait_for
from tests.make import upload_photo
from tests.moving import gif_bytes, needs_ffmpeg, video_bytes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def live(owner: User) -> list[Image]:
    """Put a video under the newest of three photos, as a telephone records both."""
    images = library(owner, 3)
    film = upload_photo(owner, video_bytes(width=150, height=100), "IMG_0.MOV").image
    assert film is not None
    Image.objects.filter(pk=film.pk).update(
        stacked_under=images[0],
        stack_kind=Image.StackKind.LIVE,
        taken_at=images[0].taken_at - timedelta(seconds=1),
    )
    return images


def advanced(page: Page, selector: str) -> bool:
    return bool(page.evaluate("(film) => film.currentTime > 0.1", page.query_selector(selector)))


@needs_ffmpeg
def test_a_video_plays_between_photos(alice: User, site: Site) -> None:
    library(alice, 2)
    upload_photo(alice, video_bytes(width=640, height=480, seconds=3), "MVI_1.mp4")
    film = Image.objects.get(kind=Image.Kind.VIDEO)
    page = site.open()
    shown(page, site, alice, 0)
    place = list(Image.objects.owned_by(alice).newest_first()).index(film)
    for _ in range(place):
        page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{film.get_absolute_url()}")
    video = page.locator(".pswp__item[aria-hidden=false] video")
    expect(video).to_be_visible()
    video.evaluate("(film) => { film.muted = true; return film.play(); }")
    wait_for(page, lambda: bool(video.evaluate("(film) => film.currentTime > 0.1")))
    page.locator(VIEWER).focus()
    page.keyboard.press("ArrowLeft" if place else "ArrowRight")
    expect(page.locator(SAID)).not_to_contain_text("Video")
    assert all(page.locator("video").evaluate_all("(films) => films.map((film) => film.paused)"))


@needs_ffmpeg
def test_the_viewer_opens_at_a_video(alice: User, site: Site) -> None:
    upload_photo(alice, video_bytes(width=640, height=480), "MVI_1.mp4")
    page = site.open()
    shown(page, site, alice, 0)
    expect(page.locator(".pswp__item[aria-hidden=false] video")).to_be_visible()
    expect(page.locator(SAID)).to_contain_text("Video")


def test_an_animation_moves(alice: User, site: Site) -> None:
    upload_photo(alice, gif_bytes(width=400, height=300), "DANCE.GIF")
    image = Image.objects.get()
    assert image.kind == Image.Kind.ANIMATION
    page = site.open()
    shown(page, site, alice, 0)
    picture = page.locator(".pswp__item[aria-hidden=false] img.pswp__img:not(.pswp__img--placeholder)")
    wait_for(page, lambda: "/anim." in (picture.get_attribute("src") or ""))
    expect(picture).not_to_have_js_property("naturalWidth", 0)


@needs_ffmpeg
def test_a_live_photo_moves_while_it_is_pressed(alice: User, site: Site) -> None:
    live(alice)
    page = site.open()
    shown(page, site, alice, 0)
    expect(page.locator(SAID)).to_contain_text("Photo 1 of 3")
    page.mouse.move(720, 450)
    page.mouse.down()
    expect(page.locator(".viewer-live")).to_be_visible()
    wait_for(page, lambda: advanced(page, ".viewer-live"))
    page.mouse.up()
    expect(page.locator(".viewer-live")).to_have_count(0)


def test_the_strip_of_a_stack_leads_to_its_photos(alice: User, site: Site) -> None:
    images = library(alice, 3)
    Image.objects.filter(pk=images[1].pk).update(stacked_under=images[0], stack_kind=Image.StackKind.BURST)
    page = site.open()
    shown(page, site, alice, 0)
    page.keyboard.press("i")
    strip = page.get_by_role("navigation", name="Photos of this stack")
    expect(strip.get_by_role("link")).to_have_count(2)
    expect(strip.get_by_role("link").first).to_have_attribute("aria-current", "true")
    strip.get_by_role("link").nth(1).click()
    page.wait_for_url(f"**{images[1].get_absolute_url()}")
    expect(page.locator(".frame img")).to_be_visible()


def test_a_slideshow_goes_on_by_itself_until_it_is_stopped(alice: User, site: Site) -> None:
    library(alice, 3)
    page = site.open()
    page.clock.install()
    shown(page, site, alice, 0)
    expect(page.locator(SAID)).to_contain_text("Photo 1 of 3")
    button = page.get_by_role("button", name="Slideshow")
    page.keyboard.press(" ")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".pswp .said")).to_have_text("Slideshow started.")
    page.clock.run_for(5_500)
    expect(page.locator(SAID)).to_contain_text("Photo 2 of 3")
    page.keyboard.press(" ")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.clock.run_for(20_000)
    expect(page.locator(SAID)).to_contain_text("Photo 2 of 3")
    button.click()
    page.clock.run_for(12_000)
    expect(page.locator(SAID)).to_contain_text("Photo 3 of 3")
    expect(button).to_have_attribute("aria-pressed", "false")


def test_the_bar_leaves_after_a_while_but_not_while_the_focus_is_in_it(alice: User, site: Site) -> None:
    library(alice, 2)
    page = site.open()
    page.clock.install()
    shown(page, site, alice, 0)
    expect(page.locator(SAID)).to_contain_text("Photo 1 of 2")
    viewer = page.locator(VIEWER)
    page.clock.run_for(3_500)
    expect(viewer).to_contain_class("idle")
    page.mouse.move(500, 500)
    expect(viewer).not_to_contain_class("idle")
    page.get_by_role("button", name="Information").focus()
    page.clock.run_for(10_000)
    expect(viewer).not_to_contain_class("idle")
    viewer.focus()
    page.clock.run_for(3_500)
    expect(viewer).to_contain_class("idle")
