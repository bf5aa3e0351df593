"""How the API knows who is asking."""

from rest_framework import authentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from gallery.models import User


def person(request: Request) -> User:
    """Return who is asking; raises NotAuthenticated where nobody is signed in."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


class SessionAuthentication(authentication.SessionAuthentication):
    """The session cookie of the pages, with CSRF protection for whatever changes something."""

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Name the scheme in WWW-Authenticate, so that nobody signed in gets 401 and not 403 (RFC 9110, 15.5.2)."""
        return 'Session realm="PhotoSky"'
