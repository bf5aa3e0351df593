"""The hint that something may have changed: whoever changes something by a page or by the API sends a request that may."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from gallery.webhooks import delivering

logger = logging.getLogger(__name__)

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
LEAST_ERROR = 400


class NoticeChanges:
    """Middleware: after a request that may have changed something the person's webhooks are told soon."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        if request.method not in SAFE and response.status_code < LEAST_ERROR:
            _hint(request)
        return response


def _hint(request: HttpRequest) -> None:
    try:
        if request.user.pk is not None:
            delivering.expect(request.user.pk)
    except Exception:
        # What was asked for is done, and its answer must say so: else it is sent again. The tick finds what is not told.
        logger.exception("webhooks not woken path=%s", request.path)
