"""`manage.py revoke_token`: end a personal token that was lost, found by somebody, or is used no more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.accounts import tokens
from gallery.models import ApiToken, ApiTokenQuerySet, User


class Command(BaseCommand):
    help = "End tokens of USER for good, at once: those of a name, the one that begins so, or all of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="the name that the person signs in with")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            "token",
            metavar="TOKEN",
            nargs="?",
            help="its name, its beginning (photosky_ and 8 digits), or all of it",
        )
        which.add_argument("--all", action="store_true", help="every token of the person")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}.")
        held = ApiToken.objects.filter(user=user, revoked_at=None).order_by("id")
        chosen = held if options["all"] else held.called(options["token"])
        ended = [str(token) for token in chosen]
        if not ended:
            raise CommandError(f"{user.username} has no token of this name or beginning. {_choice(held)}")
        while tokens.revoke(chosen):
            pass
        self.stdout.write(f"Revoked: {', '.join(ended)}.")


def _choice(held: ApiTokenQuerySet) -> str:
    names = ", ".join(str(token) for token in held)
    return f"There are: {names}." if names else "There is none to revoke."
