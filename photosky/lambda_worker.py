"""The worker function: turns the queue's messages into images and rounds of jobs, and ticks."""

import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import unquote_plus

from photosky import jsonlog, lambda_start

lambda_start.prepare()
lambda_start.start_django()

from gallery import jobs, tasks, uploads, waking  # noqa: E402  after Django is set up
from gallery.errors import GalleryError  # noqa: E402

logger = logging.getLogger(__name__)

# The largest photo takes well under a minute; what is begun later than this could be killed half way.
LEAST_LEFT_MS = 90_000
# A job's round, and what it has in hand when the round is over.
LEAST_LEFT_FOR_JOB_MS = int(jobs.ROUND_S * 1000) + 30_000

Event = dict[str, Any]


class Context(Protocol):
    """The part of Lambda's context object that is used here."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return how long this invocation may still take."""


def handler(event: Event, context: Context) -> Event | None:
    """Serve SQS messages, S3 events, the scheduled tick and management commands; anything else is refused.

    For SQS the answer names the messages that failed, so that only these come again (ReportBatchItemFailures).
    """
    with jsonlog.request(context.aws_request_id):
        if event.get("detail-type") == "Scheduled Event":
            return {"uploads": tick(context)}
        if "manage" in event:
            return dict(lambda_start.run_command(event))
        records = event.get("Records", [])
        if records and all(record.get("eventSource") == "aws:sqs" for record in records):
            return {"batchItemFailures": list(_failures(records, context))}
        if _is_about_objects(event):
            _objects_arrived(event)
            return None
        raise lambda_start.UnknownEvent(
            f"The worker serves SQS, S3 and schedule events, not an event with {sorted(event)}."
        )


def tick(context: Context) -> int:
    """Do the periodic work, then go on with what waits as long as there is time. Returns how many uploads were done."""
    done = tasks.tick()
    while context.get_remaining_time_in_millis() > LEAST_LEFT_FOR_JOB_MS:
        if not tasks.work_once():
            return done
        done += 1
    logger.warning("tick ran out of time uploads=%d", done)
    return done


def _failures(records: list[Event], context: Context) -> Iterator[dict[str, str]]:
    for record in records:
        if context.get_remaining_time_in_millis() > LEAST_LEFT_MS:
            try:
                _message(record, context)
                continue
            except Exception:
                # One message must not take the others of its batch with it; the queue counts its tries.
                logger.exception("message failed message=%s", record["messageId"])
        yield {"itemIdentifier": record["messageId"]}


def _message(record: Event, context: Context) -> None:
    body = json.loads(record["body"])
    if isinstance(body, dict) and body.keys() == {"job"}:
        _job(uuid.UUID(body["job"]), context)
        return
    if not isinstance(body, dict) or not _is_about_objects(body):
        raise lambda_start.UnknownEvent("The message is neither an S3 event notification nor about a job.")
    _objects_arrived(body)


def _job(job_id: uuid.UUID, context: Context) -> None:
    """Do a round of the job; what is left of it sends a message of its own."""
    if context.get_remaining_time_in_millis() > LEAST_LEFT_FOR_JOB_MS:
        jobs.work(job_id)
    else:
        # Another invocation has time for it, sooner than this message would come again.
        waking.wake_for_job(job_id)


def _is_about_objects(event: Event) -> bool:
    """Tell an S3 event notification, or the test message that S3 sends when one is configured."""
    return event.get("Event") == "s3:TestEvent" or any("s3" in record for record in event.get("Records", []))


def _objects_arrived(notification: Event) -> None:
    for record in notification.get("Records", []):
        # S3 User Guide, "Event message structure": the key is URL-encoded, with + for a space.
        _arrived(unquote_plus(record["s3"]["object"]["key"]))


def _arrived(key: str) -> None:
    try:
        upload = uploads.finish_by_key(key)
    except GalleryError as error:
        # Deleted meanwhile, or no space left: the upload's own row says so, and trying again changes nothing.
        logger.info("object not taken up key=%s code=%s", key, error.code)
        return
    if upload is None:
        logger.info("object without an upload key=%s", key)
        return
    tasks.process(upload.pk)
