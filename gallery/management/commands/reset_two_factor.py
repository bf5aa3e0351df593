"""`manage.py reset_two_factor`: lets somebody in again whose passkey, authenticator app and recovery codes are lost."""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand

from gallery import audit
from gallery.management import owners
from gallery.models import User
from photosky.database import atomic_retry


class Command(BaseCommand):
    help = (
        "Remove USER's passkeys, authenticator app and recovery codes, so that the password alone signs in. Be sure that "
        "it is USER who asks."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="the name that the person signs in with")

    def handle(self, *args: Any, **options: Any) -> None:
        removed = _reset(owners.named(options["user"]))
        if options["verbosity"]:
            self.stdout.write(f"{removed} removed.")


@atomic_retry
def _reset(user: User) -> int:
    removed: int = Authenticator.objects.filter(user=user).delete()[0]
    audit.note("second_factor.reset", user, owner=user, removed=removed)
    return removed
