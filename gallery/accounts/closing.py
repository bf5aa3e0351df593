"""Leaving: the account is closed at once, its photos wait in the bin as long as any, then everything goes for good.

Until then whoever runs the gallery can undo it (`manage.py restore_account`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import albums, audit, jobs, removals, transitions, waking
from gallery import bin as waste
from gallery.errors import GalleryError
from gallery.models import (
    Album,
    AlbumImage,
    AlbumMember,
    ApiToken,
    AuditEntry,
    IdempotencyKey,
    Image,
    Invitation,
    Job,
    Removal,
    ShareLink,
    ShareLinkImage,
    SmartAlbum,
    Tag,
    Tombstone,
    Upload,
    User,
    Webhook,
    WebhookDelivery,
)
from photosky import database
from photosky.database import atomic_retry

KIND = "leave"
CHUNK = 500
LOOK_AGAIN = timedelta(minutes=10)


class LastSuperuser(GalleryError):
    """Nobody could run the gallery any more."""

    code = "last_superuser"
    status = 409


@dataclass(frozen=True)
class Holdings:
    """What a person would lose."""

    photos: int
    bytes: int
    albums: int
    share_links: int
    tokens: int


def holdings(user: User) -> Holdings:
    """Count what closing the account takes away."""
    images = Image.objects.owned_by(user)
    return Holdings(
        photos=images.count(),
        bytes=images.aggregate(sum=Sum("bytes"))["sum"] or 0,
        albums=Album.objects.owned_by(user).count(),
        share_links=ShareLink.objects.owned_by(user).open_at(timezone.now()).count(),
        tokens=ApiToken.objects.filter(user=user, revoked_at=None).count(),
    )


def close(user: User) -> None:
    """Shut the account at once; its photos go to the bin and, when their days there are over, for good.

    Raises LastSuperuser where nobody else could run the gallery.
    """
    _shut(user)
    # Once more, now that the worker can see the row.
    waking.wake()
    end_sessions(user)


def end_sessions(user: User) -> None:
    """Sign the person out everywhere. A session that is not listed ends by itself: nobody inactive is let in."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    for session in UserSession.objects.filter(user=user).iterator(CHUNK):
        store.delete(session.session_key)
    _delete_all(UserSession.objects.filter(user=user))


@atomic_retry
def _shut(user: User) -> None:
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and not others.exists():
        raise LastSuperuser(
            _("You are the only one who runs this gallery: make somebody else a superuser first.")
        )
    now = timezone.now()
    # Sign-in, sessions and tokens all ask this.
    User.objects.filter(pk=user.pk).update(is_active=False)
    ApiToken.objects.filter(user=user).revoke(now)
    ShareLink.objects.owned_by(user).filter(revoked_at=None).update(revoked_at=now, updated_at=now)
    Invitation.objects.filter(invited_by=user).open_at(now).update(revoked_at=now)
    # In the same transaction: no account is shut for which nobody does the rest.
    jobs.start(KIND, user, {"closed_at": now.isoformat()})
    audit.note("account.closed", user, owner=user)


def leave(job: Job, turn: jobs.Round) -> dict[str, Any]:
    """Do the rest, in steps: the bin and the members at once, everything else when the bin's days are over."""
    user = job.owner
    closed = dict(job.payload)
    if User.objects.filter(pk=user.pk, is_active=True).exists():
        return {"undone": True}
    if "binned" not in closed:
        closed["members"] = closed.get("members", []) + _end_memberships(user)
        waste.put(Image.objects.owned_by(user))
        closed["binned"] = True
    over = datetime.fromisoformat(closed["closed_at"]) + timedelta(days=settings.BIN_DAYS)
    if timezone.now() < over:
        raise jobs.Unfinished(closed, not_before=over)
    return _forget(job, turn, closed)


def restore(user: User) -> int:
    """Undo `close` while the photos are still in the bin; returns how many came back. Tokens and links stay ended."""
    # Whatever became of it: what it put into the bin lies there.
    left = Job.objects.owned_by(user).filter(kind=KIND).exclude(state=Job.State.DONE)
    job = left.order_by("-id").first()
    _open_again(user)
    if job is None:
        return 0
    closed_at = datetime.fromisoformat(job.payload["closed_at"])
    for album_id, member_id, role in job.payload.get("members", []):
        if Album.objects.owned_by(user).filter(pk=album_id).exists():
            _let_in_again(album_id, member_id, role)
    database.delete(Job.objects.filter(pk=job.pk))
    return waste.restore(Image.objects.owned_by(user).filter(binned_at__gte=closed_at))


