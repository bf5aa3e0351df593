"""The audit log: each act leaves its line in the transaction that does it, with who, whose, by which way; nothing else stays."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from gallery import albums, audit, bulk, editing, invitations, jobs, members, removals, tags
from gallery import bin as photo_bin
from gallery.accounts import closing, tokens
from gallery.models import Album, AlbumMember, ApiToken, AuditEntry, Image, Job, Tag, User, least_id
from gallery.sharing import links
from tests.make import PASSWORD, make_album, make_image, make_user

Via = AuditEntry.Via
pytestmark = pytest.mark.usefixtures("signing")


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("id"))


def entry(action: str) -> AuditEntry:
    (found,) = entries(action)
    return found


def test_page_tells_who_did_what_to_whose_photo_and_from_where(
    alice: User, signed_in: Callable[[User], Client]
) -> None:
    image = make_image(alice)
    signed_in(alice).post(f"/p/{image.pk}/bin/", REMOTE_ADDR="192.0.2.7")
    found = entry("photo.binned")
    assert (found.actor, found.actor_name, found.owner) == (alice, "alice", alice)
    assert (found.via, found.address, found.subject_type, found.subject_id) == (
        Via.PAGE, "192.0.2.7", "image", image.pk,
    )  # fmt: skip


def test_token_is_named_by_how_it_begins(client: Client, alice: User) -> None:
    token, plain = ApiToken.issue(alice, "laptop", [ApiToken.Scope.MANAGE])
    image = make_image(alice)
    client.delete(f"/api/images/{image.pk}/", headers={"Authorization": f"Bearer {plain}"})
    found = entry("photo.binned")
    assert (found.via, found.via_name, found.actor) == (Via.API, token.prefix, alice)
    assert plain not in str(AuditEntry.objects.values())


def test_bulk_leaves_a_line_a_photo_bound_by_one_batch(alice: User) -> None:
    images = [make_image(alice) for _ in range(5)]
    bulk.to_bin(alice, [image.pk for image in images])
    found = entries("photo.binned")
    assert {line.subject_id for line in found} == {image.pk for image in images}
    assert len({line.batch for line in found}) == 1
    assert found[0].batch is not None


def test_only_what_was_changed_leaves_a_line(alice: User) -> None:
    images = [make_image(alice), make_image(alice, binned_at=timezone.now())]
    photo_bin.put(Image.objects.filter(owner=alice))
    assert entry("photo.binned").subject_id == images[0].pk


@pytest.mark.django_db(transaction=True)
def test_photo_is_not_binned_where_the_line_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    image = make_image(make_user("carol"))

    def break_off(*_args: object, **_values: object) -> None:
        raise RuntimeError("the plug was pulled")

    monkeypatch.setattr(AuditEntry.objects, "bulk_create", break_off)
    with pytest.raises(RuntimeError):
        photo_bin.put(Image.objects.filter(pk=image.pk))
    image.refresh_from_db()
    assert image.binned_at is None


def test_purging_leaves_the_only_trace_of_a_photo(alice: User) -> None:
    image = make_image(alice, binned_at=timezone.now() - timedelta(days=400))
    with audit.worker("tick"):
        removals.purge(Image.objects.all())
    found = entry("photo.purged")
    assert (found.subject_id, found.via, found.via_name, found.actor) == (image.pk, Via.WORKER, "tick", None)


def test_job_acts_for_the_person_who_asked(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make_image(alice)
    monkeypatch.setattr(photo_bin, "MANY", 0)
    photo_bin.put_all(alice)
    assert jobs.work(Job.objects.get(kind="bin").pk)
    found = entry("photo.binned")
    assert (found.via, found.via_name, found.actor) == (Via.WORKER, "bin", alice)


def test_hearts_are_no_news_and_other_changes_name_their_fields(alice: User) -> None:
    image = make_image(alice)
    editing.change(image, {"is_favorite": True})
    assert not AuditEntry.objects.exists()
    editing.change(image, {"title": "Fog", "tags": ["sea"]})
    assert entry("photo.changed").details == {"fields": ["tags", "title"]}
    assert "Fog" not in str(AuditEntry.objects.values())


def test_bulk_changes_are_told_by_photo(alice: User) -> None:
    image = make_image(alice)
    bulk.archive(alice, [image.pk])
    bulk.archive(alice, [image.pk])
    bulk.add_tags(alice, [image.pk], ["sea"])
    bulk.shift_time(alice, [image.pk], 5)
    bulk.set_place(alice, [image.pk], place="Here")
    assert entry("photo.archived").subject_id == image.pk
    assert entry("photo.tagged").details == {"tags": ["sea"]}
    assert [line.details["fields"] for line in entries("photo.changed")] == [["taken_at"], ["place"]]


def test_albums_and_members_are_told(alice: User, bob: User) -> None:
    album = albums.create(alice, "Summer")
    albums.add(album, [make_image(alice).pk], by=alice)
    albums.change(album, title="Winter")
    members.invite(album, "bob", AlbumMember.Role.VIEWER)
    members.remove(album, bob)
    albums.delete(album)
    told = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert told == [
        "album.made", "album.photos_added", "album.changed", "member.set", "member.removed", "album.deleted",
    ]  # fmt: skip
    assert {line.owner for line in AuditEntry.objects.all()} == {alice}
    assert entry("member.set").details == {"person": str(bob.pk), "role": "viewer"}


def test_tags_are_told_by_their_names(alice: User) -> None:
    image = make_image(alice)
    tags.add(alice, [image.pk], ["Ridge", "Hills"], noted=True)
    ridge, hills = (Tag.objects.get(owner=alice, slug=slug) for slug in ("ridge", "hills"))
    tags.rename(ridge, "Crest")
    tags.merge(ridge, hills)
    tags.delete(hills)
    told = [(entry.action, entry.details) for entry in AuditEntry.objects.order_by("id")]
    assert told == [
        ("photo.tagged", {"tags": ["Ridge", "Hills"]}),
        ("tag.renamed", {"former": "Ridge", "name": "Crest"}),
        ("tag.merged", {"name": "Crest", "into": "Hills"}),
        ("tag.deleted", {"name": "Hills"}),
    ]


def test_share_links_are_told_without_what_opens_them(alice: User) -> None:
    link, token = links.make(alice, album=make_album(alice), password="open sesame")
    links.change(link, title="For you")
    fresh = links.renew(link)
    links.revoke(link)
    links.revoke(link)
    told = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert told == ["link.made", "link.changed", "link.renewed", "link.revoked"]
    kept = str(list(AuditEntry.objects.values()))
    assert not any(secret in kept for secret in (token, fresh, "open sesame", "For you"))


def test_tokens_are_told_when_made_and_ended(alice: User, signed_in: Callable[[User], Client]) -> None:
    token, plain = tokens.issue(alice, "laptop", [ApiToken.Scope.READ])
    assert tokens.revoke(ApiToken.objects.filter(pk=token.pk)) == 1
    assert tokens.revoke(ApiToken.objects.filter(pk=token.pk)) == 0
    assert entry("token.made").details == {"token": token.prefix, "scopes": "read"}
    assert entry("token.revoked").subject_id == token.pk
    assert plain not in str(list(AuditEntry.objects.values()))


def test_token_command_is_told_as_a_command(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_token", "alice", "--scope", "read")
    found = entry("token.made")
    assert (found.via, found.actor, found.owner) == (Via.COMMAND, None, alice)


def test_invitations_are_told(alice: User, bob: User) -> None:
    album = make_album(alice)
    first, _ = invitations.invite(alice, "x@example.com", album)
    second, _ = invitations.invite(alice, "y@example.com", album)
    invitations.revoke(alice, first.pk)
    invitations.accept(second, lambda: bob)
    assert len(entries("invitation.made")) == 2
    assert entry("invitation.revoked").subject_id == first.pk
    assert (entry("invitation.accepted").actor, entry("invitation.accepted").owner) == (bob, alice)


def sign_in(client: Client, name: str, password: str) -> Any:
    return client.post("/accounts/login/", {"login": name, "password": password}, REMOTE_ADDR="192.0.2.9")


def test_signing_in_and_out_is_told(client: Client, alice: User) -> None:
    sign_in(client, "alice", PASSWORD)
    found = entry("session.begun")
    assert (found.actor, found.owner, found.address, found.via) == (alice, alice, "192.0.2.9", Via.PAGE)
    client.post("/accounts/logout/")
    assert entry("session.ended").actor == alice


def test_refused_sign_in_tells_whose_account_was_tried_and_not_what_was_typed(
    client: Client, alice: User
) -> None:
    sign_in(client, "alice", "wrong-password")
    sign_in(client, "my secret typed into the wrong field", "x")
    known, unknown = entries("session.refused")
    assert (known.owner, known.actor, known.address) == (alice, None, "192.0.2.9")
    assert (unknown.owner, unknown.subject_id, unknown.details) == (None, None, {})
    kept = str(list(AuditEntry.objects.values()))
    assert "wrong-password" not in kept
    assert "my secret" not in kept


def test_password_change_is_told(alice: User, client: Client) -> None:
    sign_in(client, "alice", PASSWORD)
    fresh = "another long passphrase"
    body = {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    client.post("/accounts/password/change/", body)
    assert entry("password.changed").actor == alice


def write_long_ago(owner: User, count: int) -> None:
    first = least_id(timezone.now() - timedelta(days=settings.AUDIT_DAYS, minutes=1)).int
    for number in range(count):
        AuditEntry.objects.create(id=uuid.UUID(int=first + number), action="job.retried", owner=owner)


def test_entries_are_forgotten_by_their_age(alice: User) -> None:
    write_long_ago(alice, 1)
    audit.alone("job.retried", owner=alice)
    assert audit.forget_old() == 1
    assert entry("job.retried").at > timezone.now() - timedelta(minutes=1)


def test_forgetting_goes_in_steps(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "CHUNK", 2)
    monkeypatch.setattr(audit, "ROUNDS", 2)
    write_long_ago(alice, 5)
    assert [audit.forget_old(), audit.forget_old(), audit.forget_old()] == [4, 1, 0]


def test_unknown_code_is_refused(alice: User) -> None:
    with pytest.raises(ValueError, match="no code of the audit log"):
        audit.note("photo.eaten", alice)


def test_every_code_is_documented() -> None:
    page = (settings.BASE_DIR / "docs" / "admin.md").read_text()
    assert [code for code in audit.ACTIONS if f"`{code}`" not in page] == []


def test_name_of_a_person_who_is_deleted_stays(alice: User) -> None:
    audit.alone("job.retried", by=alice)
    alice.delete()
    found = entry("job.retried")
    assert (found.actor, found.actor_name) == (None, "alice")


def leave_for_good(user: User) -> None:
    closing.close(user)
    with time_machine.travel(timezone.now() + timedelta(days=settings.BIN_DAYS, minutes=1)):
        while jobs.work_once():
            pass


@pytest.mark.usefixtures("s3")
def test_who_leaves_for_good_is_forgotten_but_for_what_concerns_others(alice: User, bob: User) -> None:
    theirs = make_album(bob)
    own = make_image(alice)
    with audit.worker("test", alice):
        editing.change(own, {"title": "Private"})
        albums.add(theirs, [own.pk], by=alice)
    leave_for_good(alice)
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not entries("photo.changed")
    brought = entry("album.photos_added")
    assert (brought.actor, brought.actor_name, brought.owner, brought.details) == (None, "alice", bob, {})
    gone = entry("account.gone")
    assert (gone.actor, gone.actor_name) == (None, "alice")
    rest = AuditEntry.objects.exclude(pk__in=[brought.pk, gone.pk])
    assert list(rest.filter(actor_name="alice").values_list("action", flat=True)) == []


@pytest.mark.usefixtures("s3")
def test_lines_about_others_name_nobody_who_left_for_good(alice: User, bob: User) -> None:
    with audit.worker("test", bob):
        members.invite(make_album(bob), "alice", AlbumMember.Role.EDITOR)
        image = make_image(bob)
        for name in ("from", "to"):
            audit.note_photos("photo.moved", [image], **{name: str(alice.pk), "else": "kept"})
    leave_for_good(alice)
    assert entry("member.set").details == {"role": "editor"}
    assert [line.details for line in entries("photo.moved")] == [{"else": "kept"}] * 2


@pytest.mark.usefixtures("s3")
def test_djangos_own_log_keeps_no_names_of_things_of_who_left_for_good(alice: User, bob: User) -> None:
    for owner in (alice, bob):
        album = make_album(owner, title="Private")
        AuditEntry.objects.create(
            action="album.changed", via=AuditEntry.Via.ADMIN, actor=bob, owner=owner, subject_id=album.pk
        )
        LogEntry.objects.create(
            user=bob,
            object_id=str(album.pk),
            object_repr="Private",
            action_flag=CHANGE,
            change_message="Title",
        )
    leave_for_good(alice)
    kept = LogEntry.objects.order_by("pk").values_list("object_repr", "change_message")
    assert list(kept) == [("", ""), ("Private", "Title")]


def test_page_that_changes_nothing_asks_nothing_for_the_log(
    alice: User, signed_in: Callable[[User], Client]
) -> None:
    signed_in(alice).get("/")
    assert not AuditEntry.objects.exclude(action__startswith="session.").exists()


def test_deleted_album_of_somebody_is_found_by_its_id(alice: User) -> None:
    album = make_album(alice)
    key: uuid.UUID = album.pk
    albums.delete(album)
    assert [line.action for line in AuditEntry.objects.about(key)] == ["album.deleted"]
    assert not Album.objects.exists()
