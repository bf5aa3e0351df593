"""What was counted over a library is remembered while nothing changes there, and is never another than counting gives."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from gallery import bin as photo_bin
from gallery import bulk, owning, remembered, removals, stacks, timeline
from gallery.models import ApiToken, Image, User
from gallery.places import clusters
from tests.make import make_image

Act = Callable[[User, list[Image], User], object]
WORLD = clusters.read_box("-180,-85,180,85")
JUNE = datetime(2026, 6, 5, 12, tzinfo=UTC)


@pytest.fixture
def clock(db: None) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def counted(user: User) -> list[int]:
    return [month.photos for month in timeline.months(user)]


def photos(owner: User) -> list[Image]:
    return [make_image(owner, taken_at=JUNE + timedelta(days=40 * number)) for number in range(3)]


def binned_for_good(alice: User, images: list[Image], _bob: User) -> None:
    photo_bin.put(Image.objects.filter(pk=images[0].pk))
    removals.purge(Image.objects.filter(pk=images[0].pk))


def top_deleted_for_good(alice: User, images: list[Image], _bob: User) -> None:
    stacks.put_together(images[0], [image.pk for image in images])
    binned_for_good(alice, images, alice)


ACTS: dict[str, Act] = {
    "arrives": lambda *them: make_image(them[0], taken_at=JUNE),
    "binned": lambda *them: bulk.to_bin(them[0], [them[1][1].pk]),
    "binned for good": binned_for_good,
    "archived": lambda *them: bulk.archive(them[0], [them[1][0].pk]),
    "dated": lambda *them: bulk.set_time(them[0], [them[1][0].pk], JUNE.replace(tzinfo=None, year=2001)),
    "shifted": lambda *them: bulk.shift_time(them[0], [them[1][2].pk], 60 * 24 * 50),
    "stacked": lambda *them: stacks.put_together(them[1][0], [image.pk for image in them[1]]),
    "top of a stack deleted": top_deleted_for_good,
    "given away": lambda *them: owning.move([them[1][2].pk], them[2]),
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_months_are_exact_after_whatever_happens(
    act: Act, alice: User, bob: User, clock: time_machine.Traveller
) -> None:
    images = photos(alice)
    clock.shift(timedelta(minutes=5))
    before = counted(alice)
    clock.shift(timedelta(minutes=5))
    act(alice, images, bob)
    for _ in range(3):
        shown, bobs = counted(alice), counted(bob)
        cache.clear()
        assert shown == counted(alice)
        assert bobs == counted(bob)
        clock.shift(timedelta(minutes=1))
    assert before == [1, 1, 1]


def test_nothing_is_counted_again_while_nothing_changes(alice: User, clock: time_machine.Traveller) -> None:
    photos(alice)
    clock.shift(timedelta(minutes=5))
    assert counted(alice) == [1, 1, 1]
    clock.shift(timedelta(days=2))
    with CaptureQueriesContext(connection) as asked:
        assert counted(alice) == [1, 1, 1]
    assert not [query for query in asked.captured_queries if "GROUP BY" in query["sql"]]


def test_a_photo_whose_transaction_ended_late_is_counted(alice: User, clock: time_machine.Traveller) -> None:
    photos(alice)
    clock.shift(timedelta(minutes=5))
    assert counted(alice) == [1, 1, 1]
    late = make_image(alice, taken_at=JUNE, save=False)
    late.save(force_insert=True)
    # Dated when it began, a while before the months were counted, and seen only now.
    Image.objects.filter(pk=late.pk).update(updated_at=timezone.now() - remembered.LAG / 2)
    clock.shift(timedelta(minutes=1))
    assert counted(alice) == [1, 1, 2]


def test_what_changed_a_moment_ago_is_not_remembered(alice: User, clock: time_machine.Traveller) -> None:
    photos(alice)
    counted(alice)
    assert cache.get(f"remembered:{alice.pk}:months") is None
    clock.shift(remembered.LAG + timedelta(seconds=1))
    counted(alice)
    assert cache.get(f"remembered:{alice.pk}:months") is not None


def test_the_map_of_a_large_library_is_exact_once_it_rests(
    alice: User, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gallery.places.clusters.MANY", 1)
    make_image(alice, latitude=43.2, longitude=-4.8, cell=1_000_000)
    assert [one.count for one in clusters.clusters(alice, WORLD, 1)] == [1]
    make_image(alice, latitude=43.2, longitude=-4.8, cell=1_000_000)
    clock.shift(timedelta(seconds=clusters.MANY_KEPT_S + 1))
    assert [one.count for one in clusters.clusters(alice, WORLD, 1)] == [2]
    clock.shift(timedelta(days=1))
    with CaptureQueriesContext(connection) as asked:
        assert [one.count for one in clusters.clusters(alice, WORLD, 1)] == [2]
    assert not [query for query in asked.captured_queries if "COUNT" in query["sql"]]


@pytest.mark.usefixtures("signing")
@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("bin/summary/", {"images": 1}, {"images": 2}),
        ("assets/statistics", {"images": 2, "total": 2}, {"images": 1, "total": 1}),
    ],
)
def test_what_programs_ask_again_and_again_is_counted_when_something_changed(
    path: str, before: dict[str, int], after: dict[str, int], alice: User, settings: Settings
) -> None:
    settings.IMMICH_API = True
    images = photos(alice)
    photo_bin.put(Image.objects.filter(pk=images[0].pk))
    Image.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    plain = ApiToken.issue(alice, "test", ["read"])[1]
    client = Client(headers={"authorization": f"Bearer {plain}", "x-api-key": plain})

    assert before.items() <= client.get(f"/api/{path}").json().items()
    with CaptureQueriesContext(connection) as queries:
        assert before.items() <= client.get(f"/api/{path}").json().items()
    assert not [one["sql"] for one in queries if "COUNT(" in one["sql"]]

    photo_bin.put(Image.objects.filter(pk=images[1].pk))
    assert after.items() <= client.get(f"/api/{path}").json().items()
