"""The desired state of the account as data: everything that `manage.py provision` makes true, and CloudFormation too.

Documents are in the shape that the service's own API takes, so that one source serves both ways of applying them.
"""

from dataclasses import dataclass
from pathlib import Path

from photosky.provision import policies
from photosky.provision.config import Function, ProvisionConfig
from photosky.provision.policies import Document, Names

# Lambda Developer Guide, "Using Lambda with Amazon SQS": visibility of at least six times the function's timeout.
VISIBILITY_TIMEOUTS = 6
DAYS_14_S = 14 * 24 * 3600
TRIES_BEFORE_DEAD = 5
# One message is one photo of seconds: a small batch keeps a batch well within the function's timeout.
BATCH_SIZE = 5
CORS_MAX_AGE_S = 3000
# What S3 tells of: photos sent whole, and photos put together from parts.
WATCHED_PREFIXES = ("originals", "incoming")
# Zappa puts and compares its policy under this name; sharing it, neither undoes the other's work.
POLICY_NAME = "zappa-permissions"


@dataclass(frozen=True)
class Bucket:
    """The one bucket. `cors` and `lifecycle` are rules, empty `cors` meaning that no page may talk to it."""

    name: str
    region: str
    policy: Document
    lifecycle: list[Document]
    cors: list[Document]
    encryption: str = "AES256"
    ownership: str = "BucketOwnerEnforced"
    versioning: str = "Enabled"
    public_access_blocks: tuple[str, ...] = (
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    )


@dataclass(frozen=True)
class Queue:
    """A standard queue; whole seconds. Without `dead_letters_arn` it is where dead letters end."""

    name: str
    arn: str
    policy: Document
    visibility_s: int
    retention_s: int = DAYS_14_S
    wait_s: int = 20
    dead_letters_arn: str = ""
    tries: int = TRIES_BEFORE_DEAD


@dataclass(frozen=True)
class Role:
    """An execution role, and the files from which Zappa reads its two documents."""

    name: str
    trust: Document
    policy: Document
    trust_file: Path | None
    policy_file: Path | None


@dataclass(frozen=True)
class LogGroup:
    """A function's log and how long it is kept."""

    name: str
    days: int


@dataclass(frozen=True)
class Topic:
    """Where alarms go, and the address that reads them."""

    name: str
    arn: str
    policy: Document
    email: str


@dataclass(frozen=True)
class Alarm:
    """One metric at or above 1 within one period of five minutes; no data is good news."""

    name: str
    description: str
    namespace: str
    metric: str
    statistic: str
    dimension: str
    value: str
    actions: tuple[str, ...]
    threshold: float = 1.0
    period_s: int = 300


@dataclass(frozen=True)
class Budget:
    """A monthly limit of the whole account's costs; percentages of it at which a letter is written."""

    name: str
    limit_usd: int
    email: str
    warnings: tuple[tuple[str, float], ...] = (("ACTUAL", 80.0), ("FORECASTED", 100.0))


@dataclass(frozen=True)
class Cluster:
    """A database of Aurora DSQL. AWS names it; `name` is its tag."""

    name: str
    protected: bool = True


@dataclass(frozen=True)
class Mapping:
    """The queue feeds the worker; failed messages of a batch are named, so that the others are done."""

    queue_arn: str
    function: str
    max_concurrency: int
    batch_size: int = BATCH_SIZE
    response_types: tuple[str, ...] = ("ReportBatchItemFailures",)


@dataclass(frozen=True)
class Notification:
    """S3 tells the queue of each object made under a prefix."""

    name: str
    queue_arn: str
    prefix: str
    events: tuple[str, ...] = ("s3:ObjectCreated:*",)


@dataclass(frozen=True)
class DesiredState:
    """All of it, in the order in which it is safe to make: nothing triggers before what it triggers is locked."""

    bucket: Bucket
    dead_letters: Queue
    queue: Queue
    roles: tuple[Role, ...]
    log_groups: tuple[LogGroup, ...]
    topic: Topic | None
    alarms: tuple[Alarm, ...]
    budget: Budget
    mapping: Mapping
    notifications: tuple[Notification, ...]
    cluster: Cluster | None = None


