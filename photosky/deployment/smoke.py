"""The smoke test of a deployment: a few requests that only a gallery that works answers."""

import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from photosky.deployment.errors import DeploymentError
from photosky.deployment.gateway import FrontEnd, Request, Response

TIMEOUT_S = 60
# What a gateway that was made a moment ago, or a function that is just starting, answers for a while.
PASSING = frozenset({403, 404, 500, 502, 503, 504})
TRIES = 6
PAUSE_S = 5.0

Fetch = Callable[[str], Response]


def over_network(site: str) -> Fetch:
    """Return a function that GETs a path of the site as a browser does, without following redirects."""

    def fetch(path: str) -> Response:
        request = urllib.request.Request(f"{site}{path}", headers={"User-Agent": "photosky-smoke-test"})  # noqa: S310  https, from our own settings
        try:
            with _opener.open(request, timeout=TIMEOUT_S) as answer:
                return Response(answer.status, list(answer.headers.items()), answer.read())
        except urllib.error.HTTPError as error:
            return Response(error.code, list(error.headers.items()), error.read())
        except OSError as error:
            raise DeploymentError(f"{site}{path} cannot be reached: {error}") from error

    return fetch


def by_invocation(invoke: Callable[[dict[str, object]], dict[str, object]], front: FrontEnd) -> Fetch:
    """Return a function that GETs a path by invoking the function itself, for a gateway that cannot be reached."""
    return lambda path: front.response(invoke(front.event(Request("GET", path, {"Accept": "text/html"}))))


def check(fetch: Fetch, prefix: str, *, tries: int = TRIES, pause_s: float = PAUSE_S) -> None:
    """Ask for health, the sign-in page, its first stylesheet and the API; raises DeploymentError for a wrong answer.

    `prefix` is the stage's in the site's addresses, such as /production, or nothing.
    """
    for left in reversed(range(tries)):
        health = fetch("/healthz/")
        if health.status not in PASSING or not left:
            break
        time.sleep(pause_s)
    _expect(health, "/healthz/", {200})
    page = fetch("/accounts/login/")
    _expect(page, "/accounts/login/", {200})
    found = re.search(r'<link[^>]*href="([^"]+\.css)"', page.text)
    if found is None:
        raise DeploymentError("/accounts/login/ names no stylesheet.")
    if urlsplit(found[1]).netloc:
        _expect(over_network("")(found[1]), found[1], {200})
    else:
        _expect(fetch(urljoin("/", found[1]).removeprefix(prefix)), found[1], {200})
    _expect(fetch("/api/images/"), "/api/images/", {401, 403})
    _expect(fetch("/"), "/", {302})


def _expect(response: Response, path: str, statuses: set[int]) -> None:
    if response.status not in statuses:
        expected = " or ".join(str(status) for status in sorted(statuses))
        raise DeploymentError(
            f"{path} answered {response.status} instead of {expected}: {response.body[:300].decode(errors='replace')}"
        )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Do not follow: the redirect is what is looked at."""


_opener = urllib.request.build_opener(_NoRedirect)
