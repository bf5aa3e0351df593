"""One form for a row whatever the engine: what each column holds, without how the engine writes it."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from gallery.moving.naming import Names
from gallery.moving.tables import Table

DIGEST_BYTES = 16


def values(table: Table, row: Any, names: Names) -> list[Any]:
    """Return the values of a row in one form, in the order of its columns."""
    named = {key.attname: key.related_model for key in table.named}
    found: list[Any] = []
    for field in table.fields:
        value = getattr(row, field.attname)
        found.append(names.of(named[field.attname], value) if field.attname in named else _plain(value))
    return found


def digest(table: Table, row: Any, names: Names) -> int:
    """Return a number that no other content of the row has."""
    text = json.dumps(values(table, row, names), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    hashed = hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES)
    return int.from_bytes(hashed.digest(), "big")


def checksum(digests: Iterable[int]) -> str:
    """Return the checksum of a table: the sum of its rows', so that their order does not count."""
    return f"{sum(digests) % (1 << 8 * DIGEST_BYTES):0{2 * DIGEST_BYTES}x}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        # 100.0 and 1e2 come back from some engines' JSON as 100.
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, memoryview | bytes):
        return bytes(value).hex()
    return str(value)
