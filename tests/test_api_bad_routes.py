"""Every operation against what no honest client sends: each is refused in words, and nothing ever breaks."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import ApiToken, User
from tests.access_world import World, make_world
from tests.api_routes import Route, cases, members

pytestmark = pytest.mark.usefixtures("signing")
WITH_BODY = ("post", "patch")
HUGE = 10**400
NO_JSON = [b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b'{"a": 1e999}', b'{"\x00": 1}']
NO_OBJECT = [[], "text", 3, None, True, [{}]]
WRONG: list[Any] = [
    None,
    True,
    -1,
    HUGE,
    1e308,
    "",
    "\x00",
    "\ud800",
    "é" * 5_000,
    [],
    [[]],
    {},
    {"a": {"b": []}},
    [None],
    ["\x00"],
]
# These take no body: whatever is sent with them says nothing.
BODILESS = {
    "api:image-restore",
    "api:upload-finish",
    "api:share-link-renew",
    "api:job-retry",
    "api:me-export",
    "api:webhook-ping",
}
STAFF_ONLY = ("api:user-list", "api:user-detail")
# The store would be asked, which these tests do without.
AT_STORE = {"api:upload-finish"}


@pytest.fixture
def world(alice: User) -> World:
    return make_world(alice)


def owner(world: World, route: Route) -> Client:
    client = world.client("staff" if route.name in STAFF_ONLY else "owner")
    # An answer of 500 is what is looked for.
    client.raise_request_exception = False
    return client


def check(answer: Any, what: object, *statuses: int) -> None:
    assert answer.status_code in statuses, (str(what)[:200], answer.status_code, answer.content[:500])
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"]
    assert len(problem["detail"]) > 5
    assert "Traceback" not in answer.content.decode()


def bodies(url: str, method: str) -> Iterator[Any]:
    yield from NO_OBJECT
    names = [*members(url, method), "surprise"]
    yield from ({member: value} for member in names for value in WRONG)
    # One wrong among others that are right, so that what comes after the first look is reached too.
    sent = {
        "action": "bin",
        "images": [str(uuid.uuid4())],
        "names": ["a"],
        "degrees": 90,
        "title": "a",
        "confirm": "x",
    }
    right = {name: value for name, value in sent.items() if name in names}
    yield from ({**right, member: value} for member in names for value in WRONG[:3])
    yield {"images": [str(uuid.uuid4())] * 501}
    yield {"images": [str(uuid.uuid4()) for _ in range(501)], "names": ["a"], "action": "bin", "all": False}


@pytest.mark.parametrize("route", [case for case in cases(*WITH_BODY) if case.values[0].name not in BODILESS])
def test_body_that_is_no_json_is_refused(route: Route, world: World) -> None:
    send = getattr(owner(world, route), route.method)
    for body in NO_JSON:
        check(send(route.url(world), body, content_type="application/json"), body[:40], 400)
    check(send(route.url(world), b" " * (1024**2 + 1), content_type="application/json"), "1 MB", 413)
    check(send(route.url(world), b"title=x", content_type="application/x-www-form-urlencoded"), "form", 415)


@pytest.mark.parametrize("route", cases(*WITH_BODY))
def test_no_body_breaks_an_operation(route: Route, world: World) -> None:
    if route.name in AT_STORE:
        return
    send, url = getattr(owner(world, route), route.method), route.url(world)
    for body in bodies(url, route.method):
        answer = send(url, json.dumps(body), content_type="application/json")
        assert answer.status_code < 500, (body, answer.content[:500])
        if answer.status_code >= 400:
            check(answer, body, 400, 403, 404, 409, 413)


DETAILS = [case for case in cases() if case.values[0].rule.things[0]]


@pytest.mark.parametrize("route", DETAILS)
def test_id_of_nothing_is_404_and_says_no_more_than_that(route: Route, world: World) -> None:
    client = owner(world, route)
    url = route.url(world)
    # Every id of the address in turn; the first is what is not there.
    key = next(part for part in url.split("/") if len(part) == 36)

    for wrong in (
        str(uuid.uuid4()),
        str(uuid.UUID(int=0)),
        "0",
        "abc",
        "%00",
        "%ff",
        "..%2f..%2fadmin",
        "9" * 400,
    ):
        answer = getattr(client, route.method)(
            url.replace(key, wrong, 1), {}, content_type="application/json"
        )
        # What the body lacks may be said first: it is the same for everything.
        assert answer.status_code in {400, 404}, (wrong, answer.status_code)
        check(answer, wrong, 400, 404)
        assert str(key) not in answer.content.decode()


@pytest.mark.parametrize("route", cases())
def test_expired_unknown_and_broken_tokens_are_401(route: Route, world: World) -> None:
    if route.name == "api:health":
        return
    past = timezone.now() - timedelta(days=1)
    _, expired = ApiToken.issue(world.people["owner"], "old", ApiToken.Scope, past)
    for plain, code in (
        (expired, "token_expired"),
        ("photosky_" + "0" * 40, "token_unknown"),
        ("\xff", "token_unknown"),
    ):
        client = Client(headers={"authorization": f"Bearer {plain}"})
        answer = getattr(client, route.method)(route.url(world), {}, content_type="application/json")
        check(answer, plain, 401)
        assert answer.json()["code"] == code


QUERIES = [
    ("images/", ["limit=0", "limit=501", "limit=-1", "limit=1e3", "limit=%D9%A3", f"limit={HUGE}", "cursor=x", "cursor=%00", "cursor=AAAA", "taken_after=x", "taken_after=9999-12-31T23:59:59-14:00", "taken_before=2026", "favorite=yes", "binned=1", "album=x", "album=00000000-0000-0000-0000-000000000000", "fields=x", "fields=%00"]),
    ("search/", ["q=%22", "q=tag:", "q=before:x", "q=" + "a%20" * 400, "cursor=x", "fields=,x"]),
    ("map/clusters/", ["", "bbox=1,2,3&zoom=1", "bbox=a,b,c,d&zoom=1", "bbox=nan,nan,nan,nan&zoom=1", "bbox=-180,-90,180,90&zoom=99", f"bbox=0,0,1,{HUGE}&zoom=1"]),
    ("map/images/", ["", "bbox=1", "bbox=nan,0,0,0", "bbox=0,0,1,1&limit=0"]),
    ("timeline/columns/", ["month=0", "month=202613", "month=999999999", "month=x", "limit=0", "cursor=!"]),
    ("timeline/on-this-day/", ["date=x", "date=2026-02-30", "date=20260914", "date=0000-01-01", "date=%00"]),
    ("uploads/", ["ids=x", "sha256=x", "state=x", "in_bin=2", "ids=" + ",".join([str(uuid.uuid4())] * 101)]),
    ("albums/", ["parent=x", "own=maybe"]), ("jobs/", ["kind=x", "state=x"]), ("users/", ["is_active=x"]),
    ("duplicates/", ["before=x"]), ("bin/", ["cursor=x", "limit=x"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "queries"), QUERIES, ids=[path for path, _ in QUERIES])
def test_query_that_cannot_be_understood_is_refused(path: str, queries: list[str], world: World) -> None:
    client = world.client("staff")
    for query in queries:
        check(client.get(f"/api/{path}?{query}"), query, 400, 404)


def test_place_in_the_list_of_duplicates_that_is_none_is_told_by_code_and_words(world: World) -> None:
    refused = world.client("owner").get("/api/duplicates/?before=x")

    check(refused, "before=x", 400)
    assert refused.json()["code"] == "invalid_parameter"
    assert refused.json()["detail"] == "before: this is no place in the list. Take it from the last answer."
