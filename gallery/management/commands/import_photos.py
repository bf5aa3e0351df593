"""`manage.py import_photos`: folders of photographs into a library, through the same functions as an upload."""

import logging
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.importing import Importer, Outcome
from gallery.management import owners


class Command(BaseCommand):
    help = (
        "Import photos from files and folders. What the library has already is skipped, so the command can be stopped "
        "at any time and run again. The files are only read. Exit status 1 if any file failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="PATH", help="a photo, or a folder of photos"
        )
        parser.add_argument("--user", help="whose library (may be left out where there is one user only)")
        parser.add_argument(
            "--albums", action="store_true", help="make an album of each folder, nested as they are"
        )
        parser.add_argument(
            "--jobs",
            type=int,
            default=os.cpu_count() or 1,
            help="how many photos at once (default: one a processor)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        owner = owners.named(options["user"])
        for path in options["paths"]:
            if not path.exists():
                raise CommandError(f"{path} does not exist. Nothing was imported.")
        if options["jobs"] < 1:
            raise CommandError("--jobs must be at least 1.")
        importer = Importer(owner, make_albums=options["albums"], jobs=options["jobs"])
        try:
            outcome = self._run(importer, options["paths"], quiet=options["verbosity"] == 0)
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. What was imported is kept; run the command again to go on."
            ) from None
        self._report(outcome)

    def _run(self, importer: Importer, paths: list[Path], *, quiet: bool) -> Outcome:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        # A line for each photo would tear the progress bar apart; what fails is listed at the end.
        logging.getLogger("gallery").setLevel(logging.WARNING)
        files = importer.find(paths)
        columns = (
            TextColumn("Importing"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
            bar = progress.add_task("import", total=len(files), rate="")
            for outcome in importer.run(files):
                progress.update(bar, completed=outcome.seen, rate=f"{outcome.rate_mb_s:.1f} MB/s")
        return importer.outcome

    def _report(self, outcome: Outcome) -> None:
        self.stdout.write(
            f"{outcome.imported} imported, {outcome.duplicates} already there, {len(outcome.failures)} failed"
            + (f", {outcome.ignored} other files left alone" if outcome.ignored else "")
        )
        for path, reason in outcome.failures:
            self.stderr.write(f"  {path}: {reason}")
        if outcome.failures:
            raise CommandError(f"{len(outcome.failures)} files were not imported; the reasons are above.")
