"""Reading what clients send."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import exceptions, parsers

# 500 ids or 100 announced files take less than 100 KB.
MAX_BODY_BYTES = 1024**2


class BodyTooLarge(exceptions.APIException):
    """The body is larger than any request of this API needs to be."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = f"The body is over {MAX_BODY_BYTES // 1024} KB: send fewer items at a time."


class JSONParser(parsers.JSONParser):
    """JSON of a bounded size and depth."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the parsed body; raises ParseError or BodyTooLarge."""
        request = (parser_context or {}).get("request")
        if request is not None and int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
            raise BodyTooLarge
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError("JSON parse error - the body is nested too deeply.") from error
