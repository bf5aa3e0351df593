"""Chromium, a running site whose bucket lets it in, and pages that fail the test when they complain."""

import copy
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from gallery import objectstore
from gallery.models import User
from photosky.env import S3Settings
from tests.make import PASSWORD
from tests.plugins.s3 import ORIGIN

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}


@dataclass(frozen=True)
class Site:
    """A running gallery, and the way into it."""

    url: str
    open: Callable[..., Page]
    complaints: list[str]

    def sign_in(self, page: Page, user: User) -> None:
        """Sign in by the page, as a person does."""
        page.goto(f"{self.url}/accounts/login/")
        page.get_by_label("User name or e-mail").fill(user.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{self.url}/")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    # A busy machine is no reason to fail: what comes at all may come late.
    expect.set_options(timeout=20_000)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Run Chromium; without one a laptop skips, and CI fails."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        message = "no Chromium: install it (Debian: apt install chromium)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield running
    running.close()


@pytest.fixture
def site(live_server: LiveServer, s3: S3Settings, settings: Settings, browser: Browser) -> Iterator[Site]:
    """Serve the gallery to a browser; a page that breaks its own rules or script fails the test."""
    # The bucket is the session's: the rule that other tests look for stays.
    objectstore.ensure_bucket([ORIGIN, live_server.url])
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    for directive in ("img-src", "connect-src", "form-action"):
        policy["DIRECTIVES"][directive].append(s3.endpoint)
    settings.CONTENT_SECURITY_POLICY = policy
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # The driver's own words, of the option below.
        if message.type in {"error", "warning"} and "blocked by Playwright" not in message.text:
            complaints.append(message.text)

    def open_page(**options: object) -> Page:
        # A service worker answers for the network; the tests that are about it let it.
        context = browser.new_context(**{**DESKTOP, "service_workers": "block", **options})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield Site(live_server.url, open_page, complaints)
    for context in contexts:
        context.close()
    assert not complaints
