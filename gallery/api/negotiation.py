"""Which form an answer has: JSON, or a page for people."""

from collections.abc import Iterable

from django.http import Http404
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer


class Negotiation(DefaultContentNegotiation):
    """The framework's own, which says what is wrong with `format` in place of that there is no such thing."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:  # noqa: A002
        """Return the renderers of a format; raises NotAcceptable where there is none."""
        try:
            return super().filter_renderers(renderers, format)
        except Http404 as error:
            known = ", ".join(str(renderer.format) for renderer in renderers)
            raise NotAcceptable(f"format: there is no {format!r}. Known are: {known}.") from error
