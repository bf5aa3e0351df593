"""Values that one engine holds and another does not: found, and said with the row and the column they stand in."""

import json
from collections.abc import Iterable
from typing import Any

from gallery.moving.errors import MoveError
from gallery.moving.tables import Table

REMEDY = "Correct it in the gallery or its administration, then run this again: it goes on from here."
SHOWN = 40
# SQLite holds 64 bits in every column of numbers.
RANGES = {
    "PositiveSmallIntegerField": (0, 2**15 - 1),
    "SmallIntegerField": (-(2**15), 2**15 - 1),
    "PositiveIntegerField": (0, 2**31 - 1),
    "IntegerField": (-(2**31), 2**31 - 1),
    "PositiveBigIntegerField": (0, 2**63 - 1),
    "BigIntegerField": (-(2**63), 2**63 - 1),
}


def refuse(table: Table, rows: Iterable[Any]) -> None:
    """Raise MoveError for text that PostgreSQL cannot hold: the character NUL, or half of a surrogate pair."""
    for row in rows:
        for field in table.fields:
            if not _is_text(getattr(row, field.attname)):
                raise MoveError(
                    f"{table.label} {row.pk}: {field.name} holds a character that PostgreSQL cannot hold (NUL, or half"
                    f" of a pair). {REMEDY}"
                )


def named(table: Table, rows: list[Any], error: Exception) -> MoveError:
    """Return what the target refused, with the name of the row and the column as far as they can be told."""
    for row in rows:
        for field in table.fields:
            if (said := _too_much(field, getattr(row, field.attname))) is not None:
                return MoveError(f"{table.label} {row.pk}: {field.name} is {said} for the target. {REMEDY}")
    keys = f"{rows[0].pk} to {rows[-1].pk}"
    return MoveError(f"{table.label}, one of the rows {keys}: {error}. {REMEDY}")


def _too_much(field: Any, value: Any) -> str | None:
    least, most = RANGES.get(field.get_internal_type(), (None, None))
    if least is not None and most is not None and isinstance(value, int) and not least <= value <= most:
        return f"too large ({value})"
    if field.max_length and isinstance(value, str) and len(value) > field.max_length:
        return f"too long ({value[:SHOWN]}…)"
    return None


def _is_text(value: Any) -> bool:
    if isinstance(value, dict | list):
        # A backslash that was written is doubled; what is left before u0000 stands for the character.
        value = json.dumps(value, ensure_ascii=False).replace("\\\\", "").replace("\\u0000", "\0")
    if not isinstance(value, str):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
