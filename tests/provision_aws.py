"""An AWS account for the tests of provisioning: moto, with the calls of Budgets that moto 5.2.5 lacks added here."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import botocore.loaders
import botocore.session
import pytest
from django.core.management import call_command
from moto import mock_aws
from moto.budgets.responses import BudgetsResponse

from photosky.provision.account import READ_VERBS, Account
from photosky.provision.acts import Stage
from photosky.provision.config import ProvisionConfig, read_config
from photosky.provision.parts import Change

REGION = "eu-central-1"
ACCOUNT = "123456789012"
BUCKET = "photosky-photos-alice"
SITE = "https://photos.example.com"
LOADER = botocore.loaders.create_loader(None)


class AwsAccount:
    """The account under test, what the command asked of it, and Zappa's settings beside it."""

    def __init__(self, folder: Path) -> None:
        self.settings_file = folder / "zappa_settings.json"
        self.calls: list[str] = []
        self.said: list[str] = []
        self._accounts: dict[str, Account] = {}
        self.configure()

    def configure(self, *, region: str = REGION, **variables: str) -> None:
        base = {"project_name": "photosky", "aws_region": region, "s3_bucket": "photosky-packages"}
        named = {
            "PHOTOSKY_BUCKET": BUCKET,
            "PHOTOSKY_SITE_URL": SITE,
            "PHOTOSKY_ALARM_EMAIL": "alice@example.com",
            "PHOTOSKY_PARAMETERS": "/photosky/production/",
        }
        stages = {
            "base": {**base, "aws_environment_variables": {**named, **variables}},
            "production": {
                "extends": "base",
                "role_name": "photosky-production",
                "attach_policy": "build/web.json",
                "assume_policy": "build/trust.json",
            },
            "production_worker": {
                "extends": "base",
                "timeout_seconds": 300,
                "role_name": "photosky-production-worker",
                "attach_policy": "build/worker.json",
                "assume_policy": "build/trust.json",
            },
        }
        self.settings_file.write_text(json.dumps(stages), encoding="utf-8")

    @property
    def config(self) -> ProvisionConfig:
        return read_config("production", settings_file=self.settings_file, environment={})

    def stage(self, *, read_only: bool = False) -> Stage:
        """Sign in anew, so that a test may hook into this run alone."""
        config = self.config
        return Stage(config, Account(config.region, read_only=read_only, on_call=self.calls.append))

    def plan(self) -> list[Change]:
        return Stage(self.config, self._signed_in()).plan()

    def provision(self) -> None:
        stage = Stage(self.config, self._signed_in())
        stage.apply(stage.plan(), self.said.append, sleep=lambda _: None)

    def _signed_in(self) -> Account:
        region = self.config.region
        if region not in self._accounts:
            self._accounts[region] = Account(region, read_only=False, on_call=self.calls.append)
        return self._accounts[region]

    def deploy(self) -> None:
        """Do what Zappa does to the account: two functions with the provisioned roles."""
        functions = boto3.client("lambda", region_name=REGION)
        for function in self.config.functions:
            role = f"arn:aws:iam::{ACCOUNT}:role/{function.role_name}"
            functions.create_function(
                FunctionName=function.name,
                Runtime="python3.13",
                Role=role,
                Handler="handler.lambda_handler",
                Code={"ZipFile": b"not run"},
            )

    def undeploy(self) -> None:
        for function in self.config.functions:
            boto3.client("lambda", region_name=REGION).delete_function(FunctionName=function.name)

    def put(self, key: str, body: bytes) -> None:
        """Put an object; moto knows no conditions of a policy and would refuse whatever the policy denies to some."""
        s3 = boto3.client("s3", region_name=REGION)
        policy = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
        s3.delete_bucket_policy(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if not call.startswith(READ_VERBS)]


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


def manage(account: AwsAccount, *arguments: str) -> str:
    out = StringIO()
    call_command(
        "provision", "--zappa-settings", str(account.settings_file), *arguments, stdout=out, no_color=True
    )
    return out.getvalue()


def attributes(name: str) -> dict[str, Any]:
    sqs = client("sqs")
    answer = sqs.get_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], AttributeNames=["All"]
    )
    return dict(answer["Attributes"])


def describe_subscribers_for_notification(self: Any) -> str:
    for notification in _budget(self, self._get_param("BudgetName")).notifications:
        if notification.details == self._get_param("Notification"):
            return json.dumps({"Subscribers": notification.subscribers})
    return json.dumps({"Subscribers": []})


def update_budget(self: Any) -> str:
    new = self._get_param("NewBudget")
    _budget(self, new["BudgetName"]).budget.update(new)
    return "{}"


def _budget(response: Any, name: str) -> Any:
    return response.backend.budgets[ACCOUNT][name]


def fill_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give moto the two calls of Budgets that it lacks, after the service's API reference."""
    for call in (describe_subscribers_for_notification, update_budget):
        monkeypatch.setattr(BudgetsResponse, call.__name__, call, raising=False)


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsAccount]:
    """Return an empty account in which nothing runs in Docker; import it into the module that tests with it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "for-moto-only")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    fill_gaps(monkeypatch)
    # Each run signs in anew; reading the services' descriptions from disk each time would be most of the test's time.
    monkeypatch.setattr(botocore.session, "create_loader", lambda *_: LOADER)
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield AwsAccount(tmp_path)
