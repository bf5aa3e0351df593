"""Idempotency-Key at every POST of the API: what was done once is answered again, and not done again."""

from typing import TYPE_CHECKING, Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from gallery import idempotency
from gallery.api.parsers import MAX_BODY_BYTES
from gallery.models import ApiToken, User

if TYPE_CHECKING:
    # The framework imports this module by name while it makes APIView.
    from rest_framework.views import APIView

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
DESCRIBED = {
    "name": HEADER,
    "in": "header",
    "description": (
        "1 to 255 printable ASCII characters that you make up for this request, best a random UUID. Sent again within "
        "24 hours with the same key, the request is not done again: it gets the first answer, with "
        f"`{REPLAYED}: true`. With another body the answer is 422, while the first runs 409. Of one person the newest "
        f"{idempotency.MOST:,} keys are remembered."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.MAX_LENGTH},
}


class Replayed(Exception):
    """The request was done before: its answer is here."""

    def __init__(self, answer: idempotency.Answer) -> None:
        super().__init__("replayed")
        self.answer = answer

    def response(self) -> Response:
        """Return the first answer once more."""
        headers = {**self.answer.headers, REPLAYED: "true"}
        return Response(self.answer.data, status=self.answer.status, headers=headers)


class Once(BaseThrottle):
    """Holds back a request that was done before. The last of the throttles: who asks is known by then, and may ask.

    It leaves what it holds at the request, for gallery.idempotency.KeepAnswers to keep the answer.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002
        """Return True for a request that is to be done. Raises Replayed, and the errors of gallery.idempotency."""
        key, user = request.headers.get(HEADER), request.user
        if key is None or request.method != "POST" or not isinstance(user, User):
            return True
        if not _is_json(request):
            # Files that pass through, and what the parser is about to refuse.
            return True
        whose = str(request.auth.pk) if isinstance(request.auth, ApiToken) else ""
        asked = b"\n".join([b"POST", request.get_full_path().encode(), request._request.body])
        held = idempotency.begin(user, whose, key, asked)
        if isinstance(held, idempotency.Answer):
            raise Replayed(held)
        request._request.idempotency = held  # type: ignore[attr-defined]
        return True


def describe(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Document the header at every operation that takes it; a hook of drf-spectacular."""
    for operations in result["paths"].values():
        operation = operations.get("post")
        if operation is None:
            continue
        operation.setdefault("parameters", []).append(DESCRIBED)
        for status in ("409", "422"):
            operation["responses"].setdefault(status, _problem(status))
        operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


def _is_json(request: Request) -> bool:
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    kind = str(request.META.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
    return length <= MAX_BODY_BYTES and (kind == "application/json" or not length)


def _problem(status: str) -> dict[str, Any]:
    words = {
        "409": "A request with this Idempotency-Key is running.",
        "422": "This Idempotency-Key was sent with another request.",
    }
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": words[status], "content": content}
