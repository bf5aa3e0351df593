"""The package's own side of bench/coldstart: fills the library (`fill`), or times the test client (`client COOKIE N`)."""

# ruff: noqa: E402  Django has to be set up before its models are imported

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "photosky.settings")

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.test import Client

from gallery import imaging
from gallery.models import Image, User, new_token

PHOTOS = 100
HOST = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"


def fill() -> None:
    """Migrate, make an owner with a full first page, sign them in, and print the session's key."""
    call_command("migrate", verbosity=0)
    owner = User.objects.create_user("ada", "ada@example.org", "a-long-enough-passphrase")
    for number in range(PHOTOS):
        image = Image(
            owner=owner, original_key=f"originals/{number}.jpg", sha256=f"{number:064x}", bytes=4_000_000,
            filename=f"IMG_{number:04}.jpg", content_type="image/jpeg", width=6000, height=4000,
            rendition_token=new_token(), recipe=imaging.RECIPE, color="#6a7b5c",
        )  # fmt: skip
        image.set_taken(
            datetime(2026, 9, 14, tzinfo=UTC) - timedelta(hours=number), None, Image.TakenSource.EXIF
        )
        image.save(force_insert=True)
    session = SessionStore()
    session[SESSION_KEY] = str(owner.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = owner.get_session_auth_hash()
    session.create()
    print(session.session_key)


def client(cookie: str, requests: int) -> None:
    """Print the seconds of each request for the page, after one that is not counted."""
    browser = Client(SERVER_NAME=HOST, HTTP_COOKIE=cookie)
    times = []
    for _ in range(requests + 1):
        started = time.perf_counter()
        response = browser.get("/", secure=True)
        times.append(time.perf_counter() - started)
        assert response.status_code == 200, response.status_code
    print(json.dumps(times[1:]))


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill()
    else:
        client(sys.argv[2], int(sys.argv[3]))
