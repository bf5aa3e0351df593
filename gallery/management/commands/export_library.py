"""`manage.py export_library`: a whole library as files that need no PhotoSky to be read."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.exporting import Exporter, ExportError
from gallery.management import owners


class Command(BaseCommand):
    help = (
        "Write every original under a readable name, with side-cars (JSON and XMP) for titles, descriptions, tags, "
        "favourites and times taken, and library.json for albums. Run it again to bring the folder up to date: what is "
        "there is not fetched again. `manage.py import_library` reads it back. Exit status 1 if any photo failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="an empty folder, or an earlier export")
        parser.add_argument("--user", help="whose library (may be left out where there is one user only)")

    def handle(self, *args: Any, **options: Any) -> None:
        from rich.console import Console
        from rich.progress import Progress

        exporter = Exporter(owners.named(options["user"]), options["folder"])
        try:
            with Progress(console=Console(stderr=True), disable=options["verbosity"] == 0) as progress:
                bar = progress.add_task("Exporting", total=exporter.images)
                for outcome in exporter.run():
                    progress.update(bar, completed=outcome.seen)
        except ExportError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run the command again to go on.") from None
        outcome = exporter.outcome
        self.stdout.write(
            f"{outcome.written} written, {outcome.present} there already, {len(outcome.failures)} failed"
            + (f", {outcome.left} in the folder that the library holds no more" if outcome.left else "")
        )
        for photo, reason in outcome.failures:
            self.stderr.write(f"  {photo}: {reason}")
        if outcome.failures:
            raise CommandError(f"{len(outcome.failures)} photos were not exported; the reasons are above.")
