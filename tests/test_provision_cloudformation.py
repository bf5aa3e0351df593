"""The CloudFormation template says the same as what is applied, and is one that CloudFormation takes."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint  # type: ignore[import-untyped]
from django.core.management import call_command

from photosky.provision.cloudformation import template
from photosky.provision.desired import desired_state
from photosky.provision.policies import Names
from tests.provision_aws import ACCOUNT, REGION, AwsAccount


@pytest.fixture
def account(tmp_path: Path) -> AwsAccount:
    """Return settings beside which there is no AWS."""
    return AwsAccount(tmp_path)


def resources(described: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [item["Properties"] for item in described["Resources"].values() if item["Type"] == f"AWS::{kind}"]


def filled_in(value: Any) -> Any:
    """Fill in the account and partition, as the stack would."""
    if isinstance(value, dict) and set(value) == {"Fn::Sub"}:
        return str(value["Fn::Sub"]).replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Partition}", "aws")
    if isinstance(value, dict):
        return {key: filled_in(item) for key, item in value.items()}
    return [filled_in(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "variables", [{}, {"PHOTOSKY_ALARM_EMAIL": "", "PHOTOSKY_SITE_URL": ""}], ids=["everything", "least"]
)
def test_the_linter_of_cloudformation_finds_nothing(account: AwsAccount, variables: dict[str, str]) -> None:
    account.configure(**variables)
    assert lint(json.dumps(template(account.config)), regions=[REGION]) == []


def test_the_linter_would_find_a_wrong_property(account: AwsAccount) -> None:
    described = template(account.config)
    described["Resources"]["Bucket"]["Properties"]["Colour"] = "blue"
    assert [match.rule.id for match in lint(json.dumps(described), regions=[REGION])] == ["E3002"]


def test_the_command_prints_the_template_and_needs_no_credentials(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    out = StringIO()
    call_command(
        "provision", "--zappa-settings", str(account.settings_file), "--print-cloudformation", stdout=out
    )
    assert json.loads(out.getvalue()) == template(account.config)


def test_policies_are_those_that_are_applied(account: AwsAccount) -> None:
    described = filled_in(template(account.config))
    state = desired_state(account.config, Names(ACCOUNT, REGION))
    assert [role["Policies"][0]["PolicyDocument"] for role in resources(described, "IAM::Role")] == [
        role.policy for role in state.roles
    ]
    assert resources(described, "S3::BucketPolicy")[0]["PolicyDocument"] == state.bucket.policy
    assert [policy["PolicyDocument"] for policy in resources(described, "SQS::QueuePolicy")] == [
        state.dead_letters.policy,
        state.queue.policy,
    ]


def test_the_bucket_outlives_its_stack(account: AwsAccount) -> None:
    bucket = template(account.config)["Resources"]["Bucket"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_nothing_is_wired_until_the_worker_is_deployed(account: AwsAccount) -> None:
    described = template(account.config)
    assert described["Parameters"]["WorkerIsDeployed"]["Default"] == "false"
    assert described["Resources"]["Mapping"]["Condition"] == "WorkerIsDeployed"
    told = described["Resources"]["Bucket"]["Properties"]["NotificationConfiguration"]["Fn::If"]
    assert (told[0], told[2]) == ("WorkerIsDeployed", {"Ref": "AWS::NoValue"})


def test_the_pages_of_the_site_and_the_lifecycle_are_the_applied_ones(account: AwsAccount) -> None:
    [bucket] = resources(template(account.config), "S3::Bucket")
    [cors] = bucket["CorsConfiguration"]["CorsRules"]
    assert cors["AllowedOrigins"] == ["https://photos.example.com"]
    assert cors["MaxAge"] == 3000
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert rules["expire-incoming"]["ExpirationInDays"] == 2
    assert rules["expire-old-versions"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 2}
