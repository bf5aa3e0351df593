"""Finishing many uploads at once: each has its own outcome, and what counts is counted once."""

from collections.abc import Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery import objectstore, tasks, uploads
from gallery.errors import GalleryError
from gallery.models import Image, Upload, User
from tests.make import announced, photo_bytes

pytestmark = pytest.mark.usefixtures("s3")
State = Upload.State


def begin(owner: User, *photos: bytes) -> list[Upload]:
    """Announce photos and return their uploads, as a request loads them."""
    started = uploads.start(owner, [announced(photo) for photo in photos])
    keys = [answer.upload.pk for answer in started if answer.upload]
    found = Upload.objects.select_related("owner").in_bulk(keys)
    return [found[key] for key in keys]


def arrive(upload: Upload, photo: bytes) -> None:
    objectstore.put(upload.key, photo, content_type="image/jpeg", if_absent=True)


def states(outcomes: Sequence[Upload | GalleryError | None]) -> list[str]:
    return [one.state if isinstance(one, Upload) else one.code if one else "gone" for one in outcomes]


def used(owner: User) -> int:
    return User.objects.values_list("used_bytes", flat=True).get(pk=owner.pk)


def test_what_arrived_goes_on_and_what_did_not_waits(alice: User) -> None:
    photos = [photo_bytes(), photo_bytes(), photo_bytes()]
    rows = begin(alice, *photos)
    arrive(rows[0], photos[0])
    arrive(rows[2], photos[2])

    assert states(uploads.finish_many(rows)) == ["processing", "not_uploaded", "processing"]
    assert used(alice) == len(photos[0]) + len(photos[2])
    assert tasks.tick() == 2
    assert Image.objects.count() == 2


def test_other_bytes_are_rejected_and_the_rest_goes_on(alice: User) -> None:
    photos = [photo_bytes(), photo_bytes()]
    rows = begin(alice, *photos)
    arrive(rows[0], photos[0] + b"more")
    arrive(rows[1], photos[1])

    assert states(uploads.finish_many(rows)) == ["rejected", "processing"]
    assert used(alice) == len(photos[1])


def test_repeating_counts_nothing_twice(alice: User) -> None:
    photos = [photo_bytes(), photo_bytes()]
    stale = begin(alice, *photos)
    for row, photo in zip(stale, photos, strict=True):
        arrive(row, photo)
    # The store's own event came first, after the request had loaded its rows.
    uploads.finish_by_key(stale[0].key)

    assert states(uploads.finish_many(stale)) == ["processing", "processing"]
    assert states(uploads.finish_many(stale)) == ["processing", "processing"]
    assert used(alice) == sum(map(len, photos))


def test_quota_takes_what_fits_of_a_batch_that_does_not(alice: User) -> None:
    photos = [photo_bytes(), photo_bytes()]
    rows = begin(alice, *photos)
    for row, photo in zip(rows, photos, strict=True):
        arrive(row, photo)
    User.objects.filter(pk=alice.pk).update(quota_bytes=len(photos[0]) + 10)
    rows = list(Upload.objects.select_related("owner").filter(owner=alice).order_by("id"))

    outcomes = uploads.finish_many(rows)

    assert sorted(states(outcomes)) == ["processing", "quota_exceeded"]
    assert used(alice) <= len(photos[0]) + 10


def test_upload_that_was_given_up_meanwhile_stays_so(alice: User) -> None:
    photos = [photo_bytes(), photo_bytes()]
    rows = begin(alice, *photos)
    for row, photo in zip(rows, photos, strict=True):
        arrive(row, photo)
    uploads.abort(Upload.objects.get(pk=rows[0].pk))

    assert states(uploads.finish_many(rows)) == ["gone", "processing"]
    assert not Upload.objects.filter(pk=rows[0].pk).exists()
    assert used(alice) == len(photos[1])


def test_batch_takes_as_many_queries_as_one(alice: User) -> None:
    counts = []
    for size in (1, 10):
        photos = [photo_bytes() for _ in range(size)]
        rows = begin(alice, *photos)
        for row, photo in zip(rows, photos, strict=True):
            arrive(row, photo)
        with CaptureQueriesContext(connection) as queries:
            uploads.finish_many(rows)
        counts.append(len(queries))

    assert counts[0] == counts[1]
