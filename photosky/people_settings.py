"""What the settings of people need beyond a value: how mail is sent, and the provider of single sign-on."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# How each kind of address encrypts (RFC 8314), and its usual port.
MAIL_SCHEMES = {"smtp": (False, False, 25), "smtp+starttls": (True, False, 587), "smtps": (False, True, 465)}
# In the addresses of sign-in (templates/socialaccount) and of its way back, which the provider is told.
OIDC_ID = "sso"


def mail(url: str, site_url: str) -> dict[str, Any]:
    """Return Django's EMAIL_ settings for an address such as smtps://USER:PASSWORD@HOST:465; {} for none."""
    if not url:
        return {}
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in MAIL_SCHEMES:
        # The address may hold a password: name the variable, never its value.
        raise ImproperlyConfigured(
            "PHOTOSKY_EMAIL_URL cannot be understood. Write it as smtps://USER:PASSWORD@HOST:465, or with "
            "smtp+starttls:// or smtp:// in front."
        )
    if not site_url:
        raise ImproperlyConfigured(
            "PHOTOSKY_EMAIL_URL is set without PHOTOSKY_SITE_URL: links in mail would have no address. Set both."
        )
    starttls, tls, usual_port = MAIL_SCHEMES[parts.scheme]
    return {
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or usual_port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": starttls,
        "EMAIL_USE_SSL": tls,
        # A mail server that hangs must not hold a request until the gateway gives up.
        "EMAIL_TIMEOUT": 10,
    }


def oidc(issuer: str, client_id: str, secret: str, name: str) -> dict[str, Any]:
    """Return allauth's settings for one OpenID Connect provider; {} where none is named."""
    if not issuer:
        if client_id:
            raise ImproperlyConfigured(
                "PHOTOSKY_OIDC_CLIENT_ID is set without PHOTOSKY_OIDC_URL: set it to the provider's issuer address."
            )
        return {}
    if not client_id:
        raise ImproperlyConfigured(
            "PHOTOSKY_OIDC_URL is set without PHOTOSKY_OIDC_CLIENT_ID: set it to what the provider calls this site."
        )
    app = {
        "provider_id": OIDC_ID,
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": issuer},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
