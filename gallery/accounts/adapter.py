"""What this gallery decides for allauth: who may sign up, and where links in mail lead."""

import logging
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Refuses sign-up unless a setting opens it: a family's gallery must not grow strangers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Return whether anybody may make an account."""
        return settings.OPEN_SIGN_UP

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the address in the mail. It begins with the site's own name: whoever asks can forge the Host."""
        path = reverse("account_reset_password_from_key", args=["UID", "KEY"])
        return settings.SITE_URL + path.replace("UID-KEY", quote(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:  # noqa: ARG002
        """Return the address in the mail, likewise."""
        return settings.SITE_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail about this site, by its own name. A mail server that fails is logged and tells nobody anything."""
        site = SimpleNamespace(name="PhotoSky", domain=urlsplit(settings.SITE_URL).hostname or "")
        values = {"email": email, "current_site": site, **context}
        try:
            self.render_mail(template_prefix, email, values).send()
        except OSError as error:
            logger.error("mail not sent kind=%s error=%s", template_prefix, error)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return the ways to prove oneself once more, in our words."""
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code of your authenticator app"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        methods = super().get_reauthentication_methods(user)
        return [
            {**method, "description": words.get(method["id"], method["description"])} for method in methods
        ]


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Names this site to authenticators."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return the name that passkeys are bound to: the site's own, wherever one is set."""
        host = urlsplit(settings.SITE_URL).hostname or context.request.get_host().partition(":")[0]
        return {"id": host, "name": "PhotoSky"}

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.get_username())
