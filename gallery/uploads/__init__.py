"""The life of an upload up to the worker: announce files, sign their requests, confirm that they arrived."""

from gallery.uploads.announcing import (
    LOOK_AFTER,
    MAX_FILES,
    MULTIPART_BYTES,
    SIGNED_FOR_S,
    File,
    Started,
    clean_name,
    photo_type,
    room_of,
    start,
    start_form,
)
from gallery.uploads.finishing import abort, finish, finish_by_key, finish_many
from gallery.uploads.parts import MAX_SIGNED_PARTS, Arrived, SignedPart, list_parts, sign_parts
from gallery.uploads.relaying import Relayed, known_by_sha1, relay, send_into

__all__ = [
    "LOOK_AFTER",
    "MAX_FILES",
    "MAX_SIGNED_PARTS",
    "MULTIPART_BYTES",
    "SIGNED_FOR_S",
    "Arrived",
    "File",
    "Relayed",
    "SignedPart",
    "Started",
    "abort",
    "clean_name",
    "finish",
    "finish_by_key",
    "finish_many",
    "known_by_sha1",
    "list_parts",
    "photo_type",
    "relay",
    "room_of",
    "send_into",
    "sign_parts",
    "start",
    "start_form",
]
