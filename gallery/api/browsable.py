"""The browsable API: the same answers as pages, in the look of the gallery, with a body to begin with for what can be sent."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request

if TYPE_CHECKING:
    # The framework imports this module by name while it makes APIView.
    from rest_framework.views import APIView

# Sent back as they are read these would say more than was meant: a time without its offset, a place as a person's own word.
NOT_AS_READ = frozenset({"taken_at", "place"})


class Operation(NamedTuple):
    """An operation of the description: where it is, what can be sent there, and an example of that."""

    path: str
    pattern: re.Pattern[str]
    method: str
    members: tuple[str, ...]
    example: str


class BrowsableRenderer(BrowsableAPIRenderer):
    """Shows an answer with forms for what can be sent; bodies are written as JSON, as programs write them."""

    # Set by the framework when it renders.
    renderer_context: Mapping[str, Any]

    def get_rendered_html_form(self, data: Any, view: "APIView", method: str, request: Request) -> Any:
        """Return whether to offer DELETE and OPTIONS, and no form made of input fields for anything else."""
        return (
            super().get_rendered_html_form(data, view, method, request)
            if method in {"DELETE", "OPTIONS"}
            else None
        )

    def get_raw_data_form(self, data: Any, view: "APIView", method: str, request: Request) -> Any:
        """Return a form of the whole body: what is there already and can be changed, else the example of the description."""
        form: Any = super().get_raw_data_form(data, view, method, request)
        if isinstance(form, forms.Form):
            form.fields["_content"].initial = _body(method, request.path, data)
        return form

    def get_extra_actions(self, view: "APIView", status_code: int) -> dict[str, str] | None:  # noqa: ARG002
        """Return the addresses that lie right below this one, which no answer names."""
        here: str = self.renderer_context["request"].path
        return None if status_code in {401, 403} else _below(here)


def _body(method: str, path: str, data: Any) -> str:
    """Return the body to begin with, "" where none is taken."""
    for operation in _operations():
        if operation.method == method and operation.pattern.fullmatch(path):
            break
    else:
        return ""
    if method == "PATCH" and isinstance(data, Mapping):
        shown = {name: data[name] for name in operation.members if name in data and name not in NOT_AS_READ}
        if shown:
            return json.dumps(shown, indent=4, ensure_ascii=False, default=str)
    return operation.example


def _below(here: str) -> dict[str, str]:
    """Return the addresses one step below, by their last part; the first page lists its own."""
    found = {}
    for operation in _operations():
        above, _, last = operation.path.rstrip("/").rpartition("/")
        if above.count("/") > 1 and "{" not in last and _pattern(f"{above}/").fullmatch(here):
            found[last] = f"{here}{last}/"
    return found


@cache
def _operations() -> list[Operation]:
    """Return what the description has, the addresses without an id first: "bulk" is no id."""
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    shapes = schema["components"]["schemas"]
    found = []
    for path in sorted(schema["paths"], key=lambda path: path.count("{")):
        for method, operation in schema["paths"][path].items():
            bodies = list(operation.get("requestBody", {}).get("content", {}).values())
            example = json.dumps(bodies[0]["example"], indent=4, ensure_ascii=False) if bodies else ""
            members = _members(bodies[0]["schema"], shapes) if bodies else ()
            found.append(Operation(path, _pattern(path), method.upper(), members, example))
    return found


def _members(schema: Mapping[str, Any], shapes: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the members of a body that can be changed."""
    shape = shapes[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return tuple(name for name, one in shape.get("properties", {}).items() if not one.get("readOnly"))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, re.split(r"{\w+}", path))))
