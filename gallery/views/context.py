"""What every page is given beside its own: the theme, the origins that photos come from, the part of the site."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from gallery import objectstore

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of the frame around each page; asks neither the database nor the store."""
    chosen = request.COOKIES.get(THEME_COOKIE, "auto")
    match = request.resolver_match
    return {
        "theme": chosen if chosen in THEMES else "auto",
        "themes": THEMES,
        "section": match.url_name if match else "",
        "media_origins": objectstore.browser_origins,
        "max_upload_bytes": settings.MAX_UPLOAD_BYTES,
    }
