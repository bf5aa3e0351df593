"""Whether the gallery is well, for whoever watches it: two words, and no secret."""

import logging
import time
from contextlib import suppress
from typing import Any

from django.db import Error, connection
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import objectstore
from gallery.api.views import APIView

logger = logging.getLogger(__name__)

# Whoever asks often is told what was found a moment ago: the store is not to be asked by everybody.
STORE_ASKED_EVERY_S = 15.0
RETRY_AFTER_S = 15
_found: dict[str, tuple[float, bool]] = {}


class HealthSerializer(serializers.Serializer[Any]):
    """`status` is ok where all is."""

    status = serializers.ChoiceField(["ok", "failing"])
    database = serializers.ChoiceField(["ok", "failing"])
    store = serializers.ChoiceField(["ok", "failing"])


class HealthView(APIView):
    """Whether database and object store answer."""

    authentication_classes = []
    permission_classes = []

    def check_throttles(self, request: Request) -> None:
        """Count the request, unless what counts is what fails."""
        with suppress(Error):
            super().check_throttles(request)

    @extend_schema(
        operation_id="health",
        summary="Ask whether all is well",
        auth=[],
        responses={200: HealthSerializer, 503: HealthSerializer},
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Whether database and object store answer; 503 where one does not. Nobody need sign in."""
        found = {"database": _database_answers(), "store": _store_answers()}
        well = all(found.values())
        body = {"status": well, **found}
        headers = {"Cache-Control": "no-store"} | ({} if well else {"Retry-After": str(RETRY_AFTER_S)})
        words = {name: "ok" if value else "failing" for name, value in body.items()}
        return Response(words, status=200 if well else 503, headers=headers)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _store_answers() -> bool:
    asked_at, answered = _found.get("store", (0.0, False))
    if not asked_at or time.monotonic() - asked_at > STORE_ASKED_EVERY_S:
        wrong = objectstore.check()
        if wrong:
            # The words name hosts and buckets, which are for who runs the gallery.
            logger.error("object store failed health=%s", wrong)
        answered = wrong is None
        _found["store"] = (time.monotonic(), answered)
    return answered
