"""In other languages: a journey in German, and no page that is too narrow for longer words or runs the wrong way."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from gallery.models import User
from tests import pseudo
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.uploading import process
from tests.make import PASSWORD, make_album, make_image, photo_bytes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What is cut off or lies over something else in the header, the bar below and the heads of pages.
CROWDED = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const found = wide > 0 ? [`the page is ${wide} px too wide`] : [];
  if (wide > 0) {
    const far = [...document.body.querySelectorAll('*')].filter((one) => {
      const { left, right } = one.getBoundingClientRect();
      return right > document.documentElement.clientWidth + 1 || left < -1;
    });
    found.push(...far.slice(-3).map((one) => one.outerHTML.slice(0, 120)));
  }
  for (const row of document.querySelectorAll('.bar, .tabs, .head, .line, .tools, .choice')) {
    const shown = [...row.children].filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 1
      && getComputedStyle(one).position === 'static');
    shown.forEach((one, at) => {
      const box = one.getBoundingClientRect();
      if (box.left < -1 || box.right > innerWidth + 1) found.push(`outside: ${one.outerHTML.slice(0, 80)}`);
      for (const other of shown.slice(at + 1)) {
        const [a, b] = [box, other.getBoundingClientRect()];
        const over = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
          && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
        if (over) found.push(`over each other: ${one.outerHTML.slice(0, 60)} and ${other.outerHTML.slice(0, 60)}`);
      }
    });
  }
  return found;
}"""


def library(owner: User) -> list[str]:
    """Make photos and an album; return the addresses of the main pages."""
    image = make_image(owner, title="Ridge", place="Potes", country="ES", latitude=43.15, longitude=-4.62)
    album = make_album(owner, image, *(make_image(owner) for _ in range(8)))
    return [
        "/", image.get_absolute_url(), "/albums/", album.get_absolute_url(), "/search/?q=ridge", "/map/", "/places/", "/tags/",
        "/upload/", "/share/", "/bin/", "/account/", "/account/tokens/", "/menu/", f"/share/new/?album={album.pk}",
    ]  # fmt: skip


def signed_in(site: Site, user: User, **context: Any) -> Page:
    """Return a page whose person came in by the form, whatever its language."""
    page = site.open(**context)
    page.goto(f"{site.url}/accounts/login/")
    page.locator("input[name=login]").fill(user.username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form:has(input[name=password]) button[type=submit]").first.click()
    page.wait_for_url(f"{site.url}/")
    return page


def test_a_german_finds_everything_in_german(alice: User, site: Site) -> None:
    page = site.open(locale="de-DE")
    page.goto(f"{site.url}/accounts/login/")
    page.get_by_label("Benutzername oder E-Mail").fill(alice.username)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.wait_for_url(f"{site.url}/")
    assert page.locator("html").get_attribute("lang") == "de"

    page.get_by_role("link", name="Hochladen", exact=True).click()
    expect(page.get_by_role("heading", name="Fotos hinzufügen")).to_be_visible()
    expect(page.get_by_role("button", name="Dateien wählen")).to_be_visible()
    files = [
        {"name": "eins.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes()},
        {"name": "leer.jpg", "mimeType": "image/jpeg", "buffer": b""},
    ]
    page.locator("[data-input=files]").set_input_files(files)  # type: ignore[arg-type]  # dicts of this shape
    expect(page.get_by_text("Die Datei ist leer")).to_be_visible()
    process(page, 1)
    expect(page.get_by_text("1 von 2 Fotos in deiner Bibliothek")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("1 abgelehnt").first).to_be_visible()
    page.get_by_role("link", name="Zeigen").click()

    page.locator(".grid a").first.wait_for()
    expect(page.get_by_role("link", name="Alben", exact=True)).to_be_visible()
    page.goto(page.locator(".grid a").first.evaluate("(link) => link.href"))
    expect(page.get_by_text("Aufgenommen", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="In den Papierkorb")).to_be_visible()
    page.goto(f"{site.url}/account/")
    expect(page.get_by_label("Sprache")).to_be_visible()
    page.goto(f"{site.url}/albums/")
    page.get_by_label("Titel des neuen Albums").fill("Sommer")
    page.get_by_role("button", name="Anlegen").click()
    expect(page.get_by_role("heading", name="Sommer")).to_be_visible()


def test_the_menu_changes_the_language_at_once(alice: User, site: Site) -> None:
    page = signed_in(site, alice)
    page.get_by_role("link", name="Albums").click()
    page.get_by_role("button", name="Menu and account").click()
    page.get_by_role("button", name="Deutsch").click()

    expect(page.get_by_role("link", name="Alben", exact=True)).to_be_visible()
    assert page.url == f"{site.url}/albums/"


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_of_a_script_from_the_right_are_mirrored(
    alice: User, site: Site, settings: Settings, screen: dict[str, object]
) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, ("he", "Hebrew")]
    addresses = library(alice)
    page = signed_in(site, alice, **screen, locale="he-IL")
    found = {}
    for address in addresses:
        page.goto(f"{site.url}{address}")
        assert page.locator("html").get_attribute("dir") == "rtl"
        if address != addresses[1]:
            brand = page.locator(".brand").bounding_box()
            assert brand
            assert brand["x"] > page.viewport_size["width"] / 2  # type: ignore[index]  # it has one
        if crowded := page.evaluate(CROWDED):
            found[address] = crowded
    assert found == {}


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_words_that_are_longer_by_two_fifths_find_their_place(
    alice: User, site: Site, settings: Settings, screen: dict[str, object], tmp_path: Path
) -> None:
    pseudo.write(tmp_path, longer=0.4)
    settings.LANGUAGES = [*settings.LANGUAGES, (pseudo.LANGUAGE, "Esperanto")]
    settings.LOCALE_PATHS = [str(tmp_path)]
    addresses = library(alice)
    page = signed_in(site, alice, **screen, locale="eo")
    found = {}
    for address in addresses:
        page.goto(f"{site.url}{address}")
        if crowded := page.evaluate(CROWDED):
            found[address] = crowded
    assert found == {}
