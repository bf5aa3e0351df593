"""The gallery on a phone: its manifest, its service worker, and what it does without a network."""

import json
from collections.abc import Callable

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image as PillowImage

from gallery.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing")]


def test_manifest_names_icons_of_the_sizes_that_they_have(client: Client) -> None:
    manifest = client.get("/manifest.webmanifest").json()

    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in manifest["icons"]:
        found = finders.find(icon["src"].removeprefix("/static/"))
        assert isinstance(found, str)
        with PillowImage.open(found) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]
    assert manifest["share_target"]["method"] == "POST"


def test_service_worker_comes_from_the_root_and_is_asked_for_each_time(client: Client) -> None:
    answer = client.get("/sw.js")

    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-cache" in answer["Cache-Control"]
    first = answer.content.decode().partition("\n")[0]
    values = json.loads(first.removeprefix("const SETTINGS = ").removesuffix(";"))
    assert values["offline"] == "/offline/"
    assert all(finders.find(name.removeprefix("/static/")) for name in values["shell"])


def test_page_for_no_network_is_the_same_for_everybody(
    alice: User, signed_in: Callable[[User], Client], client: Client
) -> None:
    hers, nobodys = signed_in(alice).get("/offline/"), client.get("/offline/")

    assert alice.username not in hers.content.decode()
    assert "csrf" not in hers.content.decode()
    assert nobodys.status_code == 200


def test_files_shared_without_a_service_worker_are_not_read_and_it_is_said(
    alice: User, signed_in: Callable[[User], Client]
) -> None:
    answer = signed_in(alice).post("/upload/shared/", {"photos": "x" * 100}, follow=True)

    assert answer.redirect_chain == [("/upload/", 302)]
    assert "could not be taken over" in answer.content.decode()
