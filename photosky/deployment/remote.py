"""What the deployment asks of AWS besides what Zappa does: buckets for packages, deployed functions, their address."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from photosky.deployment.errors import DeploymentError
from photosky.deployment.stages import Deployment, Stage
from photosky.provision.account import Account
from photosky.provision.errors import error_code, explained

MISSING = frozenset({"404", "NoSuchBucket", "NotFound"})
FOREIGN = frozenset({"403", "AccessDenied"})


def bucket_state(account: Account, name: str) -> str:
    """Return "ours", "missing" or "foreign"."""
    from botocore.exceptions import ClientError

    try:
        account.s3.head_bucket(Bucket=name, ExpectedBucketOwner=account.id)
    except ClientError as error:
        if error_code(error) in MISSING:
            return "missing"
        if error_code(error) in FOREIGN:
            return "foreign"
        raise
    return "ours"


def upload_package(account: Account, deployment: Deployment, package: Path, key: str) -> str:
    """Put a package into its bucket, which is made private where it is new; returns the s3:// address for Zappa."""
    bucket = deployment.package_bucket
    with explained(f"sending the package to {bucket}"):
        if bucket_state(account, bucket) == "missing":
            _make_bucket(account, bucket)
        with package.open("rb") as body:
            account.s3.put_object(Bucket=bucket, Key=key, Body=body, ExpectedBucketOwner=account.id)
    return f"s3://{bucket}/{key}"


def remove_package(account: Account, deployment: Deployment, key: str) -> None:
    """Delete a package that Lambda has taken over: it keeps its own copy of every version."""
    with explained(f"removing the package from {deployment.package_bucket}"):
        account.s3.delete_object(Bucket=deployment.package_bucket, Key=key, ExpectedBucketOwner=account.id)


def _make_bucket(account: Account, name: str) -> None:
    # us-east-1 is the one region that must not be named (S3 API Reference, CreateBucket).
    place: Any = (
        {}
        if account.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    )
    account.s3.create_bucket(Bucket=name, **place)
    account.s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True,
        },
    )  # fmt: skip


def versions(account: Account, stage: Stage) -> list[int]:
    """Return the published versions of a function, oldest first; none where it does not exist."""
    with explained(f"looking at {stage.function}"):
        if not account.has_function(stage.function):
            return []
        pages = account.functions.get_paginator("list_versions_by_function").paginate(
            FunctionName=stage.function
        )
        found = [version["Version"] for page in pages for version in page["Versions"]]
    return sorted(int(version) for version in found if version.isdecimal())


def wait_until_ready(account: Account, stage: Stage) -> None:
    """Wait for a function that was just changed: Lambda runs the old code until then."""
    with explained(f"waiting for {stage.function}"):
        account.functions.get_waiter("function_updated_v2").wait(FunctionName=stage.function)


def invoke(account: Account, stage: Stage, event: Mapping[str, Any]) -> Any:
    """Invoke a deployed function and return its answer; raises DeploymentError with the end of its log."""
    with explained(f"invoking {stage.function}"):
        answer = account.functions.invoke(
            FunctionName=stage.function, LogType="Tail", Payload=json.dumps(event).encode()
        )
        payload = answer["Payload"].read()
    if "FunctionError" in answer:
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        raise DeploymentError(
            f"{stage.function} failed: {_message(payload)}\nThe end of its log:\n{log.strip()}"
        )
    return json.loads(payload or b"null")


def _message(payload: bytes) -> str:
    try:
        error = json.loads(payload)
        return f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return payload.decode(errors="replace")


def address(account: Account, stage: Stage) -> str:
    """Return where the gallery is: its own domain, or the address that AWS gave to the gateway or the function."""
    if stage.settings.get("domain"):
        return f"https://{stage.settings['domain']}"
    site = stage.variables.get("PHOTOSKY_SITE_URL", "").rstrip("/")
    if site and not urlsplit(site).netloc.endswith(".amazonaws.com"):
        return site
    with explained(f"looking for the address of {stage.function}"):
        if stage.settings.get("function_url_enabled"):
            return account.functions.get_function_url_config(FunctionName=stage.function)[
                "FunctionUrl"
            ].rstrip("/")
        stacks = account.session.client("cloudformation")
        resource = "ApiV2" if stage.settings.get("apigateway_version") == "v2" else "Api"
        found = stacks.describe_stack_resource(StackName=stage.function, LogicalResourceId=resource)
    api = found["StackResourceDetail"]["PhysicalResourceId"]
    return f"https://{api}.execute-api.{account.region}.amazonaws.com/{stage.name}"
