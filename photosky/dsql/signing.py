"""The password of a connection to Aurora DSQL: a presigned query (Signature Version 4), made without asking AWS.

Written here and not by botocore, whose import costs a function its cold start: on Lambda the credentials stand in the
environment, and the signature is four HMACs.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured

# A token is asked for once, as a connection is made; the connection goes on after it has ended.
TOKEN_S = 900
ADMINISTRATOR = "admin"
ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs."""

    access_key: str
    secret_key: str
    session_token: str = ""


def credentials() -> Credentials:
    """Return who signs: by the environment, as on Lambda, or else by the profile that is signed in on this computer."""
    if key := os.environ.get("AWS_ACCESS_KEY_ID", ""):
        secret, session = os.environ.get("AWS_SECRET_ACCESS_KEY", ""), os.environ.get("AWS_SESSION_TOKEN", "")
        return Credentials(key, secret, session)
    found = _chain().get_credentials()
    if found is None:
        raise ImproperlyConfigured(
            "Aurora DSQL is reached with AWS credentials, and there are none: sign in with `aws sso login` or"
            " `aws configure`, or set AWS_PROFILE."
        )
    # Frozen only now: a profile's credentials renew themselves.
    frozen = found.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "")


@lru_cache(maxsize=1)
def _chain() -> Any:
    from botocore.session import get_session

    return get_session()


def token(host: str, region: str, user: str, who: Credentials, now: datetime | None = None) -> str:
    """Return the password for `user` at the cluster `host`; it opens connections for a quarter of an hour."""
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{region}/dsql/aws4_request"
    asked = {
        "Action": "DbConnectAdmin" if user == ADMINISTRATOR else "DbConnect",
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{who.access_key}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(TOKEN_S),
        "X-Amz-SignedHeaders": "host",
    }
    if who.session_token:
        asked["X-Amz-Security-Token"] = who.session_token
    query = "&".join(f"{name}={quote(asked[name], safe='-_.~')}" for name in sorted(asked))
    request = f"GET\n/\n{query}\nhost:{host}\n\nhost\n{EMPTY_SHA256}"
    text = f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{who.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return f"{host}/?{query}&X-Amz-Signature={hmac.digest(key, text.encode(), 'sha256').hex()}"
