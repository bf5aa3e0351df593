"""Asking for a zip: which photos it will hold, and whether one of the same content is there already."""

import hashlib
import uuid
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from gallery import access, jobs
from gallery.errors import GalleryError
from gallery.models import Image, ImageQuerySet, Job, ShareLink, User

KIND = "zip"
# As many ids as a row of every engine holds: 16 bytes each. The bytes of the photos have no such bound.
MOST = 20_000
STEP = 500
# The latest of a person's zips, among which one of the same content is looked for.
LOOKED_AT = 50
# A zip that is about to be removed is no answer to somebody who asks now.
LEAST_LIFE = timedelta(hours=1)


class TooMany(GalleryError):
    """More photos than one zip lists, or none at all."""

    code = "zip_size"


def start(owner: User, image_ids: Sequence[uuid.UUID], title: str) -> Job:
    """Have a zip made of photos that the owner may see, in the given order; what they may not see is left out.

    Their own photos are in it as they were uploaded, other people's without private metadata. Where a zip of the same
    content is there or under way, that one is returned. Raises TooMany for none or for more than MOST.
    """
    images = _in_order(access.images_visible_to(owner), list(dict.fromkeys(image_ids)))
    return _job(owner, images, {"title": title, "link": "", "originals": True})


def start_for_guests(link: ShareLink) -> Job:
    """Have a zip made of all that a link opens; see `start`."""
    return _job(link.owner, _of_link(link), _terms(link))


def start_copy(link: ShareLink, image: Image) -> Job:
    """Have the copy of one photo made that a link opens, where that takes a worker; see `start`."""
    return _job(link.owner, [image], {**_terms(link), "single": True})


def job_of(owner: User, job_id: uuid.UUID, link: ShareLink | None = None) -> Job:
    """Return a zip's job: one of the link's guests, without a link one of the owner's own. Raises Http404."""
    job = Job.objects.owned_by(owner).filter(pk=job_id, kind=KIND).first()
    if job is None or job.payload["link"] != (str(link.pk) if link else ""):
        raise Http404
    return job


def is_current(job: Job, link: ShareLink) -> bool:
    """Return whether a zip holds what the link opens now, as the link allows it now."""
    images, terms = _of_link(link), _terms(link)
    if job.payload.get("single"):
        chosen = set(unpacked_ids(job.payload["images"]))
        images, terms = [image for image in images if image.pk in chosen], {**terms, "single": True}
    return bool(job.payload["content"] == _content(images, terms))


def is_there(job: Job) -> bool:
    """Return whether the zip is packed and will stay for a while."""
    until = parse_datetime(job.result.get("until", ""))
    return job.state == Job.State.DONE and until is not None and until > timezone.now()


def packed_ids(image_ids: Iterable[uuid.UUID]) -> str:
    """Return ids as short text for a job's payload."""
    return b64encode(b"".join(key.bytes for key in image_ids)).decode()


def unpacked_ids(text: str) -> list[uuid.UUID]:
    """Return what packed_ids was given."""
    data = b64decode(text)
    return [uuid.UUID(bytes=data[at : at + 16]) for at in range(0, len(data), 16)]


def _job(owner: User, images: Sequence[Image], terms: dict[str, Any]) -> Job:
    if not images:
        raise TooMany(_("There are no photos to put into a zip."))
    if len(images) > MOST:
        raise TooMany(
            _("A zip lists at most %(most)d photos: choose fewer, or one album at a time.") % {"most": MOST}
        )
    content = _content(images, terms)
    recent = Job.objects.owned_by(owner).filter(kind=KIND).order_by("-id")[:LOOKED_AT]
    same = next((job for job in recent if job.payload["content"] == content and _serves(job)), None)
    return same or jobs.start(
        KIND,
        owner,
        {
            **terms,
            "content": content,
            "images": packed_ids(image.pk for image in images),
            "count": len(images),
            "bytes": sum(image.bytes for image in images),
        },
    )


def _serves(job: Job) -> bool:
    if job.state == Job.State.WAITING:
        return True
    until = parse_datetime(job.result.get("until", ""))
    return job.state == Job.State.DONE and until is not None and until > timezone.now() + LEAST_LIFE


def _terms(link: ShareLink) -> dict[str, Any]:
    title = link.title or (link.album.title if link.album else "")
    return {"title": title, "link": str(link.pk), "originals": link.allow_originals}


def _of_link(link: ShareLink) -> list[Image]:
    return list(_light(access.images_opened_by(link))[: MOST + 1])


def _in_order(visible: ImageQuerySet, keys: Sequence[uuid.UUID]) -> list[Image]:
    found: dict[uuid.UUID, Image] = {}
    for at in range(0, min(len(keys), MOST + 1), STEP):
        found |= {image.pk: image for image in _light(visible.filter(pk__in=keys[at : at + STEP]))}
    return [found[key] for key in keys if key in found]


def _light(images: ImageQuerySet) -> ImageQuerySet:
    return images.only("id", "owner_id", "sha256", "bytes", "filename", "orientation", "rotation")


def _content(images: Iterable[Image], terms: dict[str, Any]) -> str:
    """Return what tells one zip from another: the same photos, turned the same way, under the same terms."""
    digest = hashlib.sha256(repr(sorted(terms.items())).encode())
    for image in images:
        digest.update(f"{image.pk}{image.sha256}{image.rotation or 0}{image.filename}\n".encode())
    return digest.hexdigest()