def desired_state(config: ProvisionConfig, names: Names) -> DesiredState:
    """Work out the desired state of a stage in the account, region and partition of `names`."""
    queue, dead_letters = f"{config.name}-work", f"{config.name}-dead-letters"
    topic = _topic(config, names)
    return DesiredState(
        bucket=_bucket(config, names),
        dead_letters=Queue(
            dead_letters,
            names.arn("sqs", dead_letters),
            policies.queue_policy(names, dead_letters, None),
            visibility_s=30,
        ),
        queue=Queue(
            queue,
            names.arn("sqs", queue),
            policies.queue_policy(names, queue, config.bucket),
            visibility_s=VISIBILITY_TIMEOUTS * config.worker.timeout_s,
            dead_letters_arn=names.arn("sqs", dead_letters),
        ),
        roles=_roles(config, names, queue),
        log_groups=tuple(
            LogGroup(f"/aws/lambda/{function.name}", config.log_days) for function in config.functions
        ),
        topic=topic,
        alarms=_alarms(config, dead_letters, (topic.arn,) if topic else ()),
        budget=Budget(config.name, config.budget_usd, config.alarm_email),
        mapping=Mapping(names.arn("sqs", queue), config.worker.name, config.worker_concurrency),
        notifications=tuple(
            Notification(f"{config.name}-{prefix}", names.arn("sqs", queue), f"{prefix}/")
            for prefix in WATCHED_PREFIXES
        ),
        cluster=Cluster(config.name) if config.dsql else None,
    )


def _bucket(config: ProvisionConfig, names: Names) -> Bucket:
    return Bucket(
        name=config.bucket,
        region=config.region,
        policy=policies.bucket_policy(names, config.bucket, config.cdn_distribution),
        lifecycle=_lifecycle(config),
        cors=[_seed_cors()] if config.seed_cors else _site_cors(config.origins),
    )


def _lifecycle(config: ProvisionConfig) -> list[Document]:
    return [
        {
            "ID": "expire-incoming",
            "Status": "Enabled",
            "Filter": {"Prefix": "incoming/"},
            "Expiration": {"Days": config.incoming_days},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        },
        {
            "ID": "expire-old-versions",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
            "NoncurrentVersionExpiration": {"NoncurrentDays": config.old_versions_days},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": config.incoming_days},
        },
    ]


def _site_cors(origins: tuple[str, ...]) -> list[Document]:
    if not origins:
        return []
    return [
        {
            "AllowedOrigins": sorted(origins),
            # Deleting is the program's alone: no page ever holds a signature for it.
            "AllowedMethods": ["GET", "HEAD", "PUT", "POST"],
            "AllowedHeaders": ["content-type", "if-none-match", "x-amz-*", "x-amz-checksum-sha256"],
            "ExposeHeaders": ["ETag", "x-amz-checksum-sha256", "x-amz-version-id"],
            "MaxAgeSeconds": CORS_MAX_AGE_S,
        }
    ]


def _seed_cors() -> Document:
    """Return the CORS of the tutorial, open to every page: a signature is still needed, but any page may use one."""
    return {
        "AllowedOrigins": ["*"],
        "AllowedMethods": ["GET", "POST", "PUT", "DELETE"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": CORS_MAX_AGE_S,
    }


def _roles(config: ProvisionConfig, names: Names, queue: str) -> tuple[Role, ...]:
    """Return a role for each name that the stages give; where they share one, it may do what both may."""
    by_name: dict[str, list[Function]] = {}
    for function in config.functions:
        by_name.setdefault(function.role_name, []).append(function)
    return tuple(
        Role(
            name=name,
            trust=policies.trust_policy(),
            policy=policies.role_policy(
                names,
                config.bucket,
                [function.name for function in functions],
                parameters=config.parameters,
                queue=queue,
                works=config.worker in functions,
                cluster=config.name if config.dsql else "",
            ),
            trust_file=functions[0].assume_policy,
            policy_file=functions[0].attach_policy,
        )
        for name, functions in by_name.items()
    )


def _topic(config: ProvisionConfig, names: Names) -> Topic | None:
    if not config.alarm_email:
        return None
    name = f"{config.name}-alarms"
    return Topic(name, names.arn("sns", name), policies.topic_policy(names, name), config.alarm_email)


def _alarms(config: ProvisionConfig, dead_letters: str, actions: tuple[str, ...]) -> tuple[Alarm, ...]:
    errors = tuple(
        Alarm(
            name=f"{config.name}-{kind}-errors",
            description=f"{function.name} failed or timed out: read its log group /aws/lambda/{function.name}.",
            namespace="AWS/Lambda",
            metric="Errors",
            statistic="Sum",
            dimension="FunctionName",
            value=function.name,
            actions=actions,
        )
        for kind, function in (("web", config.web), ("worker", config.worker))
    )
    dead = Alarm(
        name=dead_letters,
        description=f"Messages could not be worked off in {TRIES_BEFORE_DEAD} tries: look at queue {dead_letters}.",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        dimension="QueueName",
        value=dead_letters,
        actions=actions,
    )
    return *errors, dead
