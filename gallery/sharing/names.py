"""What a link's guests call its photos: names that no turn changes, that tell nothing, and that no other link knows.

An id would tell when a photo was uploaded, so the id is enciphered with a key of the link: a Luby-Rackoff construction of
four rounds over HMAC-SHA256, which is a permutation of all ids and so needs neither a column nor a look through the link.
"""

import binascii
import hmac
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.utils.crypto import salted_hmac

from gallery.models import Image, ShareLink

_ROUNDS = range(4)
_HALF = 8
_NO_PHOTO = uuid.UUID(int=0)


def name_of(link: ShareLink, image: Image) -> str:
    """Return the name of a photo among those of the link, 22 characters for an address."""
    key, left, right = _key(link), image.pk.bytes[:_HALF], image.pk.bytes[_HALF:]
    for number in _ROUNDS:
        left, right = right, _mixed(key, number, right, left)
    return urlsafe_b64encode(left + right).rstrip(b"=").decode()


def named(link: ShareLink, name: str) -> uuid.UUID:
    """Return the id that a name stands for, that of no photo for what is no name. Ask then whether the link opens it."""
    try:
        data = urlsafe_b64decode(f"{name}==")
    except (ValueError, binascii.Error):
        return _NO_PHOTO
    if len(data) != 2 * _HALF:
        return _NO_PHOTO
    key, left, right = _key(link), data[:_HALF], data[_HALF:]
    for number in reversed(_ROUNDS):
        left, right = _mixed(key, number, left, right), left
    return uuid.UUID(bytes=left + right)


def _key(link: ShareLink) -> bytes:
    return salted_hmac("gallery.sharing.names", link.pk.bytes, algorithm="sha256").digest()


def _mixed(key: bytes, number: int, half: bytes, other: bytes) -> bytes:
    mask = hmac.digest(key, bytes([number]) + half, "sha256")
    return bytes(a ^ b for a, b in zip(mask, other, strict=False))
