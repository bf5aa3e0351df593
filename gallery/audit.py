"""The audit log: who acts at this moment, and writing down what they do in the transaction that does it."""

import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from gallery.models import ApiToken, AuditEntry, Image, ImageQuerySet, User, new_id
from photosky import database
from photosky.database import atomic_retry

CHUNK = 500
# One round of upkeep forgets so much at most, so that it leaves time for other work.
ROUNDS = 40
Via = AuditEntry.Via
# Every code that is written. What a code says is never changed: people filter by it, and old rows keep it.
ACTIONS = (
    "account.closed", "account.gone", "account.made", "account.restored",
    "album.changed", "album.deleted", "album.made", "album.moved", "album.photos_added", "album.photos_removed",
    "email.added", "email.changed", "email.removed",
    "invitation.accepted", "invitation.made", "invitation.revoked",
    "job.retried",
    "link.changed", "link.made", "link.renewed", "link.revoked",
    "member.removed", "member.set",
    "password.changed", "password.reset", "password.set",
    "photo.archived", "photo.binned", "photo.changed", "photo.moved", "photo.purged", "photo.reprocessed",
    "photo.restored", "photo.tagged", "photo.turned", "photo.unarchived", "photo.untagged",
    "removal.retried",
    "row.changed", "row.deleted", "row.made",
    "second_factor.added", "second_factor.refused", "second_factor.removed", "second_factor.renewed", "second_factor.reset",
    "session.begun", "session.ended", "session.refused",
    "tag.deleted", "tag.merged", "tag.renamed",
    "token.made", "token.revoked",
    "upload.retried",
    "user.changed", "user.deleted", "user.made",
    "webhook.changed", "webhook.deleted", "webhook.made",
)  # fmt: skip
# Details that name a person who is neither who acts nor whose thing it is.
_PEOPLE = (
    ("member.set", "person"),
    ("member.removed", "person"),
    ("photo.moved", "from"),
    ("photo.moved", "to"),
)
# By the namespace of the address; everything else is a page.
_WAYS = {"admin": Via.ADMIN, "api": Via.API}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and by which way. A person who is not known has neither id nor name."""

    via: AuditEntry.Via
    via_name: str = ""
    user_id: uuid.UUID | None = None
    name: str = ""
    address: str = ""


# Asked only when something is written: who makes a request is not looked up for a page that changes nothing.
_present: ContextVar[Callable[[], Actor] | None] = ContextVar("actor", default=None)


class Acting:
    """Middleware: what a request changes is the work of whoever sent it, by page, API or administration."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        token = _present.set(lambda: _sender(request))
        try:
            return self.get_response(request)
        finally:
            _present.reset(token)


@contextmanager
def worker(name: str, person: User | None = None) -> Iterator[None]:
    """Let what is done inside be the work of a worker, for the person who asked for it where one did."""
    actor = Actor(
        Via.WORKER, name[:40], person.pk if person else None, person.get_username() if person else ""
    )
    token = _present.set(lambda: actor)
    try:
        yield
    finally:
        _present.reset(token)


def note(
    action: str,
    subject: Model | None = None,
    *,
    owner: User | uuid.UUID | None = None,
    by: User | None = None,
    batch: uuid.UUID | None = None,
    **details: Any,
) -> None:
    """Write one act down, in the caller's transaction. `by` where the act itself tells who acts: somebody signs in."""
    _check(action)
    entry = _entry(_actor(), action, _type(subject), subject.pk if subject else None, _key(owner), details)
    if by is not None:
        entry.actor_id, entry.actor_name = by.pk, by.get_username()
    entry.batch = batch
    entry.save(force_insert=True)


