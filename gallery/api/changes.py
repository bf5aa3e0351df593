"""The change feed: what became of a person's library since a client asked last."""

import uuid
from collections.abc import Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import changes, covers
from gallery.api import image_rows
from gallery.api.albums import AlbumSerializer
from gallery.api.authentication import person
from gallery.api.pagination import InvalidParameter
from gallery.api.share_links import ShareLinkSerializer
from gallery.api.views import APIView
from gallery.changes import Change, Cursor, Entry, Kind
from gallery.models import Album, Image, ShareLink, User
from gallery.webhooks.events import address

DEFAULT_LIMIT = 100
Items = dict[uuid.UUID, dict[str, Any]]


class EntrySerializer(serializers.Serializer[Any]):
    """What became of one thing. It stands here once, as it is now, however often it changed."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    id = serializers.UUIDField()
    change = serializers.ChoiceField(
        choices=[change.value for change in Change],
        help_text="created and changed: show it; binned: it lies in the bin; gone: forget it.",
    )
    at = serializers.DateTimeField(help_text="When it last changed.")
    url = serializers.URLField(allow_null=True, help_text="The thing in this API; null where it is gone.")
    item = serializers.DictField(
        allow_null=True, help_text="With `expand`, what stands at `url`; null otherwise and where it is gone."
    )


class ChangesSerializer(serializers.Serializer[Any]):
    """Changes, the oldest first. `cursor` is where to go on: at once where there are more, later otherwise."""

    results = EntrySerializer(many=True)
    cursor = serializers.CharField()
    has_more = serializers.BooleanField()


class ChangesView(APIView):
    """What changed in your library: for programs that keep a copy of it."""

    parameters = {"get": ("since", "limit", "expand")}

    @extend_schema(
        operation_id="changes_list",
        summary="List what changed",
        parameters=[
            OpenApiParameter("since", str, description="The `cursor` of the last answer. Left out: where to begin."),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": changes.MAX_LIMIT, "default": DEFAULT_LIMIT},
                description="How many at most.",
            ),
            OpenApiParameter("expand", OpenApiTypes.BOOL, default=False, description="Show the things themselves."),
        ],
        responses=ChangesSerializer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Images, albums and share links of yours that were made, changed, binned or deleted since a cursor.

        Without `since` the answer is empty and its cursor is where to begin: keep it, list everything once, then ask
        with it. A change is told half a minute after it was made. A cursor that was not used for 90 days is answered
        with 410, code cursor_too_old: begin again. Photos that a guest brought appear when you have approved them.
        """
        limit, text = _limit(request), request.query_params.get("since", "")
        expand = _switch(request, "expand")
        if not text:
            return Response({"results": [], "cursor": str(changes.beginning()), "has_more": False})
        user = person(request)
        page = changes.since(user, Cursor.read(text), limit)
        items = self._items(user, page.entries) if expand else {}
        results = [_shown(request, entry, items) for entry in page.entries]
        return Response({"results": results, "cursor": str(page.cursor), "has_more": page.has_more})

    def _items(self, user: User, entries: Sequence[Entry]) -> Items:
        """Return the things themselves, by a number of queries that does not grow with theirs."""
        keys: dict[Kind, list[uuid.UUID]] = {kind: [] for kind in Kind}
        for entry in entries:
            if entry.change != Change.GONE:
                keys[entry.kind].append(entry.key)
        found: Items = {}
        if keys[Kind.IMAGE]:
            images = Image.objects.owned_by(user).filter(pk__in=keys[Kind.IMAGE]).defer("metadata")
            rows = list(images)
            shown = image_rows.page(rows, self.request)
            found |= {image.pk: one for image, one in zip(rows, shown, strict=True)}
        if keys[Kind.ALBUM]:
            albums = list(Album.objects.owned_by(user).filter(pk__in=keys[Kind.ALBUM]))
            context = {**self.get_serializer_context(), "summaries": covers.summaries(user, albums)}
            found |= {album.pk: dict(AlbumSerializer(album, context=context).data) for album in albums}
        if keys[Kind.SHARE_LINK]:
            links = ShareLink.objects.owned_by(user).filter(pk__in=keys[Kind.SHARE_LINK])
            context = self.get_serializer_context()
            found |= {link.pk: dict(ShareLinkSerializer(link, context=context).data) for link in links}
        return found


def _shown(request: Request, entry: Entry, items: Items) -> dict[str, Any]:
    is_gone = entry.change == Change.GONE
    return {
        "kind": entry.kind.value,
        "id": str(entry.key),
        "change": entry.change.value,
        "at": entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "url": None if is_gone else request.build_absolute_uri(address(entry)),
        "item": items.get(entry.key),
    }


def _limit(request: Request) -> int:
    text = request.query_params.get("limit") or str(DEFAULT_LIMIT)
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= changes.MAX_LIMIT):
        raise InvalidParameter(
            f"limit: write a whole number between 1 and {changes.MAX_LIMIT}.", code="invalid_limit"
        )
    return int(text)


def _switch(request: Request, name: str) -> bool:
    text = request.query_params.get(name) or "false"
    if text not in {"true", "false"}:
        raise InvalidParameter(f"{name}: write true or false.")
    return text == "true"
