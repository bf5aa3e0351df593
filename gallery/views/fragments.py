"""Fragments: a script that asks for part of a page gets that part alone, from the address of the whole page."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

HEADER = "X-Requested-Fragment"


def wanted(request: HttpRequest) -> bool:
    """Return whether the sender wants the part of the page that it cannot know, without the frame."""
    return request.headers.get(HEADER) == "1"


def answer(
    request: HttpRequest, page: str, part: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """Render the template of the part, or that of the page around it, as the sender wants."""
    response = render(request, part if wanted(request) else page, dict(context), status=status)
    patch_vary_headers(response, [HEADER])
    return response
