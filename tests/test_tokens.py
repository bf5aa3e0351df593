"""Personal tokens: what they open, what they do not, and how they end."""

import io
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from gallery.api import tokens
from gallery.models import ApiToken, Invitation, User
from photosky.env import S3Settings
from tests.make import make_album, make_image

pytestmark = pytest.mark.usefixtures("_store_settings")
READ, UPLOAD = ApiToken.Scope.READ, ApiToken.Scope.UPLOAD
SignedIn = Callable[[User], Client]
MANAGE, SHARE = ApiToken.Scope.MANAGE, ApiToken.Scope.SHARE


@pytest.fixture
def _store_settings(settings: Settings) -> None:
    """Name a store, so that addresses of renditions can be signed; nobody asks it anything."""
    settings.S3 = S3Settings(
        "photos", "eu-central-1", "http://127.0.0.1:9", access_key="AKIATEST", secret_key="secret"
    )


def program(plain: str, *, scheme: str = "Bearer") -> Client:
    """Return a client that sends the token and is held to CSRF protection."""
    return Client(enforce_csrf_checks=True, headers={"authorization": f"{scheme} {plain}"})


def issue(user: User, *scopes: str, **values: Any) -> str:
    return ApiToken.issue(user, "test", scopes, **values)[1]


def problem(answer: Any) -> Mapping[str, Any]:
    assert answer["content-type"] == "application/problem+json"
    body: Mapping[str, Any] = answer.json()
    return body


def test_token_with_scope_read_sees_what_its_owner_sees(alice: User, stranger: User) -> None:
    image, foreign = make_image(alice), make_image(stranger)
    client = program(issue(alice, READ))

    listed = client.get("/api/images/").json()["results"]

    assert [one["id"] for one in listed] == [str(image.pk)]
    assert client.get(f"/api/images/{image.pk}/").status_code == 200
    assert client.get(f"/api/images/{foreign.pk}/").status_code == 404


def test_token_with_scope_read_changes_nothing(alice: User) -> None:
    image = make_image(alice)
    client = program(issue(alice, READ))

    refused = client.delete(f"/api/images/{image.pk}/")

    assert refused.status_code == 403
    assert "scopes are: read" in problem(refused)["detail"]
    image.refresh_from_db()
    assert image.binned_at is None
    assert client.post("/api/uploads/", {"files": []}, "application/json").status_code == 403
    assert client.post("/api/albums/", {"title": "x"}, "application/json").status_code == 403


@pytest.mark.parametrize("path", ["/api/images/", "/api/images/{image}/", "/api/albums/{album}/"])
def test_token_with_scope_upload_alone_sees_no_photo(alice: User, path: str) -> None:
    image, album = make_image(alice), make_album(alice)

    answer = program(issue(alice, UPLOAD)).get(path.format(image=image.pk, album=album.pk))

    assert answer.status_code == 403


def test_token_with_scope_upload_does_what_an_upload_needs(alice: User) -> None:
    client = program(issue(alice, UPLOAD))

    # 400 is the body's fault: the request passed authentication, scope and CSRF.
    assert client.post("/api/uploads/", {"files": []}, "application/json").status_code == 400
    assert client.post("/api/uploads/finish/", {"uploads": []}, "application/json").status_code == 400
    assert client.get("/api/uploads/").status_code == 200
    assert client.get("/api/albums/").status_code == 200
    assert client.post("/api/albums/", {"title": "Picos"}, "application/json").status_code == 201
    assert "uploads" in client.get("/api/").json()


def test_token_with_both_scopes_does_both(alice: User) -> None:
    client = program(issue(alice, UPLOAD, READ))

    assert client.get("/api/images/").status_code == 200
    assert client.post("/api/uploads/", {"files": []}, "application/json").status_code == 400


@pytest.mark.parametrize("plain", ["photosky_" + "0" * 40, "", "é", "x" * 5000])
def test_unknown_token_is_401_and_names_the_scheme(db: None, plain: str) -> None:
    answer = program(plain).get("/api/images/")

    assert answer.status_code == 401
    assert answer["www-authenticate"].startswith("Bearer")
    assert problem(answer)["code"] == "token_unknown"


def test_expired_token_is_401_and_says_so(alice: User) -> None:
    plain = issue(alice, READ, expires_at=timezone.now() - timedelta(seconds=1))

    answer = program(plain).get("/api/images/")

    assert (answer.status_code, problem(answer)["code"]) == (401, "token_expired")


def test_token_holds_until_it_expires(alice: User) -> None:
    plain = issue(alice, READ, expires_at=timezone.now() + timedelta(minutes=1))

    assert program(plain).get("/api/images/").status_code == 200


def test_revoked_token_is_401_at_once_and_the_others_stay(alice: User) -> None:
    lost, kept = issue(alice, READ), issue(alice, READ)

    assert ApiToken.objects.matching(lost).revoke(timezone.now()) == 1

    assert program(lost).get("/api/images/").status_code == 401
    assert program(kept).get("/api/images/").status_code == 200


