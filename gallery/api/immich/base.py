"""What all addresses of this API share: the switch, the key of the client, its scopes, and errors in Immich's shape."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework import permissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gallery.api import problems
from gallery.api.idempotency import Replayed
from gallery.api.tokens import TokenAuthentication, holder
from gallery.models import ApiToken, User

Scope = ApiToken.Scope


class ApiKey(TokenAuthentication):
    """A personal token in the header `x-api-key`, where Immich's clients put their key."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return who sends the token; None where none is sent. Raises AuthenticationFailed."""
        plain = request.headers.get("x-api-key", "")
        return holder(plain.strip()) if plain else super().authenticate(request)


class WithinScopes(permissions.BasePermission):
    """Holds a token to its scopes: the view names those of which one is enough."""

    code = "scope_missing"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the token may use the method of the view."""
        method = "GET" if request.method == "HEAD" else request.method
        token, wanted = request.auth, getattr(view, "scopes", {}).get(method, ())
        self.message = (
            f"This token does not allow this; its scopes are: {getattr(token, 'scopes', '')}. "
            f"Use a token with the scope {' or '.join(wanted)}: scopes read and upload are all that an uploader needs."
        )
        return not wanted or (isinstance(token, ApiToken) and any(token.allows(scope) for scope in wanted))


class ImmichView(APIView):
    """One address of this API, for whoever sends a token. There is none unless the site's settings want it."""

    authentication_classes = [ApiKey]
    permission_classes = [permissions.IsAuthenticated, WithinScopes]
    # Not part of the description of this gallery's own API.
    schema = None
    # For each method the scopes of which one is enough; none for what any token may.
    scopes: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer the request, or tell that there is no such address."""
        if not settings.IMMICH_API:
            return problems.not_found(request)
        return super().dispatch(request, *args, **kwargs)

    def get_exception_handler(self) -> Any:
        """Return what makes an answer of an error."""
        return _handle


class PublicView(ImmichView):
    """One address that tells nothing of anybody, and asks for no token."""

    authentication_classes = []
    permission_classes = []


def _handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """Translate whatever a view raised, as the gallery's own API does, into Immich's words for it."""
    if isinstance(error, Replayed):
        # Kept as it was answered first, a refusal in Immich's words too.
        return error.response()
    response = problems.handle(error, context)
    problem: dict[str, Any] = response.data
    response.data = {
        "message": problem["detail"],
        "error": HTTPStatus(response.status_code).phrase,
        "statusCode": response.status_code,
    }
    response.content_type = "application/json"
    return response
