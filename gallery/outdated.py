"""Renditions by a former recipe: made anew in idle time, a little at every tick."""

import logging
import time
import uuid
from collections.abc import Callable

from django.core.cache import cache

from gallery import imaging, objectstore, renditions
from gallery.models import Image

logger = logging.getLogger(__name__)

# A tick looks at so many rows, and works for so long. The rows are read in the order of their keys, and the place is kept
# from one tick to the next, so that photos that cannot be made anew hold nobody up.
ROWS = 2000
SECONDS = 60.0
_PLACE = "outdated.place"


def renew(is_needed_elsewhere: Callable[[], bool]) -> int:
    """Make renditions anew where the recipe has changed, until time is up or one is needed elsewhere. Returns how many."""
    wanted, ends, renewed = renditions.recipe(), time.monotonic() + SECONDS, 0
    place = cache.get(_PLACE) or uuid.UUID(int=0)
    rows = list(Image.objects.filter(pk__gt=place).order_by("pk").values_list("pk", "recipe")[:ROWS])
    for image_id, recipe in rows:
        if recipe != wanted:
            if time.monotonic() > ends or is_needed_elsewhere():
                break
            renewed += _renew(image_id)
        place = image_id
    else:
        # The next tick begins anew where this was the end.
        place = place if len(rows) == ROWS else None
    cache.set(_PLACE, place, None)
    return renewed


def _renew(image_id: uuid.UUID) -> bool:
    image = Image.objects.filter(pk=image_id).first()
    if image is None:
        return False
    try:
        return renditions.rebuild(image)
    except (
        imaging.Refused,
        objectstore.NotFound,
        objectstore.TooLarge,
        objectstore.Damaged,
        renditions.Altered,
    ) as error:
        # It is shown as before; fsck tells what is wrong with it.
        logger.warning("renditions left as they were image=%s error=%s", image_id, error)
        return False
