"""Passwords of links: trying one, and what shows that one was right."""

import hmac
import ipaddress

from django.contrib.auth.hashers import check_password
from django.core.cache import cache
from django.core.signing import BadSignature, TimestampSigner
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from gallery.errors import GalleryError
from gallery.models import ShareLink

COOKIE = "share_unlocked"
UNLOCKED_FOR_S = 24 * 3600
TRIES = 5
TRIES_WITHIN_S = 60


class TooManyTries(GalleryError):
    """One client has tried too many passwords at one link."""

    code = "too_many_tries"
    status = 429


def try_password(link: ShareLink, password: str, client: str) -> bool:
    """Return whether the password is the link's. Raises TooManyTries after TRIES wrong ones within a minute.

    A try takes its place before the password is looked at, so that many at once are no more than many in turn.
    """
    place = _place(link, client)
    if place is None:
        raise TooManyTries(_("Too many wrong passwords: wait a minute, then try again."))
    right = check_password(password, link.password)
    if right:
        cache.delete(place)
    return right


def unlocked_value(link: ShareLink) -> str:
    """Return what the cookie holds of somebody who gave the password."""
    return _signer().sign(_proof(link))


def is_unlocked(link: ShareLink, cookie: str) -> bool:
    """Return whether the link has no password or the cookie shows that the present one was given, at this address."""
    if not link.password:
        return True
    try:
        shown = _signer().unsign(cookie, max_age=UNLOCKED_FOR_S)
    except BadSignature:
        return False
    return hmac.compare_digest(shown, _proof(link))


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="gallery.sharing.doors")


def _proof(link: ShareLink) -> str:
    told = f"{link.pk}:{link.token_sha256}:{link.password}"
    return salted_hmac("gallery.sharing.doors", told, algorithm="sha256").hexdigest()


def _place(link: ShareLink, client: str) -> str | None:
    """Return one of the client's places for a try, None where all are taken. `add` is atomic, a counter may not be."""
    places = (f"share-try:{link.pk}:{network_of(client)}:{number}" for number in range(TRIES))
    return next((place for place in places if cache.add(place, 1, TRIES_WITHIN_S)), None)


def network_of(client: str) -> str:
    """Return who a client is: an IPv6 network of 2^64 addresses belongs to one household."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return str(address)
