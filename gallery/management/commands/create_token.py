"""`manage.py create_token`: a personal token by which a program acts for a user."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from gallery.accounts import tokens
from gallery.models import ApiToken, User


class Command(BaseCommand):
    help = "Make a token by which a program acts for USER, and print it. It is shown this once: only its hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="the name that the person signs in with")
        parser.add_argument(
            "--scope",
            action="append",
            choices=ApiToken.Scope.values,
            required=True,
            help="what the token allows; may be given several times",
        )
        parser.add_argument(
            "--name", default="command line", help="where the token is used (default: %(default)s)"
        )
        parser.add_argument(
            "--days", type=int, default=365, help="how long it holds (default: 365; 0 for ever)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}: `manage.py createsuperuser` makes one.")
        if not 0 <= options["days"] <= 36_500:
            raise CommandError("--days must be between 0 (for ever) and 36500.")
        days = options["days"]
        expires_at = timezone.now() + timedelta(days=days) if days else None
        token, plain = tokens.issue(user, options["name"], options["scope"], expires_at)
        until = f"until {expires_at:%d %B %Y}" if expires_at else "for ever"
        self.stderr.write(
            f"A token of {user.username} for: {token.scopes}; it holds {until}. It is shown this once:"
        )
        self.stdout.write(plain)
