"""Putting photos and albums into an order by hand: few rows are written, and the others keep their order."""

import uuid
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery import ordering
from gallery.models import Album, AlbumImage, Image, User
from tests.make import make_album, make_image


def rows(album: Album) -> ordering.Rows:
    return AlbumImage.objects.filter(album=album).order_by("position", "id")


def keys(album: Album) -> list[uuid.UUID]:
    return list(rows(album).values_list("pk", flat=True))


@pytest.fixture
def album(alice: User) -> Album:
    return make_album(alice, *[make_image(alice) for _ in range(7)])


def test_any_series_of_moves_gives_the_order_that_a_list_would_have(album: Album) -> None:
    expected, chance = keys(album), Random(5)
    for _ in range(60):
        key, target = chance.choice(expected), chance.choice([*expected, None])
        ordering.put_before(rows(album), key, target)
        if key != target:
            expected.remove(key)
            expected.insert(expected.index(target) if target else len(expected), key)
        assert keys(album) == expected


def test_equal_positions_are_told_apart_when_something_moves_between_them(album: Album) -> None:
    rows(album).update(position=0)
    before = keys(album)
    ordering.put_before(rows(album), before[6], before[3])
    assert keys(album) == [*before[:3], before[6], *before[3:6]]


def test_moving_again_to_where_room_was_made_writes_one_row(alice: User) -> None:
    images = Image.objects.bulk_create([make_image(alice, save=False) for _ in range(300)])
    album = make_album(alice, *images)
    first, second, *_rest, last = keys(album)
    ordering.put_before(rows(album), last, second)
    before = dict(rows(album).values_list("pk", "position"))
    ordering.put_before(rows(album), keys(album)[-1], second)
    after = dict(rows(album).values_list("pk", "position"))
    assert sum(before[key] != after[key] for key in before) == 1
    assert keys(album)[0] == first


def test_moving_takes_as_many_queries_among_a_thousand_as_among_ten(alice: User) -> None:
    counts = []
    for size in (10, 1000):
        images = Image.objects.bulk_create([make_image(alice, save=False) for _ in range(size)])
        album = make_album(alice)
        for start in range(0, size, 500):
            album.add([image.pk for image in images[start : start + 500]])
        rows(album).filter(pk__in=keys(album)[5:]).update(position=10_000)
        first, *_, last = keys(album)
        with CaptureQueriesContext(connection) as queries:
            ordering.put_before(rows(album), last, first)
            ordering.place_of(rows(album), first)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_places_are_counted_from_one_and_end_with_the_list(album: Album) -> None:
    start = keys(album)
    assert [ordering.place_of(rows(album), key) for key in start] == [1, 2, 3, 4, 5, 6, 7]
    ordering.put_at(rows(album), rows(album), start[0], 3)
    assert keys(album)[:3] == [start[1], start[2], start[0]]
    ordering.put_at(rows(album), rows(album), start[0], 99)
    assert keys(album)[-1] == start[0]
    ordering.put_at(rows(album), rows(album), start[0], 0)
    assert keys(album) == start
    assert ordering.place_of(rows(album), uuid.uuid4()) == 0


def test_a_step_passes_over_what_is_not_shown(album: Album) -> None:
    start = keys(album)
    shown = rows(album).exclude(pk=start[1])
    ordering.step(rows(album), shown, start[0], 1)
    assert [key for key in keys(album) if key != start[1]] == [start[2], start[0], *start[3:]]
    ordering.step(rows(album), shown, start[2], -1)
    assert next(iter(shown.values_list("pk", flat=True))) == start[2]


def test_what_is_not_in_the_list_moves_nothing(album: Album) -> None:
    start = keys(album)
    ordering.put_before(rows(album), uuid.uuid4(), start[2])
    ordering.put_before(rows(album), start[3], uuid.uuid4())
    assert keys(album) == start
