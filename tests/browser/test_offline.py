"""Without a network: pages that were seen open, others say so, and nothing is left after signing out."""

import pytest
from playwright.sync_api import Page, expect

from gallery.models import Upload, User
from tests.browser.conftest import PHONE, Site
from tests.browser.test_weight_on_screen import fill
from tests.make import photo_bytes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEPT = """async () => {
  const kept = {};
  for (const name of await caches.keys()) kept[name] = (await (await caches.open(name)).keys()).length;
  return kept;
}"""

SHARE = """async (bytes) => {
  const form = document.createElement('form');
  Object.assign(form, { method: 'post', action: '/upload/shared/', enctype: 'multipart/form-data' });
  const input = Object.assign(document.createElement('input'), { type: 'file', name: 'photos' });
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], 'from-the-phone.jpg', { type: 'image/jpeg' }));
  input.files = carried.files;
  form.append(input);
  document.body.append(form);
  form.submit();
}"""


def installed(site: Site, user: User) -> Page:
    """Return a signed-in page that the service worker answers for."""
    page = site.open(**PHONE, service_workers="allow")
    site.sign_in(page, user)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.reload()
    page.wait_for_load_state("networkidle")
    return page


def test_page_that_was_seen_opens_without_a_network_with_its_pictures(alice: User, site: Site) -> None:
    fill(alice, [photo_bytes(300, 200)])
    page = installed(site, alice)
    page.wait_for_function(
        "caches.open('thumbnails').then((kept) => kept.keys()).then((keys) => keys.length > 5)"
    )

    page.context.set_offline(True)
    page.reload()

    expect(page.locator(".grid img").first).to_be_visible()
    expect(page.locator(".grid img").first).not_to_have_js_property("naturalWidth", 0)
    site.complaints.clear()


def test_page_that_was_never_seen_says_that_there_is_no_network(alice: User, site: Site) -> None:
    page = installed(site, alice)

    page.context.set_offline(True)
    page.goto(f"{site.url}/albums/")

    expect(page.get_by_role("heading", name="There is no network")).to_be_visible()
    site.complaints.clear()


def test_nothing_private_is_kept_after_signing_out(alice: User, site: Site) -> None:
    fill(alice, [photo_bytes(300, 200)])
    page = installed(site, alice)
    assert page.evaluate(KEPT)["pages"] >= 1

    page.goto(f"{site.url}/accounts/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")

    kept = page.evaluate(KEPT)
    assert not {"pages", "thumbnails", "shared"} & set(kept)


def test_what_a_phone_shares_is_uploaded_once_its_owner_says_so(alice: User, site: Site) -> None:
    page = installed(site, alice)

    page.evaluate(SHARE, list(photo_bytes()))

    offer = page.get_by_role("region", name="Shared with PhotoSky")
    expect(offer).to_contain_text("from-the-phone.jpg")
    assert not Upload.objects.exists()
    offer.get_by_role("button", name="Add to my library").click()
    expect(page.locator("#uploader")).to_contain_text("Being prepared")
    assert Upload.objects.get().filename == "from-the-phone.jpg"
    page.goto(f"{site.url}/upload/")
    expect(page.get_by_role("button", name="Choose files")).to_be_visible()
    expect(offer).to_be_hidden()


def test_what_a_phone_shares_waits_while_its_owner_signs_in(alice: User, site: Site) -> None:
    page = installed(site, alice)
    page.context.clear_cookies()

    page.evaluate(SHARE, list(photo_bytes()))
    page.wait_for_url("**/accounts/login/**")
    site.sign_in(page, alice)
    page.goto(f"{site.url}/upload/")

    expect(page.get_by_role("region", name="Shared with PhotoSky")).to_contain_text("from-the-phone.jpg")
