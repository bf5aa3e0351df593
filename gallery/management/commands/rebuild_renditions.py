"""`manage.py rebuild_renditions`: the derived sizes anew, from the originals."""

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery import imaging, objectstore, removals, renditions
from gallery.models import Image, ImageQuerySet


class Command(BaseCommand):
    help = (
        "Make renditions anew where they are missing or by a former recipe; with --all for every photo, with --image "
        "for chosen ones. Originals are only read. It can be stopped at any time and run again. Exit status 1 if any "
        "photo failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        chosen = parser.add_mutually_exclusive_group()
        chosen.add_argument(
            "--outdated", action="store_true", help="only those by a former recipe (asks the bucket nothing)"
        )
        chosen.add_argument("--all", action="store_true", help="every photo, whatever stands there")
        chosen.add_argument(
            "--image", action="append", metavar="ID", help="this photo; may be given several times"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        images = self._chosen(options)
        failures: list[str] = []
        rebuilt = 0
        for image in self._with_progress(images, quiet=options["verbosity"] == 0):
            if not (options["all"] or options["image"] or _needs(image)):
                continue
            try:
                rebuilt += renditions.rebuild(image)
            except (
                imaging.Refused,
                imaging.Unavailable,
                objectstore.ObjectStoreError,
                renditions.Altered,
            ) as error:
                failures.append(f"{image.pk} {image.filename}: {error}")
        self.stdout.write(f"{rebuilt} rebuilt, {len(failures)} failed")
        for failure in failures:
            self.stderr.write(f"  {failure}")
        if failures:
            raise CommandError(f"{len(failures)} photos could not be rebuilt; the reasons are above.")

    def _chosen(self, options: dict[str, Any]) -> ImageQuerySet:
        if options["outdated"]:
            return Image.objects.exclude(recipe=renditions.recipe())
        if not options["image"]:
            return Image.objects.all()
        try:
            wanted = {uuid.UUID(text) for text in options["image"]}
        except ValueError:
            raise CommandError("--image takes a photo's id, as in the address of its page.") from None
        images = Image.objects.filter(pk__in=wanted)
        unknown = wanted - set(images.values_list("pk", flat=True))
        if unknown:
            raise CommandError(f"There is no photo {min(unknown)}. Nothing was rebuilt.")
        return images

    def _with_progress(self, images: ImageQuerySet, *, quiet: bool) -> Any:
        from rich.console import Console
        from rich.progress import track

        return track(
            (image for step in removals.in_steps(images) for image in step),
            description="Rebuilding",
            total=images.count(),
            console=Console(stderr=True),
            disable=quiet,
        )


def _needs(image: Image) -> bool:
    if image.recipe != renditions.recipe():
        return True
    return any(objectstore.head(key) is None for key in renditions.keys(image))
