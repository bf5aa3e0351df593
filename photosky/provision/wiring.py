"""The parts that set things in motion, made last: the queue feeds the worker, and the bucket tells the queue."""

from typing import Any

from photosky.provision.account import Account, found
from photosky.provision.desired import DesiredState, Mapping, Notification
from photosky.provision.parts import Part

# The new role's rights and the new queue's policy take some seconds to be known everywhere; until then AWS calls the
# request invalid. A mapping that is still being made answers that it is in use.
NOT_YET = frozenset(
    {
        "InvalidParameterValueException",
        "InvalidArgument",
        "ResourceInUseException",
        "ResourceConflictException",
    }
)
ABSENT = "ResourceNotFoundException"


def wiring_parts(account: Account, state: DesiredState) -> list[Part]:
    """Return the parts, in order."""
    return [_mapping(account, state.mapping), _notifications(account, state.bucket.name, state.notifications)]


def mapping_document(mapping: Mapping) -> dict[str, Any]:
    """Return what CreateEventSourceMapping and UpdateEventSourceMapping both take."""
    return {
        "BatchSize": mapping.batch_size,
        "FunctionResponseTypes": list(mapping.response_types),
        "ScalingConfig": {"MaximumConcurrency": mapping.max_concurrency},
    }


def _mapping(account: Account, mapping: Mapping) -> Part:
    functions, document = account.functions, mapping_document(mapping)

    def present() -> Any:
        asked: dict[str, Any] = {"EventSourceArn": mapping.queue_arn, "FunctionName": mapping.function}
        mappings = found(lambda: functions.list_event_source_mappings(**asked)["EventSourceMappings"], ABSENT)
        return mappings[0] if mappings else None

    def read() -> Any:
        found_one = present()
        if found_one is None:
            return None
        enabled = found_one.get("State") not in {"Disabled", "Disabling", "Deleting"}
        return {**{key: found_one.get(key) for key in document}, "Enabled": enabled}

    def write(_: Any) -> None:
        there, settings = present(), {**document, "Enabled": True}
        if there is None:
            functions.create_event_source_mapping(
                EventSourceArn=mapping.queue_arn, FunctionName=mapping.function, **settings
            )
        else:
            functions.update_event_source_mapping(UUID=there["UUID"], **settings)

    def remove() -> None:
        functions.delete_event_source_mapping(UUID=present()["UUID"])

    name = f"mapping of the queue to function {mapping.function}"
    return Part(name, {**document, "Enabled": True}, read, write, remove, NOT_YET)


def notification_document(notification: Notification) -> dict[str, Any]:
    """Return one QueueConfiguration as PutBucketNotificationConfiguration takes it."""
    return {
        "Id": notification.name,
        "QueueArn": notification.queue_arn,
        "Events": list(notification.events),
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": notification.prefix}]}},
    }


def _notifications(account: Account, bucket: str, notifications: tuple[Notification, ...]) -> Part:
    s3 = account.s3
    owned: dict[str, Any] = {"Bucket": bucket, "ExpectedBucketOwner": account.id}
    ours = [notification_document(notification) for notification in notifications]
    names = {entry["Id"] for entry in ours}

    def document() -> dict[str, Any]:
        answer = found(lambda: s3.get_bucket_notification_configuration(**owned), "NoSuchBucket") or {}
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    def read() -> Any:
        entries = [entry for entry in document().get("QueueConfigurations", []) if entry["Id"] in names]
        return _shape(entries) if entries else None

    def put(entries: list[dict[str, Any]]) -> None:
        """Write the whole document, as S3 wants it, with whatever others have in it."""
        present = document()
        foreign = [entry for entry in present.get("QueueConfigurations", []) if entry["Id"] not in names]
        merged: Any = {**present, "QueueConfigurations": foreign + entries}
        s3.put_bucket_notification_configuration(NotificationConfiguration=merged, **owned)

    return Part(
        f"bucket {bucket}: tells the queue of new photos",
        _shape(ours),
        read,
        lambda _: put(ours),
        lambda: put([]),
        NOT_YET,
    )


def _shape(entries: list[Any]) -> list[Any]:
    return sorted(
        (
            {
                "name": entry["Id"],
                "queue": entry["QueueArn"],
                "events": sorted(entry["Events"]),
                # S3 gives the rule's name back with a capital.
                "filter": sorted(
                    f"{rule['Name'].lower()}={rule['Value']}"
                    for rule in entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
                ),
            }
            for entry in entries
        ),
        key=lambda entry: str(entry["name"]),
    )
