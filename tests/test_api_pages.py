"""What the API says of itself: the schema, the page of operations, the browsable API under the security policy."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from gallery.api import schema
from gallery.models import User
from gallery.templatetags.api_words import with_code
from tests.access_world import make_world
from tests.api_routes import Route, cases, members
from tests.make import make_album, make_image

pytestmark = pytest.mark.usefixtures("signing")
SignedIn = Callable[[User], Client]
OPERATIONS = {
    "albums_add", "albums_create", "albums_delete", "albums_list", "albums_remove", "albums_retrieve", "albums_update",
    "images_delete", "images_list", "images_original", "images_restore", "images_retrieve", "images_update",
    "uploads_finish", "uploads_finish_many", "uploads_list", "uploads_retrieve", "uploads_start",
}  # fmt: skip


def operations(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation
        for path in described["paths"].values()
        for method, operation in path.items()
        if method in schema.METHODS
    }


def check_policy(answer: Any) -> str:
    """Hold a page to the content security policy: nothing inline, nothing from elsewhere."""
    page: str = answer.content.decode()
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\son\w+=|javascript:", page)
    assert not re.search(
        r'(src|href)="(https?:)?//(?!testserver)(?!store\.test)[^"]*\.(js|css|woff2?)"', page
    )
    return page


def test_schema_is_valid_and_without_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")
    assert capsys.readouterr().err == ""


def test_operations_keep_their_names(db: None, client: Client) -> None:
    assert operations(yaml.safe_load(client.get("/api/schema/").content)).keys() >= OPERATIONS


def test_every_operation_documents_its_problems(db: None, client: Client) -> None:
    for name, operation in operations(client.get("/api/schema/?format=json").json()).items():
        assert {"401", "406"} <= operation["responses"].keys(), name
        assert any(status.startswith(("2", "3")) for status in operation["responses"]), name
        if "requestBody" in operation:
            assert {"400", "403", "413", "415"} <= operation["responses"].keys(), name
            assert list(operation["requestBody"]["content"]) == ["application/json"], name


def test_words_of_the_description_are_code_where_they_are_meant_so_and_never_markup(
    alice: User, signed_in: SignedIn
) -> None:
    page = signed_in(alice).get("/api/images/", headers={"accept": "text/html"}).content.decode()
    assert "with <code>album</code>, those" in page
    assert with_code("`<b>` & <i>") == "<code>&lt;b&gt;</code> &amp; &lt;i&gt;"


def test_page_of_operations_lists_all_of_them_for_everybody(db: None, client: Client) -> None:
    page = check_policy(client.get("/api/docs/"))
    assert all(f'id="{name}"' in page for name in OPERATIONS)
    assert "/api/uploads/finish/" in page
    assert 'href="/api/bin/empty/"' in page


@pytest.mark.parametrize("path", ["", "images/", "uploads/", "albums/", "uploads/finish/"])
def test_browsable_api_obeys_the_security_policy(alice: User, signed_in: SignedIn, path: str) -> None:
    make_image(alice)
    make_album(alice)
    answer = signed_in(alice).get(f"/api/{path}", headers={"accept": "text/html"})
    page = check_policy(answer)
    assert "gallery/css/api.css" in page
    assert "rest_framework/" not in page


def test_browsable_api_offers_what_can_be_sent(alice: User, signed_in: SignedIn) -> None:
    image = make_image(alice, title="Above the fog")
    page = signed_in(alice).get(f"/api/images/{image.pk}/", headers={"accept": "text/html"}).content.decode()
    assert 'data-method="PATCH"' in page
    assert 'data-method="DELETE"' in page
    assert "csrfmiddlewaretoken" in page
    assert f"/api/images/{image.pk}/original/" in page
    uploads = signed_in(alice).get("/api/uploads/", headers={"accept": "text/html"}).content.decode()
    assert "&quot;files&quot;" in uploads


def test_browsable_api_offers_to_upload_a_photo_and_begins_bodies_with_examples(
    alice: User, signed_in: SignedIn
) -> None:
    client = signed_in(alice)
    page = check_policy(client.get("/api/uploads/", headers={"accept": "text/html"}))
    assert "data-upload" in page
    assert 'type="file"' in page
    bulk = client.get("/api/images/bulk/", headers={"accept": "text/html"})
    assert bulk.status_code == 405
    assert "&quot;add_tags&quot;" in check_policy(bulk)


@pytest.mark.parametrize("route", cases("post", "patch", "delete"))
def test_browsable_api_offers_every_operation_with_a_body_to_begin_with(route: Route, alice: User) -> None:
    world = make_world(alice)
    client = world.client("staff" if route.name == "api:user-detail" else "owner")
    url = route.url(world)

    page = check_policy(client.get(url, headers={"accept": "text/html"}))

    form = re.search(rf'<form[^>]*data-method="{route.method.upper()}".*?</form>', page, re.DOTALL)
    assert form, page
    assert f'action="{url}"' in form[0]
    if members(url, route.method):
        body = json.loads(
            html.unescape(form[0].split("<textarea")[1].split(">", 1)[1].split("</textarea")[0])
        )
        assert body.keys() <= set(members(url, route.method))


@pytest.mark.parametrize("route", [one for one in cases("patch") if "member" not in str(one.id)])
def test_body_of_a_patch_can_be_sent_as_it_stands_and_changes_nothing(route: Route, alice: User) -> None:
    world = make_world(alice)
    url = route.url(world)
    client = world.client("staff" if route.name == "api:user-detail" else "owner")
    page = client.get(url, headers={"accept": "text/html"}).content.decode()
    body = html.unescape(page.split('id="body-PATCH"')[1].split(">", 1)[1].split("</textarea")[0])
    before = client.get(url).json()

    answer = client.patch(url, body, "application/json")

    assert answer.status_code == 200, answer.content
    # Addresses are signed anew, and it was changed, if to what it was.
    passing = {"urls", "updated_at"}
    assert {k: v for k, v in answer.json().items() if k not in passing} == {
        k: v for k, v in before.items() if k not in passing
    }


def test_browsable_api_leads_to_what_lies_below_a_thing(alice: User, signed_in: SignedIn) -> None:
    album = make_album(alice)
    page = signed_in(alice).get(f"/api/albums/{album.pk}/", headers={"accept": "text/html"}).content.decode()
    for name in ("images", "members", "add", "leave"):
        assert f'href="/api/albums/{album.pk}/{name}/"' in page


def test_browsable_api_leads_to_sign_in(db: None, client: Client) -> None:
    answer = client.get("/api/images/", headers={"accept": "text/html"})
    assert answer.status_code == 401
    assert "/accounts/login/?next=/api/images/" in check_policy(answer)


def test_hostile_title_stays_text_in_the_browsable_api(alice: User, signed_in: SignedIn) -> None:
    make_image(alice, title="<script>alert(1)</script>")
    check_policy(signed_in(alice).get("/api/images/", headers={"accept": "text/html"}))


def test_filters_of_the_browsable_api_are_a_form(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    page = client.get("/api/images/", headers={"accept": "text/html"}).content.decode()
    assert 'name="taken_after"' in page
    # A form sends the fields that were left empty as well.
    assert client.get("/api/images/?taken_after=&taken_before=&favorite=&album=&binned=").status_code == 200
