"""What a visitor is told while the database cannot work: 503 and when to come back, by a page that needs no database."""

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils import translation

from photosky import database

logger = logging.getLogger(__name__)

# A restart or a failover is over within seconds; whoever comes sooner makes it longer.
RETRY_AFTER_S = 10
# What is left to say where not even a template can be had.
PLAIN = "<!DOCTYPE html><title>Something went wrong</title><h1>Something went wrong</h1><p>Your photos are safe.</p>"


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for an error that nobody caught: 503 where it is an outage of the database, else 500."""
    error = sys.exc_info()[1]
    if not database.is_outage(error):
        return _told(request, "500.html", 500)
    logger.error("database unavailable path=%s error=%s", request.path, error)
    if request.path.startswith("/api/"):
        # Here, so that a page waits not for what the API needs.
        from gallery.api import problems

        return problems.database_unavailable(request)
    headers = {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"}
    return _told(request, "503.html", 503, headers)


def _told(
    request: HttpRequest, template: str, status: int, headers: dict[str, str] | None = None
) -> HttpResponse:
    """Tell it in the reader's language, whatever is broken: without the database, and if need be without templates."""
    try:
        with translation.override(_language(request)):
            page = loader.get_template(template).render()
    except Exception:
        # Where an error is told, any further one would leave the reader with nothing at all.
        logger.exception("error page cannot be rendered template=%s", template)
        page = PLAIN
    return HttpResponse(page, status=status, headers=headers)


def _language(request: HttpRequest) -> str:
    """Return the language in which the page was to speak, or where it came not so far, what the browser asks for."""
    spoken: str | None = getattr(request, "LANGUAGE_CODE", None)
    return spoken or translation.get_language_from_request(request)
