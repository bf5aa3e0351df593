"""The bucket's parts: first that it exists and is locked, then how long things stay and which pages may talk to it."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from photosky.provision.account import Account, found
from photosky.provision.desired import Bucket
from photosky.provision.errors import ProvisionError, error_code, explained
from photosky.provision.parts import Part, Report
from photosky.provision.policies import comparable

NO_BUCKET = "NoSuchBucket"
# S3 answers so while it still works on an earlier change of the same bucket, or has not yet heard of the bucket.
BUSY = frozenset({"OperationAborted", NO_BUCKET})


def bucket_parts(account: Account, bucket: Bucket) -> list[Part]:
    """Return the bucket's parts, in order."""
    existence = Part(
        f"bucket {bucket.name}",
        {"region": bucket.region},
        lambda: present_region(account, bucket.name),
        lambda _: _create(account, bucket),
    )
    return [existence, *_locks(account, bucket), *_rules(account, bucket)]


def _locks(account: Account, bucket: Bucket) -> list[Part]:
    part, s3 = partial(_setting, account, bucket), account.s3
    blocks: Any = dict.fromkeys(bucket.public_access_blocks, True)
    encryption: Any = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": bucket.encryption}}]
    ownership: Any = [{"ObjectOwnership": bucket.ownership}]
    versioning: Any = bucket.versioning
    return [
        part(
            "block public access",
            blocks,
            s3.get_public_access_block,
            lambda answer: answer["PublicAccessBlockConfiguration"],
            partial(s3.put_public_access_block, PublicAccessBlockConfiguration=blocks),
            "NoSuchPublicAccessBlockConfiguration",
        ),
        part(
            "ownership",
            ownership,
            s3.get_bucket_ownership_controls,
            lambda answer: answer["OwnershipControls"]["Rules"],
            partial(s3.put_bucket_ownership_controls, OwnershipControls={"Rules": ownership}),
            "OwnershipControlsNotFoundError",
        ),
        part(
            "encryption",
            encryption,
            s3.get_bucket_encryption,
            _encryption,
            partial(s3.put_bucket_encryption, ServerSideEncryptionConfiguration={"Rules": encryption}),
            "ServerSideEncryptionConfigurationNotFoundError",
        ),
        part(
            "versioning",
            versioning,
            s3.get_bucket_versioning,
            lambda answer: answer.get("Status"),
            partial(s3.put_bucket_versioning, VersioningConfiguration={"Status": versioning}),
        ),
    ]


def _rules(account: Account, bucket: Bucket) -> list[Part]:
    part, s3 = partial(_setting, account, bucket), account.s3
    lifecycle: Any = bucket.lifecycle
    return [
        part(
            "policy",
            comparable(bucket.policy),
            s3.get_bucket_policy,
            lambda answer: comparable(json.loads(answer["Policy"])),
            partial(s3.put_bucket_policy, Policy=json.dumps(bucket.policy)),
            "NoSuchBucketPolicy",
        ),
        part(
            "lifecycle",
            _by_id(bucket.lifecycle),
            s3.get_bucket_lifecycle_configuration,
            lambda answer: _by_id(answer["Rules"]),
            partial(s3.put_bucket_lifecycle_configuration, LifecycleConfiguration={"Rules": lifecycle}),
            "NoSuchLifecycleConfiguration",
        ),
        _cors(account, bucket),
    ]


def _cors(account: Account, bucket: Bucket) -> Part:
    s3 = account.s3
    owned: dict[str, Any] = {"Bucket": bucket.name, "ExpectedBucketOwner": account.id}
    wanted = [_sorted_lists(rule) for rule in bucket.cors]

    def read() -> Any:
        answer = found(lambda: s3.get_bucket_cors(**owned), "NoSuchCORSConfiguration", NO_BUCKET)
        if answer is None:
            return None if wanted else []
        return [_sorted_lists(rule) for rule in answer["CORSRules"]]

    def write(_: Any) -> None:
        rules: Any = bucket.cors
        if rules:
            s3.put_bucket_cors(CORSConfiguration={"CORSRules": rules}, **owned)
        else:
            s3.delete_bucket_cors(**owned)

    return Part(f"bucket {bucket.name}: CORS", wanted, read, write, transient=BUSY)


def _setting(
    account: Account,
    bucket: Bucket,
    name: str,
    wanted: Any,
    get: Callable[..., Any],
    shape: Callable[[Any], Any],
    put: Callable[..., Any],
    absent: str = NO_BUCKET,
) -> Part:
    """Return a part that one call reads and one call writes, both only if the bucket is this account's."""
    owned = {"Bucket": bucket.name, "ExpectedBucketOwner": account.id}

    def read() -> Any:
        answer = found(lambda: get(**owned), absent, NO_BUCKET)
        return None if answer is None else shape(answer)

    return Part(f"bucket {bucket.name}: {name}", wanted, read, lambda _: put(**owned), transient=BUSY)


