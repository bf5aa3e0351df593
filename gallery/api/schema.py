"""The API's description of itself: OpenAPI by drf-spectacular, and a page that lists all operations."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

from gallery.api.problems import CONTENT_TYPE

METHODS = ("get", "post", "patch", "delete")
PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457). `code` is stable, `detail` is for people.",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Where validation failed: JSON Pointers (RFC 6901) into the body, or /NAME of a parameter.",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
PROBLEMS = {
    "400": "The request cannot be understood, or a value is wrong: `errors` says which.",
    "401": "Nobody is signed in, or the personal token is unknown or expired.",
    "403": "The CSRF token is missing or wrong, or the personal token lacks the scope.",
    "404": "There is no such thing, or it is not yours to see.",
    "406": "None of the media types that the client accepts can be given.",
    "409": "Nothing has arrived yet: send the bytes first.",
    "413": "The body is too large, or no space is left.",
    "415": "The body is not application/json.",
    "502": "The object store refused the request.",
    "503": "The object store does not answer: try again after Retry-After seconds.",
}
# The operations that ask the object store something, or sign a request to it.
AT_STORE = {
    "uploads_start",
    "uploads_finish",
    "uploads_finish_many",
    "uploads_parts",
    "uploads_sign_parts",
    "images_original",
}


class SessionCookie(SessionScheme):  # type: ignore[no-untyped-call]
    """Describes our session authentication as what it is: the session cookie of the pages."""

    target_class = "gallery.api.authentication.SessionAuthentication"
    name = "session"
    priority = 1


class PersonalToken(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes personal tokens."""

    target_class = "gallery.api.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        """Return the Security Scheme Object (OpenAPI 3.1, 4.8.27)."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal token with the scope that is needed.",
        }


def add_problems(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Document for each operation the errors that it can answer with; a hook of drf-spectacular."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in result["paths"].items():
        for method in METHODS:
            if operation := operations.get(method):
                for status in _statuses(path, operation):
                    described = {"description": PROBLEMS[status], "content": content}
                    operation["responses"].setdefault(status, described)
    return result


def _statuses(path: str, operation: dict[str, Any]) -> set[str]:
    statuses = {"401", "403", "406"}
    queried = any(parameter["in"] == "query" for parameter in operation.get("parameters", ()))
    if queried or "requestBody" in operation:
        statuses.add("400")
    if "{" in path or operation["operationId"] in {"images_list", "uploads_start"}:
        statuses.add("404")
    if "requestBody" in operation:
        statuses |= {"413", "415"}
    if operation["operationId"] in AT_STORE:
        statuses |= {"502", "503"}
    if operation["operationId"] == "uploads_finish":
        statuses |= {"409", "413"}
    return statuses


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show all operations on one page, from the same description that programs read."""
    return render(request, "rest_framework/docs.html", described())


@cache
def described() -> dict[str, Any]:
    """Return the operations by resource, and the shapes of what they take and give, ready for the page."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    resources: dict[str, list[dict[str, Any]]] = {}
    for path, operations in schema["paths"].items():
        for method in METHODS:
            if operation := operations.get(method):
                resources.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    return {"resources": resources, "shapes": _shapes(schema["components"]["schemas"])}


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "parameters": [
            parameter | {"kind": _kind(parameter["schema"])} for parameter in operation.get("parameters", ())
        ],
        "takes": _kind(_content(operation.get("requestBody", {}))),
        "responses": [
            {
                "status": status,
                "gives": _kind(_content(response)),
                "description": response.get("description", ""),
            }
            for status, response in sorted(operation["responses"].items())
        ],
    }


def _content(described: dict[str, Any]) -> dict[str, Any]:
    for content in described.get("content", {}).values():
        schema: dict[str, Any] = content["schema"]
        return schema
    return {}


def _shapes(schemas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "description": shape.get("description", ""),
            "members": [
                {"name": member, "kind": _kind(schema), "description": schema.get("description", "")}
                for member, schema in shape["properties"].items()
            ],
        }
        for name, shape in sorted(schemas.items())
        if "properties" in shape
    ]


def _kind(schema: dict[str, Any]) -> str:
    """Return a schema's type in a few words, such as `array of Image` or `string (uuid) or null`."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if choices := schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf"):
        return " or ".join(_kind(choice) for choice in choices)
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    named = schema.get("type", "")
    kinds = named if isinstance(named, list) else [named]
    if "array" in kinds:
        return f"array of {_kind(schema.get('items', {}))}"
    form = f" ({schema['format']})" if "format" in schema else ""
    return " or ".join(kinds) + form
