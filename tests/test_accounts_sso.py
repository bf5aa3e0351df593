"""Single sign-on, against a real OpenID Connect provider over HTTP: who gets in, and as whom."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from oidc_provider_mock import User as Claims
from oidc_provider_mock import run_server_in_thread

from tests.live_gallery import LiveGallery

OWNER, PASSWORD = "owner", "correct horse battery staple"
PREPARE = f"""
from gallery.models import User
user = User.objects.get()
user.username, user.email = {OWNER!r}, "owner@example.com"
user.set_password({PASSWORD!r})
user.save()
"""
PEOPLE = [
    Claims(sub="known", claims={"email": "owner@example.com", "email_verified": True}),
    Claims(
        sub="other",
        claims={"email": "other@example.com", "preferred_username": "other", "email_verified": True},
    ),
    Claims(
        sub="liar",
        claims={"email": "owner@example.com", "preferred_username": "liar", "email_verified": False},
    ),
]


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Return the issuer of a provider that knows PEOPLE."""
    with run_server_in_thread(user_claims=PEOPLE) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def start(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., LiveGallery]]:
    """Return a function that starts a gallery that lets the provider's people in."""
    started: dict[str, LiveGallery] = {}

    def gallery(sign_up: str = "false") -> LiveGallery:
        if sign_up not in started:
            folder: Path = tmp_path_factory.mktemp("sso")
            live = started[sign_up] = LiveGallery(
                folder, PHOTOSKY_OIDC_URL=provider, PHOTOSKY_OIDC_CLIENT_ID="photosky",
                PHOTOSKY_OIDC_CLIENT_SECRET="only-for-tests", PHOTOSKY_OIDC_NAME="Family", PHOTOSKY_OIDC_SIGNUP=sign_up,
            )  # fmt: skip
            live.start()
            live.shell(PREPARE)
        return started[sign_up]

    yield gallery
    for live in started.values():
        live.stop()


@contextmanager
def browser(live: LiveGallery) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.url, follow_redirects=True, timeout=30) as client:
        yield client


def post(client: httpx.Client, path: str, page: str = "", **data: str) -> httpx.Response:
    """Send a form of a page, with what protects it from forgery."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(page or path).text)
    assert found
    return client.post(path, data={"csrfmiddlewaretoken": found.group(1), **data})


def to_provider(client: httpx.Client, process: str = "login") -> str:
    """Press the button; return the address at the provider that the page leads on to."""
    page = "/accounts/login/" if process == "login" else "/accounts/connections/"
    answer = post(client, "/accounts/oidc/sso/login/", page, process=process)
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.text)
    assert found, answer.text
    return html.unescape(found.group(1))


def as_person(client: httpx.Client, address: str, sub: str) -> httpx.Response:
    """Be this person at the provider, and come back."""
    return client.post(address, data={"sub": sub})


def signed_in_as(client: httpx.Client) -> str:
    found = re.search(r"Signed in as (\w+)", client.get("/account/").text)
    return found.group(1) if found else ""


def test_the_way_there_is_bound_to_this_browser_and_proves_the_code(
    start: Callable[..., LiveGallery],
) -> None:
    with browser(start()) as client:
        assert "Family" in client.get("/accounts/login/").text
        asked = {name: value[0] for name, value in parse_qs(urlsplit(to_provider(client)).query).items()}

    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) >= 43
    assert len(asked["state"]) >= 16
    assert asked["redirect_uri"].endswith("/accounts/oidc/sso/login/callback/")
    assert asked["response_type"] == "code"


def test_unknown_person_gets_no_account_where_sign_up_is_closed(start: Callable[..., LiveGallery]) -> None:
    live = start()
    with browser(live) as client:
        answer = as_person(client, to_provider(client), "other")

        assert "This gallery is private" in answer.text
        assert not signed_in_as(client)
    assert live.shell("from gallery.models import User; print(User.objects.count())").strip() == "1"


@pytest.mark.parametrize("sub", ["known", "liar"])
def test_address_that_the_provider_states_opens_nobodys_account(
    start: Callable[..., LiveGallery], sub: str
) -> None:
    for sign_up in ("false", "true"):
        with browser(start(sign_up)) as client:
            as_person(client, to_provider(client), sub)

            assert signed_in_as(client) != OWNER


def test_answer_meant_for_another_browser_is_refused(start: Callable[..., LiveGallery]) -> None:
    live = start()
    with browser(live) as mine, browser(live) as victim:
        address = to_provider(mine)
        back = httpx.post(address, data={"sub": "other"}).headers["location"]

        answer = victim.get(back)

        assert "That did not work" in answer.text
        assert not signed_in_as(victim)


def test_connected_account_signs_in_and_can_be_disconnected(start: Callable[..., LiveGallery]) -> None:
    live = start()
    with browser(live) as client:
        post(client, "/accounts/login/", login=OWNER, password=PASSWORD)
        post(client, "/accounts/reauthenticate/", password=PASSWORD)
        as_person(client, to_provider(client, "connect"), "known")
        assert "sign you in" in client.get("/accounts/connections/").text
        post(client, "/accounts/logout/")
        assert not signed_in_as(client)

        as_person(client, to_provider(client), "known")

        assert signed_in_as(client) == OWNER
        key = live.shell(
            "from allauth.socialaccount.models import SocialAccount as A; print(A.objects.get().pk)"
        ).strip()
        post(client, "/accounts/reauthenticate/", password=PASSWORD)
        post(client, "/accounts/connections/", account=key)
        post(client, "/accounts/logout/")
        as_person(client, to_provider(client), "known")
        assert not signed_in_as(client)


def test_unknown_person_gets_an_account_where_a_setting_says_so(start: Callable[..., LiveGallery]) -> None:
    with browser(start("true")) as client:
        as_person(client, to_provider(client), "other")

        assert signed_in_as(client) == "other"
