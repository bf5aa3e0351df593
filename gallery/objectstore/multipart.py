"""Uploads in parts, for files too large for one request: the parts are signed here and sent by the client.

S3 takes 1 to 10,000 parts of 5 MiB to 5 GiB; the last may be smaller. Each part is checked against its SHA-256.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gallery.objectstore.connection import bucket, client, signing_client, translated
from gallery.objectstore.objects import base64_sha256, hex_sha256
from gallery.objectstore.presign import SignedRequest

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import CompletedPartTypeDef

MIN_PART_BYTES = 5 * 1024 * 1024
MAX_PARTS = 10_000


@dataclass(frozen=True)
class Part:
    """A part that has arrived. `sha256` is hexadecimal, None where the store does not tell."""

    number: int
    size: int
    etag: str
    sha256: str | None


@dataclass(frozen=True)
class MultipartUpload:
    """An upload that was started and neither completed nor aborted."""

    key: str
    upload_id: str
    started: datetime


def multipart_start(key: str, content_type: str) -> str:
    """Begin an upload in parts and return its id; it takes up room until it is completed or aborted."""
    with translated(key):
        answer = client().create_multipart_upload(
            Bucket=bucket(), Key=key, ContentType=content_type, ChecksumAlgorithm="SHA256"
        )
    return answer["UploadId"]


def multipart_sign(
    key: str, upload_id: str, parts: Iterable[tuple[int, int, str]], *, expires_s: int
) -> list[SignedRequest]:
    """Sign the upload of parts, each given as (number from 1, bytes, SHA-256 in hex); S3 refuses any other bytes."""
    signer = signing_client()
    requests = []
    for number, size, sha256_hex in parts:
        checksum = base64_sha256(sha256_hex)
        url = signer.generate_presigned_url(
            "upload_part",
            Params={
                "Bucket": bucket(),
                "Key": key,
                "UploadId": upload_id,
                "PartNumber": number,
                "ContentLength": size,
                "ChecksumSHA256": checksum,
            },
            ExpiresIn=expires_s,
        )
        requests.append(SignedRequest("PUT", url, {"x-amz-checksum-sha256": checksum}))
    return requests


def multipart_put(key: str, upload_id: str, number: int, data: bytes, *, sha256: str) -> str:
    """Send a part from here and return its ETag; S3 checks its SHA-256 (hex). A part sent again replaces the first."""
    with translated(key):
        answer = client().upload_part(
            Bucket=bucket(),
            Key=key,
            UploadId=upload_id,
            PartNumber=number,
            Body=data,
            ChecksumSHA256=base64_sha256(sha256),
        )
    return answer["ETag"].strip('"')


def multipart_parts(key: str, upload_id: str) -> list[Part]:
    """Return the parts that have arrived, in order. Raises ObjectStoreError (NoSuchUpload) for one that is over."""
    pages = client().get_paginator("list_parts").paginate(Bucket=bucket(), Key=key, UploadId=upload_id)
    with translated(key):
        return [
            Part(
                number=found["PartNumber"],
                size=found["Size"],
                etag=found["ETag"].strip('"'),
                sha256=hex_sha256(found["ChecksumSHA256"]) if found.get("ChecksumSHA256") else None,
            )
            for page in pages
            for found in page.get("Parts", [])
        ]


def multipart_complete(key: str, upload_id: str, parts: Iterable[Part], *, if_absent: bool = True) -> None:
    """Make the parts one object. With `if_absent` a key that is taken raises AlreadyExists and stays as it is.

    Every part needs its SHA-256: S3 demands here what was signed. Where multipart_parts could not tell it (SeaweedFS),
    put in the one that was signed, with dataclasses.replace.
    """
    listed: list[CompletedPartTypeDef] = [
        {"PartNumber": part.number, "ETag": part.etag, "ChecksumSHA256": base64_sha256(part.sha256 or "")}
        for part in sorted(parts, key=lambda part: part.number)
    ]
    condition: dict[str, Any] = {"IfNoneMatch": "*"} if if_absent else {}
    with translated(key):
        client().complete_multipart_upload(
            Bucket=bucket(), Key=key, UploadId=upload_id, MultipartUpload={"Parts": listed}, **condition
        )


def multipart_abort(key: str, upload_id: str) -> None:
    """Give up an upload and free its parts. Raises ObjectStoreError (NoSuchUpload) for one that is over."""
    with translated(key):
        client().abort_multipart_upload(Bucket=bucket(), Key=key, UploadId=upload_id)


def multipart_list(prefix: str) -> Iterator[MultipartUpload]:
    """Yield the uploads under a prefix that are neither completed nor aborted."""
    pages = client().get_paginator("list_multipart_uploads").paginate(Bucket=bucket(), Prefix=prefix)
    with translated(f"the uploads in parts under {prefix or 'everything'}"):
        for page in pages:
            for found in page.get("Uploads", []):
                yield MultipartUpload(found["Key"], found["UploadId"], found["Initiated"])
