"""Pictures on pages of the administration."""

from django import template

from gallery import renditions
from gallery.models import Image

register = template.Library()


@register.filter
def small_picture(image: Image) -> str:
    """Return the address of a small picture; neither the database nor the store is asked."""
    return renditions.url(image, "h240")
