"""What the buttons of the dashboard do: take up again what is stuck or was given up, and count anew."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import audit, figures, jobs, objectstore, removals, transitions, uploads, waking
from gallery.errors import GalleryError
from gallery.models import Job, Removal, Upload, User
from photosky.database import atomic_retry


@require_POST
def retry(request: HttpRequest, kind: str, key: uuid.UUID) -> HttpResponse:
    """Give one upload, job or removal back to the workers."""
    if kind not in _RETRIES:
        raise Http404
    if not request.user.has_perm(f"gallery.change_{kind}"):
        raise PermissionDenied
    try:
        again = _RETRIES[kind](key)
    except (GalleryError, objectstore.ObjectStoreError) as error:
        messages.warning(request, str(error))
        return redirect("admin:index")
    waking.wake()
    if again:
        messages.success(request, _("Given to the workers."))
    else:
        messages.info(request, _("Nothing to do: a worker has it, or it is done by now."))
    return redirect("admin:index")


@require_POST
def count_again(request: HttpRequest) -> HttpResponse:
    """Let a worker count what the libraries hold."""
    if not isinstance(request.user, User) or not request.user.has_perm("gallery.view_image"):
        raise PermissionDenied
    figures.count_again(request.user)
    waking.wake()
    messages.success(request, _("A worker counts. Look again in a moment."))
    return redirect("admin:index")


def retry_upload(upload: Upload) -> bool:
    """Return whether the workers will look at the upload again; raises what finishing it raises."""
    reopened = _reopen(upload)
    upload.refresh_from_db()
    if upload.state == Upload.State.PENDING:
        # As if its owner had just sent it: looked for in the store, counted, handed over.
        return uploads.finish(upload).state == Upload.State.PROCESSING
    return reopened


@atomic_retry
def _reopen(upload: Upload) -> bool:
    reopened = transitions.reopen(upload)
    if reopened:
        audit.note("upload.retried", upload, owner=upload.owner_id)
    return reopened


def _upload(key: uuid.UUID) -> bool:
    return retry_upload(get_object_or_404(Upload.objects.select_related("owner"), pk=key))


def _job(key: uuid.UUID) -> bool:
    job = get_object_or_404(Job, pk=key)
    return jobs.retry(job) or jobs.hasten(job)


def _removal(key: uuid.UUID) -> bool:
    return removals.hasten(get_object_or_404(Removal, pk=key))


_RETRIES: dict[str, Callable[[uuid.UUID], bool]] = {"upload": _upload, "job": _job, "removal": _removal}
