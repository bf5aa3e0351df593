"""How many photos carry each tag is remembered while nothing changes, and is never another than counting gives."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import bulk, editing, tags
from gallery.models import Image, Tag, User
from tests.make import make_image

Act = Callable[[User, list[Image]], object]


@pytest.fixture
def clock(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    monkeypatch.setattr(tags, "REMEMBERED", 1)
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def named(owner: User, name: str) -> Tag:
    return Tag.objects.get(owner=owner, name=name)


def hold(_owner: User, images: list[Image]) -> None:
    now = timezone.now()
    Image.objects.filter(pk=images[1].pk).update(held_at=now, updated_at=now)


ACTS: dict[str, Act] = {
    "is tagged": lambda owner, images: bulk.add_tags(owner, [images[2].pk], ["sea"]),
    "is tagged by hand": lambda _, images: editing.change(images[2], {"tags": ["sea", "sun"]}),
    "loses a tag": lambda owner, images: bulk.remove_tags(owner, [images[0].pk], ["sea"]),
    "is binned": lambda owner, images: bulk.to_bin(owner, [images[0].pk]),
    "is held back": hold,
    "is of a tag that is merged": lambda owner, _: tags.merge(named(owner, "sun"), named(owner, "sea")),
}


@pytest.mark.parametrize("act", ACTS)
def test_tags_have_the_numbers_that_counting_gives_when_a_photo(
    act: str, alice: User, clock: time_machine.Traveller
) -> None:
    images = [make_image(alice) for _ in range(3)]
    tags.add(alice, [images[0].pk, images[1].pk], ["sea", "sun"], noted=True)
    clock.shift(timedelta(minutes=2))
    tags.counts(list(tags.of(alice)))
    clock.shift(timedelta(minutes=2))
    ACTS[act](alice, images)
    every = list(tags.of(alice))
    expected = {one.pk: Image.objects.shown().filter(tags=one).count() for one in every}
    for _ in range(2):
        found = tags.counts(every)
        assert {one.pk: found[one.pk] for one in every} == expected
        clock.shift(timedelta(minutes=2))


def test_tags_are_not_counted_again_where_nothing_changed(alice: User, clock: time_machine.Traveller) -> None:
    tags.add(alice, [make_image(alice).pk], ["sea"], noted=True)
    clock.shift(timedelta(minutes=2))
    (sea,) = tags.of(alice)
    tags.counts([sea])
    with CaptureQueriesContext(connection) as asked:
        assert tags.counts([sea])[sea.pk] == 1
    assert not [query for query in asked.captured_queries if "COUNT(" in query["sql"]]
