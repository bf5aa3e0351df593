"""Personal tokens in the API: who sends one, and what it allows."""

from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from gallery.models import ApiToken, User

if TYPE_CHECKING:
    # The framework imports this module by name while it makes APIView.
    from rest_framework.views import APIView

Scope = ApiToken.Scope
# What a token may do at an address (by the first word of its name) besides reading with the scope "read". The
# albums: to find or make the one that uploads go into.
ALLOWED: dict[tuple[str, str], frozenset[str]] = {
    (Scope.UPLOAD, "upload"): frozenset({"GET", "HEAD", "OPTIONS", "POST"}),
    (Scope.UPLOAD, "album-list"): frozenset({"GET", "HEAD", "OPTIONS", "POST"}),
    (Scope.UPLOAD, "api-root"): frozenset({"GET", "HEAD", "OPTIONS"}),
}


class TokenAuthentication(authentication.BaseAuthentication):
    """A personal token in the header `Authorization: Bearer TOKEN` (RFC 6750). It needs no protection from CSRF."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return who sends the token; None where none is sent. Raises AuthenticationFailed."""
        scheme, _, plain = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = ApiToken.objects.select_related("user").matching(plain.strip()).first()
        now = timezone.now()
        if token is None or token.revoked_at is not None or not token.user.is_active:
            raise exceptions.AuthenticationFailed(
                "This token is not known here, or it was revoked: ask for a new one.", code="token_unknown"
            )
        if token.expires_at is not None and token.expires_at <= now:
            raise exceptions.AuthenticationFailed(
                f"This token expired on {token.expires_at:%d %B %Y}: ask for a new one.", code="token_expired"
            )
        token.note_use(now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Name the schemes in WWW-Authenticate, so that nobody signed in gets 401 and not 403 (RFC 9110, 15.5.2)."""
        return 'Bearer realm="PhotoSky", Session realm="PhotoSky"'


class WithinScope(permissions.BasePermission):
    """Holds a token to its scopes; whoever came otherwise is held by other rules."""

    code = "scope_missing"

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002
        """Return whether the token's scopes allow the method at this address."""
        token = request.auth
        if not isinstance(token, ApiToken):
            return True
        if request.method in permissions.SAFE_METHODS and token.allows(Scope.READ):
            return True
        self.message = (
            f"This token does not allow {request.method} here; its scopes are: {token.scopes}. "
            "Use a token with the scope that is needed."
        )
        name = request.resolver_match.url_name if request.resolver_match else ""
        return any(
            token.allows(scope) and request.method in methods and _is_at(name or "", address)
            for (scope, address), methods in ALLOWED.items()
        )


def _is_at(name: str, address: str) -> bool:
    """Return whether the URL's name is the address, or one below it (upload-list is at upload)."""
    return name == address or name.startswith(f"{address}-")
