"""The browsable API: the same answers as pages, in the look of the gallery."""

from typing import TYPE_CHECKING, Any

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
