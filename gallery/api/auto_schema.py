"""How each operation is described beyond what its view says: the parameters that come with what views have in common."""

from typing import Any

from drf_spectacular.openapi import AutoSchema as Described
from drf_spectacular.utils import OpenApiParameter

from gallery.api.views import FIELDS

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER,
    description="The ETag of the version that you read; 412 where it was changed since.",
)  # fmt: skip
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="An ETag that you hold; 304 where it is still right."
)  # fmt: skip


class AutoSchema(Described):
    """Adds `fields` where an answer is sparse, and the conditions of versions."""

    def get_override_parameters(self) -> Any:
        """Return what the view says, and what follows from its kind."""
        view: Any = self.view
        more = []
        operation = getattr(view, "action", None) or self.method.lower()
        if operation in getattr(view, "sparse", ()):
            names = ", ".join(view.field_names())
            words = f"Names with commas between them, of those that are wanted. Known are: {names}."
            more.append(OpenApiParameter(FIELDS, str, description=words))
        if operation in getattr(view, "versioned", ()):
            more.append(IF_NONE_MATCH if self.method == "GET" else IF_MATCH)
        return [*super().get_override_parameters(), *more]
