"""What SQLite's planner makes of the figures that it is told: what is asked by keys is looked up by keys."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from gallery import access, duplicates, planning, stacks
from gallery.models import AlbumImage, Image, ImageTag, User
from gallery.models.images import IN_TIMELINE
from gallery.models.keys import new_id
from tests.make import make_image

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="asks SQLite for its plan")
KEYS = [new_id() for _ in range(100)]


def plan(rows: QuerySet[Any, Any]) -> str:
    """Return the steps of the plan, one a line."""
    return rows.explain()


def told() -> set[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2")
        return set(cursor.fetchall())


def indexes(tables: Iterable[str]) -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'")
        return {(table, name) for table, name in cursor.fetchall() if table in tables}


def test_every_index_of_the_tables_has_figures(db: None) -> None:
    assert {(table, index) for table, index, _ in told()} == indexes(planning.PARTS)


def test_migrate_tells_again_what_was_lost(db: None) -> None:
    before = told()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_stat1")
        cursor.execute("INSERT INTO sqlite_stat1 VALUES ('gallery_image', 'image_timeline', '7 7 7 7')")
    planning.tell()
    assert told() == before


@pytest.mark.django_db(transaction=True)
def test_a_seeded_library_is_told_of() -> None:
    before = told()
    call_command("seed_library", images=20, users=1)
    assert told() == before


def test_images_named_by_their_keys_are_looked_up_by_them(alice: User) -> None:
    lists = (
        access.timeline_of(alice).filter(pk__in=KEYS),
        access.library_of(alice).filter(pk__in=KEYS).newest_first(),
        access.images_changeable_by(alice).filter(pk__in=KEYS),
        ImageTag.objects.filter(image__in=KEYS),
        AlbumImage.objects.filter(image__in=KEYS, album__owner=alice),
    )
    for rows in lists:
        assert "owner_id=?" not in plan(rows).replace("gallery_album", "")
        assert "SCAN" not in plan(rows)


def test_lists_in_order_are_read_in_the_order_of_an_index(alice: User) -> None:
    place = make_image(alice)
    for images in (
        access.timeline_of(alice),
        access.library_of(alice),
        access.favourites_of(alice),
        Image.objects.owned_by(alice).filter(archived_at__isnull=True),
    ):
        for rows in (images, images.before(place.taken_at, place.pk)):
            found = plan(rows.newest_first()[:101])
            assert "TEMP B-TREE" not in found
            assert "owner_id=?" in found
            assert "SCAN" not in found


def test_what_is_rare_is_found_by_an_index_of_it(alice: User) -> None:
    assert "image_favourites (owner_id=? AND is_favorite=?" in plan(
        access.favourites_of(alice).newest_first()
    )
    assert "image_bin (owner_id=? AND binned_at>?" in plan(access.bin_of(alice).order_by("-binned_at", "-pk"))
    make_image(alice, archived_at=timezone.now())
    below = Image.objects.filter(stacked_under__in=KEYS)
    assert "(stacked_under_id=?)" in plan(below)


def test_nothing_is_looked_up_by_lying_under_no_other(alice: User) -> None:
    image = make_image(alice)
    for rows in (
        access.timeline_of(alice).newest_first(),
        duplicates.open_pairs(alice).order_by("-id"),
        Image.objects.owned_by(alice).filter(IN_TIMELINE, updated_at__gte=image.updated_at),
    ):
        assert "stacked_under_id" not in plan(rows)
    assert stacks.join(image) == 0


def test_months_are_counted_in_an_index_alone(alice: User) -> None:
    rows = Image.objects.owned_by(alice).order_by("-month").values_list("month").distinct()
    assert "COVERING INDEX" in plan(rows)
