"""People by the API: staff list them, set quotas, shut them out and invite; guests' photos are reviewed; health; stacks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from gallery import invitations, objectstore, stacks
from gallery.accounts import closing
from gallery.api import health
from gallery.models import ApiToken, Image, Invitation, Upload, User
from tests.make import make_album, make_image, make_user

SignedIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("signing")


@pytest.fixture
def keeper(db: None) -> User:
    user = make_user("keeper", is_staff=True)
    allow(user, "view_user", "change_user", "view_invitation", "change_invitation")
    return user


def allow(user: User, *codenames: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


def send(client: Client, method: str, path: str, **body: Any) -> Any:
    return getattr(client, method)(f"/api/{path}", body, content_type="application/json")


def test_staff_see_who_there_is_and_nobody_else_learns_that_there_is_a_list(
    keeper: User, alice: User, signed_in: SignedIn
) -> None:
    listed = signed_in(keeper).get("/api/users/?fields=username,used_bytes").json()["results"]

    assert {one["username"] for one in listed} == {"keeper", "alice"}
    assert signed_in(alice).get("/api/users/").status_code == 404
    assert signed_in(alice).get(f"/api/users/{alice.pk}/").status_code == 404
    assert signed_in(keeper).get("/api/users/?username=ALICE").json()["results"][0]["id"] == str(alice.pk)


def test_staff_without_the_permission_neither_see_people_nor_change_them(
    alice: User, signed_in: SignedIn
) -> None:
    helper = make_user("helper", is_staff=True)
    path = f"users/{alice.pk}/"

    assert signed_in(helper).get("/api/users/").status_code == 404
    assert signed_in(helper).get(f"/api/{path}").status_code == 404
    assert send(signed_in(helper), "patch", path, is_active=False).status_code == 404

    allow(helper, "view_user")
    assert signed_in(helper).get(f"/api/{path}").status_code == 200
    for refused in (
        send(signed_in(helper), "patch", path, is_active=False),
        send(signed_in(helper), "patch", path, quota_bytes=1),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "may_not_change_people")
    alice.refresh_from_db()
    assert (alice.is_active, alice.quota_bytes) == (True, None)


def test_staff_without_the_permission_see_and_take_back_only_their_own_invitations(
    alice: User, signed_in: SignedIn
) -> None:
    helper = make_user("helper", is_staff=True)
    foreign, _ = invitations.invite(alice, "", make_album(alice))
    own, _ = invitations.invite(helper, "")

    listed = signed_in(helper).get("/api/invitations/").json()["results"]

    assert [one["id"] for one in listed] == [str(own.pk)]
    assert send(signed_in(helper), "delete", f"invitations/{foreign.pk}/").status_code == 404
    allow(helper, "view_invitation")
    assert len(signed_in(helper).get("/api/invitations/").json()["results"]) == 2
    assert send(signed_in(helper), "delete", f"invitations/{foreign.pk}/").status_code == 404
    assert send(signed_in(helper), "delete", f"invitations/{own.pk}/").status_code == 204
    allow(helper, "change_invitation")
    assert send(signed_in(helper), "delete", f"invitations/{foreign.pk}/").status_code == 204


def test_staff_set_a_quota(keeper: User, alice: User, signed_in: SignedIn) -> None:
    client = signed_in(keeper)

    changed = send(client, "patch", f"users/{alice.pk}/", quota_bytes=5_000)
    refused = send(client, "patch", f"users/{alice.pk}/", quota_bytes=-1)

    assert (changed.status_code, changed.json()["quota_bytes"]) == (200, 5_000)
    assert refused.status_code == 400
    alice.refresh_from_db()
    assert alice.quota == 5_000


def test_person_who_is_shut_out_loses_sessions_and_tokens_and_keeps_the_photos(
    keeper: User, alice: User, signed_in: SignedIn
) -> None:
    hers, image = signed_in(alice), make_image(alice)
    _, plain = ApiToken.issue(alice, "laptop", ["read"])
    client = signed_in(keeper)

    assert send(client, "patch", f"users/{alice.pk}/", is_active=False).json()["is_active"] is False
    assert hers.get("/api/me/").status_code == 401
    assert Client(headers={"authorization": f"Bearer {plain}"}).get("/api/me/").status_code == 401

    assert send(client, "patch", f"users/{alice.pk}/", is_active=True).json()["is_active"] is True
    assert signed_in(alice).get(f"/api/images/{image.pk}/").status_code == 200
    assert Client(headers={"authorization": f"Bearer {plain}"}).get("/api/me/").status_code == 401


def test_staff_decide_neither_about_superusers_nor_shut_themselves_out(
    keeper: User, signed_in: SignedIn
) -> None:
    root = make_user("root", is_staff=True, is_superuser=True)
    client = signed_in(keeper)

    above = send(client, "patch", f"users/{root.pk}/", quota_bytes=1)
    self = send(client, "patch", f"users/{keeper.pk}/", is_active=False)
    last = send(signed_in(root), "patch", f"users/{root.pk}/", is_active=False)

    assert [(one.status_code, one.json()["code"]) for one in (above, self, last)] == [
        (403, "above_you"), (409, "not_yourself"), (409, "not_yourself"),
    ]  # fmt: skip
    assert User.objects.filter(is_active=True).count() == 2


def test_account_that_was_closed_by_its_owner_is_not_opened_by_the_way(
    keeper: User, alice: User, signed_in: SignedIn
) -> None:
    closing.close(alice)

    answer = send(signed_in(keeper), "patch", f"users/{alice.pk}/", is_active=True)

    assert (answer.status_code, answer.json()["code"]) == (409, "account_closed")


def test_invitation_is_made_told_once_and_taken_back(keeper: User, signed_in: SignedIn) -> None:
    client = signed_in(keeper)

    made = send(client, "post", "invitations/", email="")
    key, url = made.json()["id"], made.json()["url"]

    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    assert Client().get(url).status_code == 200
    assert url.rstrip("/").rpartition("/")[2] not in client.get("/api/invitations/").content.decode()
    assert send(client, "delete", f"invitations/{key}/").status_code == 204
    assert Client().get(url).status_code == 404
    assert client.get("/api/invitations/").json()["results"][0]["revoked_at"]


def test_owner_of_an_album_invites_to_it_and_to_nothing_else(
    alice: User, bob: User, signed_in: SignedIn
) -> None:
    album, foreign = make_album(alice), make_album(bob)
    client = signed_in(alice)

    assert send(client, "post", "invitations/", album=str(album.pk), role="editor").status_code == 201
    assert send(client, "post", "invitations/", album=str(foreign.pk)).status_code == 404
    refused = send(client, "post", "invitations/")
    assert (refused.status_code, refused.json()["code"]) == (403, "may_not_invite")
    assert Invitation.objects.get().role == "editor"


def test_what_guests_brought_is_listed_with_their_names_then_shown_or_refused(
    alice: User, signed_in: SignedIn
) -> None:
    album, client = make_album(alice), signed_in(alice)
    images = [make_image(alice, held_at=timezone.now()) for _ in range(2)]
    for image in images:
        Upload.objects.create(
            owner=alice, filename="a.jpg", bytes=1, key=f"incoming/{image.pk}", album=album, image=image, guest_name="Zoe"
        )  # fmt: skip

    listed = client.get("/api/guest-images/").json()["results"]
    shown = send(client, "post", "guest-images/approve/", images=[str(images[0].pk)])
    refused = send(client, "post", "guest-images/reject/", images=[str(images[1].pk)])

    assert [(one["guest_name"], one["album"]) for one in listed] == [("Zoe", str(album.pk))] * 2
    assert (shown.json(), refused.json()) == ({"images": 1}, {"images": 1})
    assert client.get("/api/guest-images/").json()["results"] == []
    assert list(album.entries.values_list("image_id", flat=True)) == [images[0].pk]
    assert Image.objects.binned().get() == images[1]


def test_stack_is_shown_turned_over_and_dissolved(alice: User, signed_in: SignedIn) -> None:
    top, below = make_image(alice), make_image(alice)
    stacks.put_together(top, [below.pk])
    client = signed_in(alice)

    def stack() -> list[str]:
        return [one["id"] for one in client.get(f"/api/images/{below.pk}/stack/").json()["images"]]

    assert stack() == [str(top.pk), str(below.pk)]
    assert send(client, "post", f"images/{below.pk}/stack/", action="top").status_code == 204
    assert stack() == [str(below.pk), str(top.pk)]
    assert send(client, "post", f"images/{top.pk}/stack/", action="out").status_code == 204
    assert stack() == [str(below.pk)]
    stacks.put_together(top, [below.pk])
    assert send(client, "post", f"images/{below.pk}/stack/", action="dissolve").status_code == 204
    assert stack() == [str(below.pk)]


@pytest.fixture
def _unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_found", {})


@pytest.mark.usefixtures("_unasked")
def test_health_is_told_to_everybody(s3: Any, db: None) -> None:
    answer = Client().get("/api/health/")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "store": "ok"}
    assert "RateLimit" in answer


@pytest.mark.usefixtures("_unasked")
def test_health_says_that_the_store_is_away_and_nothing_of_where_it_was(db: None, settings: Any) -> None:
    settings.S3 = replace(settings.S3, endpoint="http://127.0.0.1:9")

    answer = Client().get("/api/health/")

    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "database": "ok", "store": "failing"}
    assert int(answer["Retry-After"]) > 0
    assert "127.0.0.1" not in answer.content.decode()


@pytest.mark.usefixtures("_unasked")
def test_health_says_that_the_database_is_away(s3: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise DatabaseError("secret host refused")

    with connection.execute_wrapper(away):
        answer = Client().get("/api/health/")

    assert (answer.status_code, answer.json()["database"]) == (503, "failing")
    assert "secret" not in answer.content.decode()


@pytest.mark.usefixtures("_unasked")
def test_health_asks_the_store_once_in_a_while_however_often_it_is_asked(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(objectstore, "check", lambda: asked.append(1))

    for _ in range(5):
        Client().get("/api/health/")

    assert len(asked) == 1


def test_export_is_asked_for_and_found(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)

    assert client.get("/api/me/export/").status_code == 404
    asked = client.post("/api/me/export/")
    assert (asked.status_code, asked.json()["state"], asked.json()["url"]) == (202, "waiting", None)
    assert client.post("/api/me/export/").json()["id"] == asked.json()["id"]
    assert client.get("/api/me/export/").json()["id"] == asked.json()["id"]
