"""Who may do what: every action and resource of the deployed roles, and what the bucket and the queues refuse."""

import json
from typing import Any

import boto3
import pytest

from tests.provision_aws import ACCOUNT, BUCKET, REGION, AwsAccount, aws

__all__ = ["aws"]

PHOTOS = [
    f"arn:aws:s3:::{BUCKET}/{prefix}/*" for prefix in ("exports", "incoming", "originals", "renditions")
]
PARAMETERS = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/photosky/production"
WORK = f"arn:aws:sqs:{REGION}:{ACCOUNT}:photosky-production-work"


def log_group(function: str) -> str:
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{function}:*"


def grants(role: str) -> dict[str, list[str]]:
    """Return the deployed role's actions, each with the resources on which it is allowed."""
    iam = boto3.client("iam", region_name=REGION)
    document: Any = iam.get_role_policy(RoleName=role, PolicyName="zappa-permissions")["PolicyDocument"]
    assert {statement["Effect"] for statement in document["Statement"]} == {"Allow"}
    allowed: dict[str, list[str]] = {}
    for statement in document["Statement"]:
        for action in statement["Action"]:
            allowed.setdefault(action, []).extend(statement["Resource"])
    return {action: sorted(resources) for action, resources in allowed.items()}


def of_both(function: str) -> dict[str, list[str]]:
    return {
        "s3:GetObject": sorted([*PHOTOS, f"arn:aws:s3:::{BUCKET}/static/*"]),
        "s3:PutObject": PHOTOS,
        "s3:DeleteObject": PHOTOS,
        "s3:AbortMultipartUpload": PHOTOS,
        "s3:ListMultipartUploadParts": PHOTOS,
        "s3:ListBucket": [f"arn:aws:s3:::{BUCKET}"],
        "s3:ListBucketMultipartUploads": [f"arn:aws:s3:::{BUCKET}"],
        "ssm:GetParametersByPath": [PARAMETERS, f"{PARAMETERS}/*"],
        "logs:CreateLogStream": [log_group(function)],
        "logs:PutLogEvents": [log_group(function)],
        "sqs:SendMessage": [WORK],
    }


def test_the_web_role_may_do_this_and_no_more(aws: AwsAccount) -> None:
    aws.provision()
    assert grants("photosky-production") == of_both("photosky-production")


def test_the_worker_role_may_do_this_and_no_more(aws: AwsAccount) -> None:
    aws.provision()
    assert grants("photosky-production-worker") == {
        **of_both("photosky-production-worker"),
        "sqs:ReceiveMessage": [WORK],
        "sqs:DeleteMessage": [WORK],
        "sqs:ChangeMessageVisibility": [WORK],
        "sqs:GetQueueAttributes": [WORK],
    }


@pytest.mark.parametrize("role", ["photosky-production", "photosky-production-worker"])
def test_no_role_has_a_wildcard_action_or_every_resource_or_can_delete_a_version(
    aws: AwsAccount, role: str
) -> None:
    aws.provision()
    for action, resources in grants(role).items():
        assert "*" not in action
        assert "Version" not in action
        assert "*" not in resources
        assert all(BUCKET in resource or f":{ACCOUNT}:" in resource for resource in resources)


