"""fsck and what jobs packed: a zip stays while it is offered, and goes by the removals after."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gallery import archives, jobs, objectstore, removals
from gallery.fsck import Kind
from gallery.models import Job, Removal, User
from tests.test_fsck import bucket, found, inspect, photo_of  # noqa: F401  the fixture is used by being here


def test_what_a_job_packed_is_known_until_its_time_is_over(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "ROUND_S", 0.0)
    job = archives.start(alice, [photo_of(alice).pk, photo_of(alice).pk], "All")
    for _ in range(2):
        assert jobs.work_once()
        job.refresh_from_db()
        needed = job.payload["progress"] if job.state == "waiting" else job.result["key"]
        Job.objects.exclude(finished_at=None).update(finished_at=timezone.now() + timedelta(minutes=1))
        # As if nothing else spoke for the object.
        removal = Removal.objects.get(key=needed)
        removal.delete()
        assert found(inspect()) == []
        removal.save()
    assert job.state == "done"


def test_zip_that_nobody_offers_any_more_goes_by_the_removals(alice: User) -> None:
    job = archives.start(alice, [photo_of(alice).pk], "All")
    assert jobs.work_once()
    assert found(inspect()) == []
    job.delete()
    Removal.objects.all().delete()

    assert found(inspect(repair=True)) == [(Kind.UNTRACKED, True)]
    assert found(inspect()) == []

    assert Removal.objects.get().key.startswith("exports/")
    Removal.objects.update(not_before=timezone.now())
    assert removals.run() == 1
    assert not list(objectstore.list_objects("exports/"))


def test_parts_of_a_zip_are_kept_while_a_job_waits_and_freed_after(alice: User) -> None:
    job = archives.start(alice, [photo_of(alice).pk], "All")
    objectstore.multipart_start("exports/begun.zip", "application/zip")
    assert found(inspect(repair=True)) == []
    job.delete()
    assert found(inspect(repair=True)) == [(Kind.ABANDONED_PARTS, True)]
    assert found(inspect()) == []
