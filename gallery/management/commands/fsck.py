"""`manage.py fsck`: whether the library is whole."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery import fsck, marker, objectstore
from gallery.fsck.findings import REMEDIES, SHOWN_PER_KIND

# Exit statuses, like those of fsck(8): 1 where something is (still) wrong, 2 where nothing could be looked at.
FOUND, REFUSED = 1, 2


class Command(BaseCommand):
    help = (
        "Compare the database with the bucket: originals and renditions that are missing or spoilt, objects that no "
        "photo belongs to, uploads that are stuck, space counted wrong. Changes nothing without --repair, and nothing "
        "but what can be mended without losing a byte with it. Exit status: 0 all well, 1 something is wrong, 2 the "
        "bucket could not be inspected."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="mend what can be mended")
        parser.add_argument("--json", action="store_true", help="print the report as one JSON document")
        parser.add_argument(
            "--share",
            type=int,
            default=fsck.Options().share,
            metavar="N",
            help="read the bytes of one in N originals, others the next time (default: 30; 1: all; 0: none)",
        )
        parser.add_argument(
            "--adopt",
            action="store_true",
            help="take the bucket for this library's, after moving the photos or restoring the database",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["share"] < 0:
            raise CommandError("--share must be 0 or more.", returncode=REFUSED)
        if options["adopt"] and options["repair"]:
            raise CommandError(
                "--adopt and --repair cannot be given together: adopt the bucket, read the report, then repair.",
                returncode=REFUSED,
            )
        chosen = fsck.Options(repair=options["repair"], adopt=options["adopt"], share=options["share"])
        try:
            report = fsck.inspect(chosen)
        except marker.WrongBucket as error:
            raise CommandError(f"{error} Nothing was changed.", returncode=REFUSED) from error
        except objectstore.ObjectStoreError as error:
            raise CommandError(f"{error} The inspection was not finished.", returncode=REFUSED) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self._tell(report)
        if report.open:
            raise CommandError(f"{len(report.open)} problems are open.", returncode=FOUND)

    def _tell(self, report: fsck.Report) -> None:
        for kind, entries in report.as_json()["findings"].items():
            counts = report.counts[kind]
            mended = f", {counts['repaired']} repaired" if counts["repaired"] else ""
            self.stdout.write(f"{kind}: {counts['found']}{mended} ({REMEDIES[fsck.Kind(kind)]})")
            for entry in entries:
                done = " [repaired]" if entry["repaired"] else ""
                self.stdout.write(f"  {entry['subject']}  {entry['detail']}{done}")
            if counts["found"] > SHOWN_PER_KIND:
                self.stdout.write(f"  and {counts['found'] - SHOWN_PER_KIND} more")
        looked = ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in report.checked.items())
        self.stdout.write(f"Looked at {looked}.")
        for what, number in report.notes.items():
            self.stdout.write(f"Of note: {number} {what.replace('_', ' ')}.")
        self.stdout.write("All is well." if not report.open else "")
