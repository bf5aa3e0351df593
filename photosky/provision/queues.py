"""The queues' parts: first where dead letters end, then the queue that the worker works off."""

import json
from typing import Any

from photosky.provision.account import Account, found
from photosky.provision.desired import DesiredState, Queue
from photosky.provision.parts import Part
from photosky.provision.policies import comparable

ABSENT = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
# A name is withheld for 60 s after its queue was deleted.
RECENT = frozenset({"AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently", *ABSENT})
DOCUMENTS = ("Policy", "RedrivePolicy")


def queue_parts(account: Account, state: DesiredState) -> list[Part]:
    """Return both queues' parts, in order."""
    return [_queue(account, state.dead_letters), _queue(account, state.queue)]


def attributes(queue: Queue) -> dict[str, Any]:
    """Return the attributes of CreateQueue, documents still as objects."""
    wanted: dict[str, Any] = {
        "VisibilityTimeout": str(queue.visibility_s),
        "MessageRetentionPeriod": str(queue.retention_s),
        "ReceiveMessageWaitTimeSeconds": str(queue.wait_s),
        "SqsManagedSseEnabled": "true",
        "Policy": queue.policy,
    }
    if queue.dead_letters_arn:
        wanted["RedrivePolicy"] = {
            "deadLetterTargetArn": queue.dead_letters_arn,
            "maxReceiveCount": queue.tries,
        }
    return wanted


def queue_url(account: Account, name: str) -> str | None:
    """Return the address of a queue of this account, None if there is none."""
    answer = found(
        lambda: account.sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account.id), *ABSENT
    )
    return answer["QueueUrl"] if answer else None


def _queue(account: Account, queue: Queue) -> Part:
    wanted = attributes(queue)
    sent = {key: json.dumps(value) if key in DOCUMENTS else value for key, value in wanted.items()}

    def read() -> Any:
        url = queue_url(account, queue.name)
        if url is None:
            return None
        answer = found(
            lambda: account.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]), *ABSENT
        )
        return None if answer is None else _shape(answer.get("Attributes", {}), wanted)

    def write(present: Any) -> None:
        named: Any = sent
        if present is None:
            account.sqs.create_queue(QueueName=queue.name, Attributes=named)
        else:
            account.sqs.set_queue_attributes(QueueUrl=queue_url(account, queue.name) or "", Attributes=named)

    def remove() -> None:
        account.sqs.delete_queue(QueueUrl=queue_url(account, queue.name) or "")

    return Part(f"queue {queue.name}", _shape(sent, wanted), read, write, remove, RECENT)


def _shape(present: dict[str, str], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that we decide, of those that the queue has, in comparable form."""
    shaped: dict[str, Any] = {key: present[key] for key in wanted if key in present}
    for key in DOCUMENTS:
        if shaped.get(key):
            shaped[key] = comparable(json.loads(shaped[key]))
    if "RedrivePolicy" in shaped:
        shaped["RedrivePolicy"]["maxReceiveCount"] = int(shaped["RedrivePolicy"]["maxReceiveCount"])
    return shaped
