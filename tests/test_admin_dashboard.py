"""The first page of the administration: what is held, what needs a look, and the buttons that take it up again."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from gallery import figures, jobs
from gallery.models import (
    AuditEntry,
    Image,
    Inspection,
    Job,
    Removal,
    Upload,
    User,
)
from tests.make import make_image, make_user

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


def make_upload(owner: User, **values: Any) -> Upload:
    fields = {"filename": "IMG_1.jpg", "content_type": "image/jpeg", "bytes": 10, **values}
    return Upload.objects.create(owner=owner, key=f"originals/test/{uuid.uuid4().hex}.jpg", **fields)


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
