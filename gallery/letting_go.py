"""Deleting and merging what very many photos hang on: a little at once, the rest by a job.

Each step leaves what is true: the photos that were worked through are without the album or the tag, the others still
carry it, until it goes itself with the last of them. Photos stay in the library.
"""

import uuid
from typing import Any

from gallery import albums, jobs, tags
from gallery.models import Album, AlbumImage, ImageTag, Job, Tag
from gallery.models.albums import CHUNK

# More photos take longer than anybody waits for a page.
MANY = 2_000
ALBUM, TAG = "delete_album", "drop_tag"


def delete_album(album: Album) -> Job | None:
    """Delete an album and those inside it; returns the job that does, where there are very many photos inside."""
    within = AlbumImage.objects.filter(album__in=[*albums.inner(album), album.pk])
    if within.order_by()[: MANY + 1].count() > MANY:
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


def _is_on_many(tag: Tag) -> bool:
    return ImageTag.objects.filter(tag=tag).order_by()[: MANY + 1].count() > MANY


def _go_on(job: Job, turn: jobs.Round, done: int) -> int:
    """Tell how far the job is, and leave the rest to another round where this one is over."""
    turn.report(done, done)
    if turn.is_over:
        raise jobs.Unfinished({**job.payload, "done": done})
    return done
