"""What all views have in common: no unknown parameter passes, and an answer holds the fields that were asked for."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from rest_framework import serializers, views, viewsets
from rest_framework.exceptions import APIException, Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.settings import api_settings

from gallery.api import versions
from gallery.api.negotiation import Negotiation
from gallery.api.pagination import InvalidParameter
from gallery.api.problems import UnknownParameter
from gallery.api.throttles import PerMinute

FIELDS = "fields"


def refuse_unknown(request: Request, known: Collection[str]) -> None:
    """Raise UnknownParameter for the first parameter of the query that is not known: it may be a typing error.

    One that is given twice says two things: raises InvalidParameter.
    """
    for name, values in request.query_params.lists():
        if name not in known and name != api_settings.URL_FORMAT_OVERRIDE:
            listed = ", ".join(sorted(known)) or "none"
            raise UnknownParameter(f"{name} is no parameter here. Known are: {listed}.")
        if len(values) > 1:
            raise InvalidParameter(f"{name}: give it once; several values have commas between them.")


def read_fields(request: Request, known: Iterable[str]) -> frozenset[str] | None:
    """Return the names in `fields`, None where all are wanted; raises InvalidParameter for one that there is not."""
    text = request.query_params.get(FIELDS, "")
    asked = [name.strip() for name in text.split(",") if name.strip()]
    members = list(known)
    for name in asked:
        if name not in members:
            raise InvalidParameter(
                f"fields: there is no {name!r}. Known are: {', '.join(members)}.", code="unknown_field"
            )
    return frozenset(asked) or None


class StrictQuery:
    """Refuses parameters that the operation does not know, before anything is looked up.

    `parameters` names those of each action of a viewset, or method of a view. Lists with filters are not asked: their
    StrictFilterBackend knows more; they are `filtered`. The operations in `sparse` take `fields`, those in `versioned`
    tell an ETag or take one.
    """

    parameters: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    sparse: ClassVar[tuple[str, ...]] = ()
    versioned: ClassVar[tuple[str, ...]] = ()
    filtered: ClassVar[tuple[str, ...]] = ("list",)
    only: frozenset[str] | None = None
    content_negotiation_class: Any = Negotiation

    @property
    def operation(self) -> str:
        """The action of a viewset, the method of a plain view."""
        action = getattr(self, "action", None)
        method = str(self.request.method).lower()  # type: ignore[attr-defined]
        return str(action) if action else ("get" if method == "head" else method)

    @property
    def known_parameters(self) -> tuple[str, ...]:
        """What the query may hold beside what filters and pages take."""
        more = (FIELDS,) if self.operation in self.sparse else ()
        return (*self.parameters.get(self.operation, ()), *more)

    def perform_authentication(self, request: Request) -> None:
        """Learn who asks. A token that is none counts for the address that sent it."""
        with self._counting_refusals(request):
            super().perform_authentication(request)  # type: ignore[misc]

    def check_permissions(self, request: Request) -> None:
        """Refuse who may not; the framework counts only whom it lets through."""
        with self._counting_refusals(request):
            super().check_permissions(request)  # type: ignore[misc]

    @contextmanager
    def _counting_refusals(self, request: Request) -> Iterator[None]:
        try:
            yield
        except APIException as refused:
            counted = PerMinute()
            if not counted.allow_request(request, self):  # type: ignore[arg-type]
                raise Throttled(counted.wait()) from refused
            raise

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Hold the request to the rules of all views, then to its parameters."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        method = str(request.method).lower()
        if method not in self.http_method_names or not hasattr(self, method):  # type: ignore[attr-defined]
            # That the method is none is said first, whatever was sent along.
            return
        if request.method not in SAFE_METHODS and self.operation not in self.versioned:
            versions.refuse_any(request)
        if not (self.operation in self.filtered and getattr(self, "filter_backends", None)):
            refuse_unknown(request, self.known_parameters)
        # To know the names of all fields takes a while.
        if self.operation in self.sparse and request.query_params.get(FIELDS):
            self.only = read_fields(request, self.field_names())

    def field_names(self) -> Iterable[str]:
        """Return the names of all fields of an answer's rows."""
        kind: Any = self.shown_by()
        return list(kind().get_fields())

    def shown_by(self) -> type[serializers.BaseSerializer[Any]]:
        """Return the serializer that an answer's rows are shown by."""
        return self.get_serializer_class()  # type: ignore[attr-defined, no-any-return]

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell serializers which fields were asked for."""
        return {**super().get_serializer_context(), "only": self.only}  # type: ignore[misc]

    def wants(self, *names: str) -> bool:
        """Return whether one of these fields is in the answer."""
        return self.only is None or not self.only.isdisjoint(names)


class APIView(StrictQuery, views.APIView):
    """A view of one address."""

    def get_serializer_context(self) -> dict[str, Any]:
        """Return what serializers are told, as viewsets do."""
        return {"request": self.request, "view": self, "only": self.only}


class GenericViewSet(StrictQuery, viewsets.GenericViewSet[Any]):
    """Operations on rows of one kind."""
