"""What every page is given beside its own: what its reader chose, the origins of photos, the part of the site."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from gallery import objectstore
from gallery.views import choices

# Pages that belong to an entry of the bar but have a name of their own.
SECTIONS = {
    "months": "timeline",
    "year": "timeline",
    "month": "timeline",
    "day": "timeline",
    "album": "albums",
    "edit_album": "albums",
    "move_album": "albums",
    "delete_album": "albums",
    "choose_photos": "albums",
    "arrange_album": "albums",
    "arrange_albums": "albums",
    "arrange_top": "albums",
    "members": "albums",
    "remove_member": "albums",
    "leave_album": "albums",
    "smart_new": "albums",
    "smart_album": "albums",
    "edit_smart": "albums",
    "delete_smart": "albums",
    "tags": "albums",
    "tag": "albums",
    "edit_tag": "albums",
    "delete_tag": "albums",
    "places": "map",
    "place": "map",
}


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of the frame around each page; asks neither the database nor the store."""
    match = request.resolver_match
    name = match.url_name or "" if match else ""
    return {
        "theme": choices.chosen(request, choices.THEME),
        "density": choices.chosen(request, choices.DENSITY),
        "density_choices": choices.DENSITIES,
        "letter_keys": choices.chosen(request, choices.KEYS) == "on",
        "section": SECTIONS.get(name, name),
        "media_origins": objectstore.browser_origins,
        "max_upload_bytes": settings.MAX_UPLOAD_BYTES,
    }
