"""A gallery in processes of its own on a PostgreSQL that can be stopped, started and kept busy."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests.deployment import postgres

ROOT = Path(__file__).resolve().parents[2]
START_S = 60
STATEMENT_S = 3
# Prints what a visitor needs: a token, the cookie of a session, a photo and a job that is not due for long.
PREPARE = """
import django, json; django.setup()
from datetime import timedelta
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
call_command("migrate", verbosity=0)
from gallery import albums, jobs
from gallery.models import ApiToken
from tests.make import make_album, make_image, make_user
alice = make_user("alice")
image = make_image(alice)
job = jobs.start(albums.RENAMED, alice, {"album": str(make_album(alice).pk)}, timezone.now() + timedelta(days=9))
client = Client(); client.force_login(alice)
print(json.dumps({"token": ApiToken.issue(alice, "test", ["read", "upload", "manage"])[1], "image": str(image.pk),
    "session": client.cookies["sessionid"].value, "job": str(job.pk)}))
"""


@dataclass
class Gallery:
    """A web server of the gallery, and what its only user knows."""

    url: str
    token: str
    session: str
    image: str
    job: str

    def page(self, path: str = "/") -> requests.Response:
        """Ask for a page, signed in."""
        return requests.get(self.url + path, cookies={"sessionid": self.session}, timeout=60)

    def api(self, method: str = "GET", path: str = "/api/images/", body: Any = None) -> requests.Response:
        """Ask the API."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, self.url + path, json=body, headers=headers, timeout=60)

    def rename(self, title: str) -> requests.Response:
        """Change the photo's title: its row, its words for the search and a line of the audit log."""
        return self.api("PATCH", f"/api/images/{self.image}/", {"title": title})

    def title(self) -> str:
        """Return the photo's title."""
        return str(self.api(path=f"/api/images/{self.image}/").json()["title"])


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """Run PostgreSQL."""
    if postgres.binaries() is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed (Debian: apt install postgresql)")
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    with postgres.server() as made:
        yield made


@pytest.fixture(scope="session")
def environment(server: postgres.Server) -> dict[str, str]:
    """Return the variables of a gallery on that server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PHOTOSKY", "DJANGO"))}
    return {
        **kept,
        "DATABASE_URL": server.url,
        "PHOTOSKY_LOCAL": "true",
        "PHOTOSKY_SECRET_KEY": "only-for-tests-" + "x" * 40,
        "PHOTOSKY_BUCKET": "photos",
        "PHOTOSKY_S3_ENDPOINT": "http://127.0.0.1:9",
        "PHOTOSKY_S3_ACCESS_KEY": "AKIATEST",
        "PHOTOSKY_S3_SECRET_KEY": "only-for-tests",
        "PHOTOSKY_DATABASE_STATEMENT_SECONDS": str(STATEMENT_S),
    }


@pytest.fixture(scope="session")
def known(environment: dict[str, str]) -> dict[str, str]:
    """Fill the library; return what its user knows."""
    # By the settings of the gallery itself: a session is signed with its secret.
    prepared = subprocess.run(
        [sys.executable, "-c", PREPARE],
        cwd=ROOT, env={**environment, "DJANGO_SETTINGS_MODULE": "photosky.settings"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert prepared.returncode == 0, prepared.stderr
    found: dict[str, str] = json.loads(prepared.stdout.splitlines()[-1])
    return found


@contextmanager
def web(environment: dict[str, str], known: dict[str, str]) -> Iterator[Gallery]:
    """Run a web server until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "photosky.wsgi:application"]
    process = subprocess.Popen(serve, cwd=ROOT, env=environment)
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, "the gallery does not start"
                assert time.monotonic() < deadline, "the gallery does not start"
                time.sleep(0.1)
        yield Gallery(f"http://127.0.0.1:{port}", **known)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def _web(environment: dict[str, str], known: dict[str, str]) -> Iterator[Gallery]:
    with web(environment, known) as running:
        yield running


@pytest.fixture
def gallery(server: postgres.Server, _web: Gallery) -> Iterator[Gallery]:
    """Give the test the gallery, and leave its server running."""
    yield _web
    server.start()


@contextmanager
def standing_in_the_way(server: postgres.Server) -> Iterator["Blocker"]:
    """Hold a lock that lets a change write the photo's row, and wait before it writes the photo's words."""
    with (
        closing(psycopg.connect(server.url)) as holder,
        closing(psycopg.connect(server.url, autocommit=True)) as watcher,
    ):
        holder.execute("LOCK TABLE gallery_searchentry IN ACCESS EXCLUSIVE MODE")
        yield Blocker(watcher)


@dataclass
class Blocker:
    """Who stands in the way, and sees who waits."""

    _watcher: "psycopg.Connection[Any]"

    def end_who_waits(self) -> None:
        """Wait until a change waits, and end its connection."""
        deadline = time.monotonic() + STATEMENT_S
        asked = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while not self._watcher.execute(asked).fetchall():
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.02)


@contextmanager
def meanwhile(act: Any) -> Iterator[list[requests.Response]]:
    """Do something in another thread; its answer is there after the block."""
    answers: list[requests.Response] = []
    thread = threading.Thread(target=lambda: answers.append(act()))
    thread.start()
    yield answers
    thread.join(60)
    assert answers
