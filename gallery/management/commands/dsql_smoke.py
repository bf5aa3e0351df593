"""Try on the configured cluster of Aurora DSQL what only a real one can show. See docs/dsql.md."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from photosky.dsql.base import DatabaseWrapper
from photosky.dsql.smoke import Failed, Smoke


class Command(BaseCommand):
    """Run every step and say which the cluster takes."""

    requires_system_checks = ()
    help = "Try on the configured cluster of Aurora DSQL what only a real one can show; it makes a table and takes it away."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what is tried besides."""
        parser.add_argument(
            "--migrate", action="store_true", help="run the migrations too, with the time they take"
        )

    def handle(self, *, migrate: bool, **_: Any) -> None:
        """Run the steps; those that fail are told, and the rest tried all the same."""
        connection = connections[DEFAULT_DB_ALIAS]
        if not isinstance(connection, DatabaseWrapper):
            raise CommandError(
                "DATABASE_URL names no Aurora DSQL: set it to dsql://admin@CLUSTER.dsql.REGION.on.aws."
            )
        failed = 0
        for name, step in Smoke(connection).steps():
            try:
                said = step()
            except (Failed, DatabaseError, ImproperlyConfigured) as error:
                failed += 1
                self.stdout.write(f"FAILED  {name}: {error}")
            else:
                self.stdout.write(f"ok      {name}{': ' if said else ''}{said}")
        if migrate:
            call_command("migrate", interactive=False, stdout=self.stdout)
        if failed:
            raise CommandError(
                f"{failed} steps failed. Report them with the lines above; the library was not touched."
            )
