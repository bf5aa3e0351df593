"""The frame around the pages: signing in, the theme, errors, and what browsers are told to allow."""

import re
from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.core.cache import caches
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings

from gallery.models import User
from photosky.settings import SHARED_CACHE
from tests.make import PASSWORD, make_album, make_image
from tests.pages import UNREACHABLE, links, tags

SignedIn = Callable[[User], Client]
PAGES = ("/", "/albums/", "/bin/", "/upload/", "/accounts/password/change/")


@pytest.fixture(autouse=True)
def _unreachable_store(settings: Settings) -> None:
    settings.S3 = UNREACHABLE


@pytest.mark.parametrize(
    "url",
    [
        *PAGES,
        "/upload/done/01234567-89ab-7def-8123-456789abcdef/",
        "/p/01234567-89ab-7def-8123-456789abcdef/",
    ],
)
def test_whoever_is_not_signed_in_is_asked_to(db: None, url: str) -> None:
    response = Client().get(url)
    assert response.status_code == HTTPStatus.FOUND
    assert response.headers["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("name", ["alice", "alice@example.com"])
def test_signing_in_leads_where_one_was_going(alice: User, name: str) -> None:
    client = Client()
    response = client.post(
        "/accounts/login/?next=/albums/", {"login": name, "password": PASSWORD, "next": "/albums/"}
    )
    assert response.headers["Location"] == "/albums/"
    assert client.get("/albums/").status_code == HTTPStatus.OK


def test_a_wrong_password_is_refused_with_words(alice: User) -> None:
    response = Client().post("/accounts/login/", {"login": "alice", "password": "wrong"})
    assert "not correct" in response.content.decode()


def test_guesses_at_a_password_are_counted_where_all_processes_see_them(
    alice: User, settings: Settings
) -> None:
    settings.CACHES = {"default": SHARED_CACHE}
    for _ in range(5):
        guess = Client().post("/accounts/login/", {"login": "alice", "password": "wrong"})
        assert "not correct" in guess.content.decode()
    caches["default"].close()
    del caches["default"]
    answer = Client().post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert "Too many failed login attempts" in answer.content.decode()


def test_signing_in_never_leads_to_another_site(alice: User) -> None:
    data = {"login": "alice", "password": PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/accounts/login/", data).headers["Location"] == "/"


def test_nobody_signs_up(db: None) -> None:
    data = {"username": "eve", "password1": PASSWORD, "password2": PASSWORD}
    for response in (Client().get("/accounts/signup/"), Client().post("/accounts/signup/", data)):
        assert "This gallery is private" in response.content.decode()
    assert not User.objects.exists()


def test_signing_out_takes_a_deliberate_act(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    assert client.get("/accounts/logout/").status_code == HTTPStatus.OK
    assert client.get("/").status_code == HTTPStatus.OK
    client.post("/accounts/logout/")
    assert client.get("/").status_code == HTTPStatus.FOUND


def test_a_password_is_changed(alice: User, signed_in: SignedIn) -> None:
    new = "another long pass phrase"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    signed_in(alice).post("/accounts/password/change/", data)
    alice.refresh_from_db()
    assert alice.check_password(new)


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_a_theme_is_chosen_and_written_into_the_page(db: None, theme: str) -> None:
    client = Client()
    response = client.post("/theme/", {"theme": theme, "next": "/accounts/login/"})
    assert response.headers["Location"] == "/accounts/login/"
    assert tags(client.get("/accounts/login/"), "html")[0]["data-theme"] == theme


def test_an_unknown_theme_is_refused_and_a_forged_cookie_is_ignored(db: None) -> None:
    client = Client()
    assert client.post("/theme/", {"theme": "pink"}).status_code == HTTPStatus.BAD_REQUEST
    client.cookies["theme"] = '"><script>'
    assert tags(client.get("/accounts/login/"), "html")[0]["data-theme"] == "auto"


def test_choosing_a_theme_never_leads_to_another_site(db: None) -> None:
    response = Client().post("/theme/", {"theme": "dark", "next": "https://evil.example/"})
    assert response.headers["Location"] == "/"


def test_the_site_says_that_it_is_well(db: None) -> None:
    response = Client().get("/healthz/")
    assert (response.status_code, response.content) == (HTTPStatus.OK, b"ok\n")


def test_what_is_not_there_has_a_page_of_ours(alice: User, signed_in: SignedIn) -> None:
    response = signed_in(alice).get("/nowhere/")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert "There is nothing here" in response.content.decode()
    assert "/albums/" in links(response)


def test_a_forged_form_is_refused_with_a_page_of_ours(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post("/albums/new/", {"title": "Forged"})
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert "Nothing was changed" in response.content.decode()


def test_the_page_for_our_own_errors_needs_nothing() -> None:
    page = render_to_string("500.html")
    assert "your photos are safe" in page
    assert not re.search(r"<(link|script|img)", page)


def test_pages_hold_no_inline_script_or_style_and_ask_no_third_party(
    alice: User, signed_in: SignedIn
) -> None:
    image = make_image(alice)
    album = make_album(alice, image)
    client = signed_in(alice)
    for url in (*PAGES, image.get_absolute_url(), album.get_absolute_url()):
        response = client.get(url)
        assert response.status_code == HTTPStatus.OK
        assert all(tag.get("src", "").startswith("/static/") for tag in tags(response, "script"))
        assert not tags(response, "style")
        assert not re.search(r"\son[a-z]+=", response.content.decode())
        hosts = set(re.findall(r"https?://([^/\"]+)", response.content.decode()))
        assert hosts <= {"127.0.0.1:9"}
        policy = response.headers["Content-Security-Policy"]
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe" not in scripts


def test_pages_link_at_most_three_style_sheets(alice: User, signed_in: SignedIn) -> None:
    image, client = make_image(alice), signed_in(alice)
    for url in (*PAGES, image.get_absolute_url()):
        sheets = [tag for tag in tags(client.get(url), "link") if tag["rel"] == "stylesheet"]
        assert 0 < len(sheets) <= 3


@pytest.mark.parametrize(
    "back", ["foo", "?", "#", "?page=2", "", "gallery:bin", "//evil.example/", "/\\evil.example"]
)
def test_theme_leads_home_where_the_way_back_is_no_address_of_this_site(db: None, back: str) -> None:
    answer = Client().post("/theme/", {"theme": "dark", "next": back})
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.FOUND, "/")
