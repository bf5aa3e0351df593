"""Copy the library to another database, between any two of SQLite, PostgreSQL and Aurora DSQL. See docs/moving.md."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError

from gallery.moving import databases
from gallery.moving.comparing import Compared
from gallery.moving.errors import MoveError
from gallery.moving.running import look, move
from photosky.database import configuration
from photosky.env import env

NEXT = """
The target holds the library. It is not used yet:
  1. If the gallery ran until now, stop it and its workers, and run this once more: it copies what was written meanwhile.
  2. Set DATABASE_URL to the target, and start the gallery. People sign in again.
  3. Keep the source, unused, until you have seen the gallery work: it was not changed. Never let two galleries run, one on each."""


class Command(BaseCommand):
    """Copy the library, compare, and say what comes next."""

    # It needs two databases and nothing else: no store, no site.
    requires_system_checks = ()
    help = "Copy the library to another database (SQLite, PostgreSQL, Aurora DSQL), compare both, and say what comes next."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the target."""
        parser.add_argument(
            "--to",
            default=env.text("PHOTOSKY_MOVE_TO"),
            help="address of the target, as in DATABASE_URL; else PHOTOSKY_MOVE_TO, which other users of this computer cannot read",
        )
        parser.add_argument("--check", action="store_true", help="only compare; write nothing")

    def handle(self, *, to: str, check: bool, **_: Any) -> None:
        """Move, or only compare."""
        if not to:
            raise CommandError(
                "Name the target: --to postgresql://USER:PASSWORD@HOST/NAME, or PHOTOSKY_MOVE_TO."
            )
        started = time.monotonic()
        try:
            target = databases.connect(configuration(to, settings.DATA_DIR))
            result = (look if check else move)(DEFAULT_DB_ALIAS, target, self._say)
        except (MoveError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(
                f"A database failed: {error}\nRun this again: it goes on where it stopped."
            ) from error
        self._table(result)
        if not all(one.equal for one in result):
            raise CommandError("The two differ: see above.")
        self._say(f"equal: {sum(one.rows for one in result):,} rows, {time.monotonic() - started:.0f} s")
        self._say("left out: who is signed in (sessions), and what a cache holds")
        if not check:
            self._say(NEXT)

    def _table(self, result: list[Compared]) -> None:
        for one in result:
            if one.rows or one.rows_there:
                self._say(f"{one.table.label:<28}{one.rows:>12,}{one.rows_there:>12,}  {one.checksum}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
