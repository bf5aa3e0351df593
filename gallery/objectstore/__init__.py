"""The only door to S3: the functions below are all that the gallery knows of where its bytes are kept.

Keys are relative to the one bucket of settings.S3. boto3 is imported by the first call that needs it, never before.
Every failure is an ObjectStoreError.
"""

from typing import TYPE_CHECKING

from gallery.objectstore.address import browser_origins
from gallery.objectstore.bucket_setup import check, cors_rules, ensure_bucket
from gallery.objectstore.errors import (
    AccessDenied,
    AlreadyExists,
    Damaged,
    NotFound,
    ObjectStoreError,
    TooLarge,
    Unavailable,
)
from gallery.objectstore.media import media_url, media_urls
from gallery.objectstore.multipart import (
    MAX_PARTS,
    MIN_PART_BYTES,
    MultipartUpload,
    Part,
    multipart_abort,
    multipart_complete,
    multipart_list,
    multipart_parts,
    multipart_put,
    multipart_sign,
    multipart_start,
)
from gallery.objectstore.objects import (
    ListedObject,
    ObjectHead,
    copy,
    delete,
    head,
    list_objects,
    put,
    put_file,
    read,
    read_head,
    stream,
)
from gallery.objectstore.presign import SignedForm, SignedRequest, presign_get, presign_post, presign_put

if TYPE_CHECKING:
    from gallery.objectstore.storage import PhotoStorage

__all__ = [
    "MAX_PARTS",
    "MIN_PART_BYTES",
    "AccessDenied",
    "AlreadyExists",
    "Damaged",
    "ListedObject",
    "MultipartUpload",
    "NotFound",
    "ObjectHead",
    "ObjectStoreError",
    "Part",
    "PhotoStorage",
    "SignedForm",
    "SignedRequest",
    "TooLarge",
    "Unavailable",
    "browser_origins",
    "check",
    "copy",
    "cors_rules",
    "delete",
    "ensure_bucket",
    "head",
    "list_objects",
    "media_url",
    "media_urls",
    "multipart_abort",
    "multipart_complete",
    "multipart_list",
    "multipart_parts",
    "multipart_put",
    "multipart_sign",
    "multipart_start",
    "presign_get",
    "presign_post",
    "presign_put",
    "put",
    "put_file",
    "read",
    "read_head",
    "stream",
]


def __getattr__(name: str) -> object:
    """Import the storage class, and with it boto3, when STORAGES asks for it by name."""
    if name == "PhotoStorage":
        from gallery.objectstore.storage import PhotoStorage

        return PhotoStorage
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
