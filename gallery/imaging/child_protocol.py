"""What the decoding process and its parent say to each other: JSON with bytes behind it, over one socket.

Nothing is unpickled: a codec that a hostile file has taken over can lie about a picture, and no more than that.
"""

import json
import socket
import struct
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple

from gallery.imaging import refusals
from gallery.imaging.facts import Facts, Processed, Rendition
from gallery.imaging.formats import Format

# Length of the JSON, then of the bytes behind it.
_LENGTHS = struct.Struct(">II")
# The facts with everything that a file says of itself; the largest rendition, noise of 2560 x 2560, has 9 MB.
_MAX_HEAD = 16 * 1024**2
_MAX_BODY = 64 * 1024**2
_FACTS = {field.name for field in fields(Facts)}


class Broken(Exception):
    """The other side has gone, or says what nobody understands."""


class Frame(NamedTuple):
    """One message: what it is, and the bytes that belong to it."""

    head: dict[str, Any]
    body: bytes = b""


def send(channel: socket.socket, head: dict[str, Any], body: bytes = b"", *, file: int | None = None) -> None:
    """Send a message, and with it an open file."""
    words = json.dumps(head).encode()
    opening = _LENGTHS.pack(len(words), len(body)) + words
    if file is not None:
        # The file travels with the first byte.
        socket.send_fds(channel, [opening[:1]], [file])
        opening = opening[1:]
    channel.sendall(opening)
    if body:
        channel.sendall(body)


def receive(read: Callable[[int], bytes]) -> Frame:
    """Receive a message by a function that gives some bytes, at most so many, and none at the end. Raises Broken."""
    head_length, body_length = _LENGTHS.unpack(_exactly(read, _LENGTHS.size))
    if head_length > _MAX_HEAD or body_length > _MAX_BODY:
        raise Broken(f"a message of {head_length} + {body_length} bytes")
    try:
        head = json.loads(_exactly(read, head_length))
    except ValueError as error:
        raise Broken("a message that is no JSON") from error
    if not isinstance(head, dict):
        raise Broken("a message that is no object")
    return Frame(head, _exactly(read, body_length))


def _exactly(read: Callable[[int], bytes], count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        some = read(count - len(received))
        if not some:
            raise Broken("the other side has gone")
        received += some
    return bytes(received)


def facts_as_json(facts: Facts) -> dict[str, Any]:
    """Write facts down."""
    # By name rather than by `asdict`, which would copy `extra` deeply.
    values = {name: getattr(facts, name) for name in _FACTS}
    if facts.taken_at is not None:
        values["taken_at"] = facts.taken_at.isoformat()
    return values


def facts_of(values: dict[str, Any]) -> Facts:
    """Read facts back."""
    taken_at = values["taken_at"]
    values = values | {
        "format": Format(values["format"]),
        "taken_at": datetime.fromisoformat(taken_at) if taken_at else None,
    }
    return Facts(**values)


def processed_as_json(processed: Processed) -> dict[str, Any]:
    """Write down what is known of a picture; its renditions follow one by one."""
    return {
        "type": "processed",
        "facts": facts_as_json(processed.facts),
        "kind": processed.kind,
        "duration_s": processed.duration_s,
        "phash": processed.phash,
        "colour": processed.colour,
        "thumbhash": processed.thumbhash,
    }


def rendition_of(frame: Frame) -> Rendition:
    """Read a rendition back."""
    head = frame.head
    return Rendition(head["name"], head["content_type"], head["width"], head["height"], frame.body)


def refused_as_json(refused: refusals.Refused) -> dict[str, Any]:
    """Write a verdict down."""
    return {"type": "refused", "code": refused.code, "message": refused.message, "detail": refused.detail}


def refused_of(head: dict[str, Any]) -> refusals.Refused:
    """Read a verdict back."""
    return refusals.Refused(head["code"], head["message"], head["detail"])
