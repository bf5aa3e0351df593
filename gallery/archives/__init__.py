"""Zips of photos, packed by the worker into the bucket, and single copies without private metadata."""

from gallery.archives.asking import (
    MOST,
    TooMany,
    is_current,
    is_there,
    job_of,
    start,
    start_copy,
    start_for_guests,
)
from gallery.archives.copies import copy_key, guest_name

__all__ = [
    "MOST",
    "TooMany",
    "copy_key",
    "guest_name",
    "is_current",
    "is_there",
    "job_of",
    "start",
    "start_copy",
    "start_for_guests",
]
