"""Words about accounts."""

from django import template

from gallery.accounts import devices

register = template.Library()


@register.filter
def device(user_agent: str) -> str:
    """Return what people call the browser."""
    return devices.named(user_agent)
