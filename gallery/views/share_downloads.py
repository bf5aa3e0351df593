"""Downloads: zips of the owner's and of guests, from asking to the file, and single photos for guests."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gallery import archives, objectstore, reasons
from gallery.errors import GalleryError
from gallery.models import Job, ShareLink
from gallery.views.people import SignedIn
from gallery.views.share_doors import by_link
from gallery.views.share_pages import image_at, title_of

# S3 asks how old the address is when a download starts, and when one is taken up again.
ZIP_S = 3600
PHOTO_S = 300


@require_safe
@login_required
def download(request: SignedIn, job_id: uuid.UUID) -> HttpResponse:
    job = archives.job_of(request.user, job_id)
    response = _page(request, job, reverse("gallery:download_file", args=[job.pk]), "base.html")
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@login_required
def download_file(request: SignedIn, job_id: uuid.UUID) -> HttpResponse:
    return _file(archives.job_of(request.user, job_id))


@by_link("POST")
def guests_zip(request: HttpRequest, link: ShareLink) -> HttpResponseBase:
    _downloadable(link)
    try:
        job = archives.start_for_guests(link)
    except GalleryError as error:
        return _refused(request, link, error.message, error.status)
    return redirect("gallery:shared_download", token=link.plain, job_id=job.pk)


@by_link("GET", "HEAD")
def guests_download(request: HttpRequest, link: ShareLink, job_id: uuid.UUID) -> HttpResponseBase:
    job = archives.job_of(_downloadable(link).owner, job_id, link)
    at = reverse("gallery:shared_file", args=[link.plain, job.pk])
    response = _page(request, job, at, "share/_frame.html", link)
    response["Cache-Control"] = "private, no-store"
    return response


@by_link("GET", "HEAD")
def guests_file(_request: HttpRequest, link: ShareLink, job_id: uuid.UUID) -> HttpResponseBase:
    job = archives.job_of(_downloadable(link).owner, job_id, link)
    if not archives.is_current(job, link):
        # Photos were taken out meanwhile, or the terms have changed: what was packed is not for them any more.
        return redirect("gallery:shared", token=link.plain)
    return _file(job)


@by_link("GET", "HEAD")
def copy(request: HttpRequest, link: ShareLink, place: str) -> HttpResponseBase:
    image = image_at(_downloadable(link), place)
    if link.allow_originals and image.owner_id == link.owner_id:
        key, name = image.original_key, image.filename
    else:
        try:
            key = archives.copy_key(image)
            if not key:
                job = archives.start_copy(link, image)
                return redirect("gallery:shared_download", token=link.plain, job_id=job.pk)
        except objectstore.NotFound:
            raise Http404 from None
        except objectstore.ObjectStoreError:
            return _refused(
                request, link, _("This photo cannot be fetched right now. Try again in a minute."), 503
            )
        name = archives.guest_name(1, key.rpartition(".")[2])
    response = redirect(objectstore.presign_get(key, expires_s=PHOTO_S, filename=name))
    response["Cache-Control"] = "private, no-store"
    return response


def _downloadable(link: ShareLink) -> ShareLink:
    if not link.allow_download:
        raise Http404
    return link


def _refused(request: HttpRequest, link: ShareLink, why: str, status: int) -> HttpResponse:
    context = {"link": link, "title": title_of(link), "error": why}
    return render(request, "share/refused.html", context, status=status)


def _page(request: HttpRequest, job: Job, at: str, frame: str, link: ShareLink | None = None) -> HttpResponse:
    context = {
        "job": job,
        "title": title_of(link) if link else job.payload["title"],
        "file": at if archives.is_there(job) else "",
        "failed": job.state == Job.State.FAILED,
        "reason": reasons.said(job.reason),
        "waiting": job.state == Job.State.WAITING,
        "percent": 100 * job.done // job.total if job.total else 0,
        "frame": frame,
        "link": link,
    }
    return render(request, "share/download.html", context)


def _file(job: Job) -> HttpResponse:
    if not archives.is_there(job):
        raise Http404
    title = slugify(job.payload["title"], allow_unicode=True)[:80] or _("photos")
    name = f"{title}.zip"
    if job.payload.get("single"):
        name = archives.guest_name(1, job.result["key"].rpartition(".")[2])
    address = objectstore.presign_get(job.result["key"], expires_s=ZIP_S, filename=name)
    response = redirect(address)
    response["Cache-Control"] = "private, no-store"
    return response
