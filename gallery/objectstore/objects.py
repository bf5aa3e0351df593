"""Single objects and sets of them: facts, bytes, writing once, copying, deleting and listing."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from gallery.objectstore.connection import bucket, client, translated
from gallery.objectstore.errors import (
    AlreadyExists,
    Damaged,
    NotFound,
    ObjectStoreError,
    TooLarge,
    Unavailable,
)

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import DeleteObjectsOutputTypeDef, GetObjectOutputTypeDef

CHUNK_BYTES = 1024 * 1024
# DeleteObjects takes at most this many keys.
DELETE_BATCH = 1000
# S3 answers 409 while another conditional write of the key is under way, and asks for the request again.
CONFLICT_TRIES = 4


@dataclass(frozen=True)
class ObjectHead:
    """What the store says of one object. `sha256` (hex) is None where it keeps none of the whole object."""

    key: str
    size: int
    sha256: str | None
    content_type: str
    etag: str
    last_modified: datetime
    version_id: str | None


@dataclass(frozen=True)
class ListedObject:
    """One line of a listing, which holds neither checksum nor type."""

    key: str
    size: int
    etag: str
    last_modified: datetime


def head(key: str) -> ObjectHead | None:
    """Return the facts of an object, or None where there is none."""
    try:
        with translated(key):
            found = client().head_object(Bucket=bucket(), Key=key, ChecksumMode="ENABLED")
    except NotFound:
        return None
    return ObjectHead(
        key=key,
        size=found["ContentLength"],
        sha256=_whole_sha256(found.get("ChecksumSHA256", "")),
        content_type=found.get("ContentType", ""),
        etag=found["ETag"].strip('"'),
        last_modified=found["LastModified"],
        version_id=found.get("VersionId"),
    )


def read(key: str, *, max_bytes: int) -> bytes:
    """Return all bytes of an object. Raises NotFound, TooLarge before reading a byte too many, Damaged."""
    with translated(key):
        answer = _open(key)
        size = answer["ContentLength"]
        with closing(answer["Body"]) as body:
            if size > max_bytes:
                raise TooLarge(f"{key} has {size} bytes; at most {max_bytes} are read here.", code="TooLarge")
            data = body.read()
    _whole(key, len(data), size)
    return data


def stream(key: str) -> Iterator[bytes]:
    """Return the bytes of an object in chunks of 1 MiB. NotFound comes at once, Damaged at the end at the latest."""
    with translated(key):
        answer = _open(key)
    return _chunks(key, answer)


def read_head(key: str, n: int) -> bytes:
    """Return the first n bytes of an object, or all of a shorter one."""
    try:
        with translated(key):
            answer = client().get_object(Bucket=bucket(), Key=key, Range=f"bytes=0-{n - 1}")
            with closing(answer["Body"]) as body:
                return body.read(n)
    except ObjectStoreError as error:
        # An empty object has no first byte to answer the range with.
        if error.code in {"InvalidRange", "416"}:
            return b""
        raise


def put(
    key: str,
    data: bytes,
    *,
    content_type: str,
    cache_control: str = "",
    if_absent: bool,
    sha256: str | None = None,
) -> None:
    """Store bytes under a key; S3 checks their SHA-256 (hex; computed here where not given) before it keeps them.

    With `if_absent` an existing object stays untouched and AlreadyExists is raised. An answer that gets lost on the way
    can also end in AlreadyExists, after our own write: compare the checksum of what is there.
    """
    _put(
        key,
        data,
        base64_sha256(sha256) if sha256 else base64.b64encode(hashlib.sha256(data).digest()).decode(),
        content_type,
        cache_control=cache_control,
        if_absent=if_absent,
    )


def put_file(
    key: str,
    file: IO[bytes],
    *,
    content_type: str,
    cache_control: str = "",
    if_absent: bool = False,
    sha256: str | None = None,
) -> None:
    """Store an open file under a key, as `put` does bytes; it is never held in memory."""
    checksum = base64_sha256(sha256) if sha256 else _checksum_of(file)
    _put(key, file, checksum, content_type, cache_control=cache_control, if_absent=if_absent)


def _put(
    key: str,
    body: bytes | IO[bytes],
    checksum: str,
    content_type: str,
    *,
    cache_control: str,
    if_absent: bool,
) -> None:
    optional: dict[str, Any] = {"CacheControl": cache_control} if cache_control else {}
    if if_absent:
        optional["IfNoneMatch"] = "*"
    for attempt in range(CONFLICT_TRIES):
        if not isinstance(body, bytes):
            body.seek(0)
        try:
            with translated(key):
                client().put_object(
                    Bucket=bucket(),
                    Key=key,
                    Body=body,
                    ContentType=content_type,
                    ChecksumSHA256=checksum,
                    **optional,
                )
        except Unavailable as error:
            if error.code != "ConditionalRequestConflict" or attempt == CONFLICT_TRIES - 1:
                raise
        else:
            return


def _checksum_of(file: IO[bytes]) -> str:
    file.seek(0)
    hashing = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        hashing.update(chunk)
    return base64.b64encode(hashing.digest()).decode()


def copy(source: str, target: str) -> None:
    """Copy an object inside the store, with its type, up to S3's limit of 5 GB.

    S3 keeps a SHA-256 of the whole copy, even where the source came in parts; not every other server does.
    Raises NotFound where there is no source and AlreadyExists where there is a target.
    """
    # Not every S3 server heeds the condition on a copy, so the target is looked at as well.
    if head(target) is not None:
        raise AlreadyExists(f"{target} is there already and was left as it was.", code="PreconditionFailed")
    with translated(f"{source} (to copy to {target})"):
        client().copy_object(
            Bucket=bucket(),
            Key=target,
            CopySource={"Bucket": bucket(), "Key": source},
            ChecksumAlgorithm="SHA256",
            IfNoneMatch="*",
        )


def delete(keys: Iterable[str]) -> list[str]:
    """Delete objects and return the keys that the store would not delete; a missing one counts as deleted.

    In a versioned bucket this hides the object, and the lifecycle rule removes it later.
    """
    remaining = iter(keys)
    failed: list[str] = []
    while batch := list(islice(remaining, DELETE_BATCH)):
        with translated(f"a batch of {len(batch)} to delete"):
            answer: DeleteObjectsOutputTypeDef = client().delete_objects(
                Bucket=bucket(), Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True}
            )
        failed += [error["Key"] for error in answer.get("Errors", []) if error.get("Code") != "NoSuchKey"]
    return failed


def list_objects(prefix: str) -> Iterator[ListedObject]:
    """Yield every object whose key starts with the prefix, in key order, page after page."""
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=bucket(), Prefix=prefix)
    with translated(f"the list of {prefix or 'everything'}"):
        for page in pages:
            for entry in page.get("Contents", []):
                yield ListedObject(
                    entry["Key"], entry["Size"], entry["ETag"].strip('"'), entry["LastModified"]
                )


def base64_sha256(sha256_hex: str) -> str:
    """Return a hexadecimal SHA-256 in the base64 form of the x-amz-checksum-sha256 header."""
    try:
        digest = bytes.fromhex(sha256_hex)
    except ValueError:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise ValueError(f"{sha256_hex!r} is no SHA-256: give 64 hexadecimal digits.")
    return base64.b64encode(digest).decode()


def hex_sha256(checksum: str) -> str:
    """Return the hexadecimal form of an x-amz-checksum-sha256 header."""
    return base64.b64decode(checksum).hex()


def _whole_sha256(checksum: str) -> str | None:
    """Return the SHA-256 of the whole object; that of a multipart upload ("...-3") is one of its parts' checksums."""
    return hex_sha256(checksum) if checksum and "-" not in checksum else None


def _open(key: str) -> "GetObjectOutputTypeDef":
    """Ask for an object. Its body is to be closed by `closing`: as a context manager it would skip its own checks."""
    return client().get_object(Bucket=bucket(), Key=key)


def _chunks(key: str, answer: "GetObjectOutputTypeDef") -> Iterator[bytes]:
    received = 0
    with translated(key), closing(answer["Body"]) as body:
        for chunk in body.iter_chunks(CHUNK_BYTES):
            received += len(chunk)
            yield chunk
    _whole(key, received, answer["ContentLength"])


def _whole(key: str, received: int, expected: int) -> None:
    if received != expected:
        raise Damaged(
            f"{key} broke off: {received} of {expected} bytes arrived. Read it again.", code="Damaged"
        )