@atomic_retry
def _open_again(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=True)
    audit.note("account.restored", user, owner=user)


@atomic_retry
def _let_in_again(album_id: str, member_id: str, role: str) -> None:
    AlbumMember.objects.get_or_create(album_id=album_id, user_id=member_id, defaults={"role": role})


def _end_memberships(user: User) -> list[list[str]]:
    """Let nobody see the person's albums any more; return who did, so that it can be undone."""
    rows = AlbumMember.objects.filter(album__owner=user)
    ended = [
        [str(album_id), str(member_id), role]
        for album_id, member_id, role in rows.values_list("album_id", "user_id", "role")
    ]
    _delete_all(rows)
    return ended


def _forget(job: Job, turn: jobs.Round, closed: dict[str, Any]) -> dict[str, Any]:
    """Delete everything for good, in steps that every engine takes; the row of the person comes last."""
    user = job.owner
    images = Image.objects.owned_by(user)
    waste.put(images)
    while images.exists():
        step = list(images.order_by("id").values_list("pk", flat=True)[:CHUNK])
        # Asked again in its transaction: what was given to somebody else meanwhile is theirs.
        if not removals.purge(images.filter(pk__in=step)):
            raise jobs.Unfinished(closed, not_before=timezone.now() + LOOK_AGAIN)
        if turn.is_over:
            raise jobs.Unfinished(closed)
    if not _drop_uploads(user):
        # A worker has one of them in its hands.
        raise jobs.Unfinished(closed, not_before=timezone.now() + LOOK_AGAIN)
    for album in Album.objects.owned_by(user).filter(parent=None):
        albums.delete(album)
    for rows in (Tag, SmartAlbum):
        _delete_all(rows._default_manager.filter(owner=user))
    _forget_person(job)
    return {}


def _forget_person(job: Job) -> None:
    """Delete what would go with the row of the person in one transaction, in steps; then that row."""
    user = job.owner
    for rows in (
        ShareLinkImage.objects.filter(link__owner=user),
        ShareLink.objects.owned_by(user),
        ApiToken.objects.filter(user=user),
        WebhookDelivery.objects.filter(webhook__owner=user),
        Webhook.objects.owned_by(user),
        Tombstone.objects.filter(owner=user),
        IdempotencyKey.objects.filter(owner=user),
        Invitation.objects.filter(invited_by=user),
        AlbumMember.objects.filter(user=user),
        UserSession.objects.filter(user=user),
        LogEntry.objects.filter(user=user),
        Job.objects.owned_by(user).exclude(pk=job.pk),
    ):
        _delete_all(rows)
    added = AlbumImage.objects.filter(added_by=user)
    while chosen := list(added.values_list("pk", flat=True)[:CHUNK]):
        AlbumImage.objects.filter(pk__in=chosen).update(added_by=None)
    # While the audit log still tells whose things they were.
    _forget_names(user)
    audit.forget_person(user)
    _delete(user)


def _forget_names(user: User) -> None:
    """Blank what Django's own log of the administration says of the person and their things: titles, names of files."""
    acts = AuditEntry.objects.filter(owner=user, via=AuditEntry.Via.ADMIN).exclude(subject_id=None)
    keys = [str(user.pk), *map(str, acts.values_list("subject_id", flat=True).order_by().distinct())]
    for begin in range(0, len(keys), CHUNK):
        rows = LogEntry.objects.filter(object_id__in=keys[begin : begin + CHUNK])
        rows.update(object_repr="", change_message="")


@atomic_retry
def _delete(user: User) -> None:
    """Delete the row, in one transaction with the one line that stays of it: its name, and that it has gone."""
    audit.note("account.gone", user, by=user)
    user.delete()


def _drop_uploads(user: User) -> bool:
    """Give up what was not finished; returns whether nothing is left."""
    own = Upload.objects.filter(owner=user)
    for upload in own.exclude(state=Upload.State.READY).order_by("id")[:CHUNK]:
        transitions.drop(upload, timezone.now(), Removal.Reason.ABANDONED)
    _delete_all(own.filter(state=Upload.State.READY))
    return not own.exists()


def _delete_all(rows: Any) -> None:
    while chosen := list(rows.values_list("pk", flat=True)[:CHUNK]):
        database.delete(rows.model._default_manager.filter(pk__in=chosen))
