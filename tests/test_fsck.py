"""fsck finds what is wrong, mends what can be mended, and touches nothing else."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery import fsck, imaging, marker, objectstore, removals, renditions, uploads
from gallery.fsck import Kind
from gallery.models import Image, Inspection, Library, Removal, Upload, User
from photosky.env import S3Settings
from tests.make import announced, make_image, photo_bytes, upload_photo


@pytest.fixture(autouse=True)
def bucket(db: None, other_s3_bucket: S3Settings) -> S3Settings:
    """Give the test a bucket of its own, as a library has."""
    objectstore.ensure_bucket([])
    marker.verify()
    return other_s3_bucket


def photo_of(owner: User, data: bytes | None = None) -> Image:
    image = upload_photo(owner, data).image
    assert image is not None
    return image


def inspect(*, repair: bool = False, share: int = 1, grace: timedelta = timedelta(0)) -> fsck.Report:
    """Inspect without mercy for the young: in a test everything is."""
    return fsck.inspect(fsck.Options(repair=repair, share=share, grace=grace))


def found(report: fsck.Report) -> list[tuple[Kind, bool]]:
    return sorted((finding.kind, finding.repaired) for finding in report.findings)


def spoil(key: str, data: bytes) -> None:
    objectstore.put(key, data, content_type="image/jpeg", if_absent=False)


def everything() -> dict[str, str]:
    return {one.key: one.etag for one in objectstore.list_objects("")}


def test_sound_library_has_no_findings(alice: User) -> None:
    photo_of(alice)
    upload_photo(alice, b"no photo at all" * 9)
    uploads.start(alice, [announced(photo_bytes())])

    report = inspect()

    assert report.findings == []
    assert report.checked["images"] == report.checked["checksums"] == 1


def test_original_that_vanished_is_missing_and_its_row_stays(alice: User) -> None:
    image = photo_of(alice)
    objectstore.delete([image.original_key])

    report = inspect(repair=True)

    assert found(report) == [(Kind.MISSING, False)]
    assert Image.objects.filter(pk=image.pk).exists()


def test_flipped_bit_is_found_by_reading_and_nothing_is_touched(alice: User) -> None:
    image = photo_of(alice)
    data = bytearray(objectstore.read(image.original_key, max_bytes=10**7))
    data[len(data) // 2] ^= 1
    spoil(image.original_key, bytes(data))
    before = everything()

    assert found(inspect(share=0)) == []
    assert found(inspect(repair=True)) == [(Kind.WRONG_CHECKSUM, False)]
    assert everything() == before


def test_truncated_original_has_the_wrong_size(alice: User) -> None:
    image = photo_of(alice)
    spoil(image.original_key, b"short")

    assert found(inspect(share=0)) == [(Kind.WRONG_SIZE, False)]


def test_missing_rendition_is_made_anew_byte_for_byte(alice: User) -> None:
    image = photo_of(alice)
    key = renditions.keys(image)[1]
    before = objectstore.read(key, max_bytes=10**7)
    objectstore.delete([key])

    assert found(inspect()) == [(Kind.MISSING_RENDITIONS, False)]
    assert found(inspect(repair=True)) == [(Kind.MISSING_RENDITIONS, True)]
    assert objectstore.read(key, max_bytes=10**7) == before


def test_renditions_by_a_former_recipe_are_replaced_and_removed_later(alice: User) -> None:
    image = photo_of(alice)
    former = [key.replace(f"/{imaging.RECIPE}/", "/r0/") for key in renditions.keys(image)]
    for key in former:
        spoil(key, b"former")
    objectstore.delete(renditions.keys(image))
    Image.objects.update(recipe="r0")

    assert found(inspect(repair=True)) == [(Kind.OUTDATED_RENDITIONS, True)]

    image.refresh_from_db()
    assert image.recipe == imaging.RECIPE
    assert all(objectstore.head(key) for key in renditions.keys(image))
    assert set(former) <= set(Removal.objects.values_list("key", flat=True))


def test_renditions_are_not_made_of_an_altered_original(alice: User) -> None:
    image = photo_of(alice)
    spoil(image.original_key, photo_bytes(30, 20)[:9] + bytes(image.bytes - 9))
    objectstore.delete(renditions.keys(image)[:1])

    report = inspect(repair=True, share=0)

    assert found(report) == [(Kind.MISSING_RENDITIONS, False)]
    assert "other bytes" in report.findings[0].detail


@pytest.mark.parametrize("key", ["incoming/nobody/knows", "renditions/nobody/r1/h240.webp"])
def test_unknown_object_that_is_no_original_is_reported_then_removed_after_a_grace(
    alice: User, key: str
) -> None:
    photo_of(alice)
    spoil(key, b"?")
    before = everything()

    assert found(inspect()) == [(Kind.UNTRACKED, False)]
    assert found(inspect(repair=True)) == [(Kind.UNTRACKED, True)]
    assert everything() == before
    removals.run(timezone.now() + timedelta(days=2))
    assert set(before) - set(everything()) == {key}


def test_original_that_is_newer_than_a_restored_database_is_set_aside_and_never_deleted(alice: User) -> None:
    image = photo_of(alice)
    Upload.objects.all().delete()
    Image.objects.all().delete()
    User.objects.update(used_bytes=0)

    assert (Kind.UNTRACKED, True) in found(inspect(repair=True))
    removals.run(timezone.now() + timedelta(days=400))

    assert objectstore.head(image.original_key) is not None
    assert list(Removal.objects.set_aside().values_list("key", flat=True)) == [image.original_key]
    assert inspect(repair=True).notes["set_aside"] == 1


def test_bucket_is_not_adopted_and_repaired_in_one_run(alice: User) -> None:
    photo_of(alice)
    Library.objects.all().delete()

    with pytest.raises(CommandError, match="--adopt") as failed:
        call_command("fsck", "--adopt", "--repair")

    assert failed.value.returncode == 2
    assert not Library.objects.exists()


def test_young_unknown_object_is_left_alone() -> None:
    spoil("originals/nobody/yet.jpg", b"?")

    assert inspect(grace=timedelta(hours=1)).findings == []


def test_object_that_was_unknown_and_is_needed_by_now_stays(alice: User) -> None:
    """Reports grow stale: between the finding and the removal a photo may have taken the object up."""
    key = "originals/somebody/late.jpg"
    spoil(key, b"?")
    inspect(repair=True, share=0)
    make_image(alice, original_key=key, bytes=1)

    removals.run(timezone.now() + timedelta(days=2))

    assert objectstore.head(key) is not None


def test_wrong_bytes_that_are_kept_aside_are_a_note_not_a_finding() -> None:
    spoil("originals/aside.jpg", b"?")
    Removal.objects.create(key="originals/aside.jpg", reason=Removal.Reason.WRONG_BYTES, not_before=None)

    report = inspect(repair=True)
    removals.run(timezone.now() + timedelta(days=99))

    assert report.findings == []
    assert report.notes == {"set_aside": 1}
    assert objectstore.head("originals/aside.jpg") is not None


def test_wrongly_counted_space_is_counted_anew(alice: User) -> None:
    image = photo_of(alice)
    User.objects.filter(pk=alice.pk).update(used_bytes=5)

    assert found(inspect(repair=True)) == [(Kind.QUOTA, True)]

    alice.refresh_from_db()
    assert alice.used_bytes == image.bytes


def test_stuck_upload_is_worked_on(alice: User) -> None:
    data = photo_bytes()
    upload = uploads.start(alice, [announced(data)])[0].upload
    assert upload is not None
    objectstore.put(upload.key, data, content_type="image/jpeg", if_absent=True)
    uploads.finish(upload)
    Upload.objects.update(updated_at=timezone.now() - timedelta(hours=2))

    assert found(inspect()) == [(Kind.STUCK, False)]
    assert found(inspect(repair=True)) == [(Kind.STUCK, True)]
    assert Image.objects.count() == 1


def test_upload_that_came_and_was_never_finished_is_finished(alice: User) -> None:
    data = photo_bytes()
    upload = uploads.start(alice, [announced(data)])[0].upload
    assert upload is not None
    objectstore.put(upload.key, data, content_type="image/jpeg", if_absent=True)
    Upload.objects.update(updated_at=timezone.now() - timedelta(days=4))

    assert found(inspect(repair=True, share=0)) == [(Kind.STUCK, True)]

    upload.refresh_from_db()
    assert upload.state == Upload.State.PROCESSING


def test_abandoned_parts_are_freed() -> None:
    objectstore.multipart_start("originals/nobody/parts.jpg", "image/jpeg")

    assert found(inspect()) == [(Kind.ABANDONED_PARTS, False)]
    assert found(inspect(repair=True)) == [(Kind.ABANDONED_PARTS, True)]
    assert list(objectstore.multipart_list("originals/")) == []


def test_second_run_after_a_repair_finds_and_changes_nothing(alice: User) -> None:
    image = photo_of(alice)
    objectstore.delete(renditions.keys(image)[:2])
    spoil("originals/nobody/knows.jpg", b"?")
    spoil("renditions/nobody/r1/h240.webp", b"?")
    User.objects.update(used_bytes=7)
    objectstore.multipart_start("originals/nobody/parts.jpg", "image/jpeg")
    assert len(inspect(repair=True).findings) == 5
    before, rows = everything(), list(Removal.objects.order_by("id").values())

    report = inspect(repair=True)

    assert report.findings == []
    assert everything() == before
    assert list(Removal.objects.order_by("id").values()) == rows


def test_every_original_is_read_within_as_many_runs_as_the_share_says(alice: User) -> None:
    for _ in range(5):
        photo_of(alice)
    images = list(Image.objects.order_by("id"))
    for image in images:
        spoil(image.original_key, bytes(image.bytes))

    told = [
        finding.subject
        for _ in range(3)
        for finding in inspect(share=3).findings
        if finding.kind == Kind.WRONG_CHECKSUM
    ]

    assert set(told) == {image.original_key for image in images}
    assert len(told) == 6


def test_empty_bucket_is_refused_and_not_everything_called_missing(
    alice: User, settings: Any, bucket: S3Settings
) -> None:
    from dataclasses import replace

    photo_of(alice)
    inspect()
    settings.S3 = replace(bucket, bucket=f"{bucket.bucket}-empty")
    objectstore.ensure_bucket([])

    with pytest.raises(marker.WrongBucket):
        inspect(repair=True)

    assert everything() == {}
    assert Inspection.objects.count() == 1


def test_new_database_beside_a_full_bucket_removes_nothing(alice: User) -> None:
    photo_of(alice)
    inspect()
    before = everything()
    for model in (Upload, Image, Library):
        model.objects.all().delete()

    with pytest.raises(marker.WrongBucket, match="--adopt"):
        inspect(repair=True)

    assert everything() == before
    assert not Removal.objects.exists()


def test_command_tells_by_its_exit_status_and_in_json(alice: User) -> None:
    image = photo_of(alice)
    out = io.StringIO()
    call_command("fsck", "--json", stdout=out)
    assert json.loads(out.getvalue())["ok"] is True

    objectstore.delete([image.original_key])
    out = io.StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("fsck", "--json", stdout=out)

    report = json.loads(out.getvalue())
    assert failed.value.returncode == 1
    assert report["counts"]["missing"] == {"found": 1, "repaired": 0}
    assert report["findings"]["missing"][0]["subject"] == image.original_key
    assert Inspection.objects.latest("id").problems == 1


def test_command_refuses_another_librarys_bucket(alice: User) -> None:
    photo_of(alice)
    Library.objects.all().delete()
    Library.objects.create()

    with pytest.raises(CommandError, match="Nothing was changed") as failed:
        call_command("fsck", "--repair")

    assert failed.value.returncode == 2


def test_command_tells_people_what_to_do(alice: User) -> None:
    image = photo_of(alice)
    objectstore.delete(renditions.keys(image)[:1])
    out = io.StringIO()

    call_command("fsck", "--repair", stdout=out)

    assert "missing_renditions: 1, 1 repaired" in out.getvalue()
    assert "All is well." in out.getvalue()


def test_admin_shows_the_last_result_and_what_is_set_aside(alice: User, admin_client: Client) -> None:
    image = photo_of(alice)
    objectstore.delete([image.original_key])
    inspect()
    Removal.objects.create(key="originals/aside.jpg", reason=Removal.Reason.WRONG_BYTES, not_before=None)

    results = admin_client.get(reverse("admin:gallery_inspection_changelist")).content.decode()
    result = Inspection.objects.latest("id")
    report = admin_client.get(reverse("admin:gallery_inspection_change", args=[result.pk])).content.decode()
    aside = admin_client.get(reverse("admin:gallery_removal_changelist")).content.decode()

    assert "1 missing" in results
    assert image.original_key in report
    assert "originals/aside.jpg" in aside
