"""The API's description of itself: OpenAPI by drf-spectacular, and a page that lists all operations."""

import json
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
    "403": "The CSRF token is missing or wrong, the personal token lacks the scope, or you may not do this.",
    "404": "There is no such thing, or it is not yours to see.",
    "405": "This address does not take the method: `Allow` says which it takes.",
    "406": "None of the media types that the client accepts can be given.",
    "409": "It cannot be done as things stand: `code` says why.",
    "410": "The cursor is older than what is remembered: list everything again.",
    "412": "Somebody changed it since the version that If-Match names: read it again.",
    "413": "The body is too large, there are too many items, or no space is left.",
    "415": "The body is not application/json.",
    "429": "Too many requests: try again after Retry-After seconds.",
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
    "uploads_abort",
    "images_original",
    "zips_file",
}
# What an operation answers beside what follows from its address and body.
MORE: dict[str, set[str]] = {
    "changes_list": {"410"},
    "images_list": {"404"},
    "images_bulk": {"404"},
    "images_rotate": {"409"},
    "albums_create": {"404"},
    "albums_update": {"409"},
    "bin_empty": {"409"},
    "bin_restore": {"413"},
    "tags_update": {"409"},
    "jobs_retry": {"409"},
    "users_list": {"404"},
    "users_update": {"409"},
    "invitations_list": {"404"},
    "invitations_create": {"404"},
    "me_export_show": {"404"},
    "share_links_create": {"404"},
    "uploads_start": {"404"},
    "uploads_finish": {"409", "413"},
    "uploads_abort": {"409"},
    "zips_start": {"404"},
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
    result["components"]["responses"] = {
        _named(status): {
            "description": words,
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, words in PROBLEMS.items()
    }
    for path, operations in result["paths"].items():
        for method in METHODS:
            if operation := operations.get(method):
                for status in _statuses(path, operation):
                    described = {"$ref": f"#/components/responses/{_named(status)}"}
                    operation["responses"].setdefault(status, described)
                if any(parameter["name"] == "If-None-Match" for parameter in operation.get("parameters", ())):
                    operation["responses"]["304"] = {"description": "What you hold is still right."}
                operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


def _named(status: str) -> str:
    return f"Problem{status}"


def _statuses(path: str, operation: dict[str, Any]) -> set[str]:
    name = operation["operationId"]
    # Whoever sends a parameter that is not known is told so, also where none is.
    statuses = {"400", "406", "429", *MORE.get(name, ())}
    if operation.get("security") != [{}]:
        statuses |= {"401", "403"}
    if "{" in path:
        statuses.add("404")
    if "requestBody" in operation:
        statuses |= {"413", "415"}
    if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ())):
        statuses.add("412")
    if name in AT_STORE:
        statuses |= {"502", "503"}
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
                shared = schema["components"]["responses"]
                operation["responses"] = {
                    status: shared[answer["$ref"].rsplit("/", 1)[-1]] if "$ref" in answer else answer
                    for status, answer in operation["responses"].items()
                }
                resources.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    return {"resources": resources, "shapes": _shapes(schema["components"]["schemas"])}


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        # Where an id has to be filled in, the page of a thing leads there.
        "address": "" if "{" in path else path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "parameters": [
            parameter | {"kind": _kind(parameter["schema"])} for parameter in operation.get("parameters", ())
        ],
        "takes": _kind(_content(operation.get("requestBody", {}))),
        "example": _example(operation.get("requestBody", {})),
        "responses": [
            {
                "status": status,
                "gives": _kind(_content(response)),
                "description": response.get("description", ""),
            }
            for status, response in sorted(operation["responses"].items())
        ],
    }


def _example(described: dict[str, Any]) -> str:
    """Return the example of a body, as a program would write it."""
    examples = [content["example"] for content in described.get("content", {}).values()]
    return json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else ""


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
