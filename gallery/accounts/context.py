"""What every page is told of the ways into the gallery."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def people(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Return the settings that pages about accounts depend on; asks the database nothing."""
    apps = settings.OIDC.get("openid_connect", {}).get("APPS", [])
    return {
        "open_sign_up": settings.OPEN_SIGN_UP,
        "mail_works": settings.MAIL_WORKS,
        "oidc_name": apps[0]["name"] if apps else "",
    }
