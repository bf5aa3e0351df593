"""What goes wrong stops before anything is changed where it can, and where it cannot, the next run goes on."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.exceptions import ClientError
from moto import mock_aws

from photosky.provision.account import READ_VERBS
from photosky.provision.errors import ProvisionError
from photosky.provision.parts import DELAYS_S, Part, apply, plan
from tests.provision_aws import ACCOUNT, BUCKET, REGION, AwsAccount, aws

__all__ = ["aws"]


class Crash(Exception):
    """The program dies here."""


def no_wait(seconds: float) -> None:
    """Stand in for sleeping."""


def is_empty() -> bool:
    buckets = boto3.client("s3", region_name=REGION).list_buckets()["Buckets"]
    queues = boto3.client("sqs", region_name=REGION).list_queues().get("QueueUrls")
    return not (buckets or queues or boto3.client("iam").list_roles()["Roles"])


def answering(status: int, body: bytes = b"") -> Any:
    """Return a handler that answers a request instead of AWS."""

    class Raw:
        def stream(self) -> Iterator[bytes]:
            yield body

    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, status, HTTPHeaders(), Raw())

    return answer


def test_without_credentials_nothing_is_asked_and_the_remedy_is_named(
    aws: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with (
        mock_aws(config={"core": {"mock_credentials": False}}),
        pytest.raises(ProvisionError, match="aws sso login"),
    ):
        aws.stage()


def test_a_region_that_does_not_exist_is_named(aws: AwsAccount) -> None:
    aws.configure(region="middle-earth")
    with pytest.raises(ProvisionError, match="AWS has no region 'middle-earth'"):
        aws.stage()


def test_a_bucket_of_somebody_else_stops_before_anything_is_changed(aws: AwsAccount) -> None:
    stage = aws.stage()
    stage.account.s3.meta.events.register("before-send.s3.HeadBucket", answering(403))
    with pytest.raises(ProvisionError, match=f"Bucket {BUCKET} belongs to somebody else.*PHOTOSKY_BUCKET"):
        stage.plan()
    assert is_empty()


def test_a_bucket_name_that_is_taken_meanwhile_stops_at_that_first_step(aws: AwsAccount) -> None:
    stage = aws.stage()
    taken = answering(409, b"<Error><Code>BucketAlreadyExists</Code><Message>taken</Message></Error>")
    stage.account.s3.meta.events.register("before-send.s3.CreateBucket", taken)
    with pytest.raises(ProvisionError, match="belongs to somebody else"):
        stage.apply(stage.plan(), aws.said.append, sleep=no_wait)
    assert aws.writes == ["CreateBucket"]


def test_a_bucket_in_another_region_stops_before_anything_is_changed(aws: AwsAccount) -> None:
    elsewhere: Any = {"LocationConstraint": "eu-west-1"}
    s3 = boto3.client("s3", region_name="eu-west-1")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=elsewhere)
    with pytest.raises(
        ProvisionError, match="is in region eu-west-1, but the functions are deployed to eu-central-1"
    ):
        aws.stage().plan()
    assert boto3.client("iam").list_roles()["Roles"] == []


def test_a_permission_that_lacks_is_named_before_anything_is_changed(aws: AwsAccount) -> None:
    stage = aws.stage()

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "DescribeBudget")

    stage.account.session.events.register("before-call.budgets.DescribeBudget", refuse)
    with pytest.raises(
        ProvisionError, match=r"AWS refuses DescribeBudget while reading budget.*docs/deploy\.md"
    ):
        stage.plan()
    assert is_empty()


def test_the_buckets_owner_is_named_in_every_call_to_the_bucket(aws: AwsAccount) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        asked.append((model.name, params))

    aws.provision()
    aws.deploy()
    stage = aws.stage()
    stage.account.session.events.register("provide-client-params.s3", note)
    boto3.client("s3", region_name=REGION).delete_bucket_policy(Bucket=BUCKET)
    stage.apply(stage.plan(), aws.said.append, sleep=no_wait)
    aws.undeploy()
    stage.destroy(aws.said.append, photos=BUCKET)
    assert {name for name, params in asked if params.get("ExpectedBucketOwner") != ACCOUNT} == set()
    assert {"PutBucketPolicy", "PutBucketNotificationConfiguration", "DeleteBucket"} <= {
        name for name, _ in asked
    }


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_however_often_it_dies_the_next_run_goes_on_to_the_end(aws: AwsAccount, moment: str) -> None:
    """Each run dies at its second write: before it is sent, or when it was done and the answer is lost."""
    roles = boto3.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    for function in aws.config.functions:
        roles.create_role(RoleName=function.role_name, AssumeRolePolicyDocument=trust)
    aws.deploy()
    runs = 0
    while True:
        runs += 1
        stage = aws.stage()
        writes: list[str] = []

        def die(model: Any, writes: list[str] = writes, **_: Any) -> None:
            if not model.name.startswith(READ_VERBS):
                writes.append(model.name)
                if len(writes) == 2:
                    raise Crash(model.name)

        stage.account.session.events.register(moment, die)
        try:
            stage.apply(stage.plan(), aws.said.append, sleep=no_wait)
        except Crash:
            continue
        break
    assert runs > 10
    assert aws.plan() == []


def test_a_role_that_is_not_yet_known_everywhere_is_waited_for(aws: AwsAccount) -> None:
    aws.provision()
    aws.deploy()
    stage, refusals = aws.stage(), iter(range(3))
    waited: list[float] = []

    def refuse(**_: Any) -> None:
        if next(refusals, None) is not None:
            raise ClientError(
                {"Error": {"Code": "InvalidParameterValueException"}}, "CreateEventSourceMapping"
            )

    stage.account.session.events.register("before-call.lambda.CreateEventSourceMapping", refuse)
    stage.apply(stage.plan(), aws.said.append, sleep=waited.append)
    assert tuple(waited) == DELAYS_S[:3]
    assert aws.plan() == []


def test_what_aws_shows_late_is_waited_for() -> None:
    answers = iter(["old", "old", "new"])
    waited: list[float] = []
    part = Part("queue", "new", lambda: next(answers), lambda _: None)
    apply(plan([part]), no_report, waited.append)
    assert tuple(waited) == DELAYS_S[:1]


def test_what_aws_never_shows_is_said_after_a_bounded_wait() -> None:
    waited: list[float] = []
    part = Part("queue work", {"seconds": 1800}, lambda: {"seconds": 30}, lambda _: None)
    with pytest.raises(ProvisionError, match="AWS took queue work but after 87 s still answers otherwise"):
        apply(plan([part]), no_report, waited.append)
    assert sum(waited) == 87


def no_report(line: str) -> None:
    """Say nothing."""
