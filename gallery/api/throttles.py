"""How often a client may ask the API: counted for all processes together, one statement for each request."""

import hashlib
import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from gallery.models import ApiToken
from photosky.counting import count

if TYPE_CHECKING:
    from rest_framework.views import APIView

WINDOW_S = 60


class PerMinute(BaseThrottle):
    """A number of requests within a minute: for a token, a person, or the address of an unknown client.

    The address is REMOTE_ADDR, which the gateway states; what a client writes into X-Forwarded-For counts for nothing.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002
        """Count the request and return whether it is within the limit."""
        whose, limit = _counted(request)
        if not limit:
            return True
        counted = count(f"api:{whose}", WINDOW_S)
        self.left_s = counted.left_s
        remaining = max(limit - counted.total, 0)
        request._request.rate_limit = (  # type: ignore[attr-defined]  # for photosky.security.RateLimits
            f'"minute";q={limit};w={WINDOW_S}',
            f'"minute";r={remaining};t={counted.left_s}',
        )
        return counted.total <= limit

    def wait(self) -> float:
        """Return after how many seconds to try again."""
        return float(self.left_s)


def _counted(request: Request) -> tuple[str, int]:
    """Return under which name the request counts, and how many that may send."""
    if isinstance(request.auth, ApiToken):
        return f"token:{request.auth.pk}", settings.API_REQUESTS_PER_MINUTE
    if request.user and request.user.is_authenticated:
        return f"user:{request.user.pk}", settings.API_REQUESTS_PER_MINUTE
    return f"address:{_network(request)}", settings.API_REQUESTS_PER_MINUTE_UNKNOWN


def _network(request: Request) -> str:
    """Return the client's address; of IPv6 the network, all of whose addresses one client can have."""
    text = str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return hashlib.sha256(text.encode()).hexdigest()[:32]
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
