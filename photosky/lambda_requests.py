"""What is true of a request on Lambda: who sent it, and the one line that is logged of it."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

logger = logging.getLogger(__name__)

Respond = Callable[[HttpRequest], HttpResponseBase]


class ClientAddress:
    """Middleware: sets REMOTE_ADDR to the sourceIp that the gateway states in the event.

    X-Forwarded-For is the client's to write; Zappa reads its last but one entry, which on a regional gateway and on a
    function URL is whatever the client sent. It is removed, so that nothing further down believes it either.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set the address; a request without a Lambda event passes as it is."""
        event = request.META.get("lambda.event")
        if event is not None:
            context = event.get("requestContext") or {}
            request.META["REMOTE_ADDR"] = (context.get("identity") or context.get("http") or {}).get(
                "sourceIp"
            ) or ""
            request.META.pop("HTTP_X_FORWARDED_FOR", None)
        return self.get_response(request)


class AccessLog:
    """Middleware: logs each request by its route, which has neither ids nor tokens of share links in it."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Log method, route, status, milliseconds and the client's address."""
        started = time.perf_counter()
        response = self.get_response(request)
        logger.info(
            "request",
            extra={
                "method": request.method,
                "route": request.resolver_match.route if request.resolver_match else None,
                "status": response.status_code,
                "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                "client": request.META.get("REMOTE_ADDR"),
            },
        )
        return response
