"""One object that the store refuses, or one row that is gone, costs nothing but itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gallery import albums, crashpoints, imaging, objectstore, tasks, uploads
from gallery.fsck import Kind
from gallery.models import Image, Upload, User
from tests.faults.library import Store, arrive, begin, inspect, photos, send, sha256
from tests.make import photo_bytes, upload_photo


def processing(owner: User, data: bytes) -> Upload:
    return uploads.finish(arrive(owner, data))


def test_object_that_the_store_refuses_holds_up_nothing_else(owner: User, store: Store) -> None:
    refused = begin(owner, photo_bytes())[0]
    Upload.objects.filter(pk=refused.pk).update(lease_until=timezone.now() - timedelta(hours=1))
    other = photo_bytes()
    processing(owner, other)

    with store.says("HeadObject", 403, "AccessDenied", 1) as met:
        tasks.tick()

    assert met
    assert photos(owner) == [sha256(other)]
    refused.refresh_from_db()
    assert refused.lease_until is not None
    assert refused.lease_until > timezone.now()


def test_original_that_always_arrives_damaged_is_given_up_and_kept(owner: User, store: Store) -> None:
    upload = processing(owner, photo_bytes())
    whole = objectstore.read(upload.key, max_bytes=10**7)

    with store.says("GetObject", 400, "BadDigest"):
        for _ in range(tasks.MAX_ATTEMPTS + 1):
            Upload.objects.update(lease_until=None)
            tasks.process(upload.pk)

    upload.refresh_from_db()
    assert (upload.state, upload.code) == (Upload.State.REJECTED, "worker_failed")
    assert objectstore.read(upload.key, max_bytes=10**7) == whole


def test_upload_that_is_tried_again_and_again_is_reported_as_stuck(owner: User, store: Store) -> None:
    """No try may make it look younger than it is."""
    upload = processing(owner, photo_bytes())
    Upload.objects.update(updated_at=timezone.now() - timedelta(hours=2))
    with store.request_lost("GetObject"):
        tasks.process(upload.pk)

    assert [(found.kind, found.subject) for found in inspect().findings] == [
        (Kind.STUCK, f"upload {upload.pk}")
    ]


@pytest.mark.parametrize("recipe", [imaging.RECIPE, "r0"])
def test_original_that_the_store_refuses_does_not_hide_the_state_of_the_others(
    owner: User, store: Store, recipe: str
) -> None:
    refused, spoilt = upload_photo(owner).image, upload_photo(owner).image
    assert refused is not None
    assert spoilt is not None
    objectstore.put(spoilt.original_key, bytes(spoilt.bytes), content_type="image/jpeg", if_absent=False)
    Image.objects.filter(pk=refused.pk).update(recipe=recipe)

    with store.says("GetObject", 403, "InvalidObjectState", about=refused.original_key):
        report = inspect(repair=True)

    found = {(found.kind, found.subject) for found in report.open}
    assert (Kind.UNREADABLE, refused.original_key) in found
    assert (Kind.WRONG_CHECKSUM, spoilt.original_key) in found


def test_inspection_ends_where_the_store_is_away(owner: User, store: Store) -> None:
    upload_photo(owner)

    with store.request_lost("GetObject"), pytest.raises(objectstore.Unavailable):
        inspect()


def test_album_that_is_deleted_while_its_photo_is_made_does_not_cost_the_photo(owner: User) -> None:
    album = albums.create(owner, "Summer")
    upload, request = begin(owner, data := photo_bytes(), album)
    assert send(request, data) == 200
    uploads.finish(upload)

    def delete(point: str) -> None:
        if point == "work.built":
            crashpoints.arm(None)
            albums.delete(album)

    crashpoints.arm(delete)
    tasks.process(upload.pk)
    tasks.process(upload.pk)

    assert photos(owner) == [sha256(data)]
