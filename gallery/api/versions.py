"""Versions: an ETag spares a reader what it has already, and a writer what somebody else changed meanwhile.

An ETag is the version of the row, a full stop, and a digest of what was answered: an answer also holds what is in no
row, such as addresses that were signed. `If-Match` asks for the version alone. Compression makes an ETag weak on its
way (RFC 9110, section 8.8.1), so the mark of weakness counts for nothing here.
"""

import hashlib
import json
from collections.abc import Callable

from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from gallery.editing import ChangedMeanwhile
from photosky.database import atomic_retry

CHANGED = "Somebody changed this since you read it: read it again, then send the change."


class NoVersion(exceptions.APIException):
    """A change asks for a version of what has none: whoever sends that takes it for guarded."""

    status_code = 400
    default_code = "no_version"
    default_detail = "If-Match: this operation knows no versions. Leave the header out."


def of(*values: object) -> str:
    """Return what differs where one of the values does."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def versions_asked(request: Request | None) -> list[str]:
    """Return the versions that If-Match names; nothing where it was not sent, `*` where any will do."""
    return [tag.partition(".")[0] for tag in _tags(request, "If-Match")]


def require(request: Request, version: str) -> None:
    """Raise ChangedMeanwhile where the request is for another version."""
    asked = versions_asked(request)
    if asked and "*" not in asked and version not in asked:
        raise ChangedMeanwhile(CHANGED)


def refuse_any(request: Request) -> None:
    """Raise NoVersion where the request is for a certain version."""
    if any(tag != "*" for tag in versions_asked(request)):
        raise NoVersion


def guarded(request: Request, change: Callable[[], Response]) -> Response:
    """Make a change that asks for a version in one transaction with the question; any other as it is."""
    return atomic_retry(change)() if versions_asked(request) else change()


def tagged(request: Request, response: Response, version: str) -> Response:
    """Say the version of what is answered; 304 without a body where a reader has it already."""
    if request.accepted_renderer.format != "json":
        # A page for people is not what programs ask a version of.
        return response
    shown = json.dumps(response.data, default=str, sort_keys=True)
    tag = f"{version}.{hashlib.sha256(shown.encode()).hexdigest()[:12]}"
    headers = {"ETag": f'"{tag}"'}
    held = _tags(request, "If-None-Match")
    if request.method in {"GET", "HEAD"} and (tag in held or "*" in held):
        return Response(status=304, headers=headers)
    response["ETag"] = headers["ETag"]
    return response


def _tags(request: Request | None, header: str) -> list[str]:
    text = request.headers.get(header, "") if request is not None else ""
    return [tag.strip().removeprefix("W/").strip('"') for tag in text.split(",") if tag.strip()]
