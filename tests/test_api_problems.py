"""Errors of the API: problem details everywhere, with stable codes and words that help."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from gallery import objectstore, renditions
from gallery.models import Upload, User
from tests.make import make_image

SignedIn = Callable[[User], Client]


def check_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == answer.wsgi_request.path
    return problem


@pytest.mark.parametrize("path", ["/api/", "/api/images/", "/api/uploads/", "/api/albums/"])
def test_nobody_signed_in_gets_401(db: None, client: Client, path: str) -> None:
    answer = client.get(path)
    check_problem(answer, 401, "not_authenticated")
    assert 'Session realm="PhotoSky"' in answer["WWW-Authenticate"]


def test_missing_csrf_token_gets_403(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/api/albums/", {"title": "Forged"}, content_type="application/json")
    check_problem(answer, 403, "csrf_failed")


@pytest.mark.parametrize(
    "path", ["/api/nothing/", "/api/images/1/", "/api/images", "/api/uploads/x/finish/", "/api/images/a%0Ab/"]
)
def test_unknown_address_gets_404(alice: User, signed_in: SignedIn, path: str) -> None:
    check_problem(signed_in(alice).get(path), 404, "not_found")


@pytest.mark.parametrize("method", ["post", "patch", "put", "delete"])
def test_unknown_address_gets_404_whatever_is_sent_there(db: None, method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = getattr(client, method)("/api/albums/x/", {}, content_type="application/json")
    check_problem(answer, 404, "not_found")


def test_wrong_method_gets_405_with_the_right_ones(alice: User, signed_in: SignedIn) -> None:
    answer = signed_in(alice).put(f"/api/images/{make_image(alice).pk}/", {}, content_type="application/json")
    check_problem(answer, 405, "method_not_allowed")
    assert "PATCH" in answer["Allow"]


def test_media_type_that_cannot_be_given_gets_406(alice: User, signed_in: SignedIn) -> None:
    check_problem(
        signed_in(alice).get("/api/images/", headers={"accept": "image/png"}), 406, "not_acceptable"
    )


def test_format_that_is_none_gets_406_with_those_that_are(alice: User, signed_in: SignedIn) -> None:
    answer = signed_in(alice).get("/api/images/?format=xml")
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")
    assert "'xml'. Known are: json, api." in answer.json()["detail"]


def test_form_in_place_of_json_gets_415(alice: User, signed_in: SignedIn) -> None:
    check_problem(signed_in(alice).post("/api/albums/", {"title": "Form"}), 415, "unsupported_media_type")


@pytest.mark.parametrize("body", ["{", "[" * 100_000, '{"title": NaN}', "\xff".encode("latin-1")])
def test_broken_json_gets_400(alice: User, signed_in: SignedIn, body: str | bytes) -> None:
    answer = signed_in(alice).post("/api/albums/", body, content_type="application/json")
    check_problem(answer, 400, "parse_error")


def test_oversized_body_gets_413(alice: User, signed_in: SignedIn) -> None:
    answer = signed_in(alice).post("/api/albums/", b" " * (1024**2 + 1), content_type="application/json")
    check_problem(answer, 413, "body_too_large")


@pytest.mark.parametrize("body", ["[]", "null", "3", '"title"'])
def test_json_of_another_shape_gets_400(alice: User, signed_in: SignedIn, body: str) -> None:
    answer = signed_in(alice).post("/api/albums/", body, content_type="application/json")
    assert check_problem(answer, 400, "invalid")["errors"][0]["pointer"] == ""


@pytest.mark.parametrize("path", ["/api/albums/", "/api/uploads/", "/api/uploads/finish/"])
def test_member_whose_name_is_no_text_is_refused_with_a_name_that_is(
    alice: User, signed_in: SignedIn, path: str
) -> None:
    answer = signed_in(alice).post(path, '{"\\ud800": 1}', content_type="application/json")
    problem = check_problem(answer, 400, "invalid")
    assert {"/?"} == {one["pointer"] for one in problem["errors"] if one["code"] == "unknown_field"}


def test_validation_points_at_what_is_wrong(alice: User, signed_in: SignedIn) -> None:
    files = [
        {"filename": "a.jpg", "bytes": 1, "sha256": "0" * 64},
        {"filename": "b.jpg", "bytes": -1, "sha256": "0" * 64},
        {"filename": "c.jpg", "bytes": 10**400, "sha256": "0" * 64},
    ]
    answer = signed_in(alice).post("/api/uploads/", {"files": files}, content_type="application/json")
    problem = check_problem(answer, 400, "invalid")
    assert [error["pointer"] for error in problem["errors"]] == ["/files/1/bytes", "/files/2/bytes"]
    assert "files/1/bytes" in problem["detail"]


def test_store_that_does_not_answer_gets_503_and_when_to_return(
    alice: User, signing: None, settings: Any, signed_in: SignedIn
) -> None:
    # Nobody listens on the discard port.
    settings.S3 = replace(settings.S3, endpoint="http://127.0.0.1:9")
    upload = Upload.objects.create(
        owner=alice, filename="a.jpg", content_type="image/jpeg", bytes=1, key="originals/a"
    )
    answer = signed_in(alice).post(f"/api/uploads/{upload.pk}/finish/")
    check_problem(answer, 503, "store_unavailable")
    assert int(answer["Retry-After"]) > 0
    assert "127.0.0.1" not in answer.json()["detail"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (objectstore.AccessDenied("secret-bucket said no", code="AccessDenied"), 502, "store_failed"),
        (objectstore.NotFound("originals/secret is gone", code="NoSuchKey"), 404, "not_in_store"),
        (RuntimeError("secret"), 500, "unforeseen"),
    ],
)
def test_inner_words_of_an_error_do_not_leave_the_house(
    alice: User,
    signed_in: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    code: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(renditions, "urls", fail)
    client = signed_in(alice)
    client.raise_request_exception = False
    answer = client.get("/api/images/")
    check_problem(answer, status, code)
    assert "secret" not in answer.content.decode()


def test_unforeseen_error_reaches_the_log_and_the_reporters(
    alice: User, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the cause")

    monkeypatch.setattr(renditions, "urls", fail)
    with pytest.raises(RuntimeError, match="the cause"):
        signed_in(alice).get("/api/images/")
    assert "the cause" in caplog.text


def test_browser_gets_the_problem_as_a_page(alice: User, signed_in: SignedIn) -> None:
    answer = signed_in(alice).get("/api/images/?favourite=1", headers={"accept": "text/html"})
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")
    assert "unknown_parameter" in answer.content.decode()
