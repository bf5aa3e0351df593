"""The stage's database: made where it is asked for, protected, opened to the functions' roles alone, and kept."""

import contextlib
import json
from typing import Any

import boto3
import pytest

from photosky.provision.cloudformation import template
from photosky.provision.policies import Names, comparable
from tests.provision_aws import ACCOUNT, BUCKET, AwsAccount, aws, manage

__all__ = ["aws"]
# One in which moto knows Aurora DSQL.
REGION = "us-east-1"
TAG = {"photosky-stage": "photosky-production"}


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


def clusters() -> list[dict[str, Any]]:
    dsql = client("dsql")
    found = []
    for item in dsql.list_clusters()["clusters"]:
        # A cluster that is being deleted is listed a while.
        with contextlib.suppress(dsql.exceptions.ResourceNotFoundException):
            found.append(dsql.get_cluster(identifier=item["identifier"]))
    return [one for one in found if one["status"] not in {"DELETING", "DELETED"}]


@pytest.fixture
def wanted(aws: AwsAccount) -> AwsAccount:
    """Return an account whose stage asks for a database."""
    aws.configure(region=REGION, PHOTOSKY_DSQL="true")
    return aws


def test_a_stage_that_asks_for_none_gets_no_database(aws: AwsAccount) -> None:
    aws.provision()
    assert not any("Cluster" in call for call in aws.calls)


def test_a_database_is_made_once_protected_and_tagged(wanted: AwsAccount) -> None:
    wanted.provision()
    [cluster] = clusters()
    assert cluster["deletionProtectionEnabled"] is True
    assert cluster["tags"] == TAG
    wanted.calls.clear()
    assert wanted.plan() == []
    assert wanted.writes == []


def test_a_database_that_lost_its_protection_gets_it_back(wanted: AwsAccount) -> None:
    wanted.provision()
    [cluster] = clusters()
    client("dsql").update_cluster(identifier=cluster["identifier"], deletionProtectionEnabled=False)
    assert [change.part.name for change in wanted.plan()] == ["cluster photosky-production"]
    wanted.provision()
    [again] = clusters()
    assert (again["identifier"], again["deletionProtectionEnabled"]) == (cluster["identifier"], True)


def test_databases_of_others_are_left_alone(wanted: AwsAccount) -> None:
    client("dsql").create_cluster(deletionProtectionEnabled=False, tags={"photosky-stage": "another"})
    wanted.provision()
    assert sorted(one["tags"]["photosky-stage"] for one in clusters()) == ["another", "photosky-production"]


def test_the_roles_may_connect_to_this_database_and_not_as_its_administrator(wanted: AwsAccount) -> None:
    wanted.provision()
    for role in ("photosky-production", "photosky-production-worker"):
        policy = client("iam").get_role_policy(RoleName=role, PolicyName="zappa-permissions")[
            "PolicyDocument"
        ]
        [statement] = [one for one in policy["Statement"] if one["Sid"] == "Database"]
        assert comparable(statement) == {
            "Sid": "Database",
            "Effect": "Allow",
            "Action": "dsql:DbConnect",
            "Resource": Names(ACCOUNT, REGION).arn("dsql", "cluster/*"),
            "Condition": {"StringEquals": {"aws:ResourceTag/photosky-stage": "photosky-production"}},
        }


def test_the_address_to_set_is_said_until_it_is_set(wanted: AwsAccount) -> None:
    said = manage(wanted)
    [cluster] = clusters()
    host = f"{cluster['identifier']}.dsql.{REGION}.on.aws"
    assert f"DATABASE_URL to dsql://photosky@{host}/postgres" in said
    wanted.configure(region=REGION, PHOTOSKY_DSQL="true", DATABASE_URL=f"dsql://photosky@{host}/postgres")
    assert "DATABASE_URL" not in manage(wanted)


def test_destroying_a_stage_keeps_its_database(wanted: AwsAccount) -> None:
    wanted.provision()
    [cluster] = clusters()
    assert f"kept: cluster {cluster['identifier']}" in manage(wanted, "--destroy")
    assert [one["identifier"] for one in clusters()] == [cluster["identifier"]]


def test_the_database_goes_with_the_photos_when_these_are_named(wanted: AwsAccount) -> None:
    wanted.provision()
    assert "every row in it" in manage(wanted, "--destroy", "--delete-photos", BUCKET)
    assert clusters() == []


def test_the_template_has_the_same_database_and_keeps_it(wanted: AwsAccount) -> None:
    cluster = template(wanted.config)["Resources"]["Cluster"]
    assert cluster["Type"] == "AWS::DSQL::Cluster"
    assert cluster["Properties"]["DeletionProtectionEnabled"] is True
    assert (cluster["DeletionPolicy"], cluster["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert "dsql:DbConnect" in json.dumps(template(wanted.config))
