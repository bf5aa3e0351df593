"""Pages by cursor: each begins where another ended, none counts, and the last costs what the first does."""

import binascii
import struct
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from rest_framework import exceptions
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PACKED = struct.Struct(">?q16s")


class InvalidParameter(exceptions.APIException):
    """A parameter of the query has a value that cannot be understood."""

    status_code = 400
    default_code = "invalid_parameter"


class Cursor(NamedTuple):
    """A place in a list, and whether the page lies before it. `moment` is in microseconds since 1970."""

    backwards: bool
    moment: int
    key: uuid.UUID

    def __str__(self) -> str:
        packed = _PACKED.pack(self.backwards, self.moment, self.key.bytes)
        return urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Return the cursor that a client sent back; raises InvalidParameter for one that no list gave."""
        try:
            backwards, moment, key = _PACKED.unpack(urlsafe_b64decode(text.encode("ascii") + b"=="))
            cursor = cls(backwards, moment, uuid.UUID(bytes=key))
            _ = cursor.taken_at
        except (ValueError, OverflowError, binascii.Error, struct.error) as error:
            raise InvalidParameter(
                "cursor: no list gave this. Leave it out to begin again.", code="invalid_cursor"
            ) from error
        return cursor

    @property
    def taken_at(self) -> datetime:
        """The moment as a time."""
        return EPOCH + timedelta(microseconds=self.moment)


class CursorPages(BasePagination):
    """Pages of rows in the order of their ids, the newest first."""

    default_limit: ClassVar[int] = 100
    max_limit: ClassVar[int] = 500
    parameters: ClassVar[tuple[str, ...]] = ("cursor", "limit")

    def ordered(self, rows: Any, *, backwards: bool) -> Any:
        """Order the rows as this list shows them, or the other way round."""
        return rows.order_by("id" if backwards else "-id")

    def beyond(self, rows: Any, cursor: Cursor) -> Any:
        """Keep what lies on the side of the cursor that it asks for."""
        return rows.filter(id__gt=cursor.key) if cursor.backwards else rows.filter(id__lt=cursor.key)

    def place(self, row: Any, *, backwards: bool) -> Cursor:
        """Return the cursor that begins at a row."""
        return Cursor(backwards, 0, row.pk)

    def paginate_queryset(
        self,
        queryset: Any,
        request: Request,
        view: APIView | None = None,  # noqa: ARG002
    ) -> list[Any]:
        """Return the rows of the page that the request names; raises InvalidParameter."""
        limit = self._limit(request)
        text = request.query_params.get("cursor", "")
        cursor = Cursor.read(text) if text else None
        backwards = cursor is not None and cursor.backwards
        rows = self.beyond(queryset, cursor) if cursor else queryset
        found = list(self.ordered(rows, backwards=backwards)[: limit + 1])
        more, found = len(found) > limit, found[:limit]
        if backwards:
            found.reverse()
        self._set_links(
            request, found, following=more or backwards, preceding=more if backwards else bool(cursor)
        )
        return found

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with its neighbours, in the body and as a Link header (RFC 8288)."""
        links = {"next": self.next, "prev": self.previous}
        header = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items() if url)
        return Response(
            {"next": self.next, "previous": self.previous, "results": data},
            headers={"Link": header} if header else None,
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page for the OpenAPI schema."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:  # noqa: ARG002
        """Describe the parameters for the OpenAPI schema."""
        limit = {"type": "integer", "minimum": 1, "maximum": self.max_limit, "default": self.default_limit}
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": "Where the page begins: taken from `next` or `previous`, never made up.",
                "schema": {"type": "string"},
            },
            {"name": "limit", "in": "query", "description": "How many at most.", "schema": limit},
        ]

    def _limit(self, request: Request) -> int:
        text = request.query_params.get("limit") or str(self.default_limit)
        if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= self.max_limit):
            raise InvalidParameter(
                f"limit: write a whole number between 1 and {self.max_limit}.", code="invalid_limit"
            )
        return int(text)

    def _set_links(self, request: Request, rows: list[Any], *, following: bool, preceding: bool) -> None:
        here = request.build_absolute_uri()
        self.next = self.previous = None
        if rows and following:
            self.next = replace_query_param(here, "cursor", str(self.place(rows[-1], backwards=False)))
        if rows and preceding:
            self.previous = replace_query_param(here, "cursor", str(self.place(rows[0], backwards=True)))


class TimelinePages(CursorPages):
    """Pages of an ImageQuerySet, the one taken last first."""

    def ordered(self, rows: Any, *, backwards: bool) -> Any:
        """Order by the time taken."""
        return rows.oldest_first() if backwards else rows.newest_first()

    def beyond(self, rows: Any, cursor: Cursor) -> Any:
        """Keep what was taken before or after the cursor."""
        side = rows.after if cursor.backwards else rows.before
        return side(cursor.taken_at, cursor.key)

    def place(self, row: Any, *, backwards: bool) -> Cursor:
        """Return the cursor that begins at an image."""
        return Cursor(backwards, (row.taken_at - EPOCH) // timedelta(microseconds=1), row.pk)
