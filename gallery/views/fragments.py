"""Fragments: a script that asks for part of a page gets that part alone, from the address of the whole page."""

from django.http import HttpRequest

HEADER = "X-Requested-Fragment"


def wanted(request: HttpRequest) -> bool:
    """Return whether the sender wants the part of the page that it cannot know, without the frame."""
    return request.headers.get(HEADER) == "1"
