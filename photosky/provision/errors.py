"""The errors of provisioning, and AWS's own errors said with their remedy."""

from collections.abc import Iterator
from contextlib import contextmanager

SIGN_IN_AGAIN = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
    }
)
DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403"}
)


class ProvisionError(Exception):
    """Provisioning cannot go on; the text names the thing and the remedy."""


def error_code(error: Exception) -> str:
    """Return the service's code of a botocore ClientError, or nothing for any other exception."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn what boto3 raises while `doing` something into a ProvisionError with a remedy."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

    try:
        yield
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise ProvisionError(
            f"No AWS credentials while {doing}: sign in with `aws configure` or `aws sso login`, or set AWS_PROFILE."
        ) from error
    except ClientError as error:
        raise ProvisionError(_said(error, doing)) from error
    except BotoCoreError as error:
        raise ProvisionError(
            f"AWS could not be asked while {doing}: {error} Nothing was assumed; run it again."
        ) from error


def _said(error: Exception, doing: str) -> str:
    code = error_code(error)
    if code in SIGN_IN_AGAIN:
        return (
            f"AWS does not accept these credentials ({code}) while {doing}: sign in again, then run it again."
        )
    if code == "SignatureDoesNotMatch":
        return f"The secret access key is wrong, or this computer's clock is, while {doing}: correct it."
    if code in DENIED:
        operation = getattr(error, "operation_name", "this call")
        return (
            f"AWS refuses {operation} while {doing}: give the deploying identity this permission"
            " (docs/deploy.md lists them all), then run it again."
        )
    return f"AWS refused while {doing}: {error}. What was done before is kept; correct the cause and run it again."
