"""The administration's dashboard, the pages that ask and those that show progress, and what holds for every list."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.db import connection
from django.db.models import FileField
from django.forms import FileField as FormFileField
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from gallery import figures, jobs, objectstore, tasks
from gallery.models import (
    Album,
    ApiToken,
    AuditEntry,
    Image,
    Inspection,
    Invitation,
    Job,
    Removal,
    ShareLink,
    SmartAlbum,
    Tag,
    Upload,
    User,
    Webhook,
    WebhookDelivery,
    new_id,
)
from photosky import admin_urls
from photosky.env import S3Settings
from tests.make import make_album, make_image, make_user, upload_photo

pytestmark = pytest.mark.usefixtures("signing")
LISTS = sorted(model._meta.label_lower for model in admin.site._registry)
assert admin_urls.urlpatterns


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


@pytest.fixture
def keeper(boss: User) -> Client:
    """Return a browser in which the keeper of the site is signed in."""
    client = Client()
    client.force_login(boss)
    return client


def make_upload(owner: User, **values: Any) -> Upload:
    fields = {"filename": "IMG_1.jpg", "content_type": "image/jpeg", "bytes": 10, **values}
    return Upload.objects.create(owner=owner, key=f"originals/test/{uuid.uuid4().hex}.jpg", **fields)


def _owners() -> Iterator[User]:
    """Yield one person a row, so that a list that looks owners up one by one is found out."""
    while True:
        yield User(username=uuid.uuid4().hex, password="!")


def _rows(label: str, owners: list[User]) -> list[Any]:
    soon = timezone.now() + timedelta(days=1)
    make: dict[str, Callable[[User], Any]] = {
        "account.emailaddress": lambda u: EmailAddress(user=u, email=f"{u.username}@example.com"),
        "auth.group": lambda u: Group(name=u.username),
        "gallery.album": lambda u: Album(owner=u, title="A"),
        "gallery.apitoken": lambda u: ApiToken(user=u, name="t", token_sha256=u.username * 2, prefix="photosky_x"),
        "gallery.auditentry": lambda u: AuditEntry(
            actor=u, owner=u, actor_name=u.username, action="photo.binned", subject_type="image", subject_id=new_id()
        ),
        "gallery.image": lambda u: make_image(u, save=False),
        "gallery.inspection": lambda _: Inspection(report={"counts": {"missing": {"found": 1}}}),
        "gallery.invitation": lambda u: Invitation(invited_by=u, token_sha256=u.username * 2, expires_at=soon),
        "gallery.job": lambda u: Job(owner=u, kind="chosen", payload={"act": "move"}, total=9),
        "gallery.removal": lambda u: Removal(key=u.username, reason="purged"),
        "gallery.sharelink": lambda u: ShareLink(owner=u, token_sha256=u.username * 2, prefix="abcd"),
        "gallery.smartalbum": lambda u: SmartAlbum(owner=u, title="S", query="fog"),
        "gallery.tag": lambda u: Tag(owner=u, name="t", slug="t"),
        "gallery.upload": lambda u: Upload(
            owner=u, filename="x", content_type="image/jpeg", bytes=1, key=u.username, state="rejected"
        ),
        "gallery.webhook": lambda u: Webhook(owner=u, url="https://x.example", events="a", cursor_id=new_id()),
        "mfa.authenticator": lambda u: Authenticator(user=u, type="totp", data={"secret": "s3cr3t"}),
        "usersessions.usersession": lambda u: UserSession(
            user=u, ip="192.0.2.1", session_key=f"key-{u.username}"[:40], user_agent="x", last_seen_at=soon
        ),
    }  # fmt: skip
    if label == "gallery.user":
        return []
    if label == "gallery.webhookdelivery":
        hooks = Webhook.objects.bulk_create(_rows("gallery.webhook", owners))
        return [WebhookDelivery(webhook=hook, event="photo.added", body="{}") for hook in hooks]
    return [make[label](owner) for owner in owners]


def make_rows(label: str, count: int) -> Any:
    """Make rows of the kind, each of another owner; return one of them."""
    owners = User.objects.bulk_create(user for user, _ in zip(_owners(), range(count), strict=False))
    rows = _rows(label, owners)
    if not rows:
        return owners[0]
    type(rows[0])._default_manager.bulk_create(rows)
    return rows[0]


def queries_of(client: Client, url: str) -> tuple[int, str]:
    # What is asked for once in the life of a process is asked for here.
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, url
    return len(queries), answer.content.decode()


@pytest.mark.parametrize("label", LISTS)
def test_lists_and_pages_of_rows_cost_the_same_at_10_and_at_1000_rows(keeper: Client, label: str) -> None:
    name = label.replace(".", "_")
    lists, pages = [], []
    for count in (10, 990):
        row = make_rows(label, count)
        cost, page = queries_of(keeper, reverse(f"admin:{name}_changelist"))
        assert page.count("<tr") >= 10
        lists.append(cost)
        pages.append(queries_of(keeper, reverse(f"admin:{name}_change", args=[row.pk]))[0])
    assert lists[0] == lists[1]
    assert pages[0] == pages[1]
    assert max(lists + pages) < 30


@pytest.mark.parametrize("label", LISTS)
def test_no_form_takes_a_file(boss: User, keeper: Client, label: str) -> None:
    """Bytes go straight to the store: neither a field nor a form of the administration takes them."""
    model_admin = next(a for m, a in admin.site._registry.items() if m._meta.label_lower == label)
    assert not [field for field in model_admin.model._meta.get_fields() if isinstance(field, FileField)]
    request = RequestFactory().get("/")
    request.user = boss
    row = make_rows(label, 1)
    form = model_admin.get_form(request, obj=row, change=True)
    assert not [field for field in form.base_fields.values() if isinstance(field, FormFileField)]
    page = keeper.get(reverse(f"admin:{label.replace('.', '_')}_change", args=[row.pk])).content.decode()
    assert "multipart/form-data" not in page
    assert 'type="file"' not in page


def test_no_list_and_no_page_shows_what_opens_something(keeper: Client) -> None:
    for label, secret in (
        ("mfa.authenticator", "s3cr3t"), ("usersessions.usersession", "key-"), ("gallery.invitation", "token_sha256"),
        ("gallery.apitoken", "token_sha256"), ("gallery.webhook", "secret"),
    ):  # fmt: skip
        row, name = make_rows(label, 1), label.replace(".", "_")
        for url in (reverse(f"admin:{name}_changelist"), reverse(f"admin:{name}_change", args=[row.pk])):
            page = keeper.get(url).content.decode()
            assert secret not in page, url
            assert getattr(row, "token_sha256", "?" * 64) not in page


def test_dashboard_tells_what_is_held_by_user_kind_and_state(keeper: Client, alice: User) -> None:
    make_image(alice, bytes=3 * 1024**2)
    make_image(alice, bytes=1024**2, kind=Image.Kind.VIDEO)
    make_image(alice, bytes=1024**2, binned_at=timezone.now())
    make_image(alice, bytes=1024**2, recipe="r0", archived_at=timezone.now())
    User.objects.filter(pk=alice.pk).update(used_bytes=6 * 1024**2)
    page = keeper.get("/admin/").content.decode()
    assert "Not counted yet" in page
    keeper.post("/admin/count/")
    while jobs.work_once():
        pass
    page = " ".join(re.sub(r"<[^>]+>", " ", keeper.get("/admin/").content.decode()).split())
    assert "alice 6.0 MB without limit 3 1 0" in page.replace("\xa0", " ")
    assert "Photos 3 5.0 MB Videos 1 1.0 MB Animations 0 0 bytes" in page.replace("\xa0", " ")
    assert "In the library 3 In the bin 1 Archived 1 Brought by guests, waiting for review 0" in page
    assert "With renditions by a former recipe 1" in page
    assert "US dollars a month on AWS" in page
    assert "Counted 0" in page.replace("\xa0", " ")


def test_counting_in_steps_and_rounds_counts_each_photo_once(
    boss: User, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner in (alice, bob, alice, bob, alice):
        make_image(owner)
    monkeypatch.setattr(figures, "STEP", 2)
    monkeypatch.setattr(jobs, "ROUND_S", -1)
    job = figures.count_again(boss)
    rounds = 0
    while jobs.work(job.pk):
        rounds += 1
    assert rounds == 3
    found = figures.found()
    assert found is not None
    assert {row.owner: row.photos for row in found.rows} == {alice.pk.hex: 3, bob.pk.hex: 2}
    assert not figures.is_under_way()


def test_figures_are_counted_anew_once_a_day(alice: User) -> None:
    make_image(alice)
    assert figures.refresh()
    assert not figures.refresh()
    found = cache.get("figures.found")
    cache.set(
        "figures.found", {**found, "counted_at": (timezone.now() - timedelta(days=2)).isoformat()}, None
    )
    assert figures.refresh()


def trouble(owner: User) -> dict[str, Any]:
    """Make one row of each kind that needs a look."""
    long_ago, soon = timezone.now() - timedelta(hours=3), timezone.now() + timedelta(minutes=30)
    stuck = make_upload(owner, filename="stuck.jpg", state="processing", attempts=3)
    Upload.objects.filter(pk=stuck.pk).update(updated_at=long_ago)
    return {
        "stuck": stuck,
        "failed": make_upload(
            owner, filename="failed.jpg", state="rejected", code="wrong_bytes", reason="No."
        ),
        "job": Job.objects.create(
            owner=owner, kind="zip", state="failed", finished_at=long_ago, reason="Alas."
        ),
        "removal": Removal.objects.create(key="originals/gone", reason="purged", attempts=3, not_before=soon),
    }


def test_dashboard_names_what_is_stuck_and_what_was_given_up(keeper: Client, alice: User) -> None:
    assert "Nothing is stuck" in keeper.get("/admin/").content.decode()
    trouble(alice)
    # What is under way, or was refused for what it is, needs nobody.
    make_upload(alice, filename="under-way.jpg", state="processing")
    make_upload(alice, filename="no-photo.txt", state="rejected", code="not_a_photo")
    page = keeper.get("/admin/").content.decode()
    for words in ("stuck.jpg", "failed.jpg", "Alas.", "originals/gone", "tried 3 times"):
        assert words in page
    assert "under-way.jpg" not in page
    assert "no-photo.txt" not in page


def test_each_is_given_back_to_the_workers_by_its_button(keeper: Client, alice: User) -> None:
    rows = trouble(alice)
    for kind, name in (("upload", "stuck"), ("job", "job"), ("removal", "removal")):
        answer = keeper.post(f"/admin/retry/{kind}/{rows[name].pk}/", follow=True)
        assert "Given to the workers." in answer.content.decode()
        rows[name].refresh_from_db()
    assert (rows["stuck"].attempts, rows["job"].state) == (0, "waiting")
    assert rows["removal"].not_before <= timezone.now()
    told = set(AuditEntry.objects.values_list("action", "actor_name"))
    assert {("upload.retried", "boss"), ("job.retried", "boss"), ("removal.retried", "boss")} <= told


def test_grace_of_an_object_that_was_never_tried_is_not_shortened(keeper: Client) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    removal = Removal.objects.create(key="originals/kept", reason="purged", not_before=tomorrow)
    aside = Removal.objects.create(key="originals/aside", reason="untracked", attempts=2)
    for row in (removal, aside):
        assert "Nothing to do" in keeper.post(f"/admin/retry/removal/{row.pk}/", follow=True).content.decode()
    removal.refresh_from_db()
    aside.refresh_from_db()
    assert (removal.not_before, aside.not_before) == (tomorrow, None)


def test_buttons_are_for_those_who_may_change_and_work_by_post_alone(client: Client, alice: User) -> None:
    rows = trouble(alice)
    helper = make_user("helper", is_staff=True)
    client.force_login(helper)
    url = f"/admin/retry/job/{rows['job'].pk}/"
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 403
    assert client.post("/admin/count/").status_code == 403
    assert client.post(f"/admin/retry/user/{alice.pk}/").status_code == 404
    rows["job"].refresh_from_db()
    assert rows["job"].state == "failed"


def test_dashboard_shows_staff_only_what_they_may_see(client: Client, alice: User) -> None:
    trouble(alice)
    User.objects.filter(pk=alice.pk).update(used_bytes=5)
    helper = make_user("helper", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(helper)
    page = client.get("/admin/").content.decode()
    assert "Alas." in page
    for words in (
        "stuck.jpg",
        "originals/gone",
        "Storage by user",
        "Try again",
        "Count now",
        "Last inspection",
    ):
        assert words not in page


def test_dashboard_tells_the_last_inspection_and_where_dead_letters_are(
    keeper: Client, settings: Settings
) -> None:
    assert "Nobody has inspected" in keeper.get("/admin/").content.decode()
    Inspection.objects.create(problems=2, report={"counts": {"missing_renditions": {"found": 2}}})
    settings.QUEUE_URL = "https://sqs.eu-central-1.amazonaws.com/1/photosky-production-work"
    page = keeper.get("/admin/").content.decode()
    assert "2 problems are open." in page
    assert "missing renditions" in page
    assert "photosky-production-dead-letters" in page


def test_dashboard_costs_the_same_however_much_is_held_and_counts_no_table(
    keeper: Client, alice: User
) -> None:
    counts = []
    for count in (2, 60):
        for _ in range(count):
            trouble(make_user(uuid.uuid4().hex[:12], used_bytes=5))
            Removal.objects.all().delete()
        figures.refresh()
        keeper.get("/admin/")
        with CaptureQueriesContext(connection) as queries:
            keeper.get("/admin/")
        counts.append(len(queries))
        for query in queries:
            assert "COUNT(" not in query["sql"] or "LIMIT" in query["sql"]
            assert 'FROM "gallery_image"' not in query["sql"]
    assert counts[0] == counts[1] <= 25


def test_image_page_folds_what_the_file_says_and_escapes_it(keeper: Client, alice: User) -> None:
    image = make_image(alice, metadata={"artist": "</pre><script>alert(1)</script>"})
    page = keeper.get(f"/admin/gallery/image/{image.pk}/change/").content.decode()
    assert "<details" in page
    assert "&lt;/pre&gt;&lt;script&gt;" in page
    assert "<script>alert" not in page


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


def test_all_that_a_list_shows_can_be_chosen_beyond_its_page(keeper: Client, alice: User, bob: User) -> None:
    Image.objects.bulk_create(make_image(alice, save=False, binned_at=timezone.now()) for _ in range(130))
    make_image(alice)
    url = "/admin/gallery/image/?place=bin"
    first = Image.objects.binned().order_by("-id")[0]
    page = ask(keeper, "move_owner", first, url=url, select_across="1").content.decode()
    assert "130 photos" in page
    assert 'action="/admin/gallery/image/?place=bin"' in page
    ask(keeper, "move_owner", first, url=url, select_across="1", confirmed="yes", owner="bob")
    while jobs.work_once():
        pass
    assert (Image.objects.owned_by(bob).count(), Image.objects.owned_by(alice).count()) == (130, 1)


def test_few_are_restored_at_once_and_many_by_a_job(
    keeper: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [make_image(alice, binned_at=timezone.now()) for _ in range(3)]
    assert "1 taken out of the bin" in ask(keeper, "take_out_of_bin", images[0]).content.decode()
    monkeypatch.setattr("gallery.admin.image_actions.AT_ONCE", 1)
    ask(keeper, "take_out_of_bin", *images[1:], confirmed="yes")
    jobs.work(Job.objects.get().pk)
    assert Image.objects.live().count() == 3


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


def test_log_is_found_by_name_thing_person_and_action(keeper: Client, alice: User) -> None:
    image = make_image(alice)
    keeper.post(f"/admin/gallery/image/{image.pk}/delete/", {"post": "yes"})
    url = "/admin/gallery/auditentry/"
    for query in ("q=boss", f"q={image.pk}", f"q={alice.pk}", "action=photo.binned"):
        page = keeper.get(f"{url}?{query}").content.decode()
        assert page.count("field-action") == 1, query
    for query in ("q=bos", f"q={uuid.uuid4()}", "action=photo.purged"):
        assert "field-action" not in keeper.get(f"{url}?{query}").content.decode()


def test_log_is_changed_by_nobody(keeper: Client, alice: User) -> None:
    found = make_rows("gallery.auditentry", 1)
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
    keeper.post("/admin/gallery/tag/add/", {"name": "Fog", "owner": str(alice.pk)})
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
