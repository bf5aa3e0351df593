"""Albums, as far as an uploader needs them: those it may add to, a new one, and what it has sent into them."""

import uuid
from collections.abc import Sequence
from typing import Any

from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, albums, uploads
from gallery.api.authentication import person
from gallery.api.immich.assets import LargeJSONParser, items
from gallery.api.immich.base import ImmichView, Scope
from gallery.api.immich.server import TIME
from gallery.models import Album, User

MAX_TITLE = Album._meta.get_field("title").max_length or 0
# The command sends a thousand at a time for each file that it uploads at a time, by default one for each core of its
# machine but one. So many take half the time that a request has; each step of them is done for good.
MAX_IDS = 20_000
# A new album that is cut off half-way would be made again by the next attempt: well within the time.
MAX_IDS_OF_NEW = 5_000
CHUNK = 500


class AlbumsView(ImmichView):
    """The albums that photos can be added to."""

    parser_classes = [LargeJSONParser]
    scopes = {"GET": (Scope.READ, Scope.UPLOAD), "POST": (Scope.UPLOAD, Scope.MANAGE)}

    def get(self, request: Request) -> Response:
        """List them; of several with one name clients take the last, which is the person's own, on top."""
        user = person(request)
        found = list(access.albums_contributable_by(user))
        found.sort(key=lambda album: (album.owner_id == user.pk, album.parent_id is None, album.pk))
        return Response([_shown(album) for album in found])

    def post(self, request: Request) -> Response:
        """Make an album of one's own, and put what is named into it."""
        user, sent = person(request), request.data if isinstance(request.data, dict) else {}
        title, description = sent.get("albumName"), sent.get("description") or ""
        if not isinstance(title, str) or not 0 < len(title.strip()) <= MAX_TITLE or "\0" in title:
            raise exceptions.ParseError(f"albumName: send a name of 1 to {MAX_TITLE} characters.")
        if not isinstance(description, str) or len(description) > 10_000 or "\0" in description:
            raise exceptions.ParseError("description: send at most 10,000 characters.")
        if sent.get("albumUsers"):
            raise exceptions.ParseError("albumUsers: people are invited on the page of the album.")
        keys = _keys(items(request, "assetIds", MAX_IDS_OF_NEW)) if sent.get("assetIds") else []
        album = albums.create(user, _clean(title.strip()), description=_clean(description))
        _put(album, user, keys)
        return Response(_shown(album), status=status.HTTP_201_CREATED)


class AlbumAssetsView(ImmichView):
    """What is in an album."""

    parser_classes = [LargeJSONParser]
    scopes = {"PUT": (Scope.UPLOAD, Scope.MANAGE)}

    def put(self, request: Request, album_id: uuid.UUID) -> Response:
        """Put one's own photos into it, those too that are only on their way; say of each what became of it."""
        user = person(request)
        album = access.contributable_album(user, album_id)
        return Response(_put(album, user, _keys(items(request, "ids", MAX_IDS))))


def _keys(ids: Sequence[Any]) -> list[uuid.UUID]:
    try:
        return list(dict.fromkeys(uuid.UUID(text) for text in ids))
    except (ValueError, AttributeError, TypeError):
        raise exceptions.ParseError("Send the ids that uploading and checking answered with.") from None


def _put(album: Album, user: User, keys: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """Put into the album what the ids stand for, and tell of each."""
    told: list[dict[str, Any]] = []
    for begin in range(0, len(keys), CHUNK):
        told += _put_some(album, user, keys[begin : begin + CHUNK])
    return told


def _put_some(album: Album, user: User, keys: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    coming = uploads.send_into(album, user, keys)
    # An upload that has arrived stands for its photo, an id that is no upload for itself.
    wanted = {key: coming.get(key, key) for key in keys}
    own = access.library_of(user).filter(pk__in=[image for image in wanted.values() if image])
    there = set(own.values_list("pk", flat=True))
    inside = set(access.entries_of(album).filter(image__in=there).values_list("image_id", flat=True))
    albums.add(album, [image for image in wanted.values() if image in there - inside], by=user)
    told = []
    for key, image in wanted.items():
        error = (
            ""
            if image is None
            else "duplicate"
            if image in inside
            else "not_found"
            if image not in there
            else ""
        )
        told.append({"id": key, "success": not error, **({"error": error} if error else {})})
    return told


def _clean(text: str) -> str:
    """Return text that can be kept: JSON may hold half a surrogate pair, UTF-8 may not."""
    return text.encode("utf-8", "replace").decode()


def _shown(album: Album) -> dict[str, Any]:
    return {
        "id": album.pk,
        "albumName": album.title,
        "description": album.description,
        "ownerId": album.owner_id,
        "albumThumbnailAssetId": album.cover_id,
        "createdAt": album.created_at.strftime(TIME),
        "updatedAt": album.updated_at.strftime(TIME),
    }