def note_photos(
    action: str, photos: Mapping[uuid.UUID, uuid.UUID] | Sequence[Image] | ImageQuerySet, **details: Any
) -> None:
    """Write down what was done with photos, in the caller's transaction: a row each, and what binds them.

    `photos` are the owners by the photos' keys, or the images themselves; at most CHUNK.
    """
    _check(action)
    owners = photos if isinstance(photos, Mapping) else {image.pk: image.owner_id for image in photos}
    actor, batch = _actor(), new_id() if len(owners) > 1 else None
    entries = [_entry(actor, action, "image", key, owner, details) for key, owner in owners.items()]
    for entry in entries:
        entry.batch = batch
    AuditEntry.objects.bulk_create(entries)


def forget_old() -> int:
    """Forget what was written longer ago than the setting keeps it, some at a time. Returns how many."""
    old = AuditEntry.objects.before(timezone.now() - timedelta(days=settings.AUDIT_DAYS))
    forgotten = 0
    for _ in range(ROUNDS):
        keys = list(old.order_by("id").values_list("pk", flat=True)[:CHUNK])
        forgotten += database.delete(AuditEntry.objects.filter(pk__in=keys)) if keys else 0
        if len(keys) < CHUNK:
            break
    return forgotten


def forget_person(user: User) -> None:
    """Keep of a person who leaves for good what concerns others, bare; and nothing of what concerned them alone.

    What others did to their things, and they to things of others, stays as time, name and act, without address and details.
    """
    own = AuditEntry.objects.filter(owner=user, actor__isnull=True) | AuditEntry.objects.filter(
        owner=user, actor=user
    )
    while keys := list(own.values_list("pk", flat=True)[:CHUNK]):
        database.delete(AuditEntry.objects.filter(pk__in=keys))
    for column in ("actor", "owner"):
        rows = AuditEntry.objects.filter(**{column: user})
        while keys := list(rows.values_list("pk", flat=True)[:CHUNK]):
            AuditEntry.objects.filter(pk__in=keys).update(**{column: None, "address": "", "details": {}})
    for action, name in _PEOPLE:
        rows = AuditEntry.objects.filter(action=action, **{f"details__{name}": str(user.pk)})
        while chosen := list(rows[:CHUNK]):
            for entry in chosen:
                del entry.details[name]
            atomic_retry(AuditEntry.objects.bulk_update)(chosen, ["details"])


@atomic_retry
def alone(action: str, subject: Model | None = None, **more: Any) -> None:
    """Write down what others have just done, such as allauth, or what changes nothing, such as a refused sign-in."""
    note(action, subject, **more)


def _entry(
    actor: Actor,
    action: str,
    subject_type: str,
    subject_id: Any,
    owner_id: uuid.UUID | None,
    details: dict[str, Any],
) -> AuditEntry:
    return AuditEntry(
        actor_id=actor.user_id,
        actor_name=actor.name,
        via=actor.via,
        via_name=actor.via_name,
        address=actor.address,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id if isinstance(subject_id, uuid.UUID) else None,
        owner_id=owner_id,
        details=details,
    )


def _check(action: str) -> None:
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is no code of the audit log: add it to ACTIONS and to docs/admin.md.")


def _type(subject: Model | None) -> str:
    return (subject._meta.model_name or "")[:20] if subject else ""


def _key(owner: User | uuid.UUID | None) -> uuid.UUID | None:
    return owner.pk if isinstance(owner, User) else owner


def _actor() -> Actor:
    present = _present.get()
    return present() if present else Actor(Via.COMMAND, _command())


def _sender(request: HttpRequest) -> Actor:
    user, token = getattr(request, "user", None), getattr(request, "auth", None)
    via = _WAYS.get(request.resolver_match.namespace if request.resolver_match else "", Via.PAGE)
    address = str(request.META.get("REMOTE_ADDR", ""))[:45]
    via_name = token.prefix if isinstance(token, ApiToken) else ""
    if not isinstance(user, User) or not user.is_authenticated:
        return Actor(via, via_name, address=address)
    return Actor(via, via_name, user.pk, user.get_username(), address)


def _command() -> str:
    """Return which of manage.py's commands runs; a function that runs one has no such line."""
    line = sys.argv
    return line[1][:40] if len(line) > 1 and PurePath(line[0]).name == "manage.py" else ""
