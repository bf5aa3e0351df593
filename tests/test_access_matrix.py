"""Every address x every role x every thing: whoever may not is told that there is nothing, and no address is forgotten."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from gallery.models import User
from tests.access_table import ROLES, TABLE, UNTRIED, Rule
from tests.access_world import World, make_world
from tests.make import make_user

pytestmark = pytest.mark.usefixtures("s3")

METHODS = ("get", "post", "put", "patch", "delete")
SIGN_IN = "/accounts/login/"


def addresses(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every named address of the site with its pattern; the administration has a rule of its own below."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = pattern.namespace or ""
            if inner != "admin":
                yield from addresses(pattern, f"{inner}:" if inner else space)
        elif pattern.name:
            yield f"{space}{pattern.name}", pattern


PATTERNS = dict(addresses(get_resolver()))
CASES = [
    pytest.param(name, method, thing, id=f"{name} {method} {thing}".strip())
    for (name, method), rule in sorted(TABLE.items())
    for thing in rule.things
]


# What allauth takes is its own affair, and what answers to nobody has no method.
OURS = sorted({name for (name, _), rule in TABLE.items() if ":" in name and rule.things != ("unknown link",)})


@pytest.fixture
def world(alice: User) -> World:
    return make_world(alice)


def methods_of(client: Client, url: str) -> set[str]:
    """Return what the address takes, as it answers to whoever may do all."""
    return {method for method in METHODS if send(client, method, url, {}).status_code != 405}


def send(client: Client, method: str, url: str, body: dict[str, Any]) -> HttpResponse:
    """Send a request, and take back whatever it did to the database."""
    with transaction.atomic():
        if "/api/" in url:
            how = {} if method == "get" else {"data": json.dumps(body), "content_type": "application/json"}
            response = getattr(client, method)(url, **how)
        else:
            response = getattr(client, method)(url, body or None)
        transaction.set_rollback(True)
    return response  # type: ignore[no-any-return]


def got_through(response: HttpResponse) -> bool:
    """Tell an answer from a refusal. What is wrong with the body is an answer; 403 and a fault of ours are never right."""
    assert response.status_code < 500, response.content[:500]
    if response.status_code in {301, 302, 303}:
        return SIGN_IN not in response["Location"]
    return response.status_code not in {401, 403, 404}


def refused_rightly(response: HttpResponse, role: str, url: str) -> bool:
    """Strangers get 404; whoever is not signed in is asked to, by the pages, and gets 401 of the API."""
    if role != "anonymous":
        return response.status_code == 404
    if "/api/" in url:
        return response.status_code in {401, 404}
    return response.status_code == 404 or (response.status_code == 302 and SIGN_IN in response["Location"])


def test_every_address_is_in_the_table() -> None:
    missing = sorted(set(PATTERNS) - {name for name, _ in TABLE} - UNTRIED)
    gone = sorted({name for name, _ in TABLE} - set(PATTERNS))

    assert (missing, gone) == ([], [])


@pytest.mark.parametrize("name", OURS)
def test_table_names_every_method_of_the_address(name: str, world: World) -> None:
    rule_methods = {method for at, method in TABLE if at == name}
    thing = next(rule.things[0] for (at, _), rule in TABLE.items() if at == name)
    owner = world.client("owner")

    found = methods_of(owner, world.url(name, thing))

    assert found == rule_methods


@pytest.mark.parametrize(("name", "method", "thing"), CASES)
def test_only_those_in_the_table_get_through(name: str, method: str, thing: str, world: World) -> None:
    rule: Rule = TABLE[name, method]
    url = world.url(name, thing)
    wrong = []
    for role in ROLES:
        response = send(world.client(role), method, url, world.body(rule.body))
        allowed = role in rule.who(thing)
        right = got_through(response) if allowed else refused_rightly(response, role, url)
        if not right:
            wrong.append(f"{role}: {response.status_code} {response.get('Location', '')}")

    assert not wrong


def test_administration_is_for_staff_alone(alice: User) -> None:
    resolver = next(
        found
        for found in get_resolver().url_patterns
        if isinstance(found, URLResolver) and found.namespace == "admin"
    )
    client, wrong = Client(), []
    for user in (None, make_user("visitor")):
        if user:
            client.force_login(user)
        for pattern in resolver.url_patterns:
            for inner in getattr(pattern, "url_patterns", [pattern]):
                try:
                    url = reverse(f"admin:{inner.name}", args=[alice.pk] if "<" in str(inner.pattern) else [])
                except NoReverseMatch:
                    continue
                response = client.get(url)
                shut = response.status_code == 302 and (
                    "login" in response["Location"] or url == response["Location"]
                )
                # To sign out is asked of whoever comes, and leads back to the front.
                if not shut and response.status_code not in {403, 404} and inner.name != "logout":
                    wrong.append(f"{user}: {url} {response.status_code}")

    assert not wrong
