"""Limits: counted once for all processes, told in headers, and by an address that the client cannot choose."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from gallery import sessions
from gallery.models import ApiToken, User
from photosky.counting import COUNTED_AGAIN, LocalCache, SharedCache, count
from photosky.settings import SHARED_CACHE
from tests.make import make_image

ROOT = Path(__file__).resolve().parent.parent
SignedIn = Callable[[User], Client]


@pytest.fixture
def shared(settings: Settings, db: None) -> SharedCache:
    """Count in the database, as a public site does."""
    settings.CACHES = {"default": SHARED_CACHE}
    found = caches["default"]
    assert isinstance(found, SharedCache)
    return found


@pytest.mark.parametrize("kind", [SharedCache, LocalCache])
def test_guesses_are_not_forgotten_for_the_sake_of_what_can_be_counted_again(
    kind: type[SharedCache | LocalCache], settings: Settings, db: None
) -> None:
    backend = f"{kind.__module__}.{kind.__qualname__}"
    location = {SharedCache: SHARED_CACHE["LOCATION"], LocalCache: "guesses"}[kind]
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": location, "OPTIONS": {"MAX_ENTRIES": 30}}}
    for number in range(10):
        count(f"guesses:{number}", 600)

    for number in range(90):
        caches["default"].set(f"{COUNTED_AGAIN}{number}", number, 600)

    assert [count(f"guesses:{number}", 600).total for number in range(10)] == [2] * 10


def test_two_processes_share_one_count(tmp_path: Path) -> None:
    public = {
        "PATH": os.environ["PATH"], "PHOTOSKY_DATA_DIR": str(tmp_path), "PHOTOSKY_BUCKET": "photos",
        "PHOTOSKY_SITE_URL": "https://photos.example.com", "PHOTOSKY_SECRET_KEY": "kT7zQ2mX9-" * 6,
    }  # fmt: skip
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v", "0", "--skip-checks"], cwd=ROOT, env=public, check=True)
    code = "from photosky.counting import count; [count('guesses', 600) for _ in range(50)]"
    both = [
        subprocess.Popen([*manage, "shell", "--no-imports", "-c", code], cwd=ROOT, env=public)
        for _ in range(2)
    ]

    assert [one.wait(60) for one in both] == [0, 0]

    last = "from photosky.counting import count; print('sum', count('guesses', 600).total)"
    told = subprocess.run(
        [*manage, "shell", "--no-imports", "-c", last],
        cwd=ROOT, env=public, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "sum 101" in told.stdout


def test_a_count_is_one_statement(shared: SharedCache) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert count("x", 60).total == 1

    assert len([query for query in queries if "photosky_cache" in query["sql"]]) == 1


@pytest.mark.parametrize("kind", ["shared", "local"])
def test_a_count_begins_anew_when_its_time_is_over(kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "shared":
        request.getfixturevalue("shared")
    with time_machine.travel("2026-11-23 10:00:00Z", tick=False) as clock:
        assert [count("x", 60).total for _ in range(3)] == [1, 2, 3]
        clock.shift(45)
        assert count("x", 60) == (4, 15)
        clock.shift(20)
        assert count("x", 60) == (1, 60)


def test_what_was_counted_is_forgotten_by_the_periodic_work(shared: SharedCache) -> None:
    count("old", 60)
    shared.set("kept", "value", 3600)

    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        sessions.forget_expired()

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM photosky_cache")
        assert [key for (key,) in cursor.fetchall()] == [":1:kept"]


@pytest.mark.usefixtures("signing")
def test_api_tells_what_is_left_and_refuses_what_is_over(alice: User, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    plain = ApiToken.issue(alice, "laptop", [ApiToken.Scope.READ])[1]
    client = Client(headers={"authorization": f"Bearer {plain}"})

    first, _, third = (client.get("/api/images/") for _ in range(3))

    assert first["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert first["RateLimit"].startswith('"minute";r=1;t=')
    assert (first.status_code, third.status_code) == (200, 429)
    assert 0 < int(third["Retry-After"]) <= 60
    assert third.json()["code"] == "throttled"
    assert third["RateLimit"].startswith('"minute";r=0;')


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer photosky_guess"}], ids=["nobody", "guess"])
def test_api_counts_whom_it_refuses_by_their_address(
    db: None, settings: Settings, headers: dict[str, str]
) -> None:
    settings.API_REQUESTS_PER_MINUTE_UNKNOWN = 2
    client = Client(headers=headers)

    first, _, third = (client.get("/api/images/") for _ in range(3))

    assert (first.status_code, third.status_code) == (401, 429)
    assert first["RateLimit"].startswith('"minute";r=1;t=')
    assert int(third["Retry-After"]) > 0
    assert Client(headers=headers, REMOTE_ADDR="192.0.2.7").get("/api/images/").status_code == 401


@pytest.mark.usefixtures("signing")
def test_token_that_lacks_a_scope_is_counted_as_well(alice: User, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    plain = ApiToken.issue(alice, "laptop", [ApiToken.Scope.READ])[1]
    client = Client(headers={"authorization": f"Bearer {plain}"})

    answers = [client.post("/api/bin/empty/", {}, "application/json").status_code for _ in range(2)]

    assert answers == [403, 429]


@pytest.mark.usefixtures("signing")
def test_each_token_and_person_has_a_count_of_its_own(
    alice: User, signed_in: SignedIn, settings: Settings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    programs = [
        Client(headers={"authorization": f"Bearer {ApiToken.issue(alice, name, ['read'])[1]}"})
        for name in ("laptop", "phone")
    ]

    answers = [
        client.get("/api/images/").status_code for client in (*programs, signed_in(alice), programs[0])
    ]

    assert answers == [200, 200, 200, 429]


@pytest.mark.usefixtures("signing")
def test_limit_of_nothing_counts_nothing(alice: User, signed_in: SignedIn, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 0

    assert "RateLimit" not in signed_in(alice).get("/api/images/")


@pytest.mark.usefixtures("signing")
def test_limit_costs_a_request_to_the_api_one_statement_and_a_page_none(
    shared: SharedCache, alice: User, signed_in: SignedIn
) -> None:
    make_image(alice)
    client = signed_in(alice)

    def statements(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len([query for query in queries if "photosky_cache" in query["sql"]])

    assert (statements("/api/images/"), statements("/"), statements("/albums/")) == (1, 0, 0)


@pytest.mark.usefixtures("signing")
def test_requests_that_come_fast_are_counted_some_at_a_time(
    shared: SharedCache, alice: User, signed_in: SignedIn, settings: Settings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1200
    client = signed_in(alice)

    with CaptureQueriesContext(connection) as queries:
        left = [client.get("/api/me/")["RateLimit"].split(";")[1] for _ in range(40)]

    assert left == [f"r={1199 - number}" for number in range(40)]
    assert len([query for query in queries if "photosky_cache" in query["sql"]]) == 7


@pytest.mark.usefixtures("signing")
def test_processes_together_let_through_no_more_than_the_limit(
    shared: SharedCache, alice: User, signed_in: SignedIn, settings: Settings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 300
    client = signed_in(alice)
    answers = [client.get("/api/me/").status_code for _ in range(10)]
    elsewhere = 280
    count(f"api:user:{alice.pk}", 60, elsewhere)

    answers += [client.get("/api/me/").status_code for _ in range(20)]

    # What this process had taken and not used is not lost on it.
    assert answers.count(200) == 300 - elsewhere
    assert answers[-1] == 429


def test_client_cannot_choose_the_address_that_counts(db: None) -> None:
    for number in range(30):
        answer = Client(headers={"x-forwarded-for": f"10.0.0.{number}"}).get("/join/unknown/")
        assert answer.status_code == 404

    assert Client(headers={"x-forwarded-for": "10.9.9.9"}).get("/join/unknown/").status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.7").get("/join/unknown/").status_code == 404
