"""How often a client may ask the API: counted for all processes together.

To write at every request would cost a list a fifth of its time. A process takes some requests at a time out of what the
client has left, the more the faster they come, and then lets them through without a word to the others. So never more
come through than may; a client may be held up before its limit by what other processes took and did not use.
"""

import hashlib
import ipaddress
import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from gallery.models import ApiToken
from photosky.counting import Counted, count

if TYPE_CHECKING:
    from rest_framework.views import APIView

WINDOW_S = 60
# The part of a limit that a process takes at most at a time; small limits are counted one by one.
SHARE = 100
MOST_KEPT = 1000


@dataclass(slots=True)
class _Taken:
    """What this process took at once of a client's requests: how many, how many are left, and how many were counted."""

    size: int
    left: int
    total: int
    ends: float


_taken: dict[str, _Taken] = {}
_lock = threading.Lock()


class PerMinute(BaseThrottle):
    """A number of requests within a minute: for a token, a person, or the address of an unknown client.

    The address is REMOTE_ADDR, which the gateway states; what a client writes into X-Forwarded-For counts for nothing.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002
        """Count the request and return whether it is within the limit."""
        whose, limit = _counted(request)
        if not limit:
            return True
        counted = _count(f"api:{whose}", limit)
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


def _count(key: str, limit: int) -> Counted:
    """Count one request; ask the others only where nothing is left of what was taken."""
    now, size = time.monotonic(), 1
    with _lock:
        mine = _taken.get(key)
        if mine is not None and now < mine.ends:
            if mine.left:
                mine.left -= 1
                return Counted(mine.total - mine.left, math.ceil(mine.ends - now))
            size = min(2 * mine.size, max(limit // SHARE, 1))
    counted = count(key, WINDOW_S, size)
    with _lock:
        if len(_taken) >= MOST_KEPT:
            _taken.clear()
        _taken[key] = _Taken(size, size - 1, counted.total, now + counted.left_s)
    return counted._replace(total=counted.total - size + 1)


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
