"""The way out: one POST to an address that a person chose, which must lead to the public internet and nowhere else.

The name is looked up once, every address that it has must be public, and the connection goes to an address that was
looked at: a name that answers otherwise the next time leads nowhere. No redirect is followed. All of it has ten seconds.
"""

import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gallery.errors import GalleryError

TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 16 * 1024
MAX_URL = 500
PORTS = frozenset({443, 8443})
LOCALHOST = "localhost"
# What some version of Python takes for public and is not, or is a way to somewhere else: IPv4 inside of IPv6, networks
# for special purposes, multicast, and the address at which Azure tells its machines about themselves.
NOT_PUBLIC = [
    ipaddress.ip_network(text)
    for text in (
        "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16", "3fff::/20",
        "5f00::/16", "fec0::/10", "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "224.0.0.0/4", "ff00::/8",
    )
]  # fmt: skip
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: .*)?")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class InvalidAddress(GalleryError):
    """An address to which nothing is sent, whoever stands there."""

    code = "invalid_webhook_url"


class Undeliverable(Exception):
    """A message could not be delivered; says why in words for the log of deliveries."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes."""

    host: str
    port: int
    path: str
    secure: bool

    @property
    def authority(self) -> str:
        """What the Host header says (RFC 9110, section 7.2)."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.secure else 80) else f"{name}:{self.port}"


def target(url: str) -> Target:
    """Return where an address leads. Raises InvalidAddress, whose words say what is wrong with it."""
    parts = _parsed(url)
    host = (parts.hostname or "").rstrip(".")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    local = settings.WEBHOOKS_LOCAL and host == LOCALHOST
    if parts.scheme == "http" and local:
        return Target(host, parts.port or 80, path, secure=False)
    if parts.scheme != "https":
        raise InvalidAddress(_("The address must begin with https://."))
    if parts.username is not None or parts.password is not None:
        raise InvalidAddress(_("The address must not hold a user name or password."))
    port = parts.port or 443
    if port not in PORTS and not local:
        raise InvalidAddress(_("Only the ports 443 and 8443 are allowed."))
    literal = _as_address(host)
    if not host or (literal is not None and not is_public(literal)):
        raise InvalidAddress(_("The address must be a public one."))
    return Target(host, port, path, secure=True)


def is_public(address: Address) -> bool:
    """Return whether an address belongs to a computer on the internet: to no network, machine or cloud of its own."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(mapped)
    return address.is_global and not any(
        address in network for network in NOT_PUBLIC if network.version == address.version
    )


def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Send the body; return the status of the answer, of which nothing else is looked at. Raises Undeliverable."""
    deadline = time.monotonic() + TIMEOUT_S
    try:
        wanted = target(url)
        with _connected(wanted, deadline) as connection:
            connection.settimeout(_left(deadline))
            connection.sendall(_request(wanted, headers, body))
            return _status(connection, deadline)
    except InvalidAddress as error:
        raise Undeliverable(error.message) from error
    except ssl.SSLCertVerificationError as error:
        raise Undeliverable(
            gettext_noop("The certificate of the receiver is not valid for this address.")
        ) from error
    except TimeoutError as error:
        raise Undeliverable(gettext_noop("The receiver took longer than 10 seconds.")) from error
    except OSError as error:
        raise Undeliverable(gettext_noop("The receiver cannot be reached.")) from error


def _parsed(url: str) -> SplitResult:
    # urlsplit drops tabs and line ends without a word.
    if not (len(url) <= MAX_URL and url.isascii() and url.isprintable() and " " not in url):
        raise InvalidAddress(
            _("Write the address in at most 500 ASCII characters without spaces: other letters are encoded.")
        )
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError as error:
        raise InvalidAddress(_("This is no address of a web site.")) from error
    return parts


def _as_address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


@contextmanager
def _connected(wanted: Target, deadline: float) -> Iterator[socket.socket]:
    """Connect to one of the addresses of the name, all of which were looked at, by the name that the certificate is for."""
    addresses = _resolved(wanted, deadline)
    for place, address in enumerate(addresses, start=1):
        try:
            raw = socket.create_connection((str(address), wanted.port), timeout=_left(deadline))
        except OSError:
            if place == len(addresses):
                raise
            continue
        break
    with raw:
        if not wanted.secure:
            yield raw
            return
        raw.settimeout(_left(deadline))
        with ssl.create_default_context().wrap_socket(raw, server_hostname=wanted.host) as connection:
            yield connection


def _resolved(wanted: Target, deadline: float) -> list[Address]:
    """Look the name up, once. Raises Undeliverable where one of its addresses is not public."""
    found: list[Address] = []
    # The system's own look-up knows no time limit.
    looking = threading.Thread(target=_look_up, args=(wanted, found), daemon=True, name="webhook-name")
    looking.start()
    looking.join(_left(deadline))
    if looking.is_alive():
        raise TimeoutError
    addresses = list(dict.fromkeys(found))
    if not addresses:
        raise Undeliverable(gettext_noop("The name of the receiver is not known."))
    if settings.WEBHOOKS_LOCAL and wanted.host == LOCALHOST:
        return [address for address in addresses if address.is_loopback]
    if not all(is_public(address) for address in addresses):
        raise Undeliverable(gettext_noop("The name of the receiver leads to an address that is not public."))
    return addresses


def _look_up(wanted: Target, found: list[Address]) -> None:
    try:
        rows = socket.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    # An address of a link carries the name of the link, which no public one does.
    found += [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]


def _request(wanted: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = {
        "Host": wanted.authority,
        "User-Agent": "PhotoSky-Webhooks/1",
        "Accept": "*/*",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {wanted.path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _status(connection: socket.socket, deadline: float) -> int:
    """Read no more of the answer than its status."""
    read = b""
    while len(read) < MAX_ANSWER_BYTES:
        connection.settimeout(_left(deadline))
        more = connection.recv(4096)
        read += more
        if (status := _final_status(read)) is not None:
            return status
        if not more:
            break
    raise Undeliverable(gettext_noop("The receiver's answer is not HTTP."))


def _final_status(read: bytes) -> int | None:
    """Return the status of the answer once it is there; answers that only announce one are passed over."""
    rest = read
    while True:
        line, ended, _rest = rest.partition(b"\r\n")
        if not ended:
            return None
        found = _STATUS.fullmatch(line)
        if found is None:
            raise Undeliverable(gettext_noop("The receiver's answer is not HTTP."))
        if (status := int(found[1])) >= 200:
            return status
        _head, ended, rest = rest.partition(b"\r\n\r\n")
        if not ended:
            return None


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
