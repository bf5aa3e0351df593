"""manage.py seed_library: fill an empty library with made-up people and photos, to see how it bears a million of them."""

import argparse
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from gallery import objectstore, seeding
from gallery.models import Image

MOST_PEOPLE = 10_000
MOST_IMAGES = 100_000_000


class Command(BaseCommand):
    """Make up a library: the photos are rows that stand for nothing unless bytes are asked for."""

    help = (
        "Fill an empty library with made-up people and photos: years, bursts, cameras, places, tags, albums, favourites,"
        " archive and bin, spread as in real libraries. Some people have many photos and most have few."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--images", type=_number(MOST_IMAGES), required=True, metavar="N", help="how many photos in all"
        )
        parser.add_argument(
            "--users",
            type=_number(MOST_PEOPLE),
            default=20,
            metavar="M",
            help="how many people share them (20)",
        )
        parser.add_argument(
            "--with-bytes",
            action="store_true",
            help="store a small real photo and its renditions for each, so that pages show pictures",
        )
        parser.add_argument("--password", help="by which all of them sign in; nobody can without it")
        parser.add_argument(
            "--seed", type=int, default=1, help="another number makes another library (1)", metavar="NUMBER"
        )
        parser.add_argument(
            "--add", action="store_true", help="add people to a library that has photos; that is slower"
        )
        parser.add_argument(
            "--public-site", action="store_true", help="do it although this is not a gallery on this computer"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOCAL and not options["public_site"]:
            raise CommandError(
                "This is a public site: made-up photos would stand among those of people. Seed a gallery on this"
                " computer (PHOTOSKY_LOCAL=true), or say --public-site if you mean it."
            )
        if Image._meta.db_table not in connection.introspection.table_names():
            raise CommandError("This database has no tables yet: run `manage.py migrate` first.")
        start = time.monotonic()
        try:
            made = seeding.seed(
                options["images"],
                options["users"],
                add=options["add"],
                with_bytes=options["with_bytes"],
                password=options["password"],
                number=options["seed"],
                progress=lambda done: self._tell(done, options, start),
            )
        except seeding.NotEmpty as error:
            raise CommandError(
                f"{error} Name another one with DATABASE_URL or PHOTOSKY_DATA_DIR, or add to it with --add."
            ) from error
        except (seeding.Unsupported, objectstore.Unavailable) as error:
            raise CommandError(str(error)) from error
        for table, count in made.rows.items():
            self.stdout.write(f"{table.removeprefix('gallery_')}: {count:,}")
        self.stdout.write(
            f"Made in {time.monotonic() - start:.0f} s. {made.people[0]} has the most photos; {len(made.people)} people in all."
        )

    def _tell(self, done: int, options: dict[str, Any], start: float) -> None:
        if options["verbosity"] > 1 or done == options["images"]:
            self.stdout.write(f"{done:,} photos, {time.monotonic() - start:.0f} s")


class _number:  # noqa: N801  # reads as the type of an argument
    """A whole number from 1 to the most."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, text: str) -> int:
        try:
            value = int(text.replace("_", "").replace(",", ""))
        except ValueError:
            value = 0
        if not 1 <= value <= self.most:
            raise argparse.ArgumentTypeError(f"write a whole number from 1 to {self.most:,}, not {text!r}")
        return value
