"""A line to one service: requests that are tried again while it is away, and errors in words."""

import random
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from photosky_cli import __version__
from photosky_cli.errors import Stopped

# Too many requests, or a fault of theirs: the same request may well succeed in a moment.
RETRIED = frozenset({429, 500, 502, 503, 504})
# What S3 answers to a body that stalled, and to two writes at once (409): to be sent again by its own words.
RETRIED_CODES = (b"<Code>RequestTimeout<", b"<Code>ConditionalRequestConflict<")
FIRST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_HEEDED_S = 0.5, 10.0, 120.0
TIMEOUT = httpx.Timeout(60, connect=15, pool=None)


class Unreachable(Exception):
    """The service did not answer, or was at fault, for as long as was waited; the message says how."""


class Line:
    """Sends requests to one service, several threads at once, and waits with all of them while it is away."""

    def __init__(
        self, *, stop: threading.Event, patience_s: float, tls: ssl.SSLContext, jobs: int, token: str = ""
    ) -> None:
        self.stop = stop
        self.patience_s = patience_s
        self._away_since: float | None = None
        headers = {"User-Agent": f"photosky/{__version__}", "Accept": "application/json, */*;q=0.1"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        limits = httpx.Limits(max_connections=jobs, max_keepalive_connections=jobs)
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT, verify=tls, limits=limits)

    def send(
        self,
        make: Callable[[httpx.Client], httpx.Request],
        patience_s: float | None = None,
        *,
        first: bool = False,
    ) -> httpx.Response:
        """Send what `make` makes, anew for each try; return the answer, read whole. Raises Unreachable, Stopped.

        With `first`, a service that cannot be reached is not waited for: it may never have been there.
        """
        patience_s = self.patience_s if patience_s is None else patience_s
        tries, waited_s = 0, 0.0
        while not self.stop.is_set():
            pause_s, answer = self._try(make, final=first)
            if isinstance(answer, httpx.Response):
                self.is_there()
                return answer
            # One photo must not wait again for what another has waited for in vain.
            away_since = self._away_since = self._away_since or time.monotonic()
            if max(waited_s, time.monotonic() - away_since) >= patience_s:
                raise Unreachable(answer)
            pause_s = _pause(tries) if pause_s is None else pause_s
            self.stop.wait(pause_s)
            tries, waited_s = tries + 1, waited_s + pause_s
        raise Stopped

    def is_there(self) -> None:
        """Note that the service takes part: it answered, or takes the bytes of a body."""
        self._away_since = None

    def _try(
        self, make: Callable[[httpx.Client], httpx.Request], *, final: bool
    ) -> tuple[float | None, httpx.Response | str]:
        """Return the answer; or why there is none that is final, and how many seconds the service asks to wait."""
        try:
            answer = self._client.send(make(self._client))
        except httpx.TransportError as error:
            if certificate := _tls_problem(error):
                raise Unreachable(certificate) from error
            if final:
                raise Unreachable(_network_problem(error)) from error
            return None, _network_problem(error)
        if answer.status_code in RETRIED:
            return _retry_after(
                answer
            ), f"{answer.url.host} answered {answer.status_code} {answer.reason_phrase}."
        if answer.status_code in {400, 409} and any(code in answer.content for code in RETRIED_CODES):
            return None, f"{answer.url.host} lost the connection."
        return None, answer


def _pause(tries: int) -> float:
    """Return a pause of random length (full jitter), so that the jobs do not come back all at once."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**tries)
    return random.uniform(longest / 10, longest)  # noqa: S311  # not for cryptography


def _retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds that Retry-After asks for (RFC 9110, 10.2.3), and a little jitter."""
    text = answer.headers.get("retry-after", "")
    try:
        seconds = (
            float(text)
            if text.isdecimal()
            else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        )
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), LONGEST_HEEDED_S) + random.uniform(0, 0.5)  # noqa: S311


def _network_problem(error: httpx.TransportError) -> str:
    host = error.request.url.netloc.decode()
    if isinstance(error, httpx.TimeoutException):
        return f"{host} does not answer in time."
    if isinstance(error, httpx.ConnectError):
        return f"Nothing answers at {host}: {error}."
    return f"The connection to {host} broke: {error or type(error).__name__}."


def _tls_problem(error: BaseException | None) -> str:
    """Return what is wrong with the other side's certificate, which no second try would mend."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"The certificate of the gallery or its store is not trusted: {error.verify_message}. Check the "
                "address; for an authority of your own, name its certificate in SSL_CERT_FILE."
            )
        if isinstance(error, ssl.SSLError) and "WRONG_VERSION_NUMBER" in str(error):
            return "There is a server at this address, but it does not speak TLS: check the address and the port."
        error = error.__cause__ or error.__context__
    return ""
