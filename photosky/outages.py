"""What a visitor is told while the database cannot work: 503 and when to come back, by a page that needs no database."""

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

from photosky import database

logger = logging.getLogger(__name__)

# A restart or a failover is over within seconds; whoever comes sooner makes it longer.
RETRY_AFTER_S = 10


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for an error that nobody caught: 503 where it is an outage of the database, else 500."""
    error = sys.exc_info()[1]
    if not database.is_outage(error):
        return defaults.server_error(request)
    logger.error("database unavailable path=%s error=%s", request.path, error)
    if request.path.startswith("/api/"):
        # Here, so that a page waits not for what the API needs.
        from gallery.api import problems

        return problems.database_unavailable(request)
    return HttpResponse(
        loader.get_template("503.html").render(),
        status=503,
        headers={"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"},
    )
