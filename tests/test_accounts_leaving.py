"""Leaving: everything can be taken along, an account ends at once, and nothing of it is left in the end."""

import io
import json
import re
import shlex
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db.models.signals import pre_delete
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from gallery import invitations, jobs, marker, objectstore, removals
from gallery.accounts import closing, exports
from gallery.exporting import Restorer
from gallery.models import (
    Album,
    AlbumImage,
    AlbumMember,
    ApiToken,
    Image,
    Invitation,
    Job,
    Removal,
    ShareLink,
    Tag,
    Upload,
    User,
)
from photosky.env import S3Settings
from tests.make import PASSWORD, make_album, make_image, make_user, upload_photo

SignedIn = Callable[[User], Client]


def proven(user: User) -> Client:
    """Return a browser in which the person has just proven who they are."""
    client = Client()
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def work() -> None:
    while jobs.work_once():
        pass


def fetched(archive: zipfile.ZipFile, folder: Path) -> None:
    """Unpack an export and fetch the originals into their places, as its file tells curl to."""
    archive.extractall(folder)
    url = ""
    for line in (folder / "originals.curl").read_text().splitlines():
        name, _, value = line.partition(" = ")
        if name == "url":
            (url,) = shlex.split(value)
        if name == "output":
            (place,) = shlex.split(value)
            (folder / place).write_bytes(httpx.get(url).raise_for_status().content)


def test_export_is_a_whole_library_that_another_person_can_read_back(
    alice: User, bob: User, s3: S3Settings, tmp_path: Path, signed_in: SignedIn
) -> None:
    first, second = (upload_photo(alice, filename='a "b" \\ c.jpg').image for _ in range(2))
    assert first is not None
    assert second is not None
    Image.objects.filter(pk=first.pk).update(title="Ridge")
    album = make_album(alice, first, second, title="Picos")
    client = signed_in(alice)

    client.post("/account/export/")
    assert "Being made" in client.get("/account/").content.decode()
    work()
    job = Job.objects.get()
    page = client.get("/account/").content.decode()
    assert f"/account/export/{job.pk}/" in page
    answer = client.get(f"/account/export/{job.pk}/")
    data = httpx.get(answer.headers["Location"]).raise_for_status().content

    fetched(zipfile.ZipFile(io.BytesIO(data)), tmp_path)
    restorer = Restorer(bob, tmp_path)
    assert not list(restorer.run())[-1].failures
    assert sorted(Image.objects.owned_by(bob).values_list("sha256", flat=True)) == sorted(
        [first.sha256, second.sha256]
    )
    assert Image.objects.owned_by(bob).filter(title="Ridge").exists()
    assert [one.title for one in Album.objects.owned_by(bob)] == [album.title]


def test_export_tells_all_about_the_person_and_no_secret(alice: User, s3: S3Settings) -> None:
    token, plain = ApiToken.issue(alice, "laptop", ["read"])
    _, invited = invitations.invite(alice, "zoe@example.com", make_album(alice))
    exports.start(alice)
    work()

    data = objectstore.read(Job.objects.get().result["key"], max_bytes=10**7)
    archive = zipfile.ZipFile(io.BytesIO(data))
    told = archive.read("account.json").decode()

    said = json.loads(told)
    assert said["username"] == "alice"
    assert said["tokens"][0]["name"] == "laptop"
    assert said["invitations"][0]["email"] == "zoe@example.com"
    for secret in (plain, invited, alice.password, token.token_sha256):
        assert secret not in told


def test_export_is_its_owners_alone_and_ends(
    alice: User, bob: User, s3: S3Settings, signed_in: SignedIn
) -> None:
    job = exports.start(alice)
    assert exports.start(alice) == job
    work()

    assert signed_in(bob).get(f"/account/export/{job.pk}/").status_code == 404
    key = Job.objects.get(pk=job.pk).result["key"]
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert signed_in(alice).get(f"/account/export/{job.pk}/").status_code == 404
    marker.adopt()
    removals.run(timezone.now() + timedelta(hours=29))
    assert objectstore.head(key) is not None
    removals.run(timezone.now() + timedelta(hours=31))
    assert objectstore.head(key) is None


