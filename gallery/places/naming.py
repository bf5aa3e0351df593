"""Naming where photos were taken: cell, place, region and country of an image, from its position."""

import uuid
from collections.abc import Iterable

from django.utils import timezone

from gallery.models import Image
from gallery.places import cells
from gallery.places.gazetteer import gazetteer
from photosky.database import atomic_retry

STEP = 500
FIELDS = ("cell", "place", "region", "country")


def locate(image: Image) -> None:
    """Set the image's cell and, unless a person has named the place, its place, region and country; saves nothing."""
    if image.latitude is None or image.longitude is None:
        image.cell = None
        found = None
    else:
        image.cell = cells.cell(image.latitude, image.longitude)
        found = None if image.place_by_person else gazetteer().place(image.latitude, image.longitude)
    if not image.place_by_person:
        image.place = found.name[:120] if found else None
        image.region = found.region[:120] if found else None
        image.country = found.country if found else None


def fill(image_ids: Iterable[uuid.UUID]) -> int:
    """Locate these images in the database; those that a person has placed keep their names. Returns how many changed."""
    keys = list(image_ids)
    return sum(_fill(keys[start : start + STEP]) for start in range(0, len(keys), STEP))


@atomic_retry
def _fill(keys: list[uuid.UUID]) -> int:
    known = Image.objects.filter(pk__in=keys).exclude(latitude=None)
    changed, now = [], timezone.now()
    for image in known.only("latitude", "longitude", "place_by_person", *FIELDS):
        before = [getattr(image, name) for name in FIELDS]
        locate(image)
        if before != [getattr(image, name) for name in FIELDS]:
            image.updated_at = now
            changed.append(image)
    Image.objects.bulk_update(changed, (*FIELDS, "updated_at"), batch_size=100)
    return len(changed)
