"""From a dsql:// address to Django's settings of the database: the cluster's name, TLS that is verified, one connection."""

import os
import re
import ssl
from typing import Any

from django.core.exceptions import ImproperlyConfigured

ENGINE = "photosky.dsql"
HOST = re.compile(r"[a-z0-9-]+\.dsql(?:-[a-z0-9]+)?\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.on\.aws")
# A cluster ends a connection after an hour: one is given up before, and made anew between two requests.
CONNECTION_S = 50 * 60
CONNECT_TIMEOUT_S = 5
# Amazon Linux, Debian, Red Hat, Alpine: where a system keeps the authorities that it trusts.
BUNDLES = (
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/cert.pem",
)


def region_of(host: str) -> str:
    """Return the region in a cluster's name; raises ImproperlyConfigured where it is no such name."""
    found = HOST.fullmatch(host)
    if found is None:
        raise ImproperlyConfigured(
            f"{host!r} is no cluster of Aurora DSQL. Write DATABASE_URL as dsql://USER@CLUSTER.dsql.REGION.on.aws."
        )
    return found["region"]


def complete(config: dict[str, Any]) -> dict[str, Any]:
    """Return Django's settings of the database, from those that the address alone gives."""
    region_of(config["HOST"])
    if config.get("PASSWORD"):
        raise ImproperlyConfigured(
            "DATABASE_URL holds a password, and Aurora DSQL knows none: it takes signed requests. Leave it out."
        )
    options = dict(config.get("OPTIONS", {}))
    if options.get("sslmode", "verify-full") != "verify-full":
        raise ImproperlyConfigured(
            "DATABASE_URL weakens sslmode: whoever stands in between could read every row. Leave it out."
        )
    options.update(sslmode="verify-full", connect_timeout=options.get("connect_timeout", CONNECT_TIMEOUT_S))
    options.setdefault("sslrootcert", _authorities())
    return {
        **config,
        "NAME": config.get("NAME") or "postgres",
        "USER": config.get("USER") or "admin",
        "PORT": config.get("PORT") or 5432,
        "OPTIONS": options,
        "CONN_MAX_AGE": CONNECTION_S,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


def _authorities() -> str:
    """Return the file of authorities: libpq's own word for it, `system`, finds none in the wheel that Lambda runs."""
    named = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile or ""
    for path in (named, *BUNDLES):
        if path and os.path.exists(path):  # noqa: PTH110  # pathlib need not be imported here
            return path
    return "system"
