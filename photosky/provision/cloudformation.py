"""The same desired state as a CloudFormation template, for accounts where changes go through stacks."""

from typing import Any

from photosky.provision.budget import budget_document, readers, warnings
from photosky.provision.config import ProvisionConfig
from photosky.provision.desired import (
    POLICY_NAME,
    Alarm,
    Cluster,
    DesiredState,
    Queue,
    Role,
    Topic,
    desired_state,
)
from photosky.provision.monitoring import alarm_document
from photosky.provision.policies import CLUSTER_TAG, Names
from photosky.provision.queues import attributes
from photosky.provision.wiring import mapping_document, notification_document

ACCOUNT, PARTITION = "${AWS::AccountId}", "${AWS::Partition}"
# What comes with the worker: false in the first deployment of the stack, true once the worker function is there.
WIRED = "WorkerIsDeployed"
# What holds photos or their names outlives the stack.
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def template(config: ProvisionConfig) -> dict[str, Any]:
    """Return the template; it asks AWS nothing, the account and partition are the stack's own."""
    state = desired_state(config, Names(ACCOUNT, config.region, PARTITION))
    resources: dict[str, Any] = {
        **_bucket(state),
        **_queues(state),
        **{f"Role{number}": _role(role) for number, role in enumerate(state.roles, 1)},
        **_logs(state),
        **(_topic(state.topic) if state.topic else {}),
        **{f"Alarm{number}": _alarm(alarm) for number, alarm in enumerate(state.alarms, 1)},
        "Budget": _budget(state),
        "Mapping": _mapping(state),
        **(_cluster(state.cluster) if state.cluster else {}),
    }
    described: dict[str, Any] = _substituted(resources)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"PhotoSky, stage {config.stage}: everything that its functions stand on",
        "Parameters": {
            WIRED: {
                "Type": "String",
                "AllowedValues": ["true", "false"],
                "Default": "false",
                "Description": "true once the worker function is deployed",
            }
        },
        "Conditions": {WIRED: {"Fn::Equals": [{"Ref": WIRED}, "true"]}},
        "Resources": described,
    }


def _substituted(value: Any) -> Any:
    """Let CloudFormation fill in the account and partition wherever a text names them."""
    if isinstance(value, dict):
        return {key: _substituted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_substituted(item) for item in value]
    return {"Fn::Sub": value} if isinstance(value, str) and "${" in value else value


def _resource(kind: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties, **more}


def _bucket(state: DesiredState) -> dict[str, Any]:
    bucket = state.bucket
    entries = [notification_document(notification) for notification in state.notifications]
    properties: dict[str, Any] = {
        "BucketName": bucket.name,
        "PublicAccessBlockConfiguration": dict.fromkeys(bucket.public_access_blocks, True),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": bucket.ownership}]},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": bucket.encryption}}
            ]
        },
        "VersioningConfiguration": {"Status": bucket.versioning},
        "LifecycleConfiguration": {"Rules": [_lifecycle_rule(rule) for rule in bucket.lifecycle]},
        "NotificationConfiguration": {
            "Fn::If": [
                WIRED,
                {"QueueConfigurations": _queue_configurations(entries)},
                {"Ref": "AWS::NoValue"},
            ]
        },
    }
    if bucket.cors:
        properties["CorsConfiguration"] = {"CorsRules": [_cors_rule(rule) for rule in bucket.cors]}
    return {
        # S3 asks the queue whether it may speak to it: its policy must be there first.
        "Bucket": _resource("S3::Bucket", properties, DependsOn="WorkPolicy", **KEPT),
        "BucketPolicy": _resource(
            "S3::BucketPolicy", {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": bucket.policy}, **KEPT
        ),
    }


def _queue_configurations(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "Event": event,
            "Queue": entry["QueueArn"],
            "Filter": {"S3Key": {"Rules": entry["Filter"]["Key"]["FilterRules"]}},
        }
        for entry in entries
        for event in entry["Events"]
    ]


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"Id": rule["ID"], "Status": rule["Status"]}
    if prefix := rule["Filter"]["Prefix"]:
        described["Prefix"] = prefix
    expiration = rule["Expiration"]
    if "Days" in expiration:
        described["ExpirationInDays"] = expiration["Days"]
    if "ExpiredObjectDeleteMarker" in expiration:
        described["ExpiredObjectDeleteMarker"] = expiration["ExpiredObjectDeleteMarker"]
    for same in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if same in rule:
            described[same] = rule[same]
    return described


