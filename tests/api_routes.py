"""Every operation of the API, as the table of access and the description have it, for tests that hold for all of them."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from drf_spectacular.generators import SchemaGenerator

from gallery.api.schema import METHODS
from tests.access_table import TABLE, Rule
from tests.access_world import World

# Another program's API, which keeps to that program's rules; and what describes our own.
ELSEWHERE = ("api:immich", "api:schema", "api:docs")
CLIENT_METHODS = frozenset({"get", "post", "patch", "put", "delete"})


class Route(NamedTuple):
    """An address and a method that it takes."""

    name: str
    method: str
    rule: Rule

    def url(self, world: World) -> str:
        """Return the address of a thing that its owner gets."""
        return world.url(self.name, self.rule.things[0])


def routes(*methods: str) -> Iterator[Route]:
    """Yield every operation, or those of some methods."""
    for (name, method), rule in sorted(TABLE.items()):
        wanted = name.startswith("api:") and not name.startswith(ELSEWHERE)
        if wanted and method in (methods or CLIENT_METHODS):
            yield Route(name, method, rule)


def cases(*methods: str) -> list[Any]:
    """Return them as parameters of a test, each under its name."""
    return [pytest.param(route, id=f"{route.name[4:]} {route.method}") for route in routes(*methods)]


def members(url: str, method: str) -> list[str]:
    """Return the members that a body sent to this address may have, as the description says."""
    path = url.partition("?")[0]
    found = [at for at in description()["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", at), path)]
    operation = description()["paths"][min(found, key=lambda at: at.count("{"))][method]
    content: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] = next((body["schema"] for body in content.values()), {})
    shapes = description()["components"]["schemas"]
    return list(shapes[schema["$ref"].rpartition("/")[2]]["properties"]) if "$ref" in schema else []


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI description as the program makes it now."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


def operations() -> dict[str, dict[str, Any]]:
    """Return every operation by its id."""
    return {
        operation["operationId"]: operation
        for path in description()["paths"].values()
        for method, operation in path.items()
        if method in METHODS
    }
