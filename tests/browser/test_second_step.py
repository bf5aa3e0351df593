"""The pages of the second step of signing in have no barrier: recovery codes, the app's code, leaving the app."""

import re

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from playwright.sync_api import expect

from gallery.models import User
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.test_accessibility import objections
from tests.make import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_of_the_second_step_has_a_barrier_that_axe_knows(
    alice: User, site: Site, screen: dict[str, object]
) -> None:
    TOTP.activate(alice, "JBSWY3DPEHPK3PXP")
    code = RecoveryCodes.activate(alice).get_unused_codes()[0]
    page = site.open(**screen)
    page.goto(f"{site.url}/accounts/login/")
    page.get_by_label("User name or e-mail").fill(alice.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile("/accounts/2fa/authenticate/"))
    found = objections(page)
    page.get_by_role("textbox").first.fill(code)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/")

    for path in ("recovery-codes/", "recovery-codes/generate/", "totp/deactivate/", "reauthenticate/", ""):
        answer = page.goto(f"{site.url}/accounts/2fa/{path}")
        assert answer is not None
        assert answer.ok, path
        found += objections(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path

    expect(page.get_by_role("heading", name="Two-factor sign-in")).to_be_visible()
    assert get_adapter().is_mfa_enabled(alice)
    assert not found
