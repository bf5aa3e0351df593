"""Addresses of renditions, cheap to make by the hundred and the same for hours, so that browsers can cache.

boto3 takes half a millisecond for each and cannot sign at a given time; this is Signature Version 4 in the query ("AWS
General Reference, Authenticating Requests: Using Query Parameters"), for GET and nothing else.
"""

import hashlib
import hmac
import os
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from django.conf import settings

from gallery.objectstore.address import browser_base

# What an address writes as it is (RFC 3986, 2.3), as all keys of ours are; to look is cheaper than to quote.
_as_written = re.compile(r"[A-Za-z0-9/._~-]*").fullmatch


class Credentials(NamedTuple):
    """What a request is signed with; the token is empty for a long-lived key."""

    access_key: str
    secret_key: str
    token: str


def media_url(key: str) -> str:
    """Return the address of one object for a page; see media_urls."""
    return media_urls([key])[0]


def media_urls(keys: Iterable[str]) -> list[str]:
    """Return an address for each key, in order.

    They are signed as of the start of the present window (settings.S3.media_window_s) and hold for two, thus for at
    least one more: a page that is opened twice shows the same addresses. With media_base_url, where a CDN decides who
    may look, they are that base and the key, unsigned.
    """
    if base := settings.S3.media_base_url:
        return [f"{base.rstrip('/')}/{quote(key)}" for key in keys]
    window_s = settings.S3.media_window_s
    now = int(time.time())
    return signed_urls(keys, at=now - now % window_s, expires_s=2 * window_s, credentials=_credentials())


def signed_urls(keys: Iterable[str], *, at: int, expires_s: int, credentials: Credentials) -> list[str]:
    """Return GET addresses signed as of `at` (seconds since 1970) that hold for `expires_s` from then."""
    moment = datetime.fromtimestamp(at, UTC)
    stamp, region = f"{moment:%Y%m%dT%H%M%SZ}", settings.S3.region
    scope = f"{moment:%Y%m%d}/{region}/s3/aws4_request"
    base = urlsplit(browser_base())
    origin, query = f"{base.scheme}://{base.netloc}", _query(credentials, scope, stamp, expires_s)
    # The canonical request and the string to sign, around the path, which alone differs from key to key.
    canonical_query = "&".join(sorted(query.split("&")))
    tail = f"\n{canonical_query}\nhost:{base.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n"
    signing_key = _signing_key(credentials.secret_key, f"{moment:%Y%m%d}", region)
    urls = []
    for key in keys:
        path = base.path + (key if _as_written(key) else quote(key, safe="/~"))
        digest = hashlib.sha256(f"GET\n{path}{tail}".encode()).hexdigest()
        signature = hmac.digest(signing_key, f"{to_sign}{digest}".encode(), "sha256").hex()
        urls.append(f"{origin}{path}?{query}&X-Amz-Signature={signature}")
    return urls


def _query(credentials: Credentials, scope: str, stamp: str, expires_s: int) -> str:
    fields = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token:
        fields["X-Amz-Security-Token"] = credentials.token
    return "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in fields.items())


@lru_cache(maxsize=4)
def _signing_key(secret_key: str, date: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for message in (date, region, "s3", "aws4_request"):
        key = hmac.digest(key, message.encode(), "sha256")
    return key


def _credentials() -> Credentials:
    """Return the present credentials, from settings or from boto3's chain.

    The chain begins with the environment, which is where Lambda puts its role's; reading it here spares a cold start
    the import of boto3. Anything later in the chain (a profile, an instance role) is asked of boto3, which renews it.
    """
    s3 = settings.S3
    if s3.access_key:
        return Credentials(s3.access_key, s3.secret_key, s3.session_token)
    access_key, secret_key = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if access_key and secret_key:
        return Credentials(access_key, secret_key, os.environ.get("AWS_SESSION_TOKEN", ""))
    from gallery.objectstore.connection import storage
    from gallery.objectstore.errors import AccessDenied

    found = storage().session.get_credentials()
    if found is None:
        raise AccessDenied(
            "No credentials for the object store: set PHOTOSKY_S3_ACCESS_KEY and PHOTOSKY_S3_SECRET_KEY, or give the"
            " machine a role.",
            code="NoCredentials",
        )
    frozen = found.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "")
