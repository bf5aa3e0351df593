"""Rows among themselves: uploads that do not move on, and space in use that is counted wrong."""

from datetime import datetime, timedelta

from django.db.models import Q, Sum

from gallery import arrivals, objectstore, tasks
from gallery.errors import NotUploaded, QuotaExceeded
from gallery.fsck.findings import Kind, Report
from gallery.models import Image, Upload, User
from photosky.database import atomic_retry

# A worker that runs takes up an upload within seconds, the periodic tick within a quarter of an hour.
STUCK_AFTER = timedelta(hours=1)


def check(report: Report, now: datetime, *, repair: bool, young: datetime) -> None:
    """Look at uploads and quotas."""
    _uploads_that_wait(report, now, repair=repair)
    _announcements(report, repair=repair, young=young)
    failed = Upload.objects.filter(state=Upload.State.REJECTED, code="worker_failed").count()
    if failed:
        report.notes["failed_in_the_worker"] = failed
    for user in User.objects.order_by("id"):
        _quota(report, user, repair=repair)


def _uploads_that_wait(report: Report, now: datetime, *, repair: bool) -> None:
    old = Upload.objects.filter(state=Upload.State.PROCESSING, updated_at__lt=now - STUCK_AFTER)
    # What a worker holds at this moment moves on; what one has put off does not.
    waiting = old.filter(Q(lease_token=None) | Q(lease_until__lt=now))
    for upload in waiting.order_by("id"):
        mended = False
        if repair:
            tasks.process(upload.pk)
            mended = not Upload.objects.filter(pk=upload.pk, state=Upload.State.PROCESSING).exists()
        detail = f"{upload.filename}: arrived {upload.updated_at:%Y-%m-%d %H:%M} UTC, tried {upload.attempts} times"
        report.add(Kind.STUCK, f"upload {upload.pk}", detail, repaired=mended)


def _announcements(report: Report, *, repair: bool, young: datetime) -> None:
    """Find uploads that came whole but were never finished. Those whose bytes never came are the tick's to forget."""
    old = Upload.objects.filter(state=Upload.State.PENDING, updated_at__lt=young).select_related("owner")
    for upload in old.order_by("id"):
        try:
            if objectstore.head(upload.key) is None:
                continue
            mended = repair and _confirmed(upload)
        except objectstore.Unavailable:
            raise
        except objectstore.ObjectStoreError as error:
            report.add(Kind.UNREADABLE, upload.key, f"{upload.filename}, upload {upload.pk}: {error}")
            continue
        report.add(
            Kind.STUCK,
            f"upload {upload.pk}",
            f"{upload.filename}: arrived, but was never finished",
            repaired=mended,
        )


def _confirmed(upload: Upload) -> bool:
    try:
        return arrivals.confirm(upload)
    except (NotUploaded, QuotaExceeded):
        return False


def _quota(report: Report, user: User, *, repair: bool) -> None:
    report.count("users")
    used, held = user.used_bytes, _held(user)
    if used == held:
        return
    # The rows were read one after the other: look again in one view of the database.
    used, held = _counted(user, repair=repair)
    if used != held:
        report.add(Kind.QUOTA, f"user {user.username}", f"{used} bytes counted, {held} held", repaired=repair)


@atomic_retry
def _counted(user: User, *, repair: bool) -> tuple[int, int]:
    used = User.objects.values_list("used_bytes", flat=True).get(pk=user.pk)
    held = _held(user)
    if repair and used != held:
        User.objects.filter(pk=user.pk).update(used_bytes=held)
    return used, held


def _held(user: User) -> int:
    """Return what the user's images and arrived uploads hold in bytes: what used_bytes must be."""
    images = Image.objects.owned_by(user).aggregate(sum=Sum("bytes"))["sum"] or 0
    working = Upload.objects.filter(owner=user, state=Upload.State.PROCESSING)
    return images + (working.aggregate(sum=Sum("bytes"))["sum"] or 0)
