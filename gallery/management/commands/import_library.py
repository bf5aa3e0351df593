"""`manage.py import_library`: an export back into a library."""

import logging
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.exporting import ExportError, Restorer
from gallery.management import owners


class Command(BaseCommand):
    help = (
        "Restore what export_library wrote: originals byte for byte, titles, descriptions, tags, favourites, times, the "
        "bin, and albums with their order and covers. Can be stopped at any time and run again. Exit status 1 if any "
        "photo failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="the folder that export_library wrote")
        parser.add_argument("--user", help="whose library (may be left out where there is one user only)")
        parser.add_argument(
            "--merge",
            action="store_true",
            help="restore into a library that holds other photos too; for a photo that is in both the export "
            "counts, but puts nothing into the bin",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from rich.console import Console
        from rich.progress import Progress

        # A line for each photo would tear the progress bar apart; what fails is listed at the end.
        logging.getLogger("gallery").setLevel(logging.WARNING)
        try:
            owner, merge = owners.named(options["user"]), options["merge"]
            restorer = Restorer(owner, options["folder"], merge=merge)
            others = restorer.strangers()
            if others and not merge:
                raise CommandError(
                    f"The library holds {others} photos that are not in this export. Restore into an empty library, or "
                    "say --merge. Nothing was changed."
                )
            with Progress(console=Console(stderr=True), disable=options["verbosity"] == 0) as progress:
                bar = progress.add_task("Restoring", total=restorer.images)
                for outcome in restorer.run():
                    progress.update(bar, completed=outcome.seen)
        except ExportError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run the command again to go on.") from None
        self._report(restorer)

    def _report(self, restorer: Restorer) -> None:
        outcome = restorer.outcome
        self.stdout.write(
            f"{outcome.restored} restored, {outcome.present} there already, {outcome.albums} albums, "
            f"{len(outcome.failures)} failed"
        )
        for photo, reason in outcome.failures:
            self.stderr.write(f"  {photo}: {reason}")
        if outcome.failures:
            raise CommandError(f"{len(outcome.failures)} photos were not restored; the reasons are above.")
