"""What AWS's front ends make of an HTTP request, and of a function's answer to it.

After the API Gateway Developer Guide ("Input format of a Lambda function for proxy integration"; "Working with Lambda
proxy integrations for HTTP APIs", payload 2.0) and the Lambda Developer Guide ("Invoking function URLs").
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import parse_qs, urlsplit

Event = dict[str, Any]
API_ID = "a1b2c3d4e5"
CLIENT = "203.0.113.7"


class Format(Enum):
    """How a function is reached: REST API (payload 1.0), HTTP API and function URL (payload 2.0)."""

    REST = "rest"
    HTTP = "http"
    URL = "url"


@dataclass(frozen=True)
class Request:
    """An HTTP request as a client sends it; header names in any spelling, the path with its query."""

    method: str = "GET"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = CLIENT


@dataclass(frozen=True)
class Response:
    """An HTTP response as the client gets it."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """Return the first header of this name, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        """Return every header of this name, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()


@dataclass(frozen=True)
class FrontEnd:
    """One address of a function. Without `domain` it is one of the kind that AWS gives."""

    format: Format = Format.REST
    stage: str = "production"
    region: str = "us-east-1"
    domain: str = ""

    @property
    def host(self) -> str:
        """The host name that clients use."""
        if self.domain:
            return self.domain
        if self.format is Format.URL:
            return f"{API_ID}.lambda-url.{self.region}.on.aws"
        return f"{API_ID}.execute-api.{self.region}.amazonaws.com"

    @property
    def prefix(self) -> str:
        """What stands before every path of the site in addresses that clients use: the stage, at a gateway's own."""
        return f"/{self.stage}" if self.host.endswith(".amazonaws.com") else ""

    def event(self, request: Request) -> Event:
        """Return the event for a request whose path is that of the site, without the prefix."""
        return self._version_1(request) if self.format is Format.REST else self._version_2(request)

    def response(self, answer: Mapping[str, Any]) -> Response:
        """Return what the client gets for a function's answer."""
        body = answer.get("body") or ""
        data = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        headers = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            headers = [pair for pair in headers if pair[0] != name or pair[1] not in values]
            headers += [(name, str(value)) for value in values]
        headers += [("Set-Cookie", cookie) for cookie in answer.get("cookies") or []]
        return Response(int(answer["statusCode"]), headers, data)

    def _headers(self, request: Request) -> dict[str, str]:
        forwarded = {name.lower(): value for name, value in request.headers.items()}.get("x-forwarded-for")
        return {
            **{name: value for name, value in request.headers.items() if name.lower() != "x-forwarded-for"},
            "Host": self.host,
            # A regional gateway appends the client's address to what the client sent.
            "X-Forwarded-For": f"{forwarded}, {request.client}" if forwarded else request.client,
            "X-Forwarded-Port": "443",
            "X-Forwarded-Proto": "https",
        }

    def _version_1(self, request: Request) -> Event:
        parts = urlsplit(request.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        headers = self._headers(request)
        return {
            "resource": "/{proxy+}" if parts.path != "/" else "/",
            "path": parts.path,
            "httpMethod": request.method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": {"proxy": parts.path.lstrip("/")} if parts.path != "/" else None,
            "stageVariables": None,
            "requestContext": {
                "apiId": API_ID,
                "stage": self.stage,
                "path": self.prefix + parts.path,
                "protocol": "HTTP/1.1",
                "httpMethod": request.method,
                "domainName": self.host,
                "identity": {"sourceIp": request.client, "userAgent": headers.get("User-Agent")},
            },
            **_body(request),
        }

    def _version_2(self, request: Request) -> Event:
        parts = urlsplit(request.path)
        raw_path = self.prefix + parts.path
        headers = {name.lower(): value for name, value in self._headers(request).items()}
        cookies = [cookie for cookie in headers.pop("cookie", "").split("; ") if cookie]
        query = parse_qs(parts.query, keep_blank_values=True)
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": raw_path,
            "rawQueryString": parts.query,
            **({"cookies": cookies} if cookies else {}),
            "headers": headers,
            **({"queryStringParameters": {name: ",".join(v) for name, v in query.items()}} if query else {}),
            "requestContext": {
                "apiId": API_ID,
                "domainName": self.host,
                "stage": "$default" if self.format is Format.URL else self.stage,
                "http": {
                    "method": request.method,
                    "path": raw_path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": request.client,
                    "userAgent": headers.get("user-agent", ""),
                },
            },
            **_body(request),
        }


def _body(request: Request) -> Event:
    if not request.body:
        return {"body": None, "isBase64Encoded": False}
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def s3_notification(bucket: str, *keys: str) -> Event:
    """Return what S3 sends when objects were made; the keys must be URL-encoded, as S3 does."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "photosky",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": key, "size": 1, "sequencer": "0055AED6DCD90281E5"},
                },
            }
            for key in keys
        ]
    }


def sqs_event(queue_arn: str, *bodies: Mapping[str, Any]) -> Event:
    """Return a batch of messages as an event source mapping sends it; message ids count from message-0."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "handle",
                "body": json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn,
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def schedule_event(rule: str) -> Event:
    """Return what EventBridge sends for a rule's schedule."""
    return {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "resources": [f"arn:aws:events:us-east-1:123456789012:rule/{rule}"],
        "detail": {},
    }
