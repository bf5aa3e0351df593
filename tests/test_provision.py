"""Provisioning converges: what it makes, that it writes nothing twice, and that it mends what differs."""

import json
from typing import Any

import boto3
import pytest
from django.core.management import CommandError

from tests.provision_aws import ACCOUNT, BUCKET, REGION, SITE, AwsAccount, attributes, aws, client, manage

__all__ = ["aws"]


def test_the_bucket_is_private_versioned_and_encrypted(aws: AwsAccount) -> None:
    aws.provision()
    s3 = client("s3")
    assert set(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    [rule] = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    [owner] = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert owner["ObjectOwnership"] == "BucketOwnerEnforced"
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] == REGION


def test_the_bucket_may_be_in_the_region_that_has_no_location_constraint(aws: AwsAccount) -> None:
    aws.configure(region="us-east-1")
    aws.provision()
    assert boto3.client("s3").get_bucket_location(Bucket=BUCKET)["LocationConstraint"] is None
    assert aws.plan() == []


def test_old_versions_and_unfinished_uploads_expire_and_originals_do_not(aws: AwsAccount) -> None:
    aws.configure(PHOTOSKY_OLD_VERSIONS_DAYS="45")
    aws.provision()
    rules = {
        rule["ID"]: rule for rule in client("s3").get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    }
    assert rules["expire-incoming"]["Filter"] == {"Prefix": "incoming/"}
    assert rules["expire-incoming"]["Expiration"] == {"Days": 2}
    everything = rules["expire-old-versions"]
    assert everything["NoncurrentVersionExpiration"] == {"NoncurrentDays": 45}
    assert everything["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 2}
    assert everything["Expiration"] == {"ExpiredObjectDeleteMarker": True}
    assert len(rules) == 2


def test_only_pages_of_the_site_may_talk_to_the_bucket_and_none_may_delete(aws: AwsAccount) -> None:
    aws.provision()
    [rule] = client("s3").get_bucket_cors(Bucket=BUCKET)["CORSRules"]
    assert rule["AllowedOrigins"] == [SITE]
    assert sorted(rule["AllowedMethods"]) == ["GET", "HEAD", "POST", "PUT"]
    assert "ETag" in rule["ExposeHeaders"]
    assert rule["MaxAgeSeconds"] == 3000


def test_seed_cors_is_the_tutorials_and_is_withdrawn_by_the_next_plain_run(aws: AwsAccount) -> None:
    manage(aws, "--seed-cors")
    [rule] = client("s3").get_bucket_cors(Bucket=BUCKET)["CORSRules"]
    assert (rule["AllowedOrigins"], rule["ExposeHeaders"], rule["MaxAgeSeconds"]) == (["*"], ["ETag"], 3000)
    assert sorted(rule["AllowedMethods"]) == ["DELETE", "GET", "POST", "PUT"]
    manage(aws)
    assert client("s3").get_bucket_cors(Bucket=BUCKET)["CORSRules"][0]["AllowedOrigins"] == [SITE]


def test_without_a_site_no_page_may_talk_to_the_bucket_and_that_is_said(aws: AwsAccount) -> None:
    aws.configure(PHOTOSKY_SITE_URL="")
    assert "set PHOTOSKY_SITE_URL" in manage(aws)
    with pytest.raises(client("s3").exceptions.ClientError, match="NoSuchCORSConfiguration"):
        client("s3").get_bucket_cors(Bucket=BUCKET)


def test_cors_of_a_former_site_is_taken_away(aws: AwsAccount) -> None:
    aws.provision()
    aws.configure(PHOTOSKY_SITE_URL="")
    aws.provision()
    with pytest.raises(client("s3").exceptions.ClientError, match="NoSuchCORSConfiguration"):
        client("s3").get_bucket_cors(Bucket=BUCKET)


def test_what_cannot_be_worked_off_ends_in_the_dead_letter_queue(aws: AwsAccount) -> None:
    aws.provision()
    work, dead = attributes("photosky-production-work"), attributes("photosky-production-dead-letters")
    redrive = json.loads(work["RedrivePolicy"])
    assert redrive == {"deadLetterTargetArn": dead["QueueArn"], "maxReceiveCount": 5}
    assert work["MessageRetentionPeriod"] == dead["MessageRetentionPeriod"] == str(14 * 24 * 3600)
    assert int(work["VisibilityTimeout"]) >= 6 * 300


def test_logs_are_kept_for_thirty_days(aws: AwsAccount) -> None:
    aws.provision()
    groups = client("logs").describe_log_groups()["logGroups"]
    assert {group["logGroupName"]: group["retentionInDays"] for group in groups} == {
        "/aws/lambda/photosky-production": 30,
        "/aws/lambda/photosky-production-worker": 30,
    }


def test_errors_of_both_functions_and_dead_letters_raise_alarms_that_are_sent(aws: AwsAccount) -> None:
    aws.provision()
    alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {(alarm["MetricName"], alarm["Dimensions"][0]["Value"]) for alarm in alarms} == {
        ("Errors", "photosky-production"),
        ("Errors", "photosky-production-worker"),
        ("ApproximateNumberOfMessagesVisible", "photosky-production-dead-letters"),
    }
    [subscription] = client("sns").list_subscriptions()["Subscriptions"]
    assert subscription["Endpoint"] == "alice@example.com"
    assert {action for alarm in alarms for action in alarm["AlarmActions"]} == {subscription["TopicArn"]}


def test_a_month_dearer_than_the_budget_is_told(aws: AwsAccount) -> None:
    aws.configure(PHOTOSKY_BUDGET_USD="25")
    aws.provision()
    named: Any = {"AccountId": ACCOUNT, "BudgetName": "photosky-production"}
    budgets = boto3.client("budgets", region_name="us-east-1")
    assert budgets.describe_budget(**named)["Budget"]["BudgetLimit"] == {"Amount": "25", "Unit": "USD"}
    warnings = budgets.describe_notifications_for_budget(**named)["Notifications"]
    assert {(warning["NotificationType"], warning["Threshold"]) for warning in warnings} == {
        ("ACTUAL", 80.0),
        ("FORECASTED", 100.0),
    }


def test_a_changed_budget_and_reader_are_brought_up_to_date(aws: AwsAccount) -> None:
    aws.provision()
    aws.configure(PHOTOSKY_BUDGET_USD="40", PHOTOSKY_ALARM_EMAIL="bob@example.com")
    aws.provision()
    assert aws.plan() == []
    budgets = boto3.client("budgets", region_name="us-east-1")
    [budget] = budgets.describe_budgets(AccountId=ACCOUNT)["Budgets"]
    assert budget["BudgetLimit"]["Amount"] == "40"


def test_before_the_worker_is_deployed_nothing_triggers_and_that_is_said(aws: AwsAccount) -> None:
    out = manage(aws)
    assert "Function photosky-production-worker is not deployed" in out
    assert client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert "QueueConfigurations" not in client("s3").get_bucket_notification_configuration(Bucket=BUCKET)


def test_after_the_deployment_new_photos_reach_the_worker_with_partial_batch_responses(
    aws: AwsAccount,
) -> None:
    aws.provision()
    aws.deploy()
    aws.provision()
    [mapping] = client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["FunctionArn"].endswith(":photosky-production-worker")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 5}
    entries = client("s3").get_bucket_notification_configuration(Bucket=BUCKET)["QueueConfigurations"]
    told = {entry["Filter"]["Key"]["FilterRules"][0]["Value"]: entry["Events"] for entry in entries}
    assert told == {"originals/": ["s3:ObjectCreated:*"], "incoming/": ["s3:ObjectCreated:*"]}