def _cors_rule(rule: dict[str, Any]) -> dict[str, Any]:
    renamed = {"ExposeHeaders": "ExposedHeaders", "MaxAgeSeconds": "MaxAge"}
    return {renamed.get(key, key): value for key, value in rule.items()}


def _queues(state: DesiredState) -> dict[str, Any]:
    return {
        "DeadLetters": _queue(state.dead_letters, **KEPT),
        "DeadLettersPolicy": _queue_policy("DeadLetters", state.dead_letters),
        "Work": _queue(state.queue, DependsOn="DeadLetters", **KEPT),
        "WorkPolicy": _queue_policy("Work", state.queue),
    }


def _queue(queue: Queue, **more: Any) -> dict[str, Any]:
    properties = {key: value for key, value in attributes(queue).items() if key != "Policy"}
    properties = {
        key: int(value) if isinstance(value, str) and value.isdecimal() else value
        for key, value in properties.items()
    }
    return _resource(
        "SQS::Queue", {**properties, "QueueName": queue.name, "SqsManagedSseEnabled": True}, **more
    )


def _queue_policy(resource: str, queue: Queue) -> dict[str, Any]:
    return _resource("SQS::QueuePolicy", {"Queues": [{"Ref": resource}], "PolicyDocument": queue.policy})


def _role(role: Role) -> dict[str, Any]:
    return _resource(
        "IAM::Role",
        {
            "RoleName": role.name,
            "AssumeRolePolicyDocument": role.trust,
            "Policies": [{"PolicyName": POLICY_NAME, "PolicyDocument": role.policy}],
        },
    )


def _logs(state: DesiredState) -> dict[str, Any]:
    return {
        f"Log{number}": _resource(
            "Logs::LogGroup", {"LogGroupName": group.name, "RetentionInDays": group.days}, **KEPT
        )
        for number, group in enumerate(state.log_groups, 1)
    }


def _topic(topic: Topic) -> dict[str, Any]:
    subscription = {"Protocol": "email", "Endpoint": topic.email}
    return {
        "Topic": _resource("SNS::Topic", {"TopicName": topic.name, "Subscription": [subscription]}),
        "TopicPolicy": _resource(
            "SNS::TopicPolicy", {"Topics": [{"Ref": "Topic"}], "PolicyDocument": topic.policy}
        ),
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return _resource("CloudWatch::Alarm", alarm_document(alarm))


def _budget(state: DesiredState) -> dict[str, Any]:
    budget = state.budget
    return _resource(
        "Budgets::Budget",
        {
            "Budget": {**budget_document(budget), "BudgetLimit": {"Amount": budget.limit_usd, "Unit": "USD"}},
            "NotificationsWithSubscribers": [
                {"Notification": warning, "Subscribers": readers(budget)} for warning in warnings(budget)
            ],
        },
    )


def _cluster(cluster: Cluster) -> dict[str, Any]:
    properties = {
        "DeletionProtectionEnabled": cluster.protected,
        "Tags": [{"Key": CLUSTER_TAG, "Value": cluster.name}],
    }
    return {"Cluster": _resource("DSQL::Cluster", properties, **KEPT)}


def _mapping(state: DesiredState) -> dict[str, Any]:
    mapping = state.mapping
    names = {"EventSourceArn": mapping.queue_arn, "FunctionName": mapping.function}
    return _resource(
        "Lambda::EventSourceMapping",
        {**names, **mapping_document(mapping)},
        Condition=WIRED,
        DependsOn="Work",
    )
