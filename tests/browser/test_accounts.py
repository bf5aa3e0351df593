"""Accounts in a browser: passkeys made and used, an invitation from link to library, and no barrier on any page."""

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import CDPSession, Page, expect
from pytest_django import Settings

from gallery import invitations
from gallery.models import ApiToken, User
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.test_accessibility import objections
from tests.make import PASSWORD, make_album, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def with_authenticator(page: Page) -> CDPSession:
    """Give the browser a device that knows its owner by a finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    return session


def prove(page: Page) -> None:
    """Enter the password where it is asked for again."""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def add_passkey(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/accounts/passkeys/add/")
    prove(page)
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


@pytest.fixture
def page(site: Site) -> Page:
    return site.open()


def test_passkey_is_made_and_signs_in_alone(alice: User, site: Site, page: Page) -> None:
    with_authenticator(page)
    site.sign_in(page, alice)
    add_passkey(site, page)
    assert str(Authenticator.objects.get(type="webauthn")) == "Laptop"
    page.goto(f"{site.url}/accounts/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()

    page.goto(f"{site.url}/accounts/login/?next=/albums/")
    page.get_by_role("button", name="Sign in with a passkey").click()

    page.wait_for_url(f"{site.url}/albums/")
    page.goto(f"{site.url}/accounts/passkeys/")
    expect(page.get_by_role("heading", name="Laptop")).to_be_visible()


def test_passkey_is_asked_for_after_the_password(alice: User, site: Site, page: Page) -> None:
    with_authenticator(page)
    site.sign_in(page, alice)
    add_passkey(site, page)
    page.context.clear_cookies()

    page.goto(f"{site.url}/accounts/login/")
    page.get_by_label("User name or e-mail").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Use a passkey").click()

    page.wait_for_url(f"{site.url}/")


def test_passkey_that_is_not_there_says_so_and_leaves_the_password(
    alice: User, site: Site, page: Page
) -> None:
    session = with_authenticator(page)
    page.goto(f"{site.url}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("status").filter(has_text="That did not work")).to_be_visible(timeout=70_000)
    session.send("WebAuthn.disable")

    page.get_by_label("User name or e-mail").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    page.wait_for_url(f"{site.url}/")


def test_everything_but_passkeys_works_without_javascript(alice: User, site: Site) -> None:
    page = site.open(java_script_enabled=False)
    site.sign_in(page, alice)
    page.goto(f"{site.url}/account/tokens/")
    page.get_by_label("Where it is used").fill("laptop")
    page.get_by_role("button", name="Make the token").click()
    prove(page)
    expect(page.locator("#secret")).to_contain_text("photosky_")

    page.get_by_role("button", name="End").click()

    assert not ApiToken.objects.filter(revoked_at=None).exists()
    page.goto(f"{site.url}/accounts/passkeys/add/")
    expect(page.get_by_text("This needs JavaScript")).to_be_visible()


def test_invited_person_goes_from_the_link_to_the_album(
    alice: User, site: Site, page: Page, settings: Settings
) -> None:
    settings.MEMBERS_INVITE = True
    album = make_album(alice, title="Picos")
    _, plain = invitations.invite(alice, "", album)

    page.goto(f"{site.url}{invitations.address(plain)}")
    page.get_by_label("User name").fill("zoe")
    page.get_by_label("Password").fill("a long phrase of mine")
    page.get_by_role("button", name="Make the account").click()

    page.wait_for_url(f"{site.url}{album.get_absolute_url()}")
    expect(page.get_by_role("heading", name="Picos")).to_be_visible()


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_of_accounts_has_a_barrier_that_axe_knows(site: Site, screen: dict[str, object]) -> None:
    keeper = make_user("keeper", is_staff=True, used_bytes=3 * 1024**3, quota_bytes=5 * 1024**3)
    ApiToken.issue(keeper, "laptop", ["read", "share"])
    _, plain = invitations.invite(keeper, "")
    page = site.open(**screen)
    found = []
    for path in (
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/signup/",
        invitations.address(plain),
    ):
        page.goto(f"{site.url}{path}")
        found += objections(page)
    site.sign_in(page, keeper)
    page.goto(f"{site.url}/account/delete/")
    found += objections(page)
    prove(page)
    found += objections(page)
    for path in (
        "/account/", "/account/tokens/", "/account/invitations/", "/accounts/sessions/", "/accounts/2fa/",
        "/accounts/2fa/totp/activate/", "/accounts/passkeys/", "/accounts/passkeys/add/", "/accounts/password/change/",
    ):  # fmt: skip
        page.goto(f"{site.url}{path}")
        found += objections(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(f"{site.url}/account/invitations/")
    page.get_by_role("button", name="Make the invitation").click()
    found += objections(page)
    assert not found
