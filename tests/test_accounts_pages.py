"""Pages of one's own account: signing in with a second factor, sessions, a lost password, tokens, the language."""

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from gallery.models import ApiToken, User
from tests.make import PASSWORD, make_album, make_user
from tests.pages import UNREACHABLE, tags

SignedIn = Callable[[User], Client]
OWN = (
    "/account/", "/account/tokens/", "/account/invitations/", "/account/delete/", "/accounts/sessions/", "/accounts/2fa/",
    "/accounts/2fa/totp/activate/", "/accounts/passkeys/", "/accounts/passkeys/add/", "/accounts/password/change/",
    "/accounts/email/", "/accounts/reauthenticate/",
)  # fmt: skip
ANYBODYS = ("/accounts/login/", "/accounts/password/reset/", "/accounts/signup/")


@pytest.fixture(autouse=True)
def _unreachable_store(settings: Settings) -> None:
    settings.S3 = UNREACHABLE


def sign_in(user: User, **data: str) -> Client:
    """Sign in by the page, and prove oneself once more, as for what guards an account."""
    client = Client()
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD, **data})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return what an authenticator app shows for the key (RFC 6238)."""
    moment = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), moment, hashlib.sha1)
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def turn_on_codes(client: Client) -> str:
    """Set up an authenticator app; return its key."""
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r'<code class="secret">(\w+)</code>', page)
    assert found
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(found.group(1))})
    assert answer.status_code == HTTPStatus.FOUND
    return found.group(1)


@pytest.mark.parametrize("path", [*OWN, "/account/export/"])
def test_whoever_is_not_signed_in_sees_no_page_of_an_account(db: None, path: str) -> None:
    client = Client()
    answer = client.get(path)

    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer = client.post(path)
    assert unquote(answer.headers["Location"]).startswith("/accounts/login/?next=/ac")


def test_pages_of_accounts_hold_no_inline_script_or_style_and_are_not_kept(alice: User) -> None:
    make_album(alice)
    client = sign_in(alice)
    for path in OWN:
        answer = client.get(path)
        assert answer.status_code == HTTPStatus.OK, path
        scripts = tags(answer, "script")
        assert all(
            one.get("src", "").startswith("/static/") or one.get("type") == "application/json"
            for one in scripts
        )
        assert not tags(answer, "style")
        assert "private" in answer["Cache-Control"]
        assert len(tags(answer, "h1")) == 1, path
        assert "unsafe" not in answer["Content-Security-Policy"].split("script-src")[1].split(";")[0]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_way_in_leads_to_another_site(alice: User, target: str) -> None:
    client = Client()
    page = client.get("/accounts/login/", {"next": target})
    answer = client.post("/accounts/login/", {"login": "alice", "password": PASSWORD, "next": target})
    again = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": target})

    assert page.status_code == HTTPStatus.OK
    assert answer.headers["Location"] == "/"
    assert "evil" not in again.headers["Location"]
    assert again.headers["Location"].startswith("/")


def test_what_guards_the_account_asks_for_the_password_again(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    for path in ("/accounts/passkeys/add/", "/accounts/2fa/totp/activate/", "/account/delete/"):
        assert client.get(path).headers["Location"].startswith("/accounts/reauthenticate/")
    made = client.post("/account/tokens/", {"name": "x", "scopes": ["read"], "days": "30"})

    assert made.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not ApiToken.objects.exists()


def test_codes_of_an_app_are_asked_for_after_the_password(alice: User) -> None:
    secret = turn_on_codes(sign_in(alice))
    client = Client()

    answer = client.post("/accounts/login/", {"login": "alice", "password": PASSWORD, "next": "/albums/"})

    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/albums/").status_code == HTTPStatus.FOUND
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "errorlist" in wrong.content.decode()
    right = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, steps=1)})
    assert right.headers["Location"] == "/albums/"
    assert client.get("/albums/").status_code == HTTPStatus.OK


def test_code_works_once(alice: User) -> None:
    secret = turn_on_codes(sign_in(alice))
    code = code_of(secret, steps=1)
    answers = []
    for _ in range(2):
        client = Client()
        client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
        answers.append(client.post("/accounts/2fa/authenticate/", {"code": code}).status_code)

    assert answers == [HTTPStatus.FOUND, HTTPStatus.OK]


def test_recovery_code_lets_in_once(alice: User) -> None:
    first = sign_in(alice)
    turn_on_codes(first)
    codes = re.findall(r"<code>(\d+)</code>", first.get("/accounts/2fa/recovery-codes/").content.decode())
    assert len(codes) == 10
    answers = []
    for _ in range(2):
        client = Client()
        client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
        answers.append(client.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code)

    assert answers == [HTTPStatus.FOUND, HTTPStatus.OK]


def test_guesses_at_codes_are_limited(alice: User) -> None:
    secret = turn_on_codes(sign_in(alice))
    client = Client()
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    for _ in range(6):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})

    answer = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, steps=1)})

    assert answer.status_code != HTTPStatus.FOUND


def test_command_takes_a_lost_second_factor_off(alice: User) -> None:
    from django.core.management import call_command

    turn_on_codes(sign_in(alice))
    call_command("reset_two_factor", "alice", verbosity=0)

    assert not Authenticator.objects.exists()
    assert (
        Client().post("/accounts/login/", {"login": "alice", "password": PASSWORD}).headers["Location"] == "/"
    )


def test_administration_asks_for_the_second_factor_too(db: None) -> None:
    keeper = make_user("keeper", is_staff=True, is_superuser=True)
    turn_on_codes(sign_in(keeper))
    client = Client()
    client.post("/accounts/login/", {"login": "keeper", "password": PASSWORD})

    assert client.get("/admin/").status_code == HTTPStatus.FOUND


def test_other_sessions_are_listed_and_ended(alice: User, stranger: User) -> None:
    here = Client(headers={"user-agent": "Firefox here"})
    there = Client(headers={"user-agent": "Chromium there"})
    for client in (here, there):
        client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    other = sign_in(stranger)
    page = here.get("/accounts/sessions/").content.decode()
    assert "Firefox here" in page
    assert "Chromium there" in page

    here.post("/accounts/sessions/")

    assert here.get("/albums/").status_code == HTTPStatus.OK
    assert there.get("/albums/").status_code == HTTPStatus.FOUND
    assert other.get("/albums/").status_code == HTTPStatus.OK
    assert UserSession.objects.filter(user=alice).count() == 1


def test_session_from_before_is_listed_as_well(alice: User, signed_in: SignedIn) -> None:
    assert "this browser" in signed_in(alice).get("/accounts/sessions/").content.decode()


def test_changed_password_ends_other_sessions(alice: User) -> None:
    here, there = sign_in(alice), sign_in(alice)
    new = "another long pass phrase"

    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert here.get("/albums/").status_code == HTTPStatus.OK
    assert there.get("/albums/").status_code == HTTPStatus.FOUND


def test_lost_password_without_mail_says_what_to_do(alice: User) -> None:
    for answer in (
        Client().get("/accounts/password/reset/"),
        Client().post("/accounts/password/reset/", {"email": "a@b.cc"}),
    ):
        assert "manage.py changepassword" in answer.content.decode()
    assert not mail.outbox


@pytest.fixture
def mailing(settings: Settings) -> None:
    settings.MAIL_WORKS, settings.SITE_URL = True, "https://photos.example.com"
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True


@pytest.mark.usefixtures("mailing")
def test_lost_password_is_set_by_a_link_that_works_once(alice: User) -> None:
    client, new = Client(), "another long pass phrase"
    client.post("/accounts/password/reset/", {"email": alice.email}, headers={"host": "evil.example"})
    (sent,) = mail.outbox
    assert sent.to == [alice.email]
    assert "evil.example" not in sent.body
    found = re.search(r"https://photos\.example\.com(/accounts/password/reset/key/\S+)", str(sent.body))
    assert found

    form = client.get(found.group(1), follow=True)
    assert "New password" in form.content.decode()
    action = form.request["PATH_INFO"]
    assert client.post(action, {"password1": new, "password2": new}).status_code == HTTPStatus.FOUND

    alice.refresh_from_db()
    assert alice.check_password(new)
    assert "This link is not open" in Client().get(found.group(1), follow=True).content.decode()


@pytest.mark.usefixtures("mailing")
def test_lost_password_does_not_tell_which_addresses_are_known(alice: User) -> None:
    answers = [
        Client().post("/accounts/password/reset/", {"email": email})
        for email in (alice.email, "no@where.example")
    ]

    assert len({(answer.status_code, answer.headers["Location"]) for answer in answers}) == 1
    # Both get a mail, so that not even the time tells; the second says that there is no account.
    assert [sent.to for sent in mail.outbox] == [[alice.email], ["no@where.example"]]
    assert "reset/key" not in mail.outbox[1].body


@pytest.mark.usefixtures("mailing")
def test_mail_server_that_fails_tells_nobody_anything(alice: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    answers = [
        Client().post("/accounts/password/reset/", {"email": email})
        for email in (alice.email, "no@where.example")
    ]

    assert [answer.status_code for answer in answers] == [HTTPStatus.FOUND] * 2


@pytest.mark.usefixtures("mailing")
def test_second_factor_holds_after_a_lost_password(alice: User) -> None:
    turn_on_codes(sign_in(alice))
    mail.outbox.clear()
    client, new = Client(), "another long pass phrase"
    client.post("/accounts/password/reset/", {"email": alice.email})
    found = re.search(r"example\.com(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert found
    form = client.get(found.group(1), follow=True)
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})

    answer = client.post("/accounts/login/", {"login": "alice", "password": new})

    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")


@pytest.mark.usefixtures("mailing")
def test_address_is_added_and_confirmed_by_a_link(alice: User) -> None:
    client = sign_in(alice)
    client.post("/accounts/email/", {"action_add": "", "email": "new@example.com"})
    found = re.search(r"https://photos\.example\.com(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body))
    assert found

    assert "new@example.com" in client.get(found.group(1)).content.decode()
    client.post(found.group(1))

    assert "confirmed" in client.get("/accounts/email/").content.decode()


def test_tokens_are_made_shown_once_and_ended(alice: User, stranger: User) -> None:
    client = sign_in(alice)
    page = client.post("/account/tokens/", {"name": "laptop", "scopes": ["read", "share"], "days": "30"})
    found = re.search(r"photosky_[0-9a-f]{40}", page.content.decode())
    assert found
    assert "no-store" in page["Cache-Control"]
    token = ApiToken.objects.get()
    again = client.get("/account/tokens/").content.decode()
    assert found.group() not in again
    assert token.prefix in again

    assert sign_in(stranger).post(f"/account/tokens/{token.pk}/revoke/").status_code == HTTPStatus.NOT_FOUND
    client.post(f"/account/tokens/{token.pk}/revoke/")

    token.refresh_from_db()
    assert token.revoked_at is not None
    assert token.scopes == "read share"


@pytest.mark.parametrize("values", [{"scopes": []}, {"scopes": ["everything"]}, {"days": "7"}, {"name": ""}])
def test_token_that_cannot_be_is_refused_with_words(alice: User, values: dict[str, Any]) -> None:
    answer = sign_in(alice).post(
        "/account/tokens/", {"name": "x", "scopes": ["read"], "days": "30", **values}
    )

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "errorlist" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_account_tells_use_and_quota(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(used_bytes=3 * 1024**3, quota_bytes=5 * 1024**3)

    page = sign_in(alice).get("/account/").content.decode().replace("\xa0", " ")

    assert "3.0 GB of 5.0 GB used, 2.0 GB left" in page


def test_language_is_the_persons_then_the_browsers(alice: User, settings: Settings) -> None:
    settings.LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
    german = {"accept-language": "de,en;q=0.5"}
    assert Client(headers=german).get("/accounts/login/")["Content-Language"] == "de"
    client = sign_in(alice)
    assert client.get("/account/")["Content-Language"] == "en-gb"

    client.post("/account/profile/", {"first_name": "", "last_name": "", "language": "de"})

    assert client.get("/account/")["Content-Language"] == "de"
    elsewhere = sign_in(alice)
    assert elsewhere.get("/account/")["Content-Language"] == "de"
    client.post("/account/profile/", {"first_name": "", "last_name": "", "language": ""})
    assert client.get("/account/")["Content-Language"] == "en-gb"
    assert client.get("/account/", headers=german)["Content-Language"] == "de"


def test_language_asks_the_database_nothing_where_the_browser_knows(alice: User, settings: Settings) -> None:
    settings.LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
    client = Client(headers={"accept-language": "de"})
    with CaptureQueriesContext(connection) as queries:
        client.get("/accounts/login/")

    assert not queries.captured_queries


def test_open_sign_up_takes_a_setting(db: None, settings: Settings) -> None:
    data = {"username": "eve", "password1": PASSWORD, "password2": PASSWORD}
    settings.OPEN_SIGN_UP = True
    Client().post("/accounts/signup/", data)

    assert User.objects.get().username == "eve"