def present_region(account: Account, name: str) -> dict[str, str] | None:
    """Return where the bucket is, None if there is none; refuse one that is not ours or is elsewhere."""
    from botocore.exceptions import ClientError

    owned = {"Bucket": name, "ExpectedBucketOwner": account.id}
    try:
        answer = found(lambda: account.s3.head_bucket(**owned), "404", NO_BUCKET)
    except ClientError as error:
        if error_code(error) == "403":
            raise _not_ours(account, name) from error
        raise
    if answer is None:
        return None
    # GetBucketLocation names us-east-1 by nothing at all.
    region = (
        answer.get("BucketRegion")
        or account.s3.get_bucket_location(**owned).get("LocationConstraint")
        or "us-east-1"
    )
    if region != account.region:
        raise ProvisionError(
            f"Bucket {name} is in region {region}, but the functions are deployed to {account.region}: set aws_region to"
            f" {region}, or PHOTOSKY_BUCKET to a new name."
        )
    return {"region": region}


def _not_ours(account: Account, name: str) -> ProvisionError:
    return ProvisionError(
        f"Bucket {name} belongs to somebody else, or this identity of account {account.id} may not look at it"
        " (s3:ListBucket): set PHOTOSKY_BUCKET to a name of your own, or sign in to the account that has it."
    )


def _create(account: Account, bucket: Bucket) -> None:
    from botocore.exceptions import ClientError

    # us-east-1 is S3's default and may not be named (CreateBucket, LocationConstraint).
    place: dict[str, Any] = (
        {}
        if bucket.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": bucket.region}}
    )
    ownership: Any = bucket.ownership
    try:
        account.s3.create_bucket(Bucket=bucket.name, ObjectOwnership=ownership, **place)
    except ClientError as error:
        if error_code(error) == "BucketAlreadyExists":
            raise _not_ours(account, bucket.name) from error
        raise


def delete_photos(account: Account, name: str, report: Report) -> None:
    """Delete the bucket with every version of every object in it. Nothing brings them back."""
    with explained(f"deleting everything in bucket {name}"):
        for upload in _uploads(account, name):
            account.s3.abort_multipart_upload(Bucket=name, ExpectedBucketOwner=account.id, **upload)
        deleted = 0
        while batch := _some_versions(account, name):
            _delete_versions(account, name, batch)
            deleted += len(batch)
            report(f"deleted {deleted} versions of bucket {name}")
        account.s3.delete_bucket(Bucket=name, ExpectedBucketOwner=account.id)
    report(f"deleted: bucket {name}")


def _uploads(account: Account, name: str) -> Iterator[dict[str, Any]]:
    pages = account.s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=name, ExpectedBucketOwner=account.id
    )
    for page in pages:
        for upload in page.get("Uploads", []):
            yield {"Key": upload["Key"], "UploadId": upload["UploadId"]}


def _some_versions(account: Account, name: str) -> list[Any]:
    """Return versions and delete markers, at most the 1,000 that one call can delete; empty when none are left."""
    page = account.s3.list_object_versions(Bucket=name, ExpectedBucketOwner=account.id)
    return [
        {"Key": version["Key"], "VersionId": version["VersionId"]}
        for version in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
    ]


def _delete_versions(account: Account, name: str, batch: list[Any]) -> None:
    answer = account.s3.delete_objects(
        Bucket=name, ExpectedBucketOwner=account.id, Delete={"Objects": batch, "Quiet": True}
    )
    if errors := answer.get("Errors"):
        raise ProvisionError(
            f"{len(errors)} objects of bucket {name} were not deleted, first {errors[0].get('Key')}:"
            f" {errors[0].get('Message')}. Correct that and run it again."
        )


def _encryption(answer: Any) -> Any:
    """Keep what is ours of the rule: S3 adds fields of its own to it."""
    keys = ("SSEAlgorithm", "KMSMasterKeyID")
    return [
        {"ApplyServerSideEncryptionByDefault": {key: rule[key] for key in keys if key in rule}}
        for rule in (
            item["ApplyServerSideEncryptionByDefault"]
            for item in answer["ServerSideEncryptionConfiguration"]["Rules"]
        )
    ]


def _by_id(rules: list[Any]) -> list[Any]:
    # S3 gives the filter for the whole bucket back either with an empty prefix or with nothing.
    filled = [{**rule, "Filter": rule.get("Filter") or {"Prefix": ""}} for rule in rules]
    return sorted(filled, key=lambda rule: str(rule.get("ID", "")))


def _sorted_lists(rule: Any) -> Any:
    return {
        key: sorted(value) if isinstance(value, list) else value for key, value in rule.items() if key != "ID"
    }
