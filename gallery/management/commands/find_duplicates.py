"""manage.py find_duplicates: list photos that look alike, and with --fill hash those from before there were hashes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery import duplicates, objectstore, similar
from gallery.models import User


class Command(BaseCommand):
    """Tell which photos look alike. Nothing is changed but by --fill, and nothing is ever deleted."""

    help = "List photos that look alike; decide about them on the page Duplicates."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose photos, and whether to hash first what has no hash."""
        parser.add_argument("username", nargs="?", help="whose photos; everybody's without it")
        parser.add_argument("--fill", action="store_true", help="hash photos that have no hash yet, first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill, then list each group on lines of its own, the best photo first."""
        name = options["username"]
        owners = User.objects.filter(username=name) if name else User.objects.order_by("username")
        if name and not owners.exists():
            raise CommandError(f"There is nobody called {name!r}.")
        for owner in owners:
            if options["fill"]:
                self._fill(owner)
            self._list(owner)

    def _fill(self, owner: User) -> None:
        total = 0
        try:
            while done := similar.fill(owner=owner):
                total += done
        except objectstore.Unavailable as error:
            raise CommandError(
                f"{total} photos of {owner} were hashed, then: {error}. Run it again."
            ) from error
        while similar.catch_up(owner=owner):
            pass
        self.stdout.write(f"{owner}: {total} photos hashed.")

    def _list(self, owner: User) -> None:
        before = None
        while True:
            page = duplicates.groups(owner, before)
            for group in page.groups:
                self.stdout.write(f"{owner}: " + ", ".join(image.filename for image in group.images))
            before = page.before
            if before is None:
                return
