"""Errors as RFC 9457 problem details: the one place where an exception becomes an answer of the API."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from gallery import objectstore
from gallery.api.idempotency import Replayed
from gallery.errors import GalleryError
from photosky import database

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
NOT_FOUND = "There is no such thing here, or it is not yours to see."
# The store answers again within seconds where it answers at all.
RETRY_AFTER_S = 5
# A database that restarts or fails over takes a little longer.
DATABASE_RETRY_AFTER_S = 10
# As RFC 9110 calls them; Python does so from 3.13 on.
RENAMED = {413: "Content Too Large", 422: "Unprocessable Content"}


class UnknownParameter(exceptions.APIException):
    """The query names a parameter that this list does not know: a typing error must not return the whole library."""

    status_code = 400
    default_code = "unknown_parameter"


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """Translate whatever a view raised; what nobody foresaw is logged and answered without its details."""
    set_rollback()
    request = context.get("request")
    if isinstance(error, Replayed):
        response = error.response()
        if response.status_code < 400:
            return response
    else:
        body, headers = _described(error, context)
        body["instance"] = request.path if request is not None else ""
        response = Response(body, status=body["status"], headers=headers)
    renderer = getattr(request, "accepted_renderer", None)
    if renderer is None or renderer.format == "json":
        response.content_type = CONTENT_TYPE
    return response


@csrf_exempt  # Nothing is done here: a program is told that there is no such address, not that it lacks a CSRF token.
def not_found(request: HttpRequest, **_: object) -> JsonResponse:
    """Answer for an address under /api/ that leads nowhere."""
    body = _body(404, "not_found", f"{request.path} is no address of this API: see /api/ for those that are.")
    return JsonResponse(body | {"instance": request.path}, status=404, content_type=CONTENT_TYPE)


def null_character(request: HttpRequest) -> JsonResponse:
    """Answer for an address that holds the character NUL, which no text has."""
    body = _body(400, "invalid_parameter", "The address holds the character NUL (%00): leave it out.")
    return JsonResponse(body | {"instance": request.path}, status=400, content_type=CONTENT_TYPE)


def database_unavailable(request: HttpRequest) -> JsonResponse:
    """Answer for a request that broke before or after its view because the database cannot work."""
    body, headers = _of_database()
    body["instance"] = request.path
    return JsonResponse(body, status=503, content_type=CONTENT_TYPE, headers=headers)


def _described(error: Exception, context: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    if isinstance(error, Http404):
        return _body(404, "not_found", NOT_FOUND), {}
    if isinstance(error, PermissionDenied):
        return _body(403, "permission_denied", str(error) or "You may not do this."), {}
    if isinstance(error, GalleryError):
        wait = error.retry_after_s
        headers = {} if wait is None else {"Retry-After": str(wait)}
        return _body(error.status, error.code, error.message) | error.members, headers
    if isinstance(error, objectstore.ObjectStoreError):
        return _of_store(error)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if database.is_outage(error):
        # As above: its own words name hosts and people.
        logger.error("database unavailable error=%s", error)
        return _of_database()
    return _unforeseen(error, context)


def title(status: int) -> str:
    """Return the status's name by RFC 9110, whichever the running Python has."""
    return RENAMED.get(status) or HTTPStatus(status).phrase


def _body(status: int, code: str, detail: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": title(status),
        "status": status,
        "detail": detail,
        "code": code,
    }


def _of_store(error: objectstore.ObjectStoreError) -> tuple[dict[str, Any], dict[str, str]]:
    if isinstance(error, objectstore.NotFound):
        return _body(
            404, "not_in_store", "The file is not in the object store. Tell the owner of this site."
        ), {}
    # The store's own words name keys and hosts, which are nobody's business: they go to the log.
    logger.error("object store failed code=%s error=%s", error.code, error)
    detail = "The object store does not answer at the moment: try again in a few seconds."
    if isinstance(error, objectstore.Unavailable):
        return _body(503, "store_unavailable", detail), {"Retry-After": str(RETRY_AFTER_S)}
    return _body(
        502, "store_failed", "The object store refused the request. Tell the owner of this site."
    ), {}


def _of_database() -> tuple[dict[str, Any], dict[str, str]]:
    detail = "The database cannot answer at the moment: try again in a few seconds."
    return _body(503, "database_unavailable", detail), {"Retry-After": str(DATABASE_RETRY_AFTER_S)}


def _of_framework(error: exceptions.APIException) -> tuple[dict[str, Any], dict[str, str]]:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.ValidationError):
        body = _body(error.status_code, "invalid", "")
        body["errors"] = list(_errors(error.detail, ""))
        body["detail"] = _summary(body["errors"])
        return body, headers
    detail = error.detail
    code = getattr(detail, "code", None) or error.default_code
    if "CSRF" in str(detail):
        code = "csrf_failed"
    return _body(error.status_code, str(code), as_text(detail)), headers


def _errors(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Flatten the framework's tree of errors; pointers are JSON Pointers (RFC 6901) into the request's body."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            place = str(name).replace("~", "~0").replace("/", "~1")
            yield from _errors(inner, pointer if name == "non_field_errors" else f"{pointer}/{place}")
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        nested = any(isinstance(inner, Mapping | list) for inner in detail)
        for index, inner in enumerate(detail):
            if inner:
                yield from _errors(inner, f"{pointer}/{index}" if nested else pointer)
    else:
        code = str(getattr(detail, "code", "invalid"))
        yield {"pointer": as_text(pointer), "code": code, "detail": as_text(detail)}


def as_text(said: object) -> str:
    """Return words so that they can be answered: JSON may hold half a surrogate pair, UTF-8 may not."""
    return str(said).encode("utf-8", "replace").decode()


def _summary(errors: Sequence[Mapping[str, str]]) -> str:
    shown = [f"{one['pointer'].lstrip('/') or 'request'}: {one['detail']}" for one in errors[:3]]
    more = [f"and {len(errors) - 3} more"] if len(errors) > 3 else []
    return " · ".join([*shown, *more])


def _unforeseen(error: Exception, context: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    request = getattr(context.get("request"), "_request", None)
    # As Django does for its own pages: error reporters and the test client listen.
    got_request_exception.send(sender=None, request=request)
    logger.error("unforeseen error path=%s", getattr(request, "path", ""), exc_info=error)
    return _body(500, "unforeseen", "Something went wrong here; it was logged. Try again later."), {}
