"""The web function: gives Zappa's handler the requests, and nothing else; puts its answers in order.

Zappa's own entry point also runs any Python text and any function that an invocation names. This one does not.
"""

import json
import logging
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from photosky import jsonlog, lambda_start

if TYPE_CHECKING:
    from zappa.handler import LambdaHandler

logger = logging.getLogger(__name__)

# Lambda quotas, "Invocation payload": 6 MB synchronous; the service counts 6 291 556 bytes of the JSON answer.
MAX_ANSWER_BYTES = 6_291_556
# JSON makes one byte into six at most, so a shorter body cannot exceed the limit.
SURELY_SMALL = MAX_ANSWER_BYTES // 8

Event = dict[str, Any]


def _load() -> "LambdaHandler":
    """Load settings, program and Zappa while the function starts: that time has the full processor."""
    lambda_start.prepare()
    from zappa.handler import LambdaHandler

    # Lambda knows where it runs; Zappa would put in its place what the settings said when the package was built.
    import_module("zappa_settings").ENVIRONMENT_VARIABLES.pop("AWS_REGION", None)
    # Its line per request repeats ours, and holds the query string.
    logging.getLogger("zappa.wsgi").setLevel(logging.WARNING)
    return LambdaHandler()


ZAPPA = _load()


def handler(event: Event, context: Any) -> Event:
    """Answer one request (REST API, HTTP API or function URL), or run a management command. Others are refused."""
    with jsonlog.request(context.aws_request_id):
        if "httpMethod" in event or event.get("version") == "2.0":
            return _checked(_tidy(ZAPPA.handler(event, context)))
        if "manage" in event:
            return dict(lambda_start.run_command(event))
        raise lambda_start.UnknownEvent(
            f"The web function serves requests and management commands, not an event with {sorted(event)}."
        )


def _tidy(answer: Event) -> Event:
    """Undo Zappa 0.63's doubling of cookies: each is sent twice, under two spellings of the header's name."""
    if "cookies" in answer:
        answer["cookies"] = _once(answer["cookies"])
    if "multiValueHeaders" in answer:
        headers: dict[str, list[str]] = {}
        for name, values in answer["multiValueHeaders"].items():
            spelling = "Set-Cookie" if name.lower() == "set-cookie" else name
            headers[spelling] = _once([*headers.get(spelling, []), *values])
        answer["multiValueHeaders"] = headers
        # The gateway merges both; the single-valued one would bring back one cookie under its other spelling.
        answer.pop("headers", None)
    return answer


def _once(values: Iterable[str]) -> list[str]:
    # Django writes a space before each cookie.
    return list(dict.fromkeys(value.strip() for value in values))


def _checked(answer: Event) -> Event:
    """Refuse to return what Lambda will not take: its runtime client would end, and the instance with it."""
    body = answer.get("body") or ""
    if len(body) <= SURELY_SMALL or len(json.dumps(answer)) <= MAX_ANSWER_BYTES:
        return answer
    logger.error("answer too large for Lambda characters=%d status=%s", len(body), answer["statusCode"])
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    refusal: Event = {
        "statusCode": 500,
        "isBase64Encoded": False,
        "body": "This answer is too large to be sent.",
    }
    if "multiValueHeaders" in answer:
        return {**refusal, "multiValueHeaders": {name: [value] for name, value in headers.items()}}
    return {**refusal, "headers": headers}
