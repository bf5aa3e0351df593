"""Idempotency-Key: a request that is sent again is not done again, and gets the answer that it got first."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from gallery import idempotency
from gallery.idempotency import Answer, Held
from gallery.models import Album, ApiToken, IdempotencyKey, ShareLink, User, Webhook
from tests.make import make_album, make_image, make_user

Scope = ApiToken.Scope
EVERYTHING = [Scope.READ, Scope.UPLOAD, Scope.MANAGE, Scope.SHARE]


def program(user: User) -> Client:
    """Return a client with a token of its own."""
    plain = ApiToken.issue(user, "test", EVERYTHING)[1]
    return Client(headers={"authorization": f"Bearer {plain}"})


def send(client: Client, path: str, body: Any, key: str | None) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(path, body, "application/json", headers=headers)


def test_request_that_is_sent_again_is_done_once_and_answered_alike(alice: User) -> None:
    client = program(alice)

    first = send(client, "/api/albums/", {"title": "Picos"}, "one")
    again = send(client, "/api/albums/", {"title": "Picos"}, "one")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Album.objects.count() == 1


def test_without_a_key_each_request_is_done(alice: User) -> None:
    client = program(alice)
    for _ in range(2):
        send(client, "/api/albums/", {"title": "Picos"}, None)

    assert Album.objects.count() == 2


def test_key_with_another_body_or_address_is_refused(alice: User) -> None:
    client = program(alice)
    send(client, "/api/albums/", {"title": "Picos"}, "one")

    for path, body in (("/api/albums/", {"title": "Tatra"}), ("/api/smart-albums/", {"title": "Picos"})):
        refused = send(client, path, body, "one")
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert Album.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "ü", "a\tb", "\x7f"])
def test_key_that_is_none_is_refused(alice: User, key: str) -> None:
    refused = send(program(alice), "/api/albums/", {"title": "Picos"}, key)

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_idempotency_key")
    assert not Album.objects.exists()


@pytest.mark.parametrize("key", ["x" * 255, "!", "a b~", "5f0c3f0e-8f7e-4f0e-9a57-6f2b8f1c7d11"])
def test_key_of_any_printable_characters_is_taken(alice: User, key: str) -> None:
    assert send(program(alice), "/api/albums/", {"title": "Picos"}, key).status_code == 201


def test_keys_of_two_tokens_sessions_and_people_are_apart(
    alice: User, bob: User, signed_in: Callable[[User], Client]
) -> None:
    for client in (program(alice), program(alice), program(bob), signed_in(alice)):
        answer = send(client, "/api/albums/", {"title": "Picos"}, "one")
        assert "Idempotency-Replayed" not in answer

    assert Album.objects.count() == 4


def test_request_that_runs_already_is_to_be_asked_again(alice: User) -> None:
    client = program(alice)
    token = ApiToken.objects.get()
    body = b'{"title": "Picos"}'
    asked = b"\n".join([b"POST", b"/api/albums/", body])
    assert isinstance(idempotency.begin(alice, str(token.pk), "one", asked), Held)

    refused = client.post("/api/albums/", body, "application/json", headers={"Idempotency-Key": "one"})

    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_in_use")
    assert refused["Retry-After"] == "1"
    assert not Album.objects.exists()


def test_request_whose_process_was_killed_can_be_done_after_its_time(alice: User) -> None:
    now = timezone.now()
    killed = idempotency.begin(alice, "", "one", b"request", now)
    assert isinstance(killed, Held)

    with pytest.raises(idempotency.StillRunning):
        idempotency.begin(alice, "", "one", b"request", now + idempotency.LEASE)
    later = idempotency.begin(
        alice, "", "one", b"request", now + idempotency.LEASE + timedelta(milliseconds=1)
    )

    assert isinstance(later, Held)
    # Whoever lost the key keeps no answer under it.
    idempotency.keep(killed, Answer(201, {"by": "the dead"}))
    idempotency.keep(later, Answer(201, {"by": "the living"}))
    assert idempotency.begin(alice, "", "one", b"request") == Answer(201, {"by": "the living"})


def test_refusal_of_what_was_sent_is_answered_again(alice: User) -> None:
    client = program(alice)

    first = send(client, "/api/albums/", {"title": ""}, "one")
    again = send(client, "/api/albums/", {"title": ""}, "one")

    assert (first.status_code, again.status_code) == (400, 400)
    assert again.content == first.content
    assert again["content-type"] == "application/problem+json"
    assert again["Idempotency-Replayed"] == "true"


def test_failure_of_ours_is_not_kept(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = program(alice)
    client.raise_request_exception = False

    def fail(*_args: object, **_values: object) -> None:
        raise RuntimeError("no luck")

    with monkeypatch.context() as broken:
        broken.setattr("gallery.albums.create", fail)
        assert send(client, "/api/albums/", {"title": "Picos"}, "one").status_code == 500

    assert send(client, "/api/albums/", {"title": "Picos"}, "one").status_code == 201
    assert Album.objects.count() == 1


def test_answer_stands_though_the_webhooks_could_not_be_told(alice: User) -> None:
    client = program(alice)

    def broken(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if '"gallery_webhook"' in sql:
            raise OperationalError("the connection was lost")
        return execute(sql, *rest)

    with connection.execute_wrapper(broken):
        first = send(client, "/api/albums/", {"title": "Picos"}, "one")
    again = send(client, "/api/albums/", {"title": "Picos"}, "one")

    assert (first.status_code, again.content) == (201, first.content)
    assert Album.objects.count() == 1


def test_refusal_for_too_many_requests_is_not_kept(alice: User, settings: Settings) -> None:
    client = program(alice)
    settings.API_REQUESTS_PER_MINUTE = 1
    client.get("/api/albums/")
    assert send(client, "/api/albums/", {"title": "Picos"}, "one").status_code == 429

    settings.API_REQUESTS_PER_MINUTE = 100

    assert send(client, "/api/albums/", {"title": "Picos"}, "one").status_code == 201


def test_token_without_the_scope_takes_no_key(alice: User) -> None:
    plain = ApiToken.issue(alice, "test", [Scope.READ])[1]
    client = Client(headers={"authorization": f"Bearer {plain}"})

    assert send(client, "/api/albums/", {"title": "Picos"}, "one").status_code == 403
    assert not IdempotencyKey.objects.exists()


def test_answer_without_a_body_is_given_again(alice: User) -> None:
    image, album, client = make_image(alice), make_album(alice), program(alice)
    path, body = f"/api/albums/{album.pk}/add/", {"images": [str(image.pk)]}

    first, again = (send(client, path, body, "one") for _ in range(2))

    assert (first.status_code, again.status_code, again.content) == (204, 204, b"")
    assert again["Idempotency-Replayed"] == "true"


def test_secret_that_is_told_once_stands_nowhere_in_clear(
    alice: User, signed_in: Callable[[User], Client]
) -> None:
    session, client, album = signed_in(alice), program(alice), make_album(alice)
    asked: list[tuple[Client, str, dict[str, Any], str]] = [
        (session, "/api/tokens/", {"name": "laptop", "scopes": ["read"]}, "token"),
        (client, "/api/share-links/", {"album": str(album.pk)}, "url"),
        (
            client,
            "/api/webhooks/",
            {"url": "https://example.com/hook", "events": ["photo.ready"]},
            "secret",
        ),
    ]
    for sender, path, body, member in asked:
        first, again = (send(sender, path, body, path) for _ in range(2))
        assert first.status_code == 201
        assert again.json()[member] == first.json()[member]
        assert "no-store" in again["Cache-Control"]
        secret = first.json()[member].rsplit("/s/")[-1].strip("/")
        for row in IdempotencyKey.objects.all():
            assert secret not in f"{row.answer} {row.key_sha256} {row.request_sha256}"

    assert (ShareLink.objects.count(), Webhook.objects.count()) == (1, 1)
    assert ApiToken.objects.filter(name="laptop").count() == 1


def test_answer_can_be_read_after_the_site_got_another_secret(alice: User, settings: Settings) -> None:
    held = idempotency.begin(alice, "", "one", b"request")
    assert isinstance(held, Held)
    idempotency.keep(held, Answer(201, {"id": 1}, {"ETag": '"a"'}))
    former = settings.SECRET_KEY

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [former]
    assert idempotency.begin(alice, "", "one", b"request") == Answer(201, {"id": 1}, {"ETag": '"a"'})
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(idempotency.KeyReused, match="cannot be read"):
        idempotency.begin(alice, "", "one", b"request")


def test_key_is_free_again_after_a_day(alice: User) -> None:
    held = idempotency.begin(alice, "", "one", b"request")
    assert isinstance(held, Held)
    idempotency.keep(held, Answer(201, {}))
    later = timezone.now() + idempotency.KEPT + timedelta(seconds=1)

    assert isinstance(idempotency.begin(alice, "", "one", b"another", later), Held)
    assert idempotency.forget_old(later) == 0
    assert idempotency.forget_old(later + idempotency.KEPT + timedelta(seconds=1)) == 1


def test_upkeep_keeps_up_with_keys_that_come_fast(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "CHUNK", 2)
    for number in range(5):
        idempotency.begin(alice, "", str(number), b"request")

    assert idempotency.forget_old(timezone.now() + idempotency.KEPT + timedelta(seconds=1)) == 5


def test_of_one_person_the_newest_keys_are_kept(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "MOST", 3)
    monkeypatch.setattr(idempotency, "TRIMMED_EVERY", 1)
    client = program(alice)
    send(program(bob), "/api/albums/", {"title": "Bob's"}, "first")
    for number in range(5):
        send(client, "/api/albums/", {"title": f"Album {number}"}, str(number))

    assert IdempotencyKey.objects.filter(owner=alice).count() == 3
    assert IdempotencyKey.objects.filter(owner=bob).count() == 1
    assert send(client, "/api/albums/", {"title": "Album 2"}, "2")["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in send(client, "/api/albums/", {"title": "Album 1"}, "1")


def test_body_that_is_too_large_is_refused_as_without_a_key(alice: User) -> None:
    answer = send(program(alice), "/api/albums/", {"title": "x" * 2**20}, "one")

    assert answer.status_code == 413


def test_body_that_is_no_json_is_refused_as_without_a_key(alice: User) -> None:
    client = program(alice)
    headers = {"Idempotency-Key": "one"}

    assert client.post("/api/albums/", {"title": "x"}, headers=headers).status_code == 415
    for _ in range(2):
        assert client.post("/api/albums/", "{", "application/json", headers=headers).status_code == 400


def test_key_means_nothing_where_nothing_is_made(alice: User) -> None:
    album = make_album(alice)
    client = program(alice)
    headers = {"Idempotency-Key": "one"}

    assert client.get("/api/albums/", headers=headers).status_code == 200
    patched = client.patch(f"/api/albums/{album.pk}/", {"title": "x"}, "application/json", headers=headers)
    assert patched.status_code == 200
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_at_once_with_one_key_one_is_done() -> None:
    alice = make_user("alice")
    plain = ApiToken.issue(alice, "test", EVERYTHING)[1]
    start, found = threading.Barrier(6), []

    def ask() -> None:
        client = Client(headers={"authorization": f"Bearer {plain}"})
        start.wait()
        found.append(send(client, "/api/albums/", {"title": "Picos"}, "one"))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Album.objects.count() == 1
    assert {answer.status_code for answer in found} <= {201, 409}
    assert len({answer.content for answer in found if answer.status_code == 201}) == 1
    assert {answer.json()["code"] for answer in found if answer.status_code == 409} <= {
        "idempotency_key_in_use"
    }


def test_schema_says_which_operations_take_a_key() -> None:
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    for operations in schema["paths"].values():
        for method, operation in operations.items():
            names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "header"]
            assert ("Idempotency-Key" in names) == (method == "post")