@pytest.mark.usefixtures("signing")
def test_page_says_in_numbers_what_goes(alice: User) -> None:
    make_album(alice, *(make_image(alice, bytes=4_000_000) for _ in range(3)))
    ApiToken.issue(alice, "laptop", ["read"])

    page = re.sub(r"\s+", " ", proven(alice).get("/account/delete/").content.decode().replace("\xa0", " "))

    for words in ("3 photos (11.4 MB)", "1 album;", "0 share links", "1 token", "30 days"):
        assert words in page


@pytest.mark.usefixtures("signing")
@pytest.mark.parametrize("typed", ["", "bob", "ALICE"])
def test_account_stays_where_the_name_is_not_typed(alice: User, typed: str) -> None:
    answer = proven(alice).post("/account/delete/", {"username": typed})

    assert answer.status_code == 400
    alice.refresh_from_db()
    assert alice.is_active


@pytest.mark.usefixtures("signing")
def test_account_without_fresh_proof_stays(alice: User, signed_in: SignedIn) -> None:
    answer = signed_in(alice).post("/account/delete/", {"username": "alice"})

    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    alice.refresh_from_db()
    assert alice.is_active


@pytest.mark.usefixtures("signing")
def test_everything_ends_at_once(alice: User, bob: User, shared_album: Album, signed_in: SignedIn) -> None:
    shared_album.add([make_image(alice).pk])
    plain = ApiToken.issue(alice, "laptop", ["read"])[1]
    link = ShareLink(owner=alice, album=shared_album)
    link.new_token()
    link.save()
    invitations.invite(alice, "", shared_album)
    elsewhere, client = proven(alice), proven(alice)

    answer = client.post("/account/delete/", {"username": "alice"})
    work()

    assert answer.headers["Location"] == "/accounts/login/"
    for browser in (client, elsewhere):
        assert browser.get("/albums/").status_code == 302
    assert (
        "/accounts/inactive/"
        in Client().post("/accounts/login/", {"login": "alice", "password": PASSWORD}).headers["Location"]
    )
    assert Client(headers={"authorization": f"Bearer {plain}"}).get("/api/").status_code == 401
    assert not ShareLink.objects.open_at(timezone.now()).exists()
    assert not Invitation.objects.open_at(timezone.now()).exists()
    assert signed_in(bob).get(shared_album.get_absolute_url()).status_code == 404
    assert not Image.objects.owned_by(alice).live().exists()


@pytest.mark.usefixtures("signing")
def test_last_superuser_stays(db: None) -> None:
    keeper = make_user("keeper", is_superuser=True, is_staff=True)

    answer = proven(keeper).post("/account/delete/", {"username": "keeper"})

    assert "make somebody else a superuser first" in answer.content.decode()
    keeper.refresh_from_db()
    assert keeper.is_active
    make_user("second", is_superuser=True)
    assert proven(keeper).post("/account/delete/", {"username": "keeper"}).status_code == 302


@pytest.mark.usefixtures("signing")
def test_closed_account_is_opened_again_while_the_bin_holds(
    alice: User, bob: User, shared_album: Album
) -> None:
    kept, old = make_image(alice), make_image(alice)
    Image.objects.filter(pk=old.pk).update(binned_at=timezone.now() - timedelta(days=1))
    closing.close(alice)
    work()

    call_command("restore_account", "alice", verbosity=0)

    assert list(Image.objects.owned_by(alice).live()) == [kept]
    assert AlbumMember.objects.get(album=shared_album).user == bob
    proven(alice).get("/albums/")
    with pytest.raises(CommandError, match="is open"):
        call_command("restore_account", "alice", verbosity=0)
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        work()
        assert User.objects.filter(username="alice", is_active=True).exists()


