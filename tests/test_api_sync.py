"""The change feed and webhooks by the API: what clients send, what they get, and what it costs."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import albums, changes, sharing
from gallery.models import Album, ApiToken, Image, ShareLink, Tombstone, User, Webhook, WebhookDelivery
from gallery.webhooks import hooks
from gallery.webhooks.events import EVENTS
from tests.make import PASSWORD, make_album, make_image

pytestmark = pytest.mark.usefixtures("signing")
Scope = ApiToken.Scope
HOOK = {"name": "backup", "url": "https://example.com/hook", "events": ["photo.ready", "album.changed"]}


def person(user: User) -> Client:
    """Return a browser in which the user has just given the password."""
    client = Client()
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.fixture
def api(alice: User) -> Client:
    return program(alice, Scope.READ, Scope.MANAGE)


def program(user: User, *scopes: str) -> Client:
    plain = ApiToken.issue(user, "test", scopes)[1]
    return Client(headers={"authorization": f"Bearer {plain}"})


def settle() -> None:
    """Let everything be as old as what the feed tells."""
    moment = timezone.now() - changes.LAG - timedelta(seconds=1)
    for rows in (Image, Album, ShareLink):
        rows.objects.update(created_at=moment, updated_at=moment)
    Tombstone.objects.update(gone_at=moment)


def a_day_ago() -> str:
    return str(changes.Cursor(timezone.now() - timedelta(days=1), changes.LAST_ID))


def test_first_answer_is_a_cursor_after_which_all_is_new(alice: User, api: Client) -> None:
    make_image(alice)
    settle()

    first = api.get("/api/changes/").json()

    assert (first["results"], first["has_more"]) == ([], False)
    assert changes.Cursor.read(first["cursor"]).at <= timezone.now() - changes.LAG
    assert api.get("/api/changes/", {"since": first["cursor"]}).json()["results"] == []


def test_answer_says_what_became_of_each_thing_and_where_to_look(alice: User, api: Client) -> None:
    image, album = make_image(alice), make_album(alice)
    albums.delete(album)
    settle()

    answer = api.get("/api/changes/", {"since": a_day_ago()}).json()

    found = {one["kind"]: one for one in answer["results"]}
    assert found["image"]["id"] == str(image.pk)
    assert found["image"]["change"] == "created"
    assert api.get(found["image"]["url"]).json()["id"] == str(image.pk)
    assert (found["album"]["id"], found["album"]["change"]) == (str(album.pk), "gone")
    assert found["album"]["url"] is None
    assert all(one["item"] is None for one in answer["results"])


def test_cursor_leads_through_all_pages_to_the_end(alice: User, api: Client) -> None:
    images = {str(make_image(alice).pk) for _ in range(5)}
    settle()
    found, cursor, has_more = [], a_day_ago(), True

    while has_more:
        answer = api.get("/api/changes/", {"since": cursor, "limit": "2"}).json()
        found += [one["id"] for one in answer["results"]]
        cursor, has_more = answer["cursor"], answer["has_more"]

    assert sorted(found) == sorted(images)
    assert api.get("/api/changes/", {"since": cursor}).json()["results"] == []


def test_with_expand_the_things_stand_beside_their_changes(alice: User, api: Client) -> None:
    image = make_image(alice, title="Ridge")
    album = make_album(alice, image, title="Picos")
    link, _token = sharing.make(alice, images=[image.pk])
    settle()

    answer = api.get("/api/changes/", {"since": a_day_ago(), "expand": "true"}).json()

    items = {one["id"]: one["item"] for one in answer["results"]}
    assert items[str(image.pk)] == api.get(f"/api/images/{image.pk}/").json()
    assert items[str(album.pk)] == api.get(f"/api/albums/{album.pk}/").json()
    assert items[str(link.pk)] == api.get(f"/api/share-links/{link.pk}/").json()


@pytest.mark.parametrize(
    "since",
    ["x", "AAAA", "%00", "é", "=" * 40, "A" * 34, pytest.param(a_day_ago() + "A", id="longer")],
)
def test_cursor_that_no_answer_gave_is_refused(api: Client, since: str) -> None:
    refused = api.get("/api/changes/", {"since": since})

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_cursor")


def test_cursor_that_is_too_old_says_to_begin_again(api: Client) -> None:
    old = changes.Cursor(timezone.now() - changes.KEPT - timedelta(days=1), changes.LAST_ID)

    refused = api.get("/api/changes/", {"since": str(old)})

    assert (refused.status_code, refused.json()["code"]) == (410, "cursor_too_old")
    assert "list everything again" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": "0"}, "invalid_limit"),
        ({"limit": "501"}, "invalid_limit"),
        ({"limit": "ten"}, "invalid_limit"),
        ({"since": a_day_ago(), "expand": "yes"}, "invalid_parameter"),
        ({"after": "x"}, "unknown_parameter"),
    ],
)
def test_parameter_that_cannot_be_is_refused(api: Client, query: dict[str, str], code: str) -> None:
    refused = api.get("/api/changes/", query)

    assert (refused.status_code, refused.json()["code"]) == (400, code)


@pytest.mark.parametrize("expand", ["true", "false"])
def test_queries_of_the_feed_do_not_grow_with_its_rows(alice: User, api: Client, expand: str) -> None:
    counts = []
    for more in (10, 990):
        images = [make_image(alice, save=False) for _ in range(more)]
        Image.objects.bulk_create(images)
        Album.objects.bulk_create([Album(owner=alice, title=f"{more}-{place}") for place in range(more)])
        Tombstone.leave(Tombstone.Kind.IMAGE, [(alice.pk, image.pk) for image in images])
        sharing.make(alice, images=[images[0].pk])
        settle()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = api.get("/api/changes/", {"since": a_day_ago(), "limit": "500", "expand": expand})
        assert len(answer.json()["results"]) == min(3 * more + 1, 500)
        counts.append(len(captured))

    assert counts[0] >= counts[1]


def test_token_without_the_scope_read_sees_no_changes(alice: User) -> None:
    refused = program(alice, Scope.UPLOAD).get("/api/changes/")

    assert refused.status_code == 403


def test_webhook_is_made_with_a_secret_that_is_told_once(alice: User, api: Client) -> None:
    made = api.post("/api/webhooks/", HOOK, "application/json")

    assert made.status_code == 201
    assert made["Cache-Control"] == "private, no-store"
    body = made.json()
    assert body.pop("secret").startswith("whsec_")
    assert api.get(f"/api/webhooks/{body['id']}/").json() == body
    assert api.get("/api/webhooks/").json()["results"] == [body]
    assert (body["events"], body["active"], body["name"]) == (HOOK["events"], True, "backup")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "http://example.com/"}, None),
        ({"url": "https://10.0.0.1/"}, None),
        ({"url": ""}, "/url"),
        ({"events": []}, "/events"),
        ({"events": ["photo.eaten"]}, "/events/0"),
        ({"events": "photo.ready"}, "/events"),
        ({"secret": "mine"}, "/secret"),
        ({"name": "x" * 101}, "/name"),
    ],
)
def test_webhook_that_cannot_be_is_refused_with_words(
    api: Client, change: dict[str, Any], pointer: str | None
) -> None:
    refused = api.post("/api/webhooks/", HOOK | change, "application/json")

    assert refused.status_code == 400
    if pointer is None:
        assert refused.json()["code"] == "invalid_webhook_url"
    else:
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert not Webhook.objects.exists()


def test_webhook_is_changed_switched_off_and_on_and_deleted(alice: User, api: Client) -> None:
    hook, _secret = hooks.make(alice, str(HOOK["url"]), ["photo.ready"])
    address = f"/api/webhooks/{hook.pk}/"

    changed = api.patch(address, {"name": "NAS", "events": ["album.created"]}, "application/json").json()
    off = api.patch(address, {"active": False}, "application/json").json()
    on = api.patch(address, {"active": True}, "application/json").json()

    assert (changed["name"], changed["events"]) == ("NAS", ["album.created"])
    assert (off["active"], off["disabled_for"]) == (False, "person")
    assert (on["active"], on["disabled_for"]) == (True, "")
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


def test_log_ping_and_replay(alice: User, api: Client) -> None:
    hook, _secret = hooks.make(alice, str(HOOK["url"]), ["photo.ready"])
    address = f"/api/webhooks/{hook.pk}"

    pinged = api.post(f"{address}/ping/")
    assert pinged.status_code == 202
    assert (pinged.json()["event"], pinged.json()["state"]) == ("ping", "waiting")
    WebhookDelivery.objects.update(state="failed", attempts=8, status=500)
    logged = api.get(f"{address}/deliveries/").json()["results"]
    assert [one["id"] for one in logged] == [pinged.json()["id"]]
    assert logged[0]["body"]["type"] == "ping"
    replayed = api.post(f"{address}/replay/", {"deliveries": [logged[0]["id"]]}, "application/json")

    assert (replayed.status_code, replayed.json()) == (202, {"replayed": 1})
    assert api.post(f"{address}/replay/", {}, "application/json").json() == {"replayed": 0}
    too_many = {"deliveries": [logged[0]["id"]] * 101}
    assert api.post(f"{address}/replay/", too_many, "application/json").status_code == 400


def test_webhook_that_is_off_sends_nothing_when_asked(alice: User, api: Client) -> None:
    hook, _secret = hooks.make(alice, str(HOOK["url"]), ["photo.ready"])
    hooks.change(hook, active=False)

    for act in ("ping", "replay"):
        refused = api.post(f"/api/webhooks/{hook.pk}/{act}/", {}, "application/json")
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_webhook")


def test_token_that_may_only_read_sees_no_webhook(alice: User) -> None:
    hook, _secret = hooks.make(alice, str(HOOK["url"]), ["photo.ready"])

    for path in ("/api/webhooks/", f"/api/webhooks/{hook.pk}/", f"/api/webhooks/{hook.pk}/deliveries/"):
        assert program(alice, Scope.READ, Scope.SHARE, Scope.UPLOAD).get(path).status_code == 403


def test_queries_of_the_log_do_not_grow_with_its_rows(alice: User, api: Client) -> None:
    hook, _secret = hooks.make(alice, str(HOOK["url"]), ["photo.ready"])
    counts = []
    for more in (10, 990):
        body = json.dumps({"type": "ping"})
        WebhookDelivery.objects.bulk_create(
            [WebhookDelivery(webhook=hook, event="ping", body=body) for _ in range(more)]
        )
        with CaptureQueriesContext(connection) as captured:
            assert api.get(f"/api/webhooks/{hook.pk}/deliveries/").status_code == 200
        counts.append(len(captured))

    assert counts[0] >= counts[1]


def test_pages_make_try_change_switch_and_delete_a_webhook(alice: User) -> None:
    browser = person(alice)
    made = browser.post("/account/webhooks/", HOOK)
    assert "whsec_" in made.content.decode()
    hook = Webhook.objects.get()
    page = f"/account/webhooks/{hook.pk}/"
    assert "whsec_" not in browser.get("/account/webhooks/").content.decode()

    assert "on its way" in browser.post(f"{page}act/", {"act": "ping"}, follow=True).content.decode()
    WebhookDelivery.objects.update(state="failed", error="The receiver cannot be reached.", attempts=8)
    assert "The receiver cannot be reached." in browser.get(page).content.decode()
    again = browser.post(
        f"{page}act/", {"act": "replay", "delivery": WebhookDelivery.objects.get().pk}, follow=True
    )
    assert "1 message is sent again" in again.content.decode()
    browser.post(page, HOOK | {"name": "NAS", "events": ["album.created"]})
    browser.post(f"{page}act/", {"act": "off"})
    hook.refresh_from_db()
    assert (hook.name, hook.events, hook.disabled_for) == ("NAS", "album.created", "person")
    browser.post(f"{page}act/", {"act": "on"})
    hook.refresh_from_db()
    assert hook.is_active
    assert (
        "choose one of the buttons" in browser.post(f"{page}act/", {"act": "x"}, follow=True).content.decode()
    )
    assert browser.get(f"{page}delete/").status_code == 200
    browser.post(f"{page}delete/")
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("url", ["http://example.com/", "https://127.0.0.1/", "nonsense"])
def test_page_refuses_an_address_that_cannot_be_beside_its_field(alice: User, url: str) -> None:
    refused = person(alice).post("/account/webhooks/", HOOK | {"url": url})

    assert refused.status_code == 400
    assert "address" in str(refused.context["form"].errors["url"])
    assert not Webhook.objects.exists()


def test_every_event_has_words_on_the_page() -> None:
    from gallery.accounts.webhook_form import WORDS

    assert list(WORDS) == list(EVENTS.values())
