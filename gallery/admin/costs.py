"""What the libraries as they are would cost in a month on AWS, by the model of `manage.py estimate_cost`."""

from dataclasses import replace
from typing import Any

from django.db import connection

from gallery.figures import Figures
from photosky.costs import CostError, Usage, estimate, read_figures, total

# Nobody counts visits.
VISITS = 1_000
MB = 1024**2


def of(counted: Figures) -> dict[str, Any]:
    """Return the month's lines and their sum, with the photos' own mean size; {} where the model has no figures."""
    try:
        known = read_figures()
    except CostError:
        return {}
    photos = counted.total("photos")
    mean = counted.total("bytes") / photos / MB if photos else 0.0
    own = known | {"original_mb": replace(known["original_mb"], value=mean)}
    usage = Usage(photos=photos, new_photos=counted.total("recent"), visits=VISITS)
    items = [item for item in estimate(usage, own) if item.usd >= 0.005]
    renditions_mb = photos * known["renditions_kb_per_photo"].value / 1024
    return {
        "items": items,
        "total": total(items),
        "usage": usage,
        "renditions_bytes": int(renditions_mb * MB),
        "engine": connection.vendor,
    }
