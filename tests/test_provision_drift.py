"""Looking: what differs is found, named and mended, and a look never writes."""

import json
from typing import Any

import pytest
from django.core.management import CommandError

from photosky.provision.errors import ProvisionError
from tests.provision_aws import BUCKET, AwsAccount, attributes, aws, client, manage

__all__ = ["aws"]


def _public(aws: AwsAccount) -> None:
    client("s3").delete_public_access_block(Bucket=BUCKET)


def _forgetful(aws: AwsAccount) -> None:
    client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})


def _open_policy(aws: AwsAccount) -> None:
    client("s3").delete_bucket_policy(Bucket=BUCKET)


def _eager_queue(aws: AwsAccount) -> None:
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName="photosky-production-work")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})


def _mighty_role(aws: AwsAccount) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    client("iam").put_role_policy(
        RoleName="photosky-production", PolicyName="zappa-permissions", PolicyDocument=json.dumps(document)
    )


def _second_policy(aws: AwsAccount) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    client("iam").put_role_policy(
        RoleName="photosky-production", PolicyName="besides", PolicyDocument=json.dumps(document)
    )


def _trusting_role(aws: AwsAccount) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    client("iam").update_assume_role_policy(
        RoleName="photosky-production",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )


def _endless_logs(aws: AwsAccount) -> None:
    client("logs").delete_retention_policy(logGroupName="/aws/lambda/photosky-production")


def _mute_alarm(aws: AwsAccount) -> None:
    client("cloudwatch").disable_alarm_actions(AlarmNames=["photosky-production-dead-letters"])


def _lost_policy_file(aws: AwsAccount) -> None:
    (aws.settings_file.parent / "build/web.json").write_text("{}", encoding="utf-8")


@pytest.mark.parametrize(
    ("drift", "named"),
    [
        (_public, "block public access"),
        (_forgetful, "versioning"),
        (_open_policy, "policy"),
        (_eager_queue, "queue photosky-production-work"),
        (_mighty_role, "role photosky-production: policy"),
        (_second_policy, "role photosky-production: nothing besides"),
        (_trusting_role, "role photosky-production"),
        (_endless_logs, "log group /aws/lambda/photosky-production"),
        (_mute_alarm, "alarm photosky-production-dead-letters"),
        (_lost_policy_file, "build/web.json"),
    ],
)
def test_drift_is_found_named_and_mended(aws: AwsAccount, drift: Any, named: str) -> None:
    aws.provision()
    drift(aws)
    [change] = aws.plan()
    assert named in change.lines()[0]
    aws.provision()
    assert aws.plan() == []


def test_check_exits_with_1_on_drift_and_writes_nothing(aws: AwsAccount) -> None:
    aws.provision()
    assert "Everything is as wanted." in manage(aws, "--check")
    _eager_queue(aws)
    with pytest.raises(CommandError, match="1 parts differ") as raised:
        manage(aws, "--check")
    assert raised.value.returncode == 1
    assert attributes("photosky-production-work")["VisibilityTimeout"] == "30"


def test_plan_shows_a_difference_line_by_line_and_changes_nothing(aws: AwsAccount) -> None:
    aws.provision()
    _eager_queue(aws)
    out = manage(aws, "--plan")
    assert '    -  "VisibilityTimeout": "30"' in out
    assert '    +  "VisibilityTimeout": "1800"' in out
    assert attributes("photosky-production-work")["VisibilityTimeout"] == "30"


def test_plan_of_an_empty_account_makes_nothing(aws: AwsAccount) -> None:
    assert f"+ bucket {BUCKET}" in manage(aws, "--plan")
    assert client("s3").list_buckets()["Buckets"] == []
    assert not (aws.settings_file.parent / "build").exists()


def test_check_passes_before_the_deployment_and_fails_after_it_until_the_worker_is_wired(
    aws: AwsAccount,
) -> None:
    aws.provision()
    manage(aws, "--check")
    aws.deploy()
    with pytest.raises(CommandError, match="2 parts differ"):
        manage(aws, "--check")


def test_a_look_that_would_write_is_refused(aws: AwsAccount) -> None:
    stage = aws.stage(read_only=True)
    with pytest.raises(ProvisionError, match="CreateBucket would write"):
        stage.apply(stage.plan(), aws.said.append, sleep=lambda _: None)
    assert client("s3").list_buckets()["Buckets"] == []
