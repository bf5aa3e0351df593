"""The pages of the administration in a browser: axe has nothing to object to, and on a phone nothing is out of reach."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from gallery import figures, jobs
from gallery.models import AlbumMember, Inspection, User
from photosky import admin_urls
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.test_accessibility import objections
from tests.browser.test_every_page import WIDER
from tests.make import make_image, make_user
from tests.test_admin_dashboard import trouble
from tests.test_admin_lists import LISTS, make_rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
assert admin_urls.urlpatterns
SCREENS = pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
# In parts, so that none takes longer than a test may.
PARTS = pytest.mark.parametrize("part", [0, 1, 2])


PASSED_OVER = {
    # A table to which a form adds rows has a first column without a heading: it is the framework's, and holds nothing.
    "empty-table-header",
    # The page of a job that is not over looks again by itself, without a script; nothing is typed there.
    "meta-refresh",
}


# The history of a row and the page that deletes it are one template each, whatever the row.
SEEN_WHOLE = {"gallery.image", "gallery.album", "gallery.user", "gallery.job"}


@pytest.fixture
def boss(db: None) -> User:
    return make_user("boss", is_staff=True, is_superuser=True)


def look(page: Page, url: str) -> list[str]:
    """Return what is wrong with a page; what nobody may do has none."""
    answer = page.goto(url)
    assert answer is not None
    if answer.status == 403:
        return []
    return [f"{url}: {answer.status}"] if answer.status >= 400 else judged(page)


def judged(page: Page) -> list[str]:
    wider = [f"{page.url}: wider than the screen"] if page.evaluate(WIDER) else []
    # To look into stylesheets that import others axe writes one of its own into the page, which the policy forbids.
    found = objections(page, preload=False)
    return [*wider, *(text for text in found if not any(f"): {rule}: " in text for rule in PASSED_OVER))]


def pages_of(label: str) -> Iterator[str]:
    """Yield the address of each page that a kind of rows has."""
    row, name = make_rows(label, 3), label.replace(".", "_")
    if label == "gallery.album":
        AlbumMember.objects.create(album=row, user=make_user("guest"))
    yield reverse(f"admin:{name}_changelist")
    for act in ("change", "history", "delete") if label in SEEN_WHOLE else ("change",):
        yield reverse(f"admin:{name}_{act}", args=[row.pk])
    if label in {"gallery.album", "gallery.tag", "gallery.user", "auth.group"}:
        yield reverse(f"admin:{name}_add")
    if label == "gallery.user":
        yield reverse("admin:auth_user_password_change", args=[row.pk])


@pytest.mark.long
@SCREENS
@PARTS
def test_no_list_and_no_page_of_a_row_has_a_barrier_or_is_wider_than_the_screen(
    boss: User, site: Site, part: int, screen: dict[str, object]
) -> None:
    page = site.open(**screen)
    site.sign_in(page, boss)
    found: list[str] = []
    for label in LISTS[part::3]:
        for url in pages_of(label):
            found += look(page, f"{site.url}{url}")
    forgive_pictures(site)

    assert not found


@SCREENS
def test_dashboard_and_the_pages_that_ask_have_no_barrier(
    boss: User, alice: User, site: Site, screen: dict[str, object]
) -> None:
    make_image(alice, title="Ridge")
    make_image(alice, binned_at=timezone.now())
    page = site.open(**screen)
    site.sign_in(page, boss)
    found = look(page, f"{site.url}/admin/")
    trouble(alice)
    Inspection.objects.create(
        finished_at=timezone.now(), problems=2, report={"counts": {"missing": {"found": 2}}}
    )
    User.objects.filter(pk=alice.pk).update(used_bytes=10**9, quota_bytes=10**9)
    figures.count_again(boss)
    while jobs.work_once():
        pass
    found += look(page, f"{site.url}/admin/")
    for action in ("reprocess", "move_owner", "purge"):
        page.goto(f"{site.url}/admin/gallery/image/")
        page.locator("#action-toggle").check()
        page.locator("select[name=action]").select_option(action)
        page.locator("button[name=index]").click()
        page.locator(".asking").wait_for()
        found += judged(page)
        if action != "reprocess":
            page.locator(".asking input[type=text]").fill("nobody")
            page.locator(".asking button[type=submit]").click()
            page.locator(".asking .errorlist").wait_for()
            found += judged(page)
    forgive_pictures(site)

    assert not found


def forgive_pictures(site: Site) -> None:
    """Pass over pictures of these rows, which were never made, and the 400 that answers a form that is wrong."""
    site.complaints[:] = [text for text in site.complaints if "Failed to load resource" not in text]
