"""How a worker that idles learns that there is work. A message that is lost costs time only: workers look by themselves."""

import json
import logging
import threading
import uuid
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

logger = logging.getLogger(__name__)

# SQS delays a message by no more; whoever looks too early leaves the job to the tick.
LONGEST_DELAY_S = 900
_work = threading.Event()


def wake() -> None:
    """Tell the worker thread of this process, if there is one, that there is work."""
    _work.set()


def wake_for_job(job_id: uuid.UUID, after: timedelta = timedelta()) -> None:
    """Tell a worker of a job, once the present transaction is written: this process's thread, or the queue's function."""
    wake()
    if settings.QUEUE_URL:
        delay = min(max(round(after.total_seconds()), 0), LONGEST_DELAY_S)
        transaction.on_commit(lambda: _send(job_id, delay), robust=True)


def idle(seconds: float) -> None:
    """Wait until there is work, or for so long."""
    _work.wait(seconds)


def attend() -> None:
    """Forget that one was woken, before looking for work."""
    _work.clear()


def _send(job_id: uuid.UUID, delay_s: int) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        _queue(settings.S3.region).send_message(
            QueueUrl=settings.QUEUE_URL, MessageBody=json.dumps({"job": str(job_id)}), DelaySeconds=delay_s
        )
    except (BotoCoreError, ClientError) as error:
        # The job stands in the database, where the tick finds it.
        logger.warning("worker not woken job=%s error=%s", job_id, error)


@lru_cache(maxsize=1)
def _queue(region: str) -> "SQSClient":
    import boto3
    from botocore.config import Config

    # A person waits for the page meanwhile.
    patience = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2})
    return boto3.client("sqs", region_name=region, config=patience)
