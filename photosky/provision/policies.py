"""The policy documents: who may do what to the bucket, the queues and the topic, and what the functions may do.

Grammar and condition keys: IAM User Guide, "JSON policy elements"; Service Authorization Reference for the actions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

VERSION = "2012-10-17"
# Where the program keeps objects. It has no business elsewhere in the bucket.
WRITTEN_PREFIXES = ("originals", "renditions", "incoming", "exports")
ON_PHOTOS = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
]
# What Lambda does with the queue in the worker's name (Developer Guide, "Using Lambda with Amazon SQS").
ON_THE_QUEUE = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
]
# What both functions do themselves: tell the worker of a job.
INTO_THE_QUEUE = ["sqs:SendMessage"]
# By which tag a stage's database is known, here and in the role's permission to connect to it.
CLUSTER_TAG = "photosky-stage"
Document = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """How things of one account, partition and region are named in ARNs."""

    account: str
    region: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of something that lives in the region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def bucket(self, name: str, key: str = "") -> str:
        """Return the ARN of a bucket, or of the objects under it."""
        return f"arn:{self.partition}:s3:::{name}{'/' + key if key else ''}"


def document(statements: Iterable[Document]) -> Document:
    """Return a policy of these statements."""
    return {"Version": VERSION, "Statement": list(statements)}


def trust_policy() -> Document:
    """Only Lambda may take the role. The service is text, not a list: Zappa compares it letter by letter."""
    return document(
        [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    )


def bucket_policy(names: Names, bucket: str, distribution: str = "") -> Document:
    """Refuse plain HTTP and the old signature to everybody; let the one CDN distribution, if any, read renditions."""
    resources = [names.bucket(bucket), names.bucket(bucket, "*")]
    statements = [
        _deny("DenyPlainHttp", "s3:*", resources, {"Bool": {"aws:SecureTransport": "false"}}),
        # SigV2 covers neither the headers nor the length, so the conditions of an upload would not hold.
        _deny("DenySignatureVersion2", "s3:*", resources, {"StringEquals": {"s3:signatureversion": "AWS"}}),
    ]
    if distribution:
        statements.append(
            {
                "Sid": "CdnReadsRenditions",
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": "s3:GetObject",
                "Resource": [names.bucket(bucket, "renditions/*"), names.bucket(bucket, "static/*")],
                "Condition": {"StringEquals": {"AWS:SourceArn": distribution}},
            }
        )
    return document(statements)


def queue_policy(names: Names, queue: str, bucket: str | None) -> Document:
    """Refuse plain HTTP; let S3 speak for the one bucket of this account (SourceArn and SourceAccount)."""
    arn = names.arn("sqs", queue)
    statements = [_deny("DenyPlainHttp", "sqs:*", arn, {"Bool": {"aws:SecureTransport": "false"}})]
    if bucket:
        statements.append(
            {
                "Sid": "BucketTellsOfUploads",
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {
                    "ArnEquals": {"aws:SourceArn": names.bucket(bucket)},
                    # A bucket's ARN names no account: without this, the name's next owner could speak too.
                    "StringEquals": {"aws:SourceAccount": names.account},
                },
            }
        )
    return document(statements)


def topic_policy(names: Names, topic: str) -> Document:
    """Let alarms and budgets of this account publish, over TLS only."""
    arn = names.arn("sns", topic)
    mine = {"StringEquals": {"aws:SourceAccount": names.account}}
    return document(
        [
            {
                "Sid": "AlarmsPublish",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": arn,
                "Condition": mine,
            },
            _deny("DenyPlainHttp", "sns:Publish", arn, {"Bool": {"aws:SecureTransport": "false"}}),
        ]
    )


def role_policy(
    names: Names,
    bucket: str,
    functions: Iterable[str],
    *,
    parameters: str = "",
    queue: str = "",
    works: bool = False,
    cluster: str = "",
) -> Document:
    """Return what the functions of one role may do; with `parameters` read that path, with `queue` send messages to it.

    One that `works` takes them off the queue as well; with `cluster` connect to the database of that tag.

    No version is ever deleted and no bucket setting changed by a role: what the program deletes by mistake stays
    restorable until the lifecycle removes it.
    """
    statements = [
        _allow(
            "Photos",
            ON_PHOTOS,
            [names.bucket(bucket, f"{prefix}/*") for prefix in WRITTEN_PREFIXES],
        ),
        _allow("StaticFiles", ["s3:GetObject"], [names.bucket(bucket, "static/*")]),
        # Without ListBucket S3 answers 403 for what is absent, and absence could not be told from refusal.
        _allow("Lists", ["s3:ListBucket", "s3:ListBucketMultipartUploads"], [names.bucket(bucket)]),
        _allow(
            "Logs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [names.arn("logs", f"log-group:/aws/lambda/{function}:*") for function in functions],
        ),
    ]
    if parameters:
        path = names.arn("ssm", f"parameter/{parameters.strip('/')}")
        statements.append(_allow("Settings", ["ssm:GetParametersByPath"], [path, f"{path}/*"]))
    if queue:
        actions = INTO_THE_QUEUE + (ON_THE_QUEUE if works else [])
        statements.append(_allow("Work", actions, [names.arn("sqs", queue)]))
    if cluster:
        # As a role of the database that may read and write rows; as its administrator only a person connects.
        connect = _allow("Database", ["dsql:DbConnect"], [names.arn("dsql", "cluster/*")])
        connect["Condition"] = {"StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": cluster}}
        statements.append(connect)
    return document(statements)


def comparable(policy: Any) -> Any:
    """Return a policy in one form.

    AWS gives back a list of one as its item, lists in any order, and everybody as "*" or as {"AWS": "*"}.
    """
    if policy == {"AWS": "*"}:
        return "*"
    if isinstance(policy, dict):
        return {key: comparable(value) for key, value in policy.items()}
    if isinstance(policy, list):
        items = sorted((comparable(item) for item in policy), key=repr)
        return items[0] if len(items) == 1 else items
    return policy


def _allow(sid: str, actions: list[str], resources: list[str]) -> Document:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _deny(sid: str, action: str, resources: list[str] | str, condition: Document) -> Document:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resources,
        "Condition": condition,
    }
