"""Icons, written into the page: a sprite on another origin, where static files may live, cannot be referred to."""

import re
from functools import cache
from pathlib import Path

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
# They point along the lines of text, and so the other way where those run from the right.
ALONG = {"arrow-left", "chevron-left", "chevron-right", "log-out"}
SPRITE = Path(__file__).parent.parent / "static" / "gallery" / "icons.svg"


@register.simple_tag
def icon(name: str) -> SafeString:
    """Write one icon of icons.svg; hidden from screen readers, so that words must stand beside it."""
    # Ours alone, and as harmless as the rest of our templates.
    shapes = mark_safe(_symbols()[name])  # noqa: S308
    kind = "icon along" if name in ALONG else "icon"
    return format_html('<svg class="{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', kind, shapes)


@cache
def _symbols() -> dict[str, str]:
    found = re.findall(r'<symbol id="([^"]+)"[^>]*>(.*?)</symbol>', SPRITE.read_text(encoding="utf-8"))
    return dict(found)
