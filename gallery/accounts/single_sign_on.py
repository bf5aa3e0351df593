"""What this gallery decides for allauth about single sign-on; imported only where a provider is configured."""

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Lets people in whose account is connected; makes new accounts only where a setting says so."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:  # noqa: ARG002
        """Return whether a person whom the provider knows, and this gallery does not, gets an account."""
        return settings.OIDC_SIGN_UP