@pytest.mark.parametrize("role", ["photosky-production", "photosky-production-worker"])
def test_only_lambda_may_take_a_role(aws: AwsAccount, role: str) -> None:
    aws.provision()
    trust: Any = boto3.client("iam", region_name=REGION).get_role(RoleName=role)["Role"][
        "AssumeRolePolicyDocument"
    ]
    [statement] = trust["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"


def test_without_a_parameter_path_no_parameter_may_be_read(aws: AwsAccount) -> None:
    aws.configure(PHOTOSKY_PARAMETERS="")
    aws.provision()
    assert not [action for action in grants("photosky-production") if action.startswith("ssm:")]


def test_zappas_policy_files_hold_the_very_policies_of_the_roles(aws: AwsAccount) -> None:
    aws.provision()
    iam = boto3.client("iam", region_name=REGION)
    for file, role in (("web", "photosky-production"), ("worker", "photosky-production-worker")):
        written = json.loads((aws.settings_file.parent / f"build/{file}.json").read_text(encoding="utf-8"))
        assert iam.get_role_policy(RoleName=role, PolicyName="zappa-permissions")["PolicyDocument"] == written


def test_a_role_that_both_stages_share_may_write_both_logs_and_work(aws: AwsAccount) -> None:
    stages = json.loads(aws.settings_file.read_text(encoding="utf-8"))
    stages["production_worker"].update(role_name="photosky-production", attach_policy="build/web.json")
    aws.settings_file.write_text(json.dumps(stages), encoding="utf-8")
    aws.provision()
    allowed = grants("photosky-production")
    assert allowed["logs:PutLogEvents"] == [
        log_group("photosky-production-worker"),
        log_group("photosky-production"),
    ]
    assert allowed["sqs:ReceiveMessage"] == [WORK]


def statements(document: str) -> dict[str, Any]:
    return {statement["Sid"]: statement for statement in json.loads(document)["Statement"]}


def test_the_bucket_refuses_plain_http_and_the_old_signature_to_everybody(aws: AwsAccount) -> None:
    aws.provision()
    policy = statements(boto3.client("s3", region_name=REGION).get_bucket_policy(Bucket=BUCKET)["Policy"])
    everything = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    assert set(policy) == {"DenyPlainHttp", "DenySignatureVersion2"}
    for statement in policy.values():
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
        assert statement["Resource"] == everything
    assert policy["DenyPlainHttp"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert policy["DenySignatureVersion2"]["Condition"] == {"StringEquals": {"s3:signatureversion": "AWS"}}


def test_a_cdn_may_read_renditions_and_static_files_and_no_original(aws: AwsAccount) -> None:
    distribution = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1EXAMPLE"
    aws.configure(PHOTOSKY_CDN_DISTRIBUTION_ARN=distribution)
    aws.provision()
    policy = statements(boto3.client("s3", region_name=REGION).get_bucket_policy(Bucket=BUCKET)["Policy"])
    cdn = policy["CdnReadsRenditions"]
    assert cdn["Resource"] == [f"arn:aws:s3:::{BUCKET}/renditions/*", f"arn:aws:s3:::{BUCKET}/static/*"]
    assert cdn["Condition"] == {"StringEquals": {"AWS:SourceArn": distribution}}
    assert cdn["Action"] == "s3:GetObject"


def test_only_this_accounts_bucket_may_speak_to_the_queue_and_only_over_tls(aws: AwsAccount) -> None:
    aws.provision()
    sqs = boto3.client("sqs", region_name=REGION)
    url = sqs.get_queue_url(QueueName="photosky-production-work")["QueueUrl"]
    policy = statements(
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    )
    speaking = policy["BucketTellsOfUploads"]
    assert speaking["Principal"] == {"Service": "s3.amazonaws.com"}
    assert speaking["Condition"] == {
        "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{BUCKET}"},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }
    assert policy["DenyPlainHttp"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(policy) == 2


def test_zappa_finds_nothing_to_change_in_the_provisioned_roles(aws: AwsAccount) -> None:
    from zappa.core import Zappa

    aws.provision()
    for function in aws.config.functions:
        zappa = Zappa(boto_session=boto3.Session(region_name=REGION), desired_role_name=function.role_name)
        assert function.attach_policy is not None
        assert function.assume_policy is not None
        zappa.attach_policy = function.attach_policy.read_text(encoding="utf-8")
        zappa.assume_policy = function.assume_policy.read_text(encoding="utf-8")
        arn, updated = zappa.create_iam_roles()
        assert arn == f"arn:aws:iam::{ACCOUNT}:role/{function.role_name}"
        assert updated is False
    assert aws.plan() == []
