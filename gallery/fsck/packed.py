"""What was packed to be fetched: zips, copies and what lies between two rounds of packing, none of which outlives its time."""

from datetime import datetime, timedelta
from itertools import islice

from gallery import objectstore
from gallery.fsck.findings import Kind, Report
from gallery.fsck.originals import CHUNK, free, remove_unreferenced
from gallery.models import Job, Removal

PREFIX = "exports/"
CLOCKS = timedelta(minutes=15)


def check(report: Report, *, repair: bool, young: datetime) -> None:
    """Find what nobody packs or offers any more, and no removal awaits."""
    listed = objectstore.list_objects(PREFIX)
    while chunk := list(islice(listed, CHUNK)):
        report.count("exports", len(chunk))
        old = {found.key: found.size for found in chunk if found.last_modified < young}
        unknown = set(old) - set(Removal.objects.filter(key__in=list(old)).values_list("key", flat=True))
        if unknown:
            # Asked after the objects were listed: a job that ended meanwhile has written its removal.
            unknown -= _needed(young)
        mended = remove_unreferenced(sorted(unknown)) if repair else set()
        for key in sorted(unknown):
            report.add(Kind.UNTRACKED, key, f"{old[key]} bytes", repaired=key in mended)
    for parts in objectstore.multipart_list(PREFIX):
        # Which job packs it stands in the bucket: any that waits since then may. The store has a clock of its own.
        waiting = Job.objects.filter(state=Job.State.WAITING, created_at__lte=parts.started + CLOCKS)
        if parts.started < young and not waiting.exists():
            mended_parts = repair and free(parts)
            begun = f"begun {parts.started:%Y-%m-%d %H:%M} UTC"
            report.add(Kind.ABANDONED_PARTS, parts.key, begun, repaired=mended_parts)


def _needed(young: datetime) -> set[str]:
    """Return the keys that jobs need: those that wait, and those whose result is younger than the grace."""
    waiting = Job.objects.filter(state=Job.State.WAITING).values_list("payload", flat=True)
    done = Job.objects.filter(state=Job.State.DONE, finished_at__gte=young).values_list("result", flat=True)
    named = [payload.get("progress") for payload in waiting.iterator()]
    named += [result.get("key") for result in done.iterator()]
    return {key for key in named if isinstance(key, str)}
