"""The worker function of the real package: from a message about an object to renditions on a real S3 server."""

import hashlib
import json
import os
import urllib.request
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, unquote, urlsplit

import pytest
from PIL import Image

from photosky.deployment.gateway import s3_notification, schedule_event, sqs_event
from photosky.deployment.runtime_api import FunctionError, LocalFunction
from tests.deployment.visitor import Visitor, csrf_token

QUEUE = "arn:aws:sqs:us-east-1:123456789012:photosky-production-work"


def picture() -> bytes:
    """Return a JPEG that no other test has sent."""
    made = BytesIO()
    Image.frombytes("RGB", (64, 48), os.urandom(64 * 48 * 3)).save(made, "JPEG", quality=95)
    return made.getvalue()


def token_of(owner: Visitor) -> str:
    return csrf_token(owner.get("/upload/").text)


def announce(owner: Visitor, data: bytes, name: str = "été 1+1.jpg") -> dict[str, Any]:
    """Announce a file as the upload page does; returns the protocol's result."""
    file = {
        "client_ref": "1", "filename": name, "bytes": len(data), "content_type": "image/jpeg",
        "sha256": hashlib.sha256(data).hexdigest(), "modified_at": None,
    }  # fmt: skip
    response = owner.api("POST", "/api/uploads/", {"files": [file], "album": None}, token=token_of(owner))
    assert response.status == 200, response.text
    result: dict[str, Any] = json.loads(response.body)["results"][0]
    assert result["status"] == "upload", result
    return result


def send(result: dict[str, Any], data: bytes) -> str:
    """PUT the bytes as the browser does, to the address that the function has signed; returns the object's key."""
    request = result["request"]
    put = urllib.request.Request(request["url"], data, request["headers"], method=request["method"])
    with urllib.request.urlopen(put) as answer:
        assert answer.status == 200
    return unquote(urlsplit(request["url"]).path).split("/", 2)[2]


