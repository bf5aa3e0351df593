"""What an album holds is remembered while nothing changes in it, and is never another than counting gives."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import albums, bulk, covers, owning, remembered, removals
from gallery import bin as photo_bin
from gallery.models import Album, Image, User
from tests.make import make_image

Act = Callable[[Album, list[Image], User], object]
JUNE = datetime(2026, 6, 5, 12, tzinfo=UTC)


@pytest.fixture
def clock(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    monkeypatch.setattr(remembered, "MANY_IN_ALBUM", 1)
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def rows(*images: Image) -> list[Image]:
    return list(Image.objects.filter(pk__in=[image.pk for image in images]))


def purge(_album: Album, images: list[Image], _by: User) -> None:
    found = Image.objects.filter(pk=images[0].pk)
    photo_bin.put(found)
    removals.purge(found)


ACTS: dict[str, Act] = {
    "nothing": lambda *_: None,
    "comes": lambda album, _, by: albums.add(album, [make_image(by, taken_at=JUNE).pk]),
    "goes": lambda album, images, _: albums.remove(album, [images[0].pk]),
    "is binned": lambda _, images, by: bulk.to_bin(by, [images[0].pk]),
    "of another person is binned": lambda _, images, __: photo_bin.put(Image.objects.filter(pk=images[2].pk)),
    "is deleted for good": purge,
    "has another date": lambda _, images, by: bulk.shift_time(by, [images[0].pk], 60 * 24 * 400),
    "is given away": lambda _, images, by: owning.move([images[2].pk], by),
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_what_an_album_holds_is_what_counting_gives_when_a_photo(
    act: str, alice: User, bob: User, shared_album: Album, clock: time_machine.Traveller
) -> None:
    images = [
        make_image(owner, taken_at=JUNE + timedelta(days=40 * n))
        for n, owner in enumerate((alice, alice, bob))
    ]
    albums.add(shared_album, [image.pk for image in images])
    clock.shift(timedelta(minutes=2))
    covers.summaries(alice, [shared_album])
    clock.shift(timedelta(minutes=2))
    ACTS[act](shared_album, images, alice)
    counted = covers._counted([shared_album.pk])[shared_album.pk]
    for _ in range(2):
        found = covers.summaries(alice, [shared_album])[shared_album.pk]
        assert (found.photos, found.since, found.until) == (
            counted.photos,
            covers._month(counted.since),
            covers._month(counted.until),
        )
        clock.shift(timedelta(minutes=2))


def test_an_album_in_which_nothing_changed_is_not_counted_again(
    alice: User, bob: User, shared_album: Album, clock: time_machine.Traveller
) -> None:
    albums.add(shared_album, [make_image(owner).pk for owner in (alice, bob)])
    clock.shift(timedelta(minutes=2))
    covers.summaries(alice, [shared_album])
    clock.shift(timedelta(minutes=2))
    make_image(alice)
    with CaptureQueriesContext(connection) as asked:
        assert covers.summaries(alice, [shared_album])[shared_album.pk].photos == 2
    assert not [query for query in asked.captured_queries if "MAX(" in query["sql"]]
