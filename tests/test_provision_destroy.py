"""Removing a stage: the photos stay unless their bucket is named, and nothing half-removed is left behind."""

from typing import Any

import pytest
from django.core.management import CommandError

from tests.provision_aws import BUCKET, AwsAccount, aws, client, manage

__all__ = ["aws"]


def test_destroy_keeps_the_photos_and_everything_that_protects_them(aws: AwsAccount) -> None:
    aws.provision()
    aws.put("originals/one", b"photo")
    out = manage(aws, "--destroy")
    assert f"kept: bucket {BUCKET}" in out
    [kept] = client("s3").list_object_versions(Bucket=BUCKET)["Versions"]
    assert (kept["Key"], kept["Size"]) == ("originals/one", len(b"photo"))
    assert client("s3").get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert client("sqs").list_queues().get("QueueUrls", []) == []
    assert client("iam").list_roles()["Roles"] == []
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert client("logs").describe_log_groups()["logGroups"] == []
    assert client("sns").list_topics()["Topics"] == []


def test_destroy_again_finds_nothing_more_to_remove(aws: AwsAccount) -> None:
    aws.provision()
    manage(aws, "--destroy")
    assert "removed:" not in manage(aws, "--destroy")


def test_destroy_deletes_the_photos_only_by_the_very_name_of_the_bucket(aws: AwsAccount) -> None:
    aws.provision()
    with pytest.raises(CommandError, match="nothing was removed"):
        manage(aws, "--destroy", "--delete-photos", "photosky")
    assert len(client("iam").list_roles()["Roles"]) == 2
    manage(aws, "--destroy", "--delete-photos", BUCKET)
    assert client("s3").list_buckets()["Buckets"] == []


def test_deleting_the_photos_leaves_no_version_and_no_unfinished_upload(aws: AwsAccount) -> None:
    aws.provision()
    # moto knows no conditions of a policy, and would refuse these objects to everybody.
    client("s3").delete_bucket_policy(Bucket=BUCKET)
    s3 = client("s3")
    for number in range(7):
        s3.put_object(Bucket=BUCKET, Key=f"originals/{number}", Body=b"photo")
    s3.put_object(Bucket=BUCKET, Key="originals/0", Body=b"second version")
    s3.delete_object(Bucket=BUCKET, Key="originals/1")
    s3.create_multipart_upload(Bucket=BUCKET, Key="incoming/unfinished")
    stage = aws.stage()

    def small_pages(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = 4

    stage.account.session.events.register("provide-client-params.s3.ListObjectVersions", small_pages)
    stage.destroy(aws.said.append, photos=BUCKET)
    assert [said for said in aws.said if said.startswith("deleted 9 versions")]
    assert s3.list_buckets()["Buckets"] == []


def test_delete_photos_without_destroy_is_refused(aws: AwsAccount) -> None:
    with pytest.raises(CommandError, match="goes with --destroy only"):
        manage(aws, "--delete-photos", BUCKET)
    assert client("s3").list_buckets()["Buckets"] == []


def test_destroy_is_refused_while_the_functions_are_deployed(aws: AwsAccount) -> None:
    aws.provision()
    aws.deploy()
    with pytest.raises(CommandError, match="zappa undeploy"):
        manage(aws, "--destroy")
    assert len(client("iam").list_roles()["Roles"]) == 2
