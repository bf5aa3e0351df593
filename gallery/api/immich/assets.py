"""Uploading: which files are here already, and taking one in."""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any, cast

from django.utils.dateparse import parse_datetime
from rest_framework import exceptions, parsers, status
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import imaging, uploads
from gallery.api.authentication import person
from gallery.api.immich.base import ImmichView, Scope
from gallery.api.immich.receiving import PART, Asset, AssetParser
from gallery.api.parsers import BodyTooLarge
from gallery.errors import UnsupportedType

# The command asks about 5,000 files at a time, each by its path.
MAX_CHECKED = 10_000
MAX_BODY_BYTES = 16 * 1024**2
MAX_NAME = 255


class LargeJSONParser(parsers.JSONParser):
    """JSON of lists of thousands."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the parsed body; raises ParseError or BodyTooLarge."""
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
            raise BodyTooLarge(
                f"The body is over {MAX_BODY_BYTES // 1024**2} MB: send fewer items at a time."
            )
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError("JSON parse error - the body is nested too deeply.") from error


class CheckView(ImmichView):
    """Which of the client's files the library has."""

    parser_classes = [LargeJSONParser]
    scopes = {"POST": (Scope.UPLOAD,)}

    def post(self, request: Request) -> Response:
        """Answer for each file, in order. What lies in the bin is to be sent: then the client hears that it lies there."""
        asked = items(request, "assets", MAX_CHECKED)
        wanted = [_checked(one, place) for place, one in enumerate(asked)]
        known = uploads.known_by_sha1(person(request), list(dict.fromkeys(sha1 for _, sha1 in wanted)))
        return Response({"results": [_told(key, known.get(sha1)) for key, sha1 in wanted]})


class AssetsView(ImmichView):
    """One file, whose bytes come with the request."""

    parser_classes = [AssetParser]
    # One request for each file, as many as a line carries: what an owner may keep bounds it.
    throttle_classes = []
    scopes = {"POST": (Scope.UPLOAD,)}

    def post(self, request: Request) -> Response:
        """Store the file; when this is answered its original is kept, and its photo follows in a moment."""
        form = cast("dict[str, Any]", request.data)
        asset = form.get(PART)
        if not isinstance(asset, Asset):
            raise exceptions.ParseError(f"The form holds no file: send one as {PART}.")
        name = str(form.get("filename") or asset.filename)[:MAX_NAME]
        _refuse_what_is_unknown(form)
        _refuse_what_is_damaged(
            asset, name, form.get("fileSize"), request.headers.get("x-immich-checksum", "")
        )
        kind = imaging.sniff(asset.head(imaging.SNIFF_BYTES))
        if kind is None and asset.size:
            raise UnsupportedType(
                f"{name} is not a photo, whatever its name says. {imaging.TAKEN} can be uploaded."
            )
        modified_at = _moment(form, "fileModifiedAt") or _moment(form, "fileCreatedAt")
        content_type = kind.content_type if kind else ""
        file = uploads.File(name, asset.size, asset.sha256, content_type, modified_at)
        relayed = uploads.relay(person(request), file, asset.content, asset.sha1)
        if relayed.is_new:
            return Response({"id": relayed.id, "status": "created"}, status=status.HTTP_201_CREATED)
        return Response({"id": relayed.id, "status": "duplicate"})


def items(request: Request, name: str, most: int) -> list[Any]:
    """Return the list that the body holds under a name; raises ParseError where there is none, or it is too long."""
    found = request.data.get(name) if isinstance(request.data, dict) else None
    if not isinstance(found, list):
        raise exceptions.ParseError(f"{name}: send a list.")
    if len(found) > most:
        raise exceptions.ParseError(f"{name}: {len(found)} were sent, send at most {most} at a time.")
    return found


def _checked(one: Any, place: int) -> tuple[str, str]:
    """Return the client's own name of a file, and its SHA-1 in hexadecimal."""
    key, checksum = (one.get("id"), one.get("checksum")) if isinstance(one, dict) else (None, None)
    sha1 = _sha1(checksum) if isinstance(checksum, str) else ""
    if not isinstance(key, str) or not sha1:
        raise exceptions.ParseError(
            f"assets.{place}: send an id, and as checksum the file's SHA-1 in hexadecimal or base64."
        )
    # What is half a surrogate pair cannot be answered.
    return key.encode("utf-8", "replace").decode(), sha1


def _sha1(text: str) -> str:
    """Return a SHA-1 in hexadecimal, however it was written; nothing where it is none."""
    try:
        digest = bytes.fromhex(text) if len(text) == 40 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return ""
    return digest.hex() if len(digest) == 20 else ""


def _told(key: str, known: Any) -> dict[str, Any]:
    if known is None:
        return {"id": key, "action": "accept"}
    return {"id": key, "action": "reject", "reason": "duplicate", "assetId": known, "isTrashed": False}


def _refuse_what_is_unknown(form: Mapping[str, Any]) -> None:
    """Refuse to show what its sender wants hidden: nothing here could hide it so."""
    wanted = form.get("visibility") or "timeline"
    if wanted != "timeline":
        raise exceptions.ParseError(
            f"visibility: {str(wanted)[:20]} is not known here. Leave it out, and archive photos on the pages of the gallery."
        )


def _refuse_what_is_damaged(asset: Asset, name: str, size: str | None, told: str) -> None:
    """Compare what came with what the client says that it sent."""
    if told and not _sha1(told):
        raise exceptions.ParseError("x-immich-checksum: send the file's SHA-1 in hexadecimal or base64.")
    if (told and _sha1(told) != asset.sha1) or (size and size != str(asset.size)):
        raise exceptions.ParseError(f"{name} did not arrive as it was sent: send it again.")


def _moment(form: Mapping[str, Any], name: str) -> datetime | None:
    text = form.get(name) or ""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        if text:
            raise exceptions.ParseError(f"{name}: write a time of ISO 8601, like 2026-09-14T18:03:00.000Z.")
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    # A clock that was not set: a good photo is not refused for it.
    return aware if aware.year in imaging.YEARS else None
