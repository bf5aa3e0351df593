"""The first page of the administration: what is held, what is stuck or failed, what the last inspection found, the costs.

Its cost does not grow with the libraries: sums that stand in rows, figures that were counted at leisure, and first rows of
indexes; nothing is counted beyond COUNTED.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gallery import figures, removals
from gallery.admin import costs
from gallery.admin.lists import COUNTED
from gallery.models import Image, Inspection, Job, Removal, Upload, User
from gallery.reasons import said

SHOWN = 20
# What a worker has not come to, or not to the end of, within this time.
LATE = timedelta(hours=1)
# Of a long backlog the first so many are looked at.
LOOKED_AT = 1000
FAILED_THROUGH_US = ("worker_failed", "wrong_bytes")
KINDS = {
    Image.Kind.PHOTO: gettext_lazy("Photos"),
    Image.Kind.VIDEO: gettext_lazy("Videos"),
    Image.Kind.ANIMATION: gettext_lazy("Animations"),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that waits too long or was given up, and the button that takes it up again."""

    name: str
    url: str
    words: str
    since: datetime
    kind: str
    key: str
    may_retry: bool


def shown_to(request: HttpRequest) -> dict[str, Any]:
    """Return what the page shows: of each table what the person may see."""
    user = request.user
    sees = {
        name: user.has_perm(f"gallery.view_{name}") for name in ("user", "image", "upload", "job", "removal")
    }
    counted = figures.found() if sees["image"] else None
    held: dict[str, Any] = {"sees": sees, "figures": counted}
    if sees["user"]:
        held |= _people(counted)
    if counted:
        held |= {"kinds": _kinds(counted), "states": _states(counted), "costs": costs.of(counted)}
        held["is_counting"] = figures.is_under_way()
    if sees["upload"]:
        held["uploads"] = _uploads()
    held["stuck"] = [*_stuck_uploads(request), *_stuck_jobs(request), *_stuck_removals(request)]
    held["given_up"] = [*_failed_uploads(request), *_failed_jobs(request)]
    if user.has_perm("gallery.view_inspection"):
        held["inspection"] = _inspection()
    held["dead_letters"] = _dead_letters()
    return held


def _people(counted: figures.Figures | None) -> dict[str, Any]:
    """Return who keeps most, by the sums that stand with the users."""
    kinds: dict[str, dict[str, int]] = {}
    for row in counted.rows if counted else []:
        kinds.setdefault(row.owner, {})[row.kind] = row.photos
    most = User.objects.filter(used_bytes__gt=0).order_by("-used_bytes", "id")[:SHOWN]
    rows = [
        {
            "user": user,
            "used": filesizeformat(user.used_bytes),
            "share": min(100, round(100 * user.used_bytes / user.quota)) if user.quota else None,
            "quota": filesizeformat(user.quota) if user.quota else _("without limit"),
            "counts": [kinds.get(user.pk.hex, {}).get(kind, 0) for kind in KINDS],
        }
        for user in most
    ]
    total = User.objects.aggregate(sum=Sum("used_bytes"))["sum"] or 0
    return {"people": rows, "used": filesizeformat(total), "kind_names": list(KINDS.values())}


def _kinds(counted: figures.Figures) -> list[dict[str, Any]]:
    found = []
    for kind, name in KINDS.items():
        rows = [row for row in counted.rows if row.kind == kind]
        size = sum(row.bytes for row in rows)
        photos = sum(row.photos for row in rows)
        found.append({"name": name, "photos": photos, "bytes": filesizeformat(size)})
    return found


def _states(counted: figures.Figures) -> list[dict[str, Any]]:
    names = (
        ("binned", _("In the bin")),
        ("archived", _("Archived")),
        ("held", _("Brought by guests, waiting for review")),
        ("outdated", _("With renditions by a former recipe")),
    )
    whole = counted.total("photos") - counted.total("binned")
    rows = [{"name": _("In the library"), "photos": whole}]
    return rows + [{"name": name, "photos": counted.total(column)} for column, name in names]


