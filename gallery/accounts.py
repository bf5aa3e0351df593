"""Who may open an account: nobody by signing up; the owner of the installation creates users."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Refuses sign-up: a family's gallery must not grow strangers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Return False for everybody."""
        return False