def test_token_of_a_person_who_was_shut_out_is_401(alice: User) -> None:
    plain = issue(alice, READ)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert program(plain).get("/api/images/").status_code == 401


def test_token_in_another_scheme_is_nobody(alice: User) -> None:
    assert program(issue(alice, READ), scheme="Basic").get("/api/images/").status_code == 401


def test_token_opens_no_page_of_the_gallery(alice: User) -> None:
    assert program(issue(alice, READ, UPLOAD)).get("/albums/").status_code == 302


def test_token_itself_is_kept_nowhere(alice: User) -> None:
    token, plain = ApiToken.issue(alice, "laptop", [READ])

    row = ApiToken.objects.values().get(pk=token.pk)

    assert not any(plain in str(value) for value in row.values())
    assert plain.startswith(row["prefix"])
    assert len(plain) - len(row["prefix"]) >= 32


def test_use_is_written_down_at_most_once_an_hour(alice: User) -> None:
    token, plain = ApiToken.issue(alice, "laptop", [READ])
    client = program(plain)

    client.get("/api/images/")
    token.refresh_from_db()
    assert token.last_used_at is not None
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/api/images/")

    assert not [query for query in queries if query["sql"].startswith("UPDATE")]


def test_token_with_scope_manage_changes_what_its_owner_may_and_reads_nothing(
    alice: User, stranger: User
) -> None:
    image, foreign, album = make_image(alice), make_image(stranger), make_album(alice)
    client = program(issue(alice, MANAGE))

    assert client.delete(f"/api/images/{image.pk}/").status_code == 204
    assert client.delete(f"/api/images/{foreign.pk}/").status_code == 404
    changed = client.patch(f"/api/albums/{album.pk}/", {"title": "Alps"}, "application/json")
    assert changed.json()["title"] == "Alps"
    assert client.post("/api/uploads/", {"files": []}, "application/json").status_code == 400
    assert client.get("/api/images/").status_code == 403


def test_token_with_scope_share_alone_neither_reads_nor_changes(alice: User) -> None:
    image = make_image(alice)
    client = program(issue(alice, SHARE))

    assert client.get("/api/images/").status_code == 403
    assert client.delete(f"/api/images/{image.pk}/").status_code == 403
    assert client.post("/api/albums/", {"title": "x"}, "application/json").status_code == 403


@pytest.mark.parametrize(
    ("method", "name", "scopes"),
    [
        ("GET", "share-list", {READ, SHARE}),
        ("POST", "share-list", {SHARE}),
        ("DELETE", "share-detail", {SHARE}),
        ("GET", "token-list", {READ}),
        ("POST", "token-list", set()),
        ("DELETE", "token-detail", set()),
        ("PATCH", "me", {MANAGE}),
        ("POST", "album-add", {MANAGE}),
        ("DELETE", "album-detail", {MANAGE}),
        ("POST", "album-member-list", {SHARE}),
        ("PATCH", "album-member-detail", {SHARE}),
        ("DELETE", "album-member-detail", {MANAGE}),
        ("GET", "album-member-list", {READ}),
        ("PUT", "of-something-new", {MANAGE}),
        ("GET", "of-something-new", {READ}),
    ],
)
def test_scopes_that_open_an_address(method: str, name: str, scopes: set[str]) -> None:
    assert set(tokens.scopes_for(method, name)) == scopes


@pytest.mark.parametrize("scopes", [[READ], [UPLOAD], [MANAGE], [SHARE], [READ, UPLOAD, MANAGE, SHARE]])
def test_no_token_makes_or_ends_a_token(alice: User, scopes: list[str]) -> None:
    kept, _ = ApiToken.issue(alice, "kept", [READ])
    client = program(issue(alice, *scopes))
    wanted = {"name": "more", "scopes": ["read", "manage"]}

    made = client.post("/api/tokens/", wanted, "application/json")
    ended = client.delete(f"/api/tokens/{kept.pk}/")

    assert (made.status_code, ended.status_code) == (403, 403)
    assert problem(made)["code"] == "scope_missing"
    assert ApiToken.objects.count() == 2


def test_token_lets_people_with_an_account_in_where_it_may_share_and_nobody_else(
    alice: User, bob: User, stranger: User
) -> None:
    album = make_album(alice)
    path = f"/api/albums/{album.pk}/members/"
    manage, share = program(issue(alice, MANAGE)), program(issue(alice, SHARE))

    assert manage.post(path, {"username": "bob"}, "application/json").status_code == 403
    assert share.post(path, {"username": "bob"}, "application/json").status_code == 201
    by_mail = share.post(path, {"email": "zoe@example.com"}, "application/json")
    assert (by_mail.status_code, problem(by_mail)["code"]) == (403, "sessions_only")
    assert not Invitation.objects.exists()