def test_a_notification_of_somebody_else_is_kept(aws: AwsAccount) -> None:
    aws.provision()
    aws.deploy()
    other = client("sqs").create_queue(QueueName="other")["QueueUrl"].rsplit("/", 1)[-1]
    foreign = {
        "Id": "theirs",
        "QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{other}",
        "Events": ["s3:ObjectRemoved:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "exports/"}]}},
    }
    s3 = client("s3")
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [foreign]}
    )
    aws.provision()
    entries = s3.get_bucket_notification_configuration(Bucket=BUCKET)["QueueConfigurations"]
    assert {entry["Id"] for entry in entries} == {
        "theirs",
        "photosky-production-originals",
        "photosky-production-incoming",
    }
    aws.undeploy()
    aws.stage().destroy(aws.said.append)
    [left] = s3.get_bucket_notification_configuration(Bucket=BUCKET)["QueueConfigurations"]
    assert left["Id"] == "theirs"


def test_a_second_run_writes_nothing(aws: AwsAccount) -> None:
    aws.provision()
    aws.deploy()
    aws.provision()
    assert {"CreateBucket", "CreateRole", "CreateEventSourceMapping"} <= set(aws.writes)
    aws.calls.clear()
    aws.provision()
    assert aws.writes == []
    assert "GetBucketPolicy" in aws.calls


def test_the_bucket_is_locked_before_anything_else_is_made(aws: AwsAccount) -> None:
    aws.provision()
    assert aws.writes[:2] == ["CreateBucket", "PutPublicAccessBlock"]
    assert aws.writes.index("PutBucketPolicy") < aws.writes.index("CreateQueue")


def test_triggers_are_made_last(aws: AwsAccount) -> None:
    aws.provision()
    client("s3").delete_bucket_policy(Bucket=BUCKET)
    aws.deploy()
    aws.calls.clear()
    aws.provision()
    assert aws.writes == ["PutBucketPolicy", "CreateEventSourceMapping", "PutBucketNotificationConfiguration"]


def test_an_account_that_is_none_is_refused(aws: AwsAccount) -> None:
    with pytest.raises(CommandError, match="'alice' is no account: give its 12 digits"):
        manage(aws, "--write-policies", "alice")
    assert not (aws.settings_file.parent / "build").exists()


def test_policy_files_are_written_without_asking_aws(
    aws: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.provision()
    made = {path.name: path.read_text() for path in (aws.settings_file.parent / "build").iterdir()}
    for path in (aws.settings_file.parent / "build").iterdir():
        path.unlink()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    manage(aws, "--write-policies", ACCOUNT)
    assert {path.name: path.read_text() for path in (aws.settings_file.parent / "build").iterdir()} == made


def test_without_an_address_nobody_is_told_and_that_is_said(aws: AwsAccount) -> None:
    aws.configure(PHOTOSKY_ALARM_EMAIL="")
    assert "set PHOTOSKY_ALARM_EMAIL" in manage(aws)
    assert client("sns").list_topics()["Topics"] == []
    assert {
        tuple(alarm["AlarmActions"]) for alarm in client("cloudwatch").describe_alarms()["MetricAlarms"]
    } == {()}
    assert aws.plan() == []


def test_an_address_that_has_not_answered_its_letter_is_said(aws: AwsAccount) -> None:
    stage = aws.stage()

    def unanswered(parsed: dict[str, Any], **_: Any) -> None:
        for subscription in parsed["Subscriptions"]:
            subscription["SubscriptionArn"] = "PendingConfirmation"

    aws.provision()
    stage.account.session.events.register("after-call.sns.ListSubscriptionsByTopic", unanswered)
    assert "alice@example.com must answer the letter" in "".join(stage.remaining())
