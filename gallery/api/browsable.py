"""The browsable API: the same answers as pages, in the look of the gallery, with a body to begin with for what can be sent."""

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from django import forms
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request

if TYPE_CHECKING:
    # The framework imports this module by name while it makes APIView.
    from rest_framework.views import APIView


class BrowsableRenderer(BrowsableAPIRenderer):
    """Shows an answer with forms for what can be sent; bodies are written as JSON, as programs write them."""

    def get_rendered_html_form(self, data: Any, view: "APIView", method: str, request: Request) -> Any:
        """Return whether to offer DELETE and OPTIONS, and no form made of input fields for anything else."""
        return (
            super().get_rendered_html_form(data, view, method, request)
            if method in {"DELETE", "OPTIONS"}
            else None
        )

    def get_raw_data_form(self, data: Any, view: "APIView", method: str, request: Request) -> Any:
        """Return a form of the whole body. What is there already stands in it; else the example of the description."""
        form: Any = super().get_raw_data_form(data, view, method, request)
        if isinstance(form, forms.Form) and (method == "POST" or not form.fields["_content"].initial):
            form.fields["_content"].initial = _example(method, request.path)
        return form


def _example(method: str, path: str) -> str:
    """Return the example of the body that an address takes, "" where it takes none."""
    for pattern, of_method, text in _examples():
        if of_method == method and pattern.fullmatch(path):
            return text
    return ""


@cache
def _examples() -> list[tuple[re.Pattern[str], str, str]]:
    """Return the examples of the description by address and method, those without an id in the address first."""
    from drf_spectacular.generators import SchemaGenerator

    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]  # type: ignore[no-untyped-call]
    found = []
    for path in sorted(paths, key=lambda path: path.count("{")):
        pattern = re.compile("[^/]+".join(map(re.escape, re.split(r"{\w+}", path))))
        for method, operation in paths[path].items():
            for body in operation.get("requestBody", {}).get("content", {}).values():
                text = json.dumps(body["example"], indent=4, ensure_ascii=False)
                found.append((pattern, method.upper(), text))
    return found
