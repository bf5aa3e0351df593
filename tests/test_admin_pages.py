"""A photo in the administration, what is done with many of them after a page that asked, and the log of it."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery import crashpoints, editing, jobs, objectstore, reprocessing, tasks
from gallery.models import (
    AuditEntry,
    Image,
    Job,
    User,
)
from photosky.env import S3Settings
from tests.make import make_album, make_image, make_user, upload_photo

pytestmark = pytest.mark.usefixtures("signing")


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


@pytest.fixture
def keeper(boss: User) -> Client:
    """Return a browser in which the keeper of the site is signed in."""
    client = Client()
    client.force_login(boss)
    return client


def test_image_page_folds_what_the_file_says_and_escapes_it(keeper: Client, alice: User) -> None:
    image = make_image(alice, metadata={"artist": "</pre><script>alert(1)</script>"})
    page = keeper.get(f"/admin/gallery/image/{image.pk}/change/").content.decode()
    assert "<details" in page
    assert "&lt;/pre&gt;&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_fields_are_called_what_people_call_them(keeper: Client, alice: User) -> None:
    page = keeper.get(f"/admin/gallery/image/{make_image(alice).pk}/change/").content.decode()
    for words in ("Duration in seconds:", "SHA-256:", "Favourite:", "Aperture:"):
        assert words in page
    for column in ("Duration s", "Sha256", "Is favorite", "F number"):
        assert column not in page


def test_image_page_lists_renditions_with_their_sizes(keeper: Client, alice: User) -> None:
    page = keeper.get(f"/admin/gallery/image/{make_image(alice).pk}/change/").content.decode()
    for words in ("h240.webp", "360 x 240", "l2560.webp", "2560 x 1707", "og.jpg", "1200 x 630"):
        assert words in page


def test_image_page_tells_what_happened_to_it(keeper: Client, alice: User) -> None:
    image = make_image(alice)
    keeper.post(f"/admin/gallery/image/{image.pk}/change/", {"title": "Fog", "description": ""})
    keeper.post(f"/admin/gallery/image/{image.pk}/delete/", {"post": "yes"})
    page = keeper.get(f"/admin/gallery/image/{image.pk}/change/").content.decode()
    assert "photo.changed" in page
    assert "photo.binned" in page
    assert "in the bin since" in page
    assert "boss: Put into the bin." in page
    assert AuditEntry.objects.filter(action="photo.binned").count() == 1


def ask(
    client: Client, action: str, *images: Image, url: str = "/admin/gallery/image/", **values: str
) -> Any:
    body = {"action": action, "_selected_action": [str(image.pk) for image in images], "index": "0", **values}
    return client.post(url, body, follow=True)


def test_nothing_is_done_before_it_is_confirmed(keeper: Client, alice: User) -> None:
    image = make_image(alice, binned_at=timezone.now())
    for action, words in (("reprocess", "made anew"), ("move_owner", "another owner"), ("purge", "for good")):
        page = ask(keeper, action, image).content.decode()
        assert words in page
        assert image.filename in page
    assert not Job.objects.exists()
    image.refresh_from_db()
    assert image.owner == alice


def test_purging_takes_the_number_of_those_in_the_bin_typed(keeper: Client, alice: User) -> None:
    binned = [make_image(alice, binned_at=timezone.now()) for _ in range(2)]
    live = make_image(alice)
    assert "None of these photos is in the bin" in ask(keeper, "purge", live).content.decode()
    for typed in ("", "3", "two"):
        answer = ask(keeper, "purge", live, *binned, confirmed="yes", number=typed)
        assert answer.status_code == 400
    assert not Job.objects.exists()
    page = ask(keeper, "purge", live, *binned, confirmed="yes", number="2").content.decode()
    assert "Delete for good" in page
    assert jobs.work(Job.objects.get().pk)
    assert list(Image.objects.all()) == [live]
    assert set(AuditEntry.objects.filter(action="photo.purged").values_list("actor_name", "via_name")) == {
        ("boss", "chosen")
    }


def test_moving_needs_a_person_who_is_here(keeper: Client, alice: User, bob: User) -> None:
    image = make_image(alice)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    for name in ("", "nobody", "bob"):
        assert ask(keeper, "move_owner", image, confirmed="yes", owner=name).status_code == 400
    User.objects.filter(pk=bob.pk).update(is_active=True)
    ask(keeper, "move_owner", image, confirmed="yes", owner="bob")
    jobs.work(Job.objects.get().pk)
    image.refresh_from_db()
    assert image.owner == bob


def test_progress_is_shown_and_looked_at_again_without_a_script(keeper: Client, alice: User) -> None:
    images = [make_image(alice) for _ in range(3)]
    page = ask(keeper, "reprocess", *images, confirmed="yes").content.decode()
    assert re.search(r'<meta http-equiv="refresh"\s+content="3">', page)
    assert "0 of 3" in page
    Job.objects.update(state="done", done=3, result={"counts": {"done": 2, "failed": 1}})
    url = reverse("admin:gallery_job_change", args=[Job.objects.get().pk])
    page = keeper.get(url).content.decode()
    assert "refresh" not in page
    assert "2 done; 1 failed: they are as before" in page


def confirmed(page: str) -> dict[str, str]:
    """Return what the form of a page that asks sends of itself."""
    names = ("select_across", "confirmed", "meant")
    found = {name: re.search(rf'name="{name}"\s+value="([^"]*)"', page) for name in names}
    return {name: match[1] for name, match in found.items() if match}


def test_photos_that_came_after_the_page_that_asks_are_not_taken_along(
    keeper: Client, alice: User, bob: User
) -> None:
    old, gone = make_image(alice), make_image(alice)
    url = "/admin/gallery/image/?place=library"
    page = ask(keeper, "move_owner", old, url=url, select_across="1").content.decode()
    Image.objects.filter(pk=gone.pk).update(binned_at=timezone.now())
    new = make_image(alice)
    answer = ask(keeper, "move_owner", old, url=url, **confirmed(page), owner="bob")
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "finds other photos by now" in page
    assert "2 photos" in page
    assert not Job.objects.exists()
    ask(keeper, "move_owner", old, url=url, **confirmed(page), owner="bob")
    jobs.work(Job.objects.get().pk)
    assert set(Image.objects.owned_by(bob)) == {old, new}


def test_all_that_a_list_shows_can_be_chosen_beyond_its_page(keeper: Client, alice: User, bob: User) -> None:
    Image.objects.bulk_create(make_image(alice, save=False, binned_at=timezone.now()) for _ in range(130))
    make_image(alice)
    url = "/admin/gallery/image/?place=bin"
    first = Image.objects.binned().order_by("-id")[0]
    page = ask(keeper, "move_owner", first, url=url, select_across="1").content.decode()
    assert "130 photos" in page
    assert 'action="/admin/gallery/image/?place=bin"' in page
    ask(keeper, "move_owner", first, url=url, **confirmed(page), owner="bob")
    while jobs.work_once():
        pass
    assert (Image.objects.owned_by(bob).count(), Image.objects.owned_by(alice).count()) == (130, 1)


@pytest.mark.parametrize(
    ("action", "few", "many", "binned"),
    [
        ("put_into_bin", "1 put into the bin", "2 photos are put into the bin", False),
        ("take_out_of_bin", "1 taken out of the bin", "2 photos are taken out of the bin", True),
    ],
)
def test_few_go_to_the_bin_and_back_at_once_and_many_by_a_job(
    keeper: Client,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
    few: str,
    many: str,
    binned: bool,
) -> None:
    images = [make_image(alice, binned_at=timezone.now() if binned else None) for _ in range(3)]
    assert few in ask(keeper, action, images[0]).content.decode()
    monkeypatch.setattr("gallery.admin.image_actions.AT_ONCE", 1)
    assert many in ask(keeper, action, *images[1:]).content.decode()
    assert Image.objects.exclude(binned_at=None).count() == (2 if binned else 1)
    ask(keeper, action, *images[1:], confirmed="yes")
    jobs.work(Job.objects.get().pk)
    assert Image.objects.exclude(binned_at=None).count() == (0 if binned else 3)
    assert Job.objects.get().result == {"counts": {"done": 2}}


def test_more_than_a_job_takes_is_refused_in_words(
    keeper: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gallery.chosen.MOST", 1)
    images = [make_image(alice) for _ in range(2)]
    assert "These are more than 1 photos" in ask(keeper, "reprocess", *images).content.decode()


def test_staff_who_may_only_look_are_offered_no_action(client: Client, alice: User) -> None:
    helper = make_user("helper", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_image"))
    client.force_login(helper)
    image = make_image(alice, binned_at=timezone.now())
    for action in ("purge", "move_owner", "reprocess", "put_into_bin", "take_out_of_bin"):
        ask(client, action, image, confirmed="yes", number="1", owner="helper")
    assert not Job.objects.exists()
    image.refresh_from_db()
    assert (image.owner, image.binned_at is None) == (alice, False)


def test_reprocessing_reads_the_file_anew_and_keeps_what_people_said(
    boss: User, keeper: Client, alice: User, s3: S3Settings
) -> None:
    upload = upload_photo(alice)
    assert upload.image is not None
    Image.objects.filter(pk=upload.image.pk).update(
        title="Fog",
        camera_model="?",
        color="#000000",
        recipe="r0",
        latitude=1.0,
        longitude=2.0,
        taken_source="name",
    )
    before = objectstore.read(upload.image.original_key, max_bytes=10**8)
    ask(keeper, "reprocess", upload.image, confirmed="yes")
    assert tasks.work_once()
    image = Image.objects.get(pk=upload.image.pk)
    assert (image.title, image.latitude, image.longitude) == ("Fog", 1.0, 2.0)
    assert (image.camera_model, image.taken_source, image.taken_at) == ("X-T5", "exif", upload.image.taken_at)
    assert image.recipe != "r0"
    assert image.color != "#000000"
    assert objectstore.read(image.original_key, max_bytes=10**8) == before
    assert Job.objects.get().result == {"counts": {"done": 1}}
    assert AuditEntry.objects.get(action="photo.reprocessed").actor == boss


def test_reprocessing_keeps_the_time_that_a_person_sets_while_it_runs(alice: User, s3: S3Settings) -> None:
    image = upload_photo(alice).image
    assert image is not None
    noon = datetime(2020, 6, 1, 12, tzinfo=UTC)

    def say(point: str) -> None:
        if point == "rebuild.stored":
            editing.change(Image.objects.get(pk=image.pk), {"taken_at": noon})

    crashpoints.arm(say)
    try:
        assert reprocessing.reprocess(image)
    finally:
        crashpoints.arm(None)

    image.refresh_from_db()
    assert (image.taken_at, image.taken_source, image.month) == (noon, "person", 202006)


def test_log_is_found_by_name_thing_person_and_action(keeper: Client, alice: User) -> None:
    image = make_image(alice)
    keeper.post(f"/admin/gallery/image/{image.pk}/delete/", {"post": "yes"})
    url = "/admin/gallery/auditentry/"
    for query in ("q=boss", f"q={image.pk}", f"q={alice.pk}", "action=photo.binned"):
        page = keeper.get(f"{url}?{query}").content.decode()
        assert page.count("field-action") == 1, query
    for query in ("q=bos", f"q={uuid.uuid4()}", "action=photo.purged"):
        assert "field-action" not in keeper.get(f"{url}?{query}").content.decode()


def test_log_is_changed_by_nobody(keeper: Client) -> None:
    found = AuditEntry.objects.create(action="photo.binned", via="page")
    url = reverse("admin:gallery_auditentry_change", args=[found.pk])
    assert keeper.post(url, {"action": "x"}).status_code == 403
    assert keeper.post(url.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert keeper.get("/admin/gallery/auditentry/add/").status_code == 403


def test_changes_of_people_in_forms_are_told(keeper: Client, alice: User) -> None:
    url = f"/admin/gallery/user/{alice.pk}/change/"
    keeper.post(url, {"username": "alice", "quota_bytes": "5", "is_active": "on", "is_staff": "on"})
    told = AuditEntry.objects.get(action="user.changed")
    assert (told.subject_id, told.actor_name, told.via) == (alice.pk, "boss", "admin")
    assert "Quota bytes" in told.details["fields"]


def test_album_and_tag_changes_in_forms_are_told_once(keeper: Client, alice: User) -> None:
    album = make_album(alice)
    keeper.post(f"/admin/gallery/album/{album.pk}/delete/", {"post": "yes"})
    keeper.post("/admin/gallery/tag/add/", {"name": "Fog", "owner": alice.username})
    assert sorted(AuditEntry.objects.values_list("action", flat=True)) == ["album.deleted", "row.made"]


def test_deleting_a_session_signs_out(keeper: Client, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    key = client.session.session_key or ""
    row = UserSession.objects.create(
        user=alice, ip="192.0.2.1", session_key=key, user_agent="x", last_seen_at=timezone.now()
    )
    assert client.get("/menu/keys/").status_code == 200
    keeper.post(f"/admin/usersessions/usersession/{row.pk}/delete/", {"post": "yes"})
    assert client.get("/", follow=False).status_code == 302
