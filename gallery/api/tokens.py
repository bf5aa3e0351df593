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
# Where uploads are announced and finished, and the albums found or made that they go into: all that an uploader needs.
UPLOADING: dict[str, frozenset[str]] = {
    "upload": frozenset({"GET", "HEAD", "OPTIONS", "POST"}),
    "album-list": frozenset({"GET", "HEAD", "OPTIONS", "POST"}),
    "api-root": frozenset({"GET", "HEAD", "OPTIONS"}),
}
# The addresses of share links, by the first word of their names.
SHARING = ("share", "sharelink")
# What may hold a secret: an address that is told of changes. Not even seen without the right to change it.
MANAGING = ("webhook",)
# Bringing people in is sharing, too; ending a membership is not.
INVITING: dict[str, frozenset[str]] = {"album-member": frozenset({"POST", "PATCH"})}
# Addresses at which no token changes anything, whatever its scopes: a token must not make or widen another, nor decide
# who is let in.
SESSIONS_ONLY = ("token", "user", "invitation")
# Everything about a person at once, with addresses of all originals: no token gets that.
NEVER = ("me-export",)
# What tells of other people: none that only reads photos may.
PERSONAL = ("user", "invitation")


class TokenAuthentication(authentication.BaseAuthentication):
    """A personal token in the header `Authorization: Bearer TOKEN` (RFC 6750). It needs no protection from CSRF."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return who sends the token; None where none is sent. Raises AuthenticationFailed."""
        scheme, _, plain = request.headers.get("Authorization", "").partition(" ")
        return holder(plain.strip()) if scheme.lower() == "bearer" else None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Name the schemes in WWW-Authenticate, so that nobody signed in gets 401 and not 403 (RFC 9110, 15.5.2)."""
        return 'Bearer realm="PhotoSky", Session realm="PhotoSky"'


def holder(plain: str) -> tuple[User, ApiToken]:
    """Return whose token is written so; raises AuthenticationFailed where it is nobody's any more."""
    token = ApiToken.objects.select_related("user").matching(plain).first()
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


class WithinScope(permissions.BasePermission):
    """Holds a token to its scopes; whoever came otherwise is held by other rules."""

    code = "scope_missing"

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002
        """Return whether the token's scopes allow the method at this address."""
        token = request.auth
        if not isinstance(token, ApiToken):
            return True
        name = (request.resolver_match.url_name if request.resolver_match else "") or ""
        method = request.method or ""
        wanted = scopes_for(method, name)
        if not wanted:
            self.message = (
                "No token does this, whatever its scopes, but a person alone: sign in, and do it there."
            )
            return False
        self.message = (
            f"This token does not allow {method} here; its scopes are: {token.scopes}. "
            f"Use a token with the scope {' or '.join(wanted)}."
        )
        return any(token.allows(scope) for scope in wanted)


def scopes_for(method: str, name: str) -> list[str]:
    """Return the scopes each of which allows the method at the address of this name; none where no token may."""
    safe = method in permissions.SAFE_METHODS
    if _is_at(name, *NEVER) or (not safe and _is_at(name, *SESSIONS_ONLY)):
        return []
    if _is_at(name, *PERSONAL):
        return [Scope.MANAGE]
    if _is_at(name, *MANAGING):
        return [Scope.MANAGE]
    if _is_at(name, *SHARING):
        return [Scope.SHARE, Scope.READ] if safe else [Scope.SHARE]
    if any(_is_at(name, address) and method in methods for address, methods in INVITING.items()):
        return [Scope.SHARE]
    wanted: list[str] = [Scope.READ] if safe else [Scope.MANAGE]
    uploads = any(_is_at(name, address) and method in methods for address, methods in UPLOADING.items())
    return [Scope.UPLOAD, *wanted] if uploads else wanted


def _is_at(name: str, *addresses: str) -> bool:
    """Return whether the URL's name is one of the addresses, or one below it (upload-list is at upload)."""
    return any(name == address or name.startswith(f"{address}-") for address in addresses)
