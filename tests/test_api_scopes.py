"""Scopes at every address, other sites' scripts, and how far a client is from its limit."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from gallery.api.tokens import scopes_for
from gallery.models import ApiToken, User
from tests.access_world import World, make_world
from tests.api_routes import Route, cases, routes

pytestmark = pytest.mark.usefixtures("signing")
UNSAFE = ("post", "patch", "put", "delete")
SITE = "https://app.example.com"


@pytest.fixture
def world(alice: User) -> World:
    return make_world(alice)


def program(owner: User, *scopes: str) -> Client:
    _, plain = ApiToken.issue(owner, "test", scopes)
    return Client(headers={"authorization": f"Bearer {plain}"})


def send(client: Client, route: Route, world: World) -> Any:
    return getattr(client, route.method)(route.url(world), {}, content_type="application/json")


@pytest.mark.parametrize("route", cases(*UNSAFE))
def test_token_that_may_only_read_changes_nothing_and_is_told_what_it_lacks(
    route: Route, world: World
) -> None:
    client = program(world.people["owner"], "read")

    answer = send(client, route, world)

    assert answer.status_code == 403, answer.content
    problem = answer.json()
    assert problem["code"] == "scope_missing"
    wanted = scopes_for(route.method.upper(), route.name.removeprefix("api:"))
    if wanted:
        assert re.search(rf"Use a token with the scope {' or '.join(wanted)}\.", problem["detail"])
    else:
        assert "No token does this" in problem["detail"]


@pytest.mark.parametrize("route", cases("get"))
def test_token_without_a_scope_for_it_reads_nothing(route: Route, world: World) -> None:
    wanted = scopes_for("GET", route.name.removeprefix("api:"))
    other = next(scope for scope in ApiToken.Scope if scope not in wanted)
    if route.name == "api:health":
        return

    answer = program(world.people["owner"], other).get(route.url(world))

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_no_token_decides_about_people_or_takes_everything_along(world: World) -> None:
    everything = program(world.people["staff"], *ApiToken.Scope)
    never = {
        (route.name, route.method)
        for route in routes()
        if not scopes_for(route.method.upper(), route.name[4:])
    }

    assert never == {
        ("api:token-list", "post"), ("api:token-detail", "delete"), ("api:user-detail", "patch"),
        ("api:invitation-list", "post"), ("api:invitation-detail", "delete"),
        ("api:me-export", "get"), ("api:me-export", "post"),
    }  # fmt: skip
    for route in routes():
        if (route.name, route.method) in never:
            assert send(everything, route, world).status_code == 403


@pytest.fixture
def other_site(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [SITE]


def test_other_sites_may_not_call_the_api_unless_the_setting_names_them(alice: User) -> None:
    answer = Client().get("/api/", headers={"origin": SITE})

    assert "Access-Control-Allow-Origin" not in answer


def test_site_of_the_setting_may_call_the_api_with_a_token_and_read_what_it_needs(
    alice: User, other_site: None
) -> None:
    wanted = {
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization, if-match",
    }
    asked = Client().options("/api/images/", headers={"origin": SITE, **wanted})

    answer = program(alice, "read").get("/api/images/", headers={"origin": SITE})

    assert asked["Access-Control-Allow-Origin"] == SITE
    allowed = asked["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "content-type", "if-match", "if-none-match", "idempotency-key"} <= set(allowed)
    assert "PATCH" in asked["Access-Control-Allow-Methods"]
    assert answer["Access-Control-Allow-Origin"] == SITE
    told = answer["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Link", "Location", "Retry-After", "RateLimit", "RateLimit-Policy"} <= set(told)
    assert "Idempotency-Replayed" in told


def test_site_of_the_setting_gets_no_cookie_and_another_gets_nothing(alice: User, other_site: None) -> None:
    client = program(alice, "read")

    mine = client.get("/api/images/", headers={"origin": SITE})
    foreign = client.get("/api/images/", headers={"origin": f"{SITE}.example.org"})
    page = client.get("/albums/", headers={"origin": SITE})

    assert "Access-Control-Allow-Credentials" not in mine
    assert "Access-Control-Allow-Origin" not in foreign
    assert "Access-Control-Allow-Origin" not in page


@pytest.mark.parametrize("route", cases())
def test_every_answer_tells_how_far_the_client_is_from_its_limit(route: Route, world: World) -> None:
    answer = (
        send(world.client("owner"), route, world)
        if route.method != "get"
        else world.client("owner").get(route.url(world))
    )

    assert re.fullmatch(r'"minute";q=\d+;w=60', answer["RateLimit-Policy"])
    assert re.fullmatch(r'"minute";r=\d+;t=\d+', answer["RateLimit"])


def test_client_that_asks_too_often_is_told_when_to_return(alice: User, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    client = program(alice, "read")
    answers = [client.get("/api/me/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "throttled"
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert "r=0;" in answers[2]["RateLimit"]
