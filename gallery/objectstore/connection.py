"""The one place that reaches for boto3: gives out the client and turns botocore's errors into ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings

from gallery.objectstore.errors import (
    AccessDenied,
    AlreadyExists,
    Damaged,
    NotFound,
    ObjectStoreError,
    Unavailable,
)

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from types_boto3_s3 import S3Client

    from gallery.objectstore.storage import PhotoStorage

MISSING = {"NoSuchKey", "NotFound", "404", "NoSuchVersion"}
TAKEN = {"PreconditionFailed", "412"}
BUSY = {
    "ConditionalRequestConflict",
    "InternalError",
    "OperationAborted",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
REFUSED = {"AccessDenied", "403", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}
SPOILT = {"BadDigest", "XAmzContentChecksumMismatch", "InvalidDigest", "XAmzContentSHA256Mismatch"}


def storage() -> "PhotoStorage":
    """Return Django's default storage, which must be ours."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.files.storage import storages

    from gallery.objectstore.storage import PhotoStorage

    found = storages["default"]
    if not isinstance(found, PhotoStorage):
        raise ImproperlyConfigured(
            "STORAGES['default'] is not the object store: set its BACKEND to gallery.objectstore.storage.PhotoStorage."
        )
    return found


def client() -> "S3Client":
    """Return the shared boto3 client for requests that this program makes."""
    return storage().client


def signing_client() -> "S3Client":
    """Return the shared boto3 client for requests that a browser will make."""
    return storage().signing_client


def bucket() -> str:
    """Return the name of the one bucket."""
    name: str = settings.S3.bucket
    return name


@contextmanager
def translated(subject: str) -> Iterator[None]:
    """Run a request about `subject` (a key, or the bucket) and raise our errors in place of botocore's."""
    from botocore.exceptions import BotoCoreError, ClientError, FlexibleChecksumError, IncompleteReadError

    try:
        yield
    except ClientError as error:
        raise _ours(error, subject) from error
    except (FlexibleChecksumError, IncompleteReadError) as error:
        raise Damaged(f"{subject} arrived damaged: {error}. Read it again.", code="Damaged") from error
    except BotoCoreError as error:
        raise _unanswered(error, subject) from error


def _ours(error: "ClientError", subject: str) -> ObjectStoreError:
    code = error.response.get("Error", {}).get("Code", "Unknown")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in MISSING:
        return NotFound(f"The object store holds no {subject}.", code=code)
    if code in TAKEN:
        return AlreadyExists(f"{subject} is there already and was left as it was.", code=code)
    if code in BUSY or status >= 500:
        return Unavailable(f"The object store is busy ({code}) with {subject}: try again.", code=code)
    if code in REFUSED or status == 403:
        return AccessDenied(
            f"The object store refuses {subject} ({code}): check the access key and its permissions.",
            code=code,
        )
    if code in SPOILT:
        return Damaged(
            f"The bytes sent for {subject} do not match their checksum: send them again.", code=code
        )
    return ObjectStoreError(f"The object store refuses {subject}: {error}.", code=code)


def _unanswered(error: Exception, subject: str) -> ObjectStoreError:
    """Tell a store that cannot be reached from a request that can never be made (no credentials, a bad parameter)."""
    from botocore.exceptions import ConnectionError as NoConnection
    from botocore.exceptions import HTTPClientError

    if isinstance(error, HTTPClientError | NoConnection):
        return Unavailable(f"The object store does not answer about {subject}: {error}", code="Unreachable")
    return ObjectStoreError(
        f"The object store cannot be asked about {subject}: {error}", code=type(error).__name__
    )
