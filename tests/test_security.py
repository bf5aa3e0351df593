"""What every page tells the browser: where it may load from, and that nobody may frame it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.test.client import ClientHandler
from pytest_django import Settings

from gallery.models import User
from photosky.env import S3Settings
from tests.make import make_image
from tests.sharing import make_link


def policy(client: Client, path: str = "/") -> dict[str, list[str]]:
    """Return the content security policy of a page, by directive."""
    header = client.get(path)["Content-Security-Policy"]
    return {words[0]: words[1:] for part in header.split(";") if (words := part.split())}


@pytest.mark.usefixtures("s3")
def test_pages_load_scripts_and_styles_from_the_site_only(
    alice: User, signed_in: Callable[[User], Client]
) -> None:
    found = policy(signed_in(alice))

    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == ["'self'"]
    assert found["style-src"] == ["'self'"]
    assert found["frame-ancestors"] == ["'none'"]
    assert found["base-uri"] == ["'none'"]


@pytest.mark.parametrize(
    ("store", "origin"),
    [
        (S3Settings(bucket="family", region="eu-central-1"), "https://family.s3.eu-central-1.amazonaws.com"),
        (S3Settings(bucket="my.family", region="eu-central-1"), "https://s3.eu-central-1.amazonaws.com"),
        (S3Settings(bucket="family", endpoint="http://127.0.0.1:8333"), "http://127.0.0.1:8333"),
    ],
)
def test_pages_reach_the_object_store_and_no_other_site(
    alice: User, signed_in: Callable[[User], Client], settings: Settings, store: S3Settings, origin: str
) -> None:
    settings.S3 = replace(store, access_key="a", secret_key="b")

    found = policy(signed_in(alice))

    for directive in ("img-src", "connect-src", "form-action"):
        foreign = {source for source in found[directive] if "://" in source}
        assert foreign == {origin}, directive


def test_a_cdn_is_reached_for_pictures_as_well(
    alice: User, signed_in: Callable[[User], Client], settings: Settings, s3: S3Settings
) -> None:
    settings.S3 = replace(s3, media_base_url="https://media.example.com")

    assert "https://media.example.com" in policy(signed_in(alice))["img-src"]


@pytest.mark.usefixtures("s3")
def test_pages_of_a_person_are_kept_by_no_shared_cache(
    alice: User, signed_in: Callable[[User], Client]
) -> None:
    answer = signed_in(alice).get("/")

    assert "private" in answer["Cache-Control"] or "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


def test_browser_forgets_the_pages_of_whoever_signs_out(alice: User) -> None:
    client = Client()
    client.force_login(alice)

    assert client.post("/theme/", {"theme": "dark"}).get("Clear-Site-Data") is None
    assert client.post("/accounts/logout/")["Clear-Site-Data"] == '"cache"'


@pytest.mark.parametrize(
    "path", ["/tags/?from=%00", "/places/ES/?after=%00", "/places/%00/", "/search/?q=a%00"]
)
def test_an_address_with_the_character_nul_leads_nowhere(
    alice: User, signed_in: Callable[[User], Client], path: str
) -> None:
    response = signed_in(alice).get(path)
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize("path", ["/api/places/ES/?after=%00", "/api/search/?q=%00"])
def test_the_api_names_the_character_nul(alice: User, signed_in: Callable[[User], Client], path: str) -> None:
    response = signed_in(alice).get(path)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert "NUL" in response.json()["detail"]


@pytest.mark.usefixtures("signing")
@pytest.mark.parametrize("query", ["?after=%00", "preview/?photo=%00", "p/%00/"])
def test_a_share_link_with_the_character_nul_is_as_gone_as_one_that_never_was(
    alice: User, query: str
) -> None:
    _link, address = make_link(alice, make_image(alice))
    answers = [Client().get(path) for path in (f"{address}{query}", f"/s/{'x' * 22}/")]
    told = [(answer.status_code, answer.content, dict(answer.headers)) for answer in answers]
    assert told[0] == told[1]


@pytest.mark.parametrize("path", ["/accounts/login/", "/api/health/", "/api/docs/", "/nowhere/"])
def test_head_is_answered_without_a_body_whatever_the_server_does(
    db: None, s3: S3Settings, path: str
) -> None:
    # Django's test client leaves the body out by itself; a server need not.
    handler = ClientHandler()
    handler.load_middleware()
    whole: Any = handler.get_response(RequestFactory().get(path))

    head: Any = handler.get_response(RequestFactory().head(path))

    assert head.content == b""
    assert whole.content
    assert (head.status_code, head["Content-Type"]) == (whole.status_code, whole["Content-Type"])
    assert int(head["Content-Length"]) > 0
