"""Deleting and merging what very many photos hang on: a little at once, the rest by a job.

Each step leaves what is true: the photos that were worked through are without the album or the tag, the others still
carry it, until it goes itself with the last of them. Photos stay in the library. What lets others into an album ends
before the job begins.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from gallery import albums, audit, jobs, tags
from gallery.models import Album, AlbumImage, AlbumMember, ImageTag, Invitation, Job, ShareLink, Tag
from gallery.models.albums import CHUNK
from photosky import database
from photosky.database import atomic_retry

# More photos take longer than anybody waits for a page.
MANY = 2_000
# Links, members and invitations that end in one transaction: most of them with a line in the log.
CLOSED = 100
ALBUM, TAG = "delete_album", "drop_tag"


def delete_album(album: Album) -> Job | None:
    """Delete an album and those inside it; returns the job that does, where there are very many photos inside.

    Nobody but the owner gets in any more, however long the job takes to begin.
    """
    keys = [*albums.inner(album), album.pk]
    within = AlbumImage.objects.filter(album__in=keys)
    most = database.at_most(MANY)
    # Each album takes a few rows with it as well.
    if len(keys) + within.order_by()[: most + 1].count() > most:
        while _close_some(album, keys):
            pass
        return jobs.start(ALBUM, album.owner, {"album": str(album.pk)})
    albums.delete(album)
    return None


def delete_tag(tag: Tag) -> Job | None:
    """Delete a tag; returns the job that does, where very many photos carry it."""
    if _is_on_many(tag):
        return jobs.start(TAG, tag.owner, {"tag": str(tag.pk)})
    tags.delete(tag)
    return None


def merge_tag(tag: Tag, into: Tag) -> Job | None:
    """Let the photos of one tag carry the other; returns the job that does, where there are very many.

    Raises Http404 where one of the two was deleted meanwhile.
    """
    if _is_on_many(tag):
        return jobs.start(TAG, tag.owner, {"tag": str(tag.pk), "into": str(into.pk)})
    tags.merge(tag, into)
    return None


def work_on_album(job: Job, turn: jobs.Round) -> dict[str, Any]:
    """Empty an album and those inside it, in steps, and delete them."""
    album = Album.objects.owned_by(job.owner).filter(pk=uuid.UUID(job.payload["album"])).first()
    done = int(job.payload.get("done", 0))
    if album is None:
        return {"photos": done}
    for one in Album.objects.filter(pk__in=[*albums.inner(album), album.pk]):
        inside = AlbumImage.objects.filter(album=one).values_list("image_id", flat=True)
        while images := list(inside[:CHUNK]):
            albums.remove(one, images)
            done = _go_on(job, turn, done + len(images))
    albums.delete(album)
    return {"photos": done}


def work_on_tag(job: Job, turn: jobs.Round) -> dict[str, Any]:
    """Take a tag off its photos, or let them carry another one, in steps, and delete it."""
    keys = [uuid.UUID(job.payload[name]) for name in ("tag", "into") if name in job.payload]
    found = Tag.objects.filter(owner=job.owner).in_bulk(keys)
    done = int(job.payload.get("done", 0))
    # Without the tag it is done; without the other one the photos keep what they carry.
    if len(found) < len(keys):
        return {"photos": done}
    tag, *into = (found[key] for key in keys)
    while tags.merge_some(tag, into[0]) if into else tags.clear_some(tag):
        done = _go_on(job, turn, done + CHUNK)
    return {"photos": done}


@atomic_retry
def _close_some(album: Album, keys: Sequence[uuid.UUID]) -> bool:
    """Do one step of ending the links, memberships and invitations of albums; returns whether it ended any."""
    now = timezone.now()
    links = list(ShareLink.objects.filter(album__in=keys, revoked_at=None).order_by("pk")[:CLOSED])
    ShareLink.objects.filter(pk__in=[link.pk for link in links]).update(revoked_at=now, updated_at=now)
    for link in links:
        audit.note("link.revoked", link, owner=link.owner_id)
    members = list(AlbumMember.objects.filter(album__in=keys).order_by("pk")[:CLOSED])
    AlbumMember.objects.filter(pk__in=[member.pk for member in members]).delete()
    for member in members:
        audit.note(
            "member.removed", Album(pk=member.album_id), owner=album.owner_id, person=str(member.user_id)
        )
    waiting = Invitation.objects.open_at(now).filter(album__in=keys)
    invitations = list(waiting.order_by("pk").values_list("pk", flat=True)[:CLOSED])
    Invitation.objects.filter(pk__in=invitations).update(revoked_at=now)
    return bool(links or members or invitations)


def _is_on_many(tag: Tag) -> bool:
    return ImageTag.objects.filter(tag=tag).order_by()[: MANY + 1].count() > MANY


def _go_on(job: Job, turn: jobs.Round, done: int) -> int:
    """Tell how far the job is, and leave the rest to another round where this one is over."""
    turn.report(done, done)
    if turn.is_over:
        raise jobs.Unfinished({**job.payload, "done": done})
    return done
