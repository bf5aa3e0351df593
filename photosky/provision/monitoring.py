"""The parts that watch: logs and how long they are kept, alarms and who hears them, and the monthly budget."""

import json
from typing import Any

from photosky.provision.account import Account, found
from photosky.provision.budget import budget_part
from photosky.provision.desired import Alarm, DesiredState, LogGroup, Topic
from photosky.provision.parts import Part
from photosky.provision.policies import comparable

ABSENT = ("NotFound", "NotFoundException", "ResourceNotFoundException")


def monitoring_parts(account: Account, state: DesiredState) -> list[Part]:
    """Return the parts, in order: whoever is to hear an alarm before the alarm."""
    return [
        *(_log_group(account, group) for group in state.log_groups),
        *(_topic(account, state.topic) if state.topic else []),
        *(_alarm(account, alarm) for alarm in state.alarms),
        budget_part(account, state.budget),
    ]


def _log_group(account: Account, group: LogGroup) -> Part:
    logs = account.logs

    def read() -> Any:
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=group.name):
            for present in page["logGroups"]:
                if present["logGroupName"] == group.name:
                    return {"days": present.get("retentionInDays")}
        return None

    def write(present: Any) -> None:
        if present is None:
            found(lambda: logs.create_log_group(logGroupName=group.name), "ResourceAlreadyExistsException")
        logs.put_retention_policy(logGroupName=group.name, retentionInDays=group.days)

    return Part(
        f"log group {group.name}",
        {"days": group.days},
        read,
        write,
        lambda: logs.delete_log_group(logGroupName=group.name),
        frozenset({"OperationAbortedException", "ResourceNotFoundException"}),
    )


def alarm_document(alarm: Alarm) -> dict[str, Any]:
    """Return the alarm as PutMetricAlarm takes it."""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "Namespace": alarm.namespace,
        "MetricName": alarm.metric,
        "Dimensions": [{"Name": alarm.dimension, "Value": alarm.value}],
        "Statistic": alarm.statistic,
        "Period": alarm.period_s,
        "EvaluationPeriods": 1,
        "Threshold": alarm.threshold,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "ActionsEnabled": True,
        "AlarmActions": list(alarm.actions),
    }


def _alarm(account: Account, alarm: Alarm) -> Part:
    cloudwatch, wanted = account.cloudwatch, alarm_document(alarm)

    def read() -> Any:
        answer: Any = cloudwatch.describe_alarms(AlarmNames=[alarm.name])["MetricAlarms"]
        return {key: answer[0].get(key) for key in wanted} if answer else None

    return Part(
        f"alarm {alarm.name}",
        wanted,
        read,
        lambda _: cloudwatch.put_metric_alarm(**wanted),
        lambda: cloudwatch.delete_alarms(AlarmNames=[alarm.name]),
    )


def _topic(account: Account, topic: Topic) -> list[Part]:
    sns, policy = account.sns, json.dumps(topic.policy)

    def read() -> Any:
        answer = found(lambda: sns.get_topic_attributes(TopicArn=topic.arn), *ABSENT)
        return None if answer is None else comparable(json.loads(answer["Attributes"]["Policy"]))

    def write(present: Any) -> None:
        if present is None:
            sns.create_topic(Name=topic.name, Attributes={"Policy": policy})
        else:
            sns.set_topic_attributes(TopicArn=topic.arn, AttributeName="Policy", AttributeValue=policy)

    return [
        Part(
            f"topic {topic.name}",
            comparable(topic.policy),
            read,
            write,
            lambda: sns.delete_topic(TopicArn=topic.arn),
        ),
        Part(
            f"topic {topic.name}: letters to {topic.email}",
            {"email": topic.email},
            lambda: {"email": topic.email} if subscription(account, topic) else None,
            lambda _: sns.subscribe(TopicArn=topic.arn, Protocol="email", Endpoint=topic.email),
            transient=frozenset(ABSENT),
        ),
    ]


def subscription(account: Account, topic: Topic) -> str | None:
    """Return the ARN of the address's subscription, which is PendingConfirmation until its letter was answered."""

    def asked() -> str | None:
        for page in account.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic.arn):
            for present in page["Subscriptions"]:
                if (
                    present["Protocol"] == "email"
                    and present["Endpoint"].casefold() == topic.email.casefold()
                ):
                    return str(present["SubscriptionArn"])
        return None

    answer: str | None = found(asked, *ABSENT)
    return answer
