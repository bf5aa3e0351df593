"""Requests that are done once however often they are sent: the Idempotency-Key of a client, and the answer to keep.

A row is taken before a request is done and keeps its answer afterwards. Of two requests at a time with one key the
unique constraint lets one through. The answer may hold a secret that is told once, so it is encrypted by a key that is
made of the site's secret and the client's own key, of which nothing but a hash is kept: neither the database nor the
site alone can read it again.
"""

import base64
import hashlib
import json
import logging
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from gallery.errors import GalleryError
from gallery.models import IdempotencyKey, User, new_id
from photosky import database
from photosky.database import atomic_retry

logger = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
# Longer than any request may run (29 s behind API Gateway): what is still open then was killed.
LEASE = timedelta(seconds=60)
MAX_LENGTH = 255
CHUNK = 500
# One round of upkeep forgets so much at most: more than comes in until the next, and it leaves time for other work.
ROUNDS = 40
# Of one owner the newest so many are kept: more than a program that repeats what failed goes back, and no more than a
# database has room for. They are looked through at one in so many new keys, so that few requests wait for it.
MOST = 10_000
TRIMMED_EVERY = 100
# What says nothing of the request itself, but of the moment or of who sends it: the next attempt may do better.
NOT_KEPT = frozenset({401, 403, 408, 409, 425, 429})
# Of the headers these belong to the answer.
HEADERS = ("Cache-Control", "ETag", "Location", "Retry-After")


class InvalidKey(GalleryError):
    """The key is no key."""

    code = "invalid_idempotency_key"


class KeyReused(GalleryError):
    """The key was given to another request."""

    code = "idempotency_key_reused"
    status = 422


class StillRunning(GalleryError):
    """The same request is being done at this moment."""

    code = "idempotency_key_in_use"
    status = 409
    retry_after_s = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was given first: its status, the data of its body, and the headers that belong to it."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """A request that is being done under a key, by whoever has this lease."""

    row: uuid.UUID
    lease_token: uuid.UUID
    key: str


def begin(owner: User, whose: str, key: str, request: bytes, now: datetime | None = None) -> Held | Answer:
    """Take the key for this request, or return the answer that the same request got before.

    `whose` tells the owner's sessions and tokens apart. Raises InvalidKey, KeyReused and StillRunning.
    """
    if not (0 < len(key) <= MAX_LENGTH and key.isascii() and key.isprintable()):
        raise InvalidKey(
            f"Idempotency-Key: send 1 to {MAX_LENGTH} printable ASCII characters, best a random UUID."
        )
    now = now or timezone.now()
    held = Held(new_id(), uuid.uuid4(), key)
    row = _take(
        IdempotencyKey(
            id=held.row,
            owner=owner,
            key_sha256=_sha256(owner.pk.bytes, whose.encode(), key.encode()),
            request_sha256=_sha256(request),
            lease_token=held.lease_token,
            lease_until=now + LEASE,
            created_at=now,
        ),
        now,
    )
    if row.lease_token == held.lease_token:
        if held.lease_token.int % TRIMMED_EVERY == 0:
            _trim(owner)
        return Held(row.pk, row.lease_token, key)
    if row.request_sha256 != _sha256(request):
        raise KeyReused(
            "This Idempotency-Key was sent with another request before: give each request a key of its own."
        )
    if row.status is None:
        raise StillRunning("This request is being done already: ask again in a moment for its answer.")
    return _opened(row, key)


def keep(held: Held, answer: Answer) -> None:
    """Keep the answer of a request that is done, or let go of the key where it may be tried again."""
    mine = IdempotencyKey.objects.filter(pk=held.row, lease_token=held.lease_token, status=None)
    if answer.status >= 500 or answer.status in NOT_KEPT:
        database.delete(mine)
        return
    written = json.dumps([answer.data, dict(answer.headers)]).encode()
    sealed = _box(held.key, held.row)[0].encrypt(zlib.compress(written)).decode()
    mine.update(status=answer.status, answer=sealed)


def let_go(held: Held) -> None:
    """Let another request take the key: this one came to nothing."""
    database.delete(IdempotencyKey.objects.filter(pk=held.row, lease_token=held.lease_token, status=None))


def forget_old(now: datetime | None = None) -> int:
    """Delete keys that have had their time, some at a time. Returns how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=(now or timezone.now()) - KEPT)
    forgotten = 0
    for _ in range(ROUNDS):
        chosen = list(old.order_by("created_at", "id").values_list("pk", flat=True)[:CHUNK])
        forgotten += database.delete(IdempotencyKey.objects.filter(pk__in=chosen)) if chosen else 0
        if len(chosen) < CHUNK:
            break
    return forgotten


class KeepAnswers:
    """Middleware: keeps the answer of a request for which the API has taken a key (gallery/api/idempotency.py)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        held: Held | None = getattr(request, "idempotency", None)
        if held is None:
            return response
        if not hasattr(response, "data"):
            # Not the API's own answer: Django's page of an error.
            let_go(held)
            return response
        headers = {name: response[name] for name in HEADERS if response.has_header(name)}
        keep(held, Answer(response.status_code, _plain(response.data), headers))
        return response


@atomic_retry
def _take(wanted: IdempotencyKey, now: datetime) -> IdempotencyKey:
    """Return the row of the key: the wanted one where nobody had it, or whoever had it died or had their time."""
    rows = IdempotencyKey.objects.filter(key_sha256=wanted.key_sha256)
    rows.filter(created_at__lt=now - KEPT).delete()
    dead = rows.filter(status=None, lease_until__lt=now, request_sha256=wanted.request_sha256)
    if not dead.update(lease_token=wanted.lease_token, lease_until=wanted.lease_until):
        IdempotencyKey.objects.bulk_create([wanted], ignore_conflicts=True)
    return rows.get()


@atomic_retry
def _trim(owner: User) -> None:
    """Forget what the owner has beyond the newest MOST keys."""
    mine = IdempotencyKey.objects.filter(owner=owner).order_by("-id")
    beyond = list(mine.values_list("pk", flat=True)[MOST : MOST + CHUNK])
    if beyond:
        database.delete(IdempotencyKey.objects.filter(pk__in=beyond))


def _opened(row: IdempotencyKey, key: str) -> Answer:
    from cryptography.fernet import InvalidToken

    for box in _box(key, row.pk):
        try:
            data, headers = json.loads(zlib.decompress(box.decrypt(row.answer.encode())))
        except InvalidToken:
            continue
        return Answer(row.status or 200, data, headers)
    # The site has another secret since: the answer is lost, and doing it again would be wrong.
    raise KeyReused("The answer to this Idempotency-Key cannot be read any more: look whether it was done.")


def _box(key: str, row: uuid.UUID) -> list[Any]:
    """Return what encrypts and decrypts, by the present secret of the site and the former ones."""
    # Here, so that requests without a key wait not for it.
    from cryptography.fernet import Fernet

    value = f"{row.hex}:{key}"
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [
        salted_hmac("gallery.idempotency", value, secret=secret, algorithm="sha256").digest()
        for secret in secrets
    ]
    return [Fernet(base64.urlsafe_b64encode(derived)) for derived in keys]


def _plain(data: Any) -> Any:
    """Return what the renderer writes, as plain JSON."""
    from rest_framework.utils.encoders import JSONEncoder

    return json.loads(json.dumps(data, cls=JSONEncoder))


def _sha256(*parts: bytes) -> str:
    hashing = hashlib.sha256()
    for part in parts:
        hashing.update(len(part).to_bytes(8, "big") + part)
    return hashing.hexdigest()
