"""What lies in an album in the order that the album shows, and leaving an album."""

import uuid
from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, albums, members
from gallery.api import image_rows
from gallery.api.authentication import person
from gallery.api.fields import StrictMixin
from gallery.api.image_lists import ImageListView
from gallery.api.pagination import EPOCH, Cursor, CursorPages
from gallery.api.views import APIView
from gallery.models import Album, AlbumImage


class LeavingSerializer(StrictMixin, serializers.Serializer[Any]):
    """What becomes of what you brought, and of the albums inside."""

    keep_photos = serializers.BooleanField(default=False, help_text="Leave your images to the album.")
    inner = serializers.BooleanField(default=True, help_text="Leave the albums inside, too.")


class AlbumPages(CursorPages):
    """Pages in the order of an album. They lead onward only, for that is how an album's order is asked for."""

    def __init__(self, album: Album) -> None:
        self.album = album
        self._by_time = album.sort in {Album.Sort.OLDEST, Album.Sort.NEWEST}

    def ordered(self, rows: Any, *, backwards: bool) -> Any:  # noqa: ARG002
        """Leave the order as the album has it."""
        return rows

    def beyond(self, rows: Any, cursor: Cursor) -> Any:
        """Keep what follows the cursor."""
        place = cursor.taken_at if self._by_time else cursor.moment
        return albums.beyond(self.album, rows, albums.Place(place, cursor.key))

    def place(self, row: Any, *, backwards: bool) -> Cursor:
        """Return the cursor that begins at an entry."""
        there = albums.place_of(self.album, row)
        moment = (
            there.place
            if isinstance(there.place, int)
            else (there.place - EPOCH) // timedelta(microseconds=1)
        )
        return Cursor(backwards, moment, there.key)

    def _set_links(self, request: Request, rows: list[Any], *, following: bool, preceding: bool) -> None:  # noqa: ARG002
        super()._set_links(request, rows, following=following, preceding=False)


class AlbumImagesView(ImageListView):
    """The images of an album, in its order."""

    @extend_schema(operation_id="albums_images", summary="List what is in an album")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the images of an album that you may see, in the order that the album shows: by hand or by time."""
        return super().get(request, *args, **kwargs)

    def list(self, request: Request, *_args: Any, **kwargs: Any) -> Response:
        """Answer with a page."""
        album = access.visible_album(person(request), kwargs["album_pk"])
        entries = albums.in_order(album, access.entries_of(album).select_related("image"))
        entries = self._light(self.filter_entries(entries))
        pages = AlbumPages(album)
        rows: list[AlbumImage] = pages.paginate_queryset(entries, request, self)
        return pages.get_paginated_response(image_rows.page([row.image for row in rows], request, self.only))

    def filter_entries(self, entries: Any) -> Any:
        """Refuse parameters that are not known; there is nothing to filter by."""
        for backend in self.filter_backends:
            entries = backend().filter_queryset(self.request, entries, self)
        return entries

    def _light(self, entries: Any) -> Any:
        if self.only is None:
            return entries.defer("image__metadata")
        taken = {column for name in self.only for column in image_rows.FIELDS[name].columns}
        names = {"id", "owner_id", "taken_at", *taken}
        return entries.only("id", "position", "album_id", "image_id", *(f"image__{name}" for name in names))


class LeaveView(APIView):
    """Leaving an album that somebody else owns."""

    @extend_schema(
        operation_id="albums_leave",
        summary="Leave an album",
        request=LeavingSerializer,
        responses={204: None},
    )
    def post(self, request: Request, album_pk: uuid.UUID) -> Response:
        """End your membership. What you brought leaves with you, unless you let it stay. For everybody but the owner."""
        user = person(request)
        album = access.visible_album(user, album_pk)
        asked = LeavingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if album.owner_id == user.pk:
            raise members.IsOwner("You own this album: nobody could leave it to anybody. Delete it instead.")
        given = asked.validated_data
        members.remove(album, user, inner=given["inner"], keep_photos=given["keep_photos"])
        return Response(status=status.HTTP_204_NO_CONTENT)
