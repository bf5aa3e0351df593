"""`manage.py restore_account`: undoes the deletion of an account while its photos are still in the bin."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.accounts import closing
from gallery.management import owners


class Command(BaseCommand):
    help = (
        "Open USER's account again after they deleted it: the photos come back from the bin, and so do the members of "
        "their albums. Tokens and share links stay ended."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="the name that the person signed in with")

    def handle(self, *args: Any, **options: Any) -> None:
        user = owners.named(options["user"])
        if user.is_active:
            raise CommandError(f"The account of {user.username} is open.")
        restored = closing.restore(user)
        if options["verbosity"]:
            self.stdout.write(f"The account of {user.username} is open again; {restored} photos came back.")
