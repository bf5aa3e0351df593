"""Gathers the words by which photos are found anew: after an upgrade that finds more, or when a search seems wrong."""

from typing import Any

from django.core.management.base import BaseCommand

from gallery.models import Image
from gallery.search import index


class Command(BaseCommand):
    help = "Gather the words of every photo anew, 500 at a time. It may be stopped and started again."

    def handle(self, **_: Any) -> None:
        done, last = 0, None
        while True:
            images = Image.objects.order_by("-pk")
            keys = list(
                (images.filter(pk__lt=last) if last else images).values_list("pk", flat=True)[: index.STEP]
            )
            if not keys:
                break
            index.refresh(keys)
            done, last = done + len(keys), keys[-1]
            if done % 10_000 == 0:
                self.stdout.write(f"{done} photos ...")
        self.stdout.write(f"The words of {done} photos were gathered.")
