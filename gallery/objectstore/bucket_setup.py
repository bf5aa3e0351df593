"""The bucket itself: whether it can be reached, and making it what the gallery relies on."""

from typing import TYPE_CHECKING, Any

from django.conf import settings

from gallery.objectstore.connection import bucket, client, storage, translated

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CORSRuleTypeDef

CHECK_CONNECT_S = 2
CHECK_READ_S = 5
CORS_MAX_AGE_S = 3000


def ensure_bucket(origins: list[str]) -> None:
    """Make the bucket, keep versions of its objects and let pages of these origins (and no others) talk to it.

    What is right already is left alone, so a second call writes nothing.
    """
    with translated(f"bucket {bucket()}"):
        s3 = client()
        _ensure_created(s3)
        if s3.get_bucket_versioning(Bucket=bucket()).get("Status") != "Enabled":
            s3.put_bucket_versioning(Bucket=bucket(), VersioningConfiguration={"Status": "Enabled"})
        wanted = cors_rules(origins)
        if _comparable(_present_cors(s3)) != _comparable(wanted):
            if wanted:
                s3.put_bucket_cors(Bucket=bucket(), CORSConfiguration={"CORSRules": wanted})
            else:
                s3.delete_bucket_cors(Bucket=bucket())


def cors_rules(origins: list[str]) -> "list[CORSRuleTypeDef]":
    """Return the CORS rules for pages of these origins; deleting is never done by a browser."""
    if not origins:
        return []
    return [
        {
            "AllowedOrigins": sorted(origins),
            "AllowedMethods": ["GET", "HEAD", "PUT", "POST"],
            "AllowedHeaders": ["content-type", "if-none-match", "x-amz-checksum-sha256"],
            "ExposeHeaders": ["ETag", "x-amz-checksum-sha256"],
            "MaxAgeSeconds": CORS_MAX_AGE_S,
        }
    ]


def check() -> str | None:
    """Return what is wrong with the store and what to do about it in one sentence, or None. Takes 7 s at most."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    from gallery.objectstore.storage import client_config

    config = client_config(
        retries={"mode": "standard", "max_attempts": 1},
        connect_timeout=CHECK_CONNECT_S,
        read_timeout=CHECK_READ_S,
    )
    where = settings.S3.endpoint or f"AWS, region {settings.S3.region}"
    try:
        answer = storage().new_client(settings.S3.endpoint or None, config).head_bucket(Bucket=bucket())
    except ClientError as error:
        return _refusal(error, where)
    except ParamValidationError:
        return f"{bucket()!r} is no bucket name: set one of 3 to 63 lower-case letters, digits and hyphens."
    except (BotoCoreError, ValueError) as error:
        return f"The object store at {where} cannot be reached: {error} Start it, or correct the S3 settings."
    region = answer.get("BucketRegion") or settings.S3.region
    return None if region == settings.S3.region else _wrong_region(region)


def _refusal(error: "ClientError", where: str) -> str:
    answer = error.response.get("ResponseMetadata", {})
    status, region = answer.get("HTTPStatusCode"), answer.get("HTTPHeaders", {}).get("x-amz-bucket-region")
    if region and region != settings.S3.region:
        return _wrong_region(region)
    if status == 404:
        return f"There is no bucket {bucket()!r} at {where}: create it, or correct the bucket's name in the settings."
    if status == 403:
        return (
            f"The object store at {where} refuses access to bucket {bucket()!r}: check the access key, its secret and"
            " its permissions (s3:ListBucket), and that the bucket is yours."
        )
    return f"The object store at {where} answers for bucket {bucket()!r}: {error}. Check the S3 settings."


def _wrong_region(region: str) -> str:
    return (
        f"Bucket {bucket()!r} is in region {region}, not {settings.S3.region}: set the S3 region to {region}."
    )


def _ensure_created(s3: "S3Client") -> None:
    from botocore.exceptions import ClientError

    try:
        s3.head_bucket(Bucket=bucket())
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        # us-east-1 is the default and may not be named (CreateBucket, LocationConstraint).
        region: Any = settings.S3.region
        place: dict[str, Any] = (
            {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        s3.create_bucket(Bucket=bucket(), **place)


def _present_cors(s3: "S3Client") -> "list[CORSRuleTypeDef]":
    from botocore.exceptions import ClientError

    try:
        # What is read back has the shape that is written; the stubs keep two types for it.
        return s3.get_bucket_cors(Bucket=bucket())["CORSRules"]  # type: ignore[return-value]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchCORSConfiguration":
            raise
        return []


def _comparable(rules: "list[CORSRuleTypeDef]") -> list[dict[str, Any]]:
    """Return the rules without regard to the order and the case in which a server returns their lists."""
    return [
        {
            name: sorted(str(item).lower() for item in value) if isinstance(value, list) else value
            for name, value in rule.items()
        }
        for rule in rules
    ]
