"""What a function does before its first event, and what it makes of a request: secrets, the log, the client's address."""

import json
import logging
from collections.abc import Iterator

import boto3
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from moto import mock_aws

from photosky import jsonlog
from photosky.lambda_requests import ClientAddress
from photosky.lambda_start import StartRefused, load_parameters

PATH = "/photosky/production/"


@pytest.fixture
def ssm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield


def put(**values: str) -> None:
    client = boto3.client("ssm", region_name="eu-central-1")
    for name, value in values.items():
        client.put_parameter(Name=PATH + name, Value=value, Type="SecureString")


def test_parameters_become_variables(ssm: None) -> None:
    put(DATABASE_URL="postgresql://x", PHOTOSKY_SECRET_KEY="s")
    environment = {"PHOTOSKY_PARAMETERS": PATH}

    load_parameters(environment)

    assert environment["DATABASE_URL"] == "postgresql://x"
    assert environment["PHOTOSKY_SECRET_KEY"] == "s"


def test_more_parameters_than_one_answer_holds_are_all_read(ssm: None) -> None:
    put(**{f"PHOTOSKY_{number}": str(number) for number in range(25)})
    environment = {"PHOTOSKY_PARAMETERS": PATH}

    load_parameters(environment)

    assert len(environment) == 26


def test_a_variable_of_the_function_wins_over_a_parameter(ssm: None) -> None:
    put(DATABASE_URL="from the store")
    environment = {"PHOTOSKY_PARAMETERS": PATH, "DATABASE_URL": "from the function"}

    load_parameters(environment)

    assert environment["DATABASE_URL"] == "from the function"


def test_a_path_without_parameters_stops_the_start(ssm: None) -> None:
    with pytest.raises(StartRefused, match="has nothing under /photosky/production/"):
        load_parameters({"PHOTOSKY_PARAMETERS": PATH})


def test_a_store_that_cannot_be_read_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "testing")

    with pytest.raises(StartRefused, match="ssm:GetParametersByPath"):
        load_parameters({"PHOTOSKY_PARAMETERS": PATH})


def test_without_a_path_nothing_is_asked() -> None:
    environment: dict[str, str] = {}

    load_parameters(environment)

    assert environment == {}


def line(record: logging.LogRecord) -> dict[str, str]:
    parsed: dict[str, str] = json.loads(jsonlog.JsonFormatter().format(record))
    return parsed


def record(message: str, **extra: object) -> logging.LogRecord:
    return logging.getLogger("gallery").makeRecord(
        "gallery", logging.INFO, "f", 1, message, (), None, extra=extra
    )


def test_a_line_carries_the_id_of_its_request_and_of_no_other() -> None:
    with jsonlog.request("abc"):
        inside = line(record("hello", upload="u1"))
    outside = line(record("hello"))

    assert (inside["request_id"], inside["upload"]) == ("abc", "u1")
    assert "request_id" not in outside


def test_signatures_of_presigned_addresses_are_left_out() -> None:
    text = line(record("GET https://b/k?X-Amz-Signature=abcdef012345&X-Amz-Expires=60"))["message"]

    assert "abcdef012345" not in text
    assert "X-Amz-Expires=60" in text


def test_an_exception_stays_in_its_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        made = logging.getLogger("g").makeRecord(
            "g", logging.ERROR, "f", 1, "bad", (), (type(error), error, error.__traceback__)
        )

    assert "\n" not in jsonlog.JsonFormatter().format(made)
    assert "ValueError: two" in line(made)["exception"]


def address_of(**meta: object) -> tuple[str, bool]:
    """Return the address that a view sees, and whether it could see X-Forwarded-For."""
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    ClientAddress(view)(RequestFactory().get("/", **meta))  # type: ignore[arg-type]
    return seen[0].META["REMOTE_ADDR"], "HTTP_X_FORWARDED_FOR" in seen[0].META


@pytest.mark.parametrize("where", ["identity", "http"])
def test_the_gateways_source_address_wins_over_what_the_client_writes(where: str) -> None:
    event = {"requestContext": {where: {"sourceIp": "203.0.113.9"}}}
    meta = {"HTTP_X_FORWARDED_FOR": "1.1.1.1, 2.2.2.2", "REMOTE_ADDR": "1.1.1.1", "lambda.event": event}

    assert address_of(**meta) == ("203.0.113.9", False)


def test_an_event_without_an_address_gives_none_rather_than_the_clients() -> None:
    meta = {
        "HTTP_X_FORWARDED_FOR": "1.1.1.1",
        "REMOTE_ADDR": "1.1.1.1",
        "lambda.event": {"requestContext": {}},
    }

    assert address_of(**meta) == ("", False)


def test_outside_lambda_the_servers_word_stands() -> None:
    assert address_of(REMOTE_ADDR="127.0.0.1") == ("127.0.0.1", False)
