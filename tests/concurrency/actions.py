"""What each of many processes does: on one row again and again, or as a person who uses the gallery by its API."""

import hashlib
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import requests
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client, override_settings

from gallery import tags, tasks
from gallery.models import Image, ShareLink, Upload, User
from gallery.sharing import links
from photosky import database
from photosky.database import atomic_retry
from tests.make import photo_bytes

TIMES = 40
ROUNDS = 4
# A crowd that waits longer than this for its photos has lost one.
PATIENCE_S = 120


@atomic_retry
def _add_one(owner: uuid.UUID) -> None:
    user = User.objects.get(pk=owner)
    user.used_bytes += 1
    user.save(update_fields=["used_bytes"])


@atomic_retry
def _add_word(image: uuid.UUID, word: str) -> None:
    row = Image.objects.get(pk=image)
    row.metadata["words"] = [*row.metadata.get("words", []), word]
    row.save(update_fields=["metadata"])


def _many_times(change: Callable[[int], object]) -> dict[str, Any]:
    """Make a change TIMES times; what the database refuses is told, as a visitor would be told."""
    refused = 0
    for number in range(TIMES):
        try:
            change(number)
        except OperationalError:
            refused += 1
    return {"refused": refused}


def increments(_number: int, owner: str, retry: str) -> dict[str, Any]:
    add = _with(retry, _add_one)
    return _many_times(lambda _: add(uuid.UUID(owner)))


def words(number: int, image: str, retry: str) -> dict[str, Any]:
    add = _with(retry, _add_word)
    return _many_times(lambda turn: add(uuid.UUID(image), f"{number}-{turn}"))


def _with(retry: str, change: Any) -> Any:
    """Return the change as the product makes it, or robbed of what the suite must see missing."""
    if retry == "no retry":
        database.RETRY_FOR_S = 0
        if connection.vendor == "sqlite":
            # There the one who waits for the lock tries again all the time.
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 0")
    return change.__wrapped__ if retry == "no transaction" else change


def visits(_number: int, link: str) -> dict[str, Any]:
    row = ShareLink.objects.get(pk=link)
    return _many_times(lambda _: links.count_view(row))


def tagging(number: int, image: str, owner: str) -> dict[str, Any]:
    """Add TIMES tags to the photo that all tag, and take every fourth one off again."""
    user, key = User.objects.get(pk=owner), uuid.UUID(image)

    def change(turn: int) -> None:
        tags.add(user, [key], [f"tag {number} {turn}", "of all"])
        if turn % 4 == 0:
            tags.remove(user, [key], [f"tag {number} {turn}"])

    return _many_times(change)


class _Person:
    """A visitor with a token, who counts the statuses of all answers."""

    def __init__(self, token: str) -> None:
        self.statuses: Counter[str] = Counter()
        self._client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})

    def send(self, method: str, path: str, body: Any = None) -> Any:
        data = "" if body is None else json.dumps(body)
        answer = self._client.generic(method, path, data, content_type="application/json")
        self.statuses[f"{answer.status_code} {method} {path.split('/')[2]}"] += 1
        if answer.status_code >= 400:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.content.decode()[:2000]}")
        return answer.json() if answer.content else None

    def bulk(self, action: str, images: list[str], **more: Any) -> None:
        results = self.send("POST", "/api/images/bulk/", {"action": action, "images": images, **more})
        assert {row["result"] for row in results["results"]} == {"done"}, results


def person(number: int, token: str, album: str, shared: str, own: list[str], **_: Any) -> dict[str, Any]:
    """Upload, edit the one album and the one photo of all, and delete and take back one of one's own."""
    with override_settings(CACHES={"default": settings.SHARED_CACHE}):
        return _person(number, _Person(token), album, shared, own[number])


def _person(number: int, me: _Person, album: str, shared: str, own: str) -> dict[str, Any]:
    brought, named = [], []
    for turn in range(ROUNDS):
        data = photo_bytes(shade=1000 * (number + 1) + turn)
        brought.append(_bring(me, data, f"{number}-{turn}.jpg", album))
        name = f"tag {number} {turn}"
        me.bulk("add_tags", [shared, own], tags=[name, "of all"])
        named.append(name)
        me.bulk("favourite" if turn % 2 else "unfavourite", [shared, own])
        me.send("PATCH", f"/api/albums/{album}/", {"description": f"{number} {turn}"})
        me.bulk("add_to_album", [own], album=album)
        me.send("PATCH", f"/api/images/{own}/", {"title": f"Title {number} {turn}"})
        me.send("DELETE", f"/api/images/{own}/")
        if turn < ROUNDS - 1 or number % 2:
            me.send("POST", "/api/bin/restore/", {"images": [own]})
    return {"brought": brought, "tags": named, "own": own, "statuses": dict(me.statuses)}


def _bring(me: _Person, data: bytes, filename: str, album: str) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    file = {
        "client_ref": "1", "filename": filename, "bytes": len(data), "content_type": "image/jpeg", "sha256": sha256,
    }  # fmt: skip
    (started,) = me.send("POST", "/api/uploads/", {"files": [file], "album": album})["results"]
    request = started["request"]
    sent = requests.request(
        request["method"], request["url"], headers=request["headers"], data=data, timeout=30
    )
    assert sent.status_code == 200, sent.text
    (finished,) = me.send("POST", "/api/uploads/finish/", {"uploads": [started["upload"]["id"]]})["results"]
    assert finished["state"] in {"processing", "ready"}, finished
    return sha256


def worker(_number: int, expected: int, **_: Any) -> dict[str, Any]:
    """Turn what arrives into photos until all have come."""
    deadline = time.monotonic() + PATIENCE_S
    done = 0
    while Upload.objects.filter(state=Upload.State.READY).count() < expected:
        assert time.monotonic() < deadline, "the photos do not come"
        if tasks.work_once():
            done += 1
        else:
            time.sleep(0.05)
    return {"done": done}