def test_person_makes_and_ends_tokens_by_the_api(alice: User, stranger: User, signed_in: SignedIn) -> None:
    client, other = signed_in(alice), signed_in(stranger)
    wanted = {"name": "laptop", "scopes": ["read"], "expires_at": None}

    made = client.post("/api/tokens/", wanted, "application/json")

    assert made.status_code == 201
    plain, key = made.json()["token"], made.json()["id"]
    assert program(plain).get("/api/images/").status_code == 200
    assert plain not in client.get("/api/tokens/").content.decode()
    assert other.delete(f"/api/tokens/{key}/").status_code == 404
    assert client.delete(f"/api/tokens/{key}/").status_code == 204
    assert program(plain).get("/api/images/").status_code == 401


def test_me_tells_quota_and_takes_a_language(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)

    assert client.get("/api/me/").json()["quota_bytes"] == 0
    assert client.patch("/api/me/", {"language": "en-gb"}, "application/json").json()["language"] == "en-gb"
    assert client.patch("/api/me/", {"language": "xx"}, "application/json").status_code == 400
    assert client.patch("/api/me/", {"is_staff": True}, "application/json").status_code == 400
    alice.refresh_from_db()
    assert (alice.language, alice.is_staff) == ("en-gb", False)


def test_unknown_scope_cannot_be_given(alice: User) -> None:
    with pytest.raises(ValueError, match="everything"):
        ApiToken.issue(alice, "laptop", ["everything"])


def test_command_prints_a_token_that_works(alice: User) -> None:
    out, err = io.StringIO(), io.StringIO()

    call_command("create_token", "alice", "--scope", "upload", "--scope", "read", stdout=out, stderr=err)

    assert program(out.getvalue().strip()).get("/api/images/").status_code == 200
    assert "read upload" in err.getvalue()
    token = ApiToken.objects.get()
    assert token.expires_at is not None
    assert timedelta(days=364) < token.expires_at - timezone.now() < timedelta(days=366)


def test_command_makes_a_token_for_ever_only_where_asked(alice: User) -> None:
    call_command(
        "create_token", "alice", "--scope", "read", "--days", "0", stdout=io.StringIO(), stderr=io.StringIO()
    )

    assert ApiToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["nobody", "--scope", "read"],
        ["alice", "--scope", "everything"],
        ["alice"],
        ["alice", "--scope", "read", "--days", "-1"],
    ],
)
def test_command_refuses_what_cannot_be(alice: User, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("create_token", *arguments, stdout=io.StringIO(), stderr=io.StringIO())

    assert not ApiToken.objects.exists()


def revoke(*arguments: str) -> str:
    out = io.StringIO()
    call_command("revoke_token", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_command_revokes_by_the_beginning_or_the_name(alice: User) -> None:
    (laptop, lost), (phone, stolen) = (
        ApiToken.issue(alice, name, [READ]) for name in ("laptop", "old phone")
    )
    kept = issue(alice, READ)

    assert laptop.prefix in revoke("alice", laptop.prefix)
    assert "old phone" in revoke("alice", "old phone")

    assert [program(plain).get("/api/images/").status_code for plain in (lost, stolen, kept)] == [
        401,
        401,
        200,
    ]
    phone.refresh_from_db()
    first = phone.revoked_at
    with pytest.raises(CommandError, match="no token"):
        revoke("alice", "old phone")
    phone.refresh_from_db()
    assert phone.revoked_at == first is not None


def test_command_revokes_all_of_a_person_where_asked(alice: User, bob: User) -> None:
    lost, foreign = [issue(alice, READ), issue(alice, UPLOAD)], issue(bob, READ)

    revoke("alice", "--all")

    assert [program(plain).get("/api/").status_code for plain in [*lost, foreign]] == [401, 401, 200]


def test_command_takes_a_whole_token_as_it_was_found_and_does_not_repeat_it(alice: User) -> None:
    plain = issue(alice, READ)

    assert plain not in revoke("alice", plain)

    assert program(plain).get("/api/images/").status_code == 401


@pytest.mark.parametrize(
    "arguments",
    [
        ["nobody", "test"],
        ["alice", "phone"],
        ["alice"],
        ["alice", ""],
        ["alice", "test", "--all"],
        ["bob", "test"],
    ],
)
def test_command_that_names_no_token_revokes_nothing(alice: User, bob: User, arguments: list[str]) -> None:
    plain = issue(alice, READ)

    with pytest.raises(CommandError):
        revoke(*arguments)

    assert program(plain).get("/api/images/").status_code == 200


def test_command_shows_the_tokens_to_choose_from(alice: User) -> None:
    token, plain = ApiToken.issue(alice, "laptop", [READ])

    with pytest.raises(CommandError) as refused:
        revoke("alice", "phone")

    assert token.prefix in str(refused.value)
    assert "laptop" in str(refused.value)
    assert plain not in str(refused.value)
