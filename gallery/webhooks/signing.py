"""Secrets and signatures as Standard Webhooks 1.0.0 says (https://www.standardwebhooks.com).

A password is kept as a hash, for it is only compared. A secret by which we sign is needed as it is each time, so it is
kept encrypted: whoever reads the database alone cannot sign.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

MARK = "whsec_"


class Unreadable(Exception):
    """A secret was encrypted by a secret of the site that the settings do not name any more."""


def new_secret() -> str:
    """Return a secret of 256 random bits as it is told to the person."""
    return MARK + base64.b64encode(secrets.token_bytes(32)).decode()


def seal(secret: str) -> str:
    """Return the secret as it is kept."""
    sealed: bytes = _boxes().encrypt(secret.encode())
    return sealed.decode()


def opened(sealed: str) -> str:
    """Return the secret as it was told. Raises Unreadable."""
    from cryptography.fernet import InvalidToken

    try:
        plain: bytes = _boxes().decrypt(sealed.encode())
    except InvalidToken as error:
        raise Unreadable from error
    return plain.decode()


def headers(secret: str, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers that prove who sent the body, and when."""
    signed = f"{message}.{timestamp}.".encode() + body
    digest = hmac.new(base64.b64decode(secret.removeprefix(MARK)), signed, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _boxes() -> Any:
    """Return what encrypts by the site's present secret, and decrypts by the former ones as well."""
    # Here, so that no page waits for it.
    from cryptography.fernet import Fernet, MultiFernet

    found = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [
        salted_hmac("gallery.webhooks", "secret", secret=secret, algorithm="sha256").digest()
        for secret in found
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
