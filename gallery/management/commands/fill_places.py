"""Names the places of photos that were there before the names were: after an upgrade, or with a newer gazetteer."""

from typing import Any

from django.core.management.base import BaseCommand

from gallery.models import Image
from gallery.places import naming
from gallery.search import index


class Command(BaseCommand):
    help = "Name where photos were taken, 500 at a time. Places that people named stay as they are."

    def handle(self, **_: Any) -> None:
        named, last = 0, None
        placed = Image.objects.exclude(latitude=None).order_by("-pk")
        while True:
            rest = placed.filter(pk__lt=last) if last else placed
            keys = list(rest.values_list("pk", flat=True)[: naming.STEP])
            if not keys:
                break
            changed = naming.fill(keys)
            if changed:
                index.refresh(keys)
            named, last = named + changed, keys[-1]
        self.stdout.write(f"The places of {named} photos were named or named anew.")