def _uploads() -> list[dict[str, Any]]:
    """Return how many uploads are in each state that ends; what is ready has become a photo."""
    words = {
        Upload.State.PENDING: _("Announced, not finished"),
        Upload.State.PROCESSING: _("Waiting for a worker, or being worked on"),
        Upload.State.REJECTED: _("Refused"),
    }
    url = reverse("admin:gallery_upload_changelist")
    return [
        {
            "name": name,
            "count": _bounded(Upload.objects.filter(state=state)),
            "url": f"{url}?state__exact={state}",
        }
        for state, name in words.items()
    ]


def _bounded(rows: QuerySet[Any]) -> str:
    """Return the number of rows, or that there are more than anybody counts."""
    count = rows.order_by().values("pk")[: COUNTED + 1].count()
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"


def _stuck_uploads(request: HttpRequest) -> Iterable[Trouble]:
    if not request.user.has_perm("gallery.view_upload"):
        return
    waiting = Upload.objects.filter(state=Upload.State.PROCESSING).order_by("lease_until", "id")
    # In two steps, so that a backlog of a whole import is not read for the few that are late.
    first = waiting.values("pk")[:LOOKED_AT]
    late = Upload.objects.filter(pk__in=first, updated_at__lt=timezone.now() - LATE).order_by("id")
    for upload in late.defer("parts")[:SHOWN]:
        yield _trouble(request, "upload", upload, upload.updated_at, _("waits for a worker"))


def _failed_uploads(request: HttpRequest) -> Iterable[Trouble]:
    if not request.user.has_perm("gallery.view_upload"):
        return
    refused = Upload.objects.filter(state=Upload.State.REJECTED, code__in=FAILED_THROUGH_US)
    for upload in refused.order_by("-lease_until", "-id").defer("parts")[:SHOWN]:
        yield _trouble(request, "upload", upload, upload.updated_at, said(upload.reason) or upload.code)


def _stuck_jobs(request: HttpRequest) -> Iterable[Trouble]:
    if not request.user.has_perm("gallery.view_job"):
        return
    now = timezone.now()
    late = Job.objects.filter(state=Job.State.WAITING, not_before__lt=now - LATE)
    free = late.filter(Q(lease_until=None) | Q(lease_until__lt=now)).order_by("not_before", "id")
    for job in free.defer("payload", "result")[:SHOWN]:
        yield _trouble(request, "job", job, job.created_at, _("waits for a worker"))


def _failed_jobs(request: HttpRequest) -> Iterable[Trouble]:
    if not request.user.has_perm("gallery.view_job"):
        return
    failed = Job.objects.filter(state=Job.State.FAILED).order_by("-not_before", "-id")
    for job in failed.defer("payload", "result")[:SHOWN]:
        yield _trouble(request, "job", job, job.finished_at or job.created_at, said(job.reason) or job.code)


def _stuck_removals(request: HttpRequest) -> Iterable[Trouble]:
    """Return objects that the store did not let go: tried before, and due soon again."""
    if not request.user.has_perm("gallery.view_removal"):
        return
    soon = timezone.now() + removals.RETRY_AFTER
    first = Removal.objects.due(soon).order_by("not_before", "id").values("pk")[:LOOKED_AT]
    for removal in Removal.objects.filter(pk__in=first, attempts__gt=0).order_by("id")[:SHOWN]:
        words = _("could not be deleted, tried %(count)s times") % {"count": removal.attempts}
        yield _trouble(request, "removal", removal, removal.created_at, words)


def _trouble(
    request: HttpRequest, kind: str, row: Upload | Job | Removal, since: datetime, words: str
) -> Trouble:
    return Trouble(
        name=str(row),
        url=reverse(f"admin:gallery_{kind}_change", args=[row.pk]),
        words=words,
        since=since,
        kind=kind,
        key=str(row.pk),
        may_retry=request.user.has_perm(f"gallery.change_{kind}"),
    )


def _inspection() -> dict[str, Any]:
    last = Inspection.objects.order_by("-id").first()
    if last is None:
        return {}
    counts = last.report.get("counts", {})
    found = [(kind.replace("_", " "), number.get("found", 0)) for kind, number in counts.items()]
    return {"row": last, "found": found, "is_old": last.started_at < timezone.now() - timedelta(days=7)}


def _dead_letters() -> str:
    """Return the name of the queue in which messages end that no worker could take; "" where there is no queue."""
    queue: str = settings.QUEUE_URL.rpartition("/")[2]
    return f"{queue.removesuffix('-work')}-dead-letters" if queue else ""