def test_account_whose_leaving_failed_is_opened_again_with_its_photos(
    alice: User, bob: User, shared_album: Album
) -> None:
    kept = make_image(alice)
    closing.close(alice)
    work()
    Job.objects.filter(kind=closing.KIND).update(state=Job.State.FAILED, finished_at=timezone.now())

    assert closing.restore(alice) == 1

    assert list(Image.objects.owned_by(alice).live()) == [kept]
    assert AlbumMember.objects.get(album=shared_album).user == bob


@pytest.mark.django_db(transaction=True)
def test_account_stays_open_where_the_rest_cannot_be_asked_for(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(jobs.FUNCTIONS, closing.KIND)

    with pytest.raises(KeyError):
        closing.close(alice)

    alice.refresh_from_db()
    assert alice.is_active


def test_leaving_is_never_given_up(alice: User) -> None:
    closing.close(alice)
    Job.objects.update(attempts=jobs.MAX_ATTEMPTS + 3)

    work()

    job = Job.objects.get(kind=closing.KIND)
    assert (job.state, job.payload["binned"]) == (Job.State.WAITING, True)


@pytest.mark.usefixtures("signing")
def test_person_goes_in_steps_that_stay_small(
    alice: User, bob: User, shared_album: Album, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "CHUNK", 2)
    of_bob = make_image(bob)
    shared_album.add([of_bob.pk], by=alice)
    Album.objects.update(owner=bob)
    for number in range(5):
        jobs.start("zip", alice, {})
        ApiToken.issue(alice, f"laptop {number}", ["read"])
        link = ShareLink(owner=alice, album=shared_album)
        link.new_token()
        link.save()
    Job.objects.update(state=Job.State.DONE, finished_at=timezone.now())
    closing.close(alice)
    work()
    left: list[int] = []

    def look(sender: type[object], **_: object) -> None:
        rows = (Job.objects, ApiToken.objects, ShareLink.objects, AlbumImage.objects.exclude(added_by=None))
        left.extend(one.count() for one in rows)

    pre_delete.connect(look, sender=User)
    with time_machine.travel(timezone.now() + timedelta(days=settings.BIN_DAYS, minutes=1)):
        work()
    pre_delete.disconnect(look, sender=User)

    assert not User.objects.filter(username="alice").exists()
    # The job that does it is the only row left to go with the person.
    assert left == [1, 0, 0, 0]


def test_export_that_cannot_be_made_does_not_stand_in_the_way_of_another(alice: User) -> None:
    stuck = exports.start(alice)
    Job.objects.update(attempts=jobs.MAX_ATTEMPTS)

    assert jobs.work_once()

    stuck.refresh_from_db()
    assert stuck.state == Job.State.FAILED
    assert exports.start(alice) != stuck


def test_nothing_is_left_when_the_bins_days_are_over(
    alice: User, bob: User, s3: S3Settings, settings: Settings
) -> None:
    mine, kept = upload_photo(alice).image, upload_photo(bob).image
    assert mine is not None
    assert kept is not None
    make_album(alice, mine).children.create(owner=alice, title="Inside")
    Tag.objects.create(owner=alice, name="ridge")
    Upload.objects.create(
        owner=alice, key="originals/never/came.jpg", filename="a.jpg", bytes=1, content_type="image/jpeg",
        rendition_token="0" * 32,
    )  # fmt: skip
    closing.close(alice)
    work()
    assert User.objects.filter(pk=alice.pk).exists()

    with time_machine.travel(timezone.now() + timedelta(days=settings.BIN_DAYS, minutes=1)):
        work()
        assert not User.objects.filter(pk=alice.pk).exists()
        assert Removal.objects.filter(key=mine.original_key).exists()
    marker.adopt()
    removals.run(timezone.now() + timedelta(days=settings.BIN_DAYS + 3))

    assert objectstore.head(mine.original_key) is None
    assert objectstore.head(kept.original_key) is not None
    assert Image.objects.get() == kept
    assert not Album.objects.exists()
