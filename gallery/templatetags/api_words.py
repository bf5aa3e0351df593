"""What the API says of itself, as pages show it."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_CODE = re.compile("`([^`\n]+)`")


@register.filter
def with_code(text: str) -> SafeString:
    """Show what stands between backticks as code; everything else of the text stays text."""
    escaped = str(conditional_escape(text))
    return mark_safe(_CODE.sub(r"<code>\1</code>", escaped))  # noqa: S308  # escaped above
