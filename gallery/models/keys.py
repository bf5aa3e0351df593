"""How primary keys are made."""

import secrets
import uuid
from datetime import UTC, datetime

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """Return a UUIDv7 (RFC 9562, section 5.7): unique, and ordered by the time of making."""
    return uuid7()


def least_id(moment: datetime) -> uuid.UUID:
    """Return the least key that can have been made since (RFC 9562 section 5.7: milliseconds come first)."""
    return uuid.UUID(int=int(moment.astimezone(UTC).timestamp() * 1000) << 80)


def new_token() -> str:
    """Return 128 random bits as 32 hexadecimal digits: the part of an object's name that nobody can guess."""
    return secrets.token_hex(16)
