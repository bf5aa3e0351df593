"""What lets a library grow: no list counts or skips what it does not show, and rare things are found without reading all."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery import access, search, seeding
from gallery.models import Image, User
from gallery.places import cells
from gallery.places.cells import Box
from tests.make import make_image

pytestmark = pytest.mark.usefixtures("signing")
Browser = Callable[[User], Client]
PAGES = (
    "timeline",
    "months",
    "albums",
    "tags",
    "favourites",
    "archive",
    "bin",
    "duplicates",
    "places",
    "map",
)
APIS = ("/api/images/", "/api/search/?q=camera:x-t5", "/api/timeline/months/", "/api/map/clusters/?bbox=-180,-85,180,85&zoom=2")  # fmt: skip


def archive(owner: User, count: int) -> set[Image]:
    return {make_image(owner, archived_at=timezone.now() + timedelta(seconds=n)) for n in range(count)}


@pytest.mark.parametrize("few", [1, 3, 100])
def test_the_archive_is_whole_however_much_is_in_it(
    few: int, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "FEW", few)
    kept_out = archive(alice, 3)
    shown = make_image(alice)
    archive(bob, 2)
    make_image(alice, archived_at=timezone.now(), binned_at=timezone.now())
    assert set(access.archive_of(alice)) == kept_out == set(search.run(alice, "is:archived"))
    assert set(search.run(alice, "-is:archived")) == {shown}
    assert set(search.run(alice, "is:archived OR is:favourite")) == kept_out


def test_an_empty_archive_is_found_empty_by_its_index_alone(alice: User) -> None:
    make_image(alice)
    with CaptureQueriesContext(connection) as asked:
        assert not access.archive_of(alice)
    assert len(asked) == 1
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        # A table of one row is read whole by any planner that knows it.
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {asked.captured_queries[0]['sql']}")
        assert "image_archive" in str(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_no_page_counts_or_skips_rows(signed_in: Browser) -> None:
    seeding.seed(400, 2)
    owner = User.objects.get(username="person1")
    browser = signed_in(owner)
    middle = Image.objects.owned_by(owner).newest_first()[60]
    from gallery.views import cursors

    further = f"/?before={cursors.at(middle.taken_at, middle.pk)}"
    for address in (*(reverse(f"gallery:{name}") for name in PAGES), *APIS, further):
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(address).status_code == 200, address
        statements = [query["sql"] for query in asked.captured_queries]
        assert not [sql for sql in statements if " OFFSET " in sql], address
        assert not [sql for sql in statements if sql.startswith("SELECT COUNT(*)")], address


def test_the_first_page_of_the_timeline_asks_at_most_eight_times(alice: User, signed_in: Browser) -> None:
    for _ in range(3):
        make_image(alice)
    browser = signed_in(alice)
    with CaptureQueriesContext(connection) as asked:
        assert browser.get("/").status_code == 200
    assert len(asked) <= 8


def test_a_box_with_long_edges_is_divided_into_few_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0
    whole = cells._meets

    def counting(square: tuple[int, int, int], edges: tuple[int, int, int, int]) -> bool:
        nonlocal looked_at
        looked_at += 1
        return whole(square, edges)

    monkeypatch.setattr(cells, "_meets", counting)
    for box in (Box(-180, -85, 180, 85), Box(-180, 10, 180, 10.001), Box(5, -85, 5.001, 85)):
        assert cells.spans(box)
    assert looked_at < 10_000
