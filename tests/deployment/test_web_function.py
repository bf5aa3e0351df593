"""The web function of the real package, under AWS's runtime client: what a visitor sees through each front end."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from photosky.deployment.gateway import FrontEnd, Request
from photosky.deployment.runtime_api import FunctionError, LocalFunction, PayloadTooLarge
from tests.deployment.conftest import OWNER, PASSWORD
from tests.deployment.visitor import Visitor, asset_paths


def test_health_is_answered_through_every_front_end(visitor: Visitor) -> None:
    response = visitor.get("/healthz/")

    assert (response.status, response.text) == (200, "ok\n")


def test_signing_in_leads_to_the_gallery_below_the_stage(visitor: Visitor) -> None:
    answer = visitor.sign_in(OWNER, PASSWORD)
    gallery = visitor.get(answer.header("Location"))

    assert answer.status == 302
    assert answer.header("Location") == f"{visitor.front.prefix}/"
    assert gallery.status == 200
    assert "text/html" in gallery.header("Content-Type")


def test_a_wrong_password_is_refused(visitor: Visitor) -> None:
    assert visitor.sign_in(OWNER, "not-it").status == 200
    assert visitor.get("/").status == 302


def test_a_custom_domain_has_no_stage_in_its_links(
    start: Callable[..., LocalFunction], worker: LocalFunction
) -> None:
    function = start("photosky.lambda_web.handler", PHOTOSKY_SITE_URL="https://photos.example.org")
    visitor = Visitor(function, FrontEnd(domain="photos.example.org"))

    assert visitor.get("/").header("Location").startswith("/accounts/login/")
    assert asset_paths(visitor.get("/accounts/login/").text)[0].startswith("/static/")
    assert visitor.sign_in(OWNER, PASSWORD).header("Location") == "/"


def test_one_instance_serves_both_addresses_each_with_its_own_links(
    start: Callable[..., LocalFunction], worker: LocalFunction
) -> None:
    hosts = f"photos.example.org,{FrontEnd().host}"
    function = start("photosky.lambda_web.handler", PHOTOSKY_ALLOWED_HOSTS=hosts)

    for front in (FrontEnd(), FrontEnd(domain="photos.example.org"), FrontEnd()):
        html = Visitor(function, front).get("/accounts/login/").text
        assert asset_paths(html)[0].startswith(f"{front.prefix}/static/")


def test_a_session_cookie_is_sent_once_and_only_over_https(visitor: Visitor) -> None:
    answer = visitor.sign_in(OWNER, PASSWORD)
    cookies = answer.all("Set-Cookie")
    names = [cookie.split("=")[0] for cookie in cookies]

    assert len(names) == len(set(names))
    assert "__Host-sessionid" in names
    assert all("Secure" in cookie and "Path=/" in cookie for cookie in cookies)


def test_styles_and_scripts_of_a_page_are_served_for_a_year(visitor: Visitor) -> None:
    paths = asset_paths(visitor.get("/accounts/login/").text)

    assert paths
    for path in paths:
        response = visitor.get(path)
        assert path.startswith(f"{visitor.front.prefix}/static/")
        assert response.status == 200, path
        assert "immutable" in response.header("Cache-Control"), path


def test_a_compressed_answer_arrives_whole(visitor: Visitor) -> None:
    import gzip

    response = visitor.send("GET", "/accounts/login/", headers={"Accept-Encoding": "gzip"})

    assert response.header("Content-Encoding") == "gzip"
    assert b"</html>" in gzip.decompress(response.body)


def test_binary_files_arrive_byte_for_byte(visitor: Visitor, task_root: Path) -> None:
    manifest = json.loads((task_root / "staticfiles" / "staticfiles.json").read_text(encoding="utf-8"))[
        "paths"
    ]
    name = next(value for key, value in manifest.items() if key.endswith((".woff2", ".png", ".ico", ".webp")))

    response = visitor.get(f"/static/{name}")

    assert response.body == (task_root / "staticfiles" / name).read_bytes()


def test_the_api_answers_its_owner_in_json(owner: Visitor) -> None:
    response = owner.api("GET", "/api/images/")

    assert response.status == 200
    assert json.loads(response.body)["results"] == [] or "id" in json.loads(response.body)["results"][0]


def test_the_api_turns_a_stranger_away_with_a_problem(visitor: Visitor) -> None:
    response = visitor.api("GET", "/api/images/")

    assert response.status in {401, 403}
    assert response.header("Content-Type").startswith("application/problem+json")


def test_repeated_query_parameters_and_unicode_arrive(visitor: Visitor) -> None:
    response = visitor.get("/?tag=a&tag=b&q=%C3%A9t%C3%A9")

    assert response.status == 302
    assert "tag%3Da%26tag%3Db%26q%3D%25C3%25A9t%25C3%25A9" in response.header("Location")


def test_only_a_named_origin_may_use_the_api_from_its_pages(visitor: Visitor) -> None:
    headers = {"Access-Control-Request-Method": "GET", "Origin": "https://app.example.org"}

    allowed = visitor.send("OPTIONS", "/api/images/", headers=headers)
    refused = visitor.send("OPTIONS", "/api/images/", headers={**headers, "Origin": "https://evil.example"})

    assert allowed.header("Access-Control-Allow-Origin") == "https://app.example.org"
    assert refused.header("Access-Control-Allow-Origin") == ""


def test_a_form_without_its_token_is_refused(visitor: Visitor) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example"}

    assert visitor.send("POST", "/accounts/login/", b"login=ada&password=x", form).status == 403


def test_the_clients_address_is_the_gateways_word(
    web: LocalFunction, front: FrontEnd, worker: LocalFunction
) -> None:
    forged = Request("GET", "/healthz/", {"X-Forwarded-For": "6.6.6.6"}, client="198.51.100.23")
    before = len(web.log_text())

    web.invoke(front.event(forged))

    assert '"client": "198.51.100.23"' in web.log_text()[before:]
    assert "6.6.6.6" not in web.log_text()[before:]


def test_every_request_is_one_line_of_json_with_its_id_and_without_its_query(
    web: LocalFunction, worker: LocalFunction
) -> None:
    before = len(web.log_text())

    Visitor(web).get("/?X-Amz-Signature=0123456789abcdef")
    lines = [json.loads(line) for line in web.log_text()[before:].splitlines() if line.startswith("{")]

    [line] = [line for line in lines if line["message"] == "request"]
    assert line["request_id"]
    assert (line["method"], line["status"]) == ("GET", 302)
    assert "0123456789abcdef" not in web.log_text()[before:]


@pytest.mark.parametrize("domain", ["evil.example", "x.execute-api.eu-west-9.amazonaws.com"])
def test_another_hosts_name_is_refused(web: LocalFunction, worker: LocalFunction, domain: str) -> None:
    assert Visitor(web, FrontEnd(domain=domain)).get("/healthz/").status == 400


def test_a_body_larger_than_any_form_is_refused_and_the_next_request_served(visitor: Visitor) -> None:
    body = b"x" * 4_000_000
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert visitor.send("POST", "/accounts/login/", body, form).status in {400, 403, 413}
    assert visitor.get("/healthz/").status == 200


def test_lambda_takes_no_event_over_its_limit(visitor: Visitor) -> None:
    with pytest.raises(PayloadTooLarge):
        visitor.send("POST", "/accounts/login/", b"x" * 5_000_000, {"Content-Type": "text/plain"})


@pytest.mark.parametrize(
    "event",
    [{"raw_command": "open('/tmp/owned', 'w')"}, {"command": "os.getcwd"}, {"Records": []}, {}],
    ids=["raw python", "any function", "records", "empty"],
)
def test_what_is_no_request_is_refused(
    web: LocalFunction, worker: LocalFunction, event: dict[str, object]
) -> None:
    with pytest.raises(FunctionError) as refused:
        web.invoke(event)

    assert refused.value.payload["errorType"] == "UnknownEvent"


def test_a_management_command_runs_and_says_what_it_wrote(web: LocalFunction, worker: LocalFunction) -> None:
    assert "[X] 0001_initial" in web.invoke({"manage": "showmigrations gallery"})["output"]


def test_an_unknown_management_command_fails_the_invocation(
    web: LocalFunction, worker: LocalFunction
) -> None:
    with pytest.raises(FunctionError, match="CommandError"):
        web.invoke({"manage": "no_such_command"})
