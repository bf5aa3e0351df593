"""What the database itself refuses, and the questions that querysets answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import ProtectedError

from gallery.models import Album, Image, ShareLink, Tag, User, new_id
from tests.make import make_album, make_image


def test_keys_are_ordered_by_the_time_of_making() -> None:
    keys = [new_id() for _ in range(1000)]

    assert keys == sorted(keys)
    assert {key.version for key in keys} == {7}


def test_database_refuses_the_same_bytes_twice_for_one_owner(alice: User, bob: User) -> None:
    make_image(bob, sha256="a" * 64)
    make_image(alice, sha256="a" * 64)

    with pytest.raises(IntegrityError):
        make_image(alice, sha256="a" * 64)


@pytest.mark.parametrize("wrong", [{"width": 0}, {"latitude": 91.0}, {"longitude": -181.0}])
def test_database_refuses_impossible_facts(alice: User, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        make_image(alice, **wrong)


def test_database_refuses_an_album_inside_itself(alice: User) -> None:
    album = make_album(alice)
    album.parent = album

    with pytest.raises(IntegrityError):
        album.save()


def test_database_refuses_a_share_link_to_two_things(alice: User) -> None:
    image = make_image(alice)
    with pytest.raises(IntegrityError):
        ShareLink.objects.create(owner=alice, token_sha256="1" * 64, image=image, album=make_album(alice))


def test_tags_are_one_however_they_are_written(alice: User) -> None:
    Tag.objects.create(owner=alice, name=" Été  2026 ")

    with pytest.raises(IntegrityError):
        Tag.objects.create(owner=alice, name="été 2026")


def test_user_with_photos_cannot_be_deleted(alice: User) -> None:
    make_image(alice)

    with pytest.raises(ProtectedError):
        alice.delete()


def test_pages_by_key_show_each_image_once_even_at_equal_times(alice: User) -> None:
    moment = datetime(2026, 9, 14, 12, tzinfo=UTC)
    made = {make_image(alice, taken_at=moment + timedelta(seconds=number // 4)).pk for number in range(20)}

    seen: list[Image] = []
    rows = list(Image.objects.owned_by(alice).newest_first()[:3])
    while rows:
        seen += rows
        rows = list(Image.objects.owned_by(alice).before(seen[-1].taken_at, seen[-1].pk).newest_first()[:3])

    assert {image.pk for image in seen} == made
    assert len(seen) == 20
    assert seen == sorted(seen, key=lambda image: (image.taken_at, image.pk), reverse=True)
    assert list(Image.objects.after(seen[5].taken_at, seen[5].pk).oldest_first()) == seen[4::-1]


def test_timeline_page_is_read_from_its_index(alice: User) -> None:
    with connection.cursor() as cursor:
        rows = Image.objects.owned_by(alice).live().before(datetime.now(UTC), new_id()).newest_first()[:100]
        sql, parameters = rows.query.sql_with_params()
        if connection.vendor != "sqlite":
            pytest.skip("the planner of an empty PostgreSQL table reads it whole")
        cursor.execute("EXPLAIN QUERY PLAN " + sql, parameters)
        plan = " ".join(str(row) for row in cursor.fetchall())

    # Either index of the two gives the order.
    assert "taken_at<?" in plan
    assert "TEMP B-TREE" not in plan


def test_month_is_that_of_the_local_time(alice: User) -> None:
    new_year = make_image(alice, taken_at=datetime(2025, 12, 31, 23, 30, tzinfo=UTC), taken_offset_minutes=60)

    assert new_year.month == 202601
    assert new_year.taken_local.isoformat() == "2026-01-01T00:30:00+01:00"


def test_naive_time_is_read_in_the_zone_of_the_picture() -> None:
    image = Image()
    image.set_taken(datetime(2026, 9, 14, 19, 42), 120, Image.TakenSource.EXIF)  # noqa: DTZ001  # as cameras write it

    assert image.taken_at == datetime(2026, 9, 14, 17, 42, tzinfo=UTC)


def test_album_keeps_the_order_in_which_images_were_added(alice: User) -> None:
    first, second, third = make_image(alice), make_image(alice), make_image(alice)
    album = make_album(alice, second, first)

    album.add([third.pk, second.pk])

    assert [entry.image for entry in album.entries.order_by("position", "id")] == [second, first, third]


def test_deleting_an_album_leaves_its_images(alice: User) -> None:
    from gallery import albums

    image = make_image(alice)
    outer = make_album(alice)
    Album.objects.create(owner=alice, parent=outer, title="inner").add([image.pk])

    albums.delete(outer)

    assert not Album.objects.exists()
    assert Image.objects.filter(pk=image.pk).exists()
