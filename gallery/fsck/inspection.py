"""One run of the inspection, from the proof that the bucket is ours to the row that keeps the result."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from gallery import marker
from gallery.fsck import originals, packed, records, rendered
from gallery.fsck.findings import Report
from gallery.models import Inspection
from photosky import database

# How many results are kept.
KEPT = 20


@dataclass(frozen=True, slots=True)
class Options:
    """What a run does. `share` is the divisor of the originals whose bytes are read (30: all within 30 runs; 0: none).

    What is younger than `grace` is under way, not wrong.
    """

    repair: bool = False
    adopt: bool = False
    share: int = 30
    grace: timedelta = timedelta(days=3)


def inspect(options: Options) -> Report:
    """Look at everything once. Raises marker.WrongBucket before it has looked where the bucket is another's."""
    started_at = timezone.now()
    if options.adopt:
        marker.adopt()
    marker.verify()
    report, young = Report(), started_at - options.grace
    # Rows first: what they miss is then not taken for lost or unknown below.
    records.check(report, started_at, repair=options.repair, young=young)
    originals.check(report, repair=options.repair, young=young)
    rendered.check(report, repair=options.repair, young=young)
    packed.check(report, repair=options.repair, young=young)
    cursor = originals.check_bytes(report, options.share, _last_cursor())
    Inspection.objects.create(
        started_at=started_at,
        finished_at=timezone.now(),
        repairing=options.repair,
        problems=len(report.open),
        report=report.as_json(),
        cursor=cursor,
    )
    kept = Inspection.objects.order_by("-id").values_list("pk", flat=True)[:KEPT]
    database.delete(Inspection.objects.exclude(pk__in=list(kept)))
    return report


def _last_cursor() -> uuid.UUID | None:
    last = Inspection.objects.order_by("-id").first()
    return last.cursor if last is not None else None
