"""The hint that something may have changed: whoever changes something by a page or by the API sends a request that may."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from gallery.webhooks import delivering

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
LEAST_ERROR = 400


class NoticeChanges:
    """Middleware: after a request that may have changed something the person's webhooks are told soon."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        changing = request.method not in SAFE and response.status_code < LEAST_ERROR
        if changing and request.user.pk is not None:
            delivering.expect(request.user.pk)
        return response
