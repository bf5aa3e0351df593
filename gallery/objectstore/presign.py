"""Requests that a browser or the command line sends to the store itself, signed here so that S3 checks them.

Signing asks the network nothing. A signed request dies with the credentials that signed it, whatever its expiry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gallery.objectstore.connection import bucket, signing_client
from gallery.objectstore.objects import base64_sha256


@dataclass(frozen=True)
class SignedRequest:
    """A request to send as it is: every header is part of the signature. The client adds Content-Length itself."""

    method: str
    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class SignedForm:
    """A multipart/form-data form: post all fields to the url, then one named `file`, which must be the last."""

    url: str
    fields: Mapping[str, str]


def presign_put(key: str, *, size: int, sha256_hex: str, content_type: str, expires_s: int) -> SignedRequest:
    """Sign the upload of exactly these bytes, once.

    S3 refuses a body of another length, hash or type, and any write to a key that is taken (412).
    """
    checksum = base64_sha256(sha256_hex)
    url = signing_client().generate_presigned_url(
        "put_object",
        Params={
            "Bucket": bucket(),
            "Key": key,
            "ContentLength": size,
            "ContentType": content_type,
            "ChecksumSHA256": checksum,
            "IfNoneMatch": "*",
        },
        ExpiresIn=expires_s,
    )
    headers = {"content-type": content_type, "if-none-match": "*", "x-amz-checksum-sha256": checksum}
    return SignedRequest("PUT", url, headers)


def presign_post(
    key: str,
    *,
    content_type: str = "image/",
    min_bytes: int = 1,
    max_bytes: int,
    expires_s: int,
    redirect: str = "",
) -> SignedForm:
    """Sign an upload form for browsers without JavaScript: this key, this range of sizes, this type, nothing else.

    A `content_type` that ends in a slash admits any type that begins so; the form then carries "image/*", which a
    script may replace. S3 knows no write-once condition for forms: sign a random key, copy what arrives to its place.
    `redirect` is where S3 sends the browser afterwards (adding bucket, key and etag); without one it answers 204.
    """
    open_ended = content_type.endswith("/")
    fields = {"Content-Type": f"{content_type}*" if open_ended else content_type}
    if redirect:
        fields["success_action_redirect"] = redirect
    else:
        fields["success_action_status"] = "204"
    conditions: list[Any] = [
        ["eq", f"${name}", value]
        for name, value in fields.items()
        if name != "Content-Type" or not open_ended
    ]
    if open_ended:
        conditions.append(["starts-with", "$Content-Type", content_type])
    conditions.append(["content-length-range", min_bytes, max_bytes])
    form = signing_client().generate_presigned_post(
        bucket(), key, Fields=fields, Conditions=conditions, ExpiresIn=expires_s
    )
    return SignedForm(form["url"], form["fields"])


def presign_get(
    key: str, *, expires_s: int, filename: str | None = None, content_type: str | None = None
) -> str:
    """Return an address to read one object from; with a filename browsers save it under that name (RFC 6266)."""
    from django.utils.http import content_disposition_header

    params: dict[str, Any] = {"Bucket": bucket(), "Key": key}
    if filename is not None:
        printable = "".join(character for character in filename if character.isprintable())
        params["ResponseContentDisposition"] = content_disposition_header(
            as_attachment=True, filename=printable.replace("/", "_")
        )
    if content_type is not None:
        params["ResponseContentType"] = content_type
    url: str = signing_client().generate_presigned_url("get_object", Params=params, ExpiresIn=expires_s)
    return url