def upload_row(owner: Visitor, result: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(owner.api("GET", f"/api/uploads/{result['upload']['id']}/").body)
    return row


def image_of(owner: Visitor, result: dict[str, Any]) -> dict[str, Any]:
    row = upload_row(owner, result)
    assert row["state"] == "ready", row
    image: dict[str, Any] = json.loads(owner.api("GET", f"/api/images/{row['image']['id']}/").body)
    return image


def arrived(key: str) -> dict[str, Any]:
    return s3_notification("photos", quote_plus(key, safe="/"))


def test_a_queued_message_becomes_an_image_whose_renditions_can_be_fetched(
    owner: Visitor, worker: LocalFunction
) -> None:
    data = picture()
    result = announce(owner, data)

    answer = worker.invoke(sqs_event(QUEUE, arrived(send(result, data))))
    image = image_of(owner, result)

    assert answer == {"batchItemFailures": []}
    assert (image["width"], image["height"]) == (64, 48)
    for rung, url in image["urls"].items():
        with urllib.request.urlopen(url) as rendition:
            assert rendition.read(4) == b"RIFF", rung


def test_the_original_is_byte_for_byte_what_was_sent(owner: Visitor, worker: LocalFunction) -> None:
    data = picture()
    result = announce(owner, data)
    worker.invoke(sqs_event(QUEUE, arrived(send(result, data))))

    response = owner.get(f"/p/{image_of(owner, result)['id']}/original/")

    with urllib.request.urlopen(response.header("Location")) as original:
        assert original.read() == data


def test_a_message_delivered_twice_makes_one_image(owner: Visitor, worker: LocalFunction) -> None:
    data = picture()
    result = announce(owner, data)
    event = sqs_event(QUEUE, arrived(send(result, data)))

    first, second = worker.invoke(event), worker.invoke(event)
    sha256 = hashlib.sha256(data).hexdigest()
    images = json.loads(owner.api("GET", "/api/images/").body)["results"]

    assert first == second == {"batchItemFailures": []}
    assert [image["sha256"] for image in images].count(sha256) == 1


def test_an_event_straight_from_s3_is_served(owner: Visitor, worker: LocalFunction) -> None:
    data = picture()
    result = announce(owner, data)

    worker.invoke(arrived(send(result, data)))

    assert upload_row(owner, result)["state"] == "ready"


def test_only_the_message_that_failed_comes_again(owner: Visitor, worker: LocalFunction) -> None:
    data = picture()
    result = announce(owner, data)

    answer = worker.invoke(sqs_event(QUEUE, {"nonsense": True}, arrived(send(result, data))))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert upload_row(owner, result)["state"] == "ready"


def test_a_file_that_is_no_photo_is_rejected_with_its_reason(owner: Visitor, worker: LocalFunction) -> None:
    data = b"<html>not a photo" + os.urandom(16)
    result = announce(owner, data)

    answer = worker.invoke(sqs_event(QUEUE, arrived(send(result, data))))
    row = upload_row(owner, result)

    assert answer == {"batchItemFailures": []}
    assert row["state"] == "rejected"
    assert row["reason"]


@pytest.mark.parametrize("key", ["renditions/a/b.webp", "originals/0123456789abcdef0123456789abcdef"])
def test_objects_that_belong_to_no_upload_are_left_alone(worker: LocalFunction, key: str) -> None:
    assert worker.invoke(sqs_event(QUEUE, arrived(key))) == {"batchItemFailures": []}


def test_the_tick_finds_an_upload_whose_message_was_lost(owner: Visitor, worker: LocalFunction) -> None:
    data = picture()
    result = announce(owner, data)
    send(result, data)
    finished = owner.api("POST", f"/api/uploads/{result['upload']['id']}/finish/", {}, token=token_of(owner))

    answer = worker.invoke(schedule_event("photosky-production-worker-photosky.lambda_worker.handler"))

    assert finished.status == 200
    assert answer["uploads"] >= 1
    assert upload_row(owner, result)["state"] == "ready"


def test_the_test_message_of_a_new_notification_is_swallowed(worker: LocalFunction) -> None:
    test_event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "photos"}

    assert worker.invoke(sqs_event(QUEUE, test_event)) == {"batchItemFailures": []}


def test_a_web_request_is_refused(worker: LocalFunction) -> None:
    with pytest.raises(FunctionError) as refused:
        worker.invoke({"httpMethod": "GET", "path": "/"})

    assert refused.value.payload["errorType"] == "UnknownEvent"


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"PHOTOSKY_SECRET_KEY": ""}, "PHOTOSKY_SECRET_KEY"),
        ({"PHOTOSKY_BUCKET": ""}, "PHOTOSKY_BUCKET"),
        ({"DATABASE_URL": "sqlite:////tmp/photos.sqlite3"}, "SQLite"),
        ({"PHOTOSKY_PARAMETERS": "photosky"}, "PHOTOSKY_PARAMETERS"),
    ],
    ids=["no database", "no secret", "no bucket", "sqlite", "bad parameter path"],
)
@pytest.mark.parametrize("handler", ["photosky.lambda_web.handler", "photosky.lambda_worker.handler"])
def test_a_function_without_a_setting_refuses_to_start_and_names_it(
    start: Callable[..., LocalFunction], handler: str, missing: dict[str, str], named: str
) -> None:
    with pytest.raises(FunctionError, match=named):
        start(handler, **missing).invoke(schedule_event("tick"))


@pytest.mark.parametrize("name", ["sony-a6000-24mp.jpg", "phone-pug.heic", "canon-10bit.hif"])
def test_real_photographs_are_worked_on_with_the_libraries_of_the_package(
    owner: Visitor, worker: LocalFunction, name: str
) -> None:
    folder = os.environ.get("PHOTOSKY_PHOTOS")
    if not folder:
        pytest.skip("PHOTOSKY_PHOTOS names no folder with real photographs")
    data = (Path(folder) / name).read_bytes()
    result = announce(owner, data, name)

    worker.invoke(sqs_event(QUEUE, arrived(send(result, data))))

    assert image_of(owner, result)["camera"]["make"]
