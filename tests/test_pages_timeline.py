"""The library's page: every photo once, newest first, by local date, with what a browser needs to lay it out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from gallery import access, planning
from gallery.models import Image, User
from tests.make import make_image
from tests.pages import UNREACHABLE, link, links, tags

SignedIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _unreachable_store(settings: Settings) -> None:
    settings.S3 = UNREACHABLE


def fill(owner: User, count: int) -> None:
    Image.objects.bulk_create([make_image(owner, save=False) for _ in range(count)], batch_size=500)


def test_a_hundred_photos_of_ten_thousand_take_few_queries_and_no_question_to_the_store(
    alice: User, signed_in: SignedIn
) -> None:
    fill(alice, 10_000)
    client = signed_in(alice)
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/")
    assert len(links(response, "/p/")) == 100
    assert len(queries) <= 6


def test_older_pages_show_every_photo_exactly_once_and_newer_pages_lead_back(
    alice: User, signed_in: SignedIn
) -> None:
    fill(alice, 230)
    same = datetime(2026, 1, 1, tzinfo=UTC)
    Image.objects.bulk_create([make_image(alice, save=False, taken_at=same) for _ in range(20)])
    client, pages = signed_in(alice), []
    response = client.get("/")
    while True:
        pages.append(links(response, "/p/"))
        if not (older := link(response, "next")):
            break
        response = client.get(f"/{older}")
    assert [len(page) for page in pages] == [100, 100, 50]
    assert len({url for page in pages for url in page}) == 250
    response = client.get(f"/{link(response, 'prev')}")
    assert links(response, "/p/") == pages[1]
    response = client.get(f"/{link(response, 'prev')}", follow=True)
    assert links(response, "/p/") == pages[0]
    assert not link(response, "prev")


@pytest.mark.parametrize(
    "query", ["before=x", "after=", "before=" + "A" * 32 + "AA", "after=%FF", "before=f" + "_" * 31]
)
def test_a_damaged_link_to_a_page_is_not_found(alice: User, signed_in: SignedIn, query: str) -> None:
    assert signed_in(alice).get(f"/?{query}").status_code == 404


def test_a_photo_stands_under_the_date_of_the_place_where_it_was_taken(
    alice: User, signed_in: SignedIn
) -> None:
    make_image(alice, taken_at=datetime(2026, 9, 14, 22, 30, tzinfo=UTC), taken_offset_minutes=120)
    make_image(alice, taken_at=datetime(2026, 9, 14, 22, 20, tzinfo=UTC), taken_offset_minutes=0)
    response = signed_in(alice).get("/")
    assert [tag["datetime"] for tag in tags(response, "time")] == ["2026-09-15", "2026-09-14"]
    assert "Tuesday 15 September 2026" in response.content.decode()


def test_a_date_stands_once_even_where_zones_overlap(alice: User, signed_in: SignedIn) -> None:
    start = datetime(2026, 9, 14, 23, tzinfo=UTC)
    for minutes, offset in enumerate([0, 120, 0, 120]):
        make_image(alice, taken_at=start - timedelta(minutes=minutes), taken_offset_minutes=offset)
    response = signed_in(alice).get("/")
    assert [tag["datetime"] for tag in tags(response, "time")] == ["2026-09-14", "2026-09-15"]


@pytest.mark.parametrize(
    ("words", "alt"),
    [
        ({"title": "Ridge", "description": "Evening on\nthe ridge"}, "Evening on the ridge"),
        ({"title": "Ridge"}, "Ridge"),
        ({}, "Photo, 14 September 2026"),
    ],
)
def test_alternative_text_is_the_owners_words_or_the_date(
    alice: User, signed_in: SignedIn, words: dict[str, Any], alt: str
) -> None:
    make_image(alice, taken_at=datetime(2026, 9, 14, 12, tzinfo=UTC), **words)
    assert tags(signed_in(alice).get("/"), "img")[-1]["alt"] == alt


def test_words_cannot_break_out_of_the_page(alice: User, signed_in: SignedIn) -> None:
    image = make_image(alice, title='"><script>alert(1)</script>')
    client = signed_in(alice)
    for url in ("/", image.get_absolute_url()):
        assert b"<script>alert" not in client.get(url).content


def test_the_first_photos_load_at_once_and_the_others_when_they_come_near(
    alice: User, signed_in: SignedIn
) -> None:
    fill(alice, 12)
    images = [tag for tag in tags(signed_in(alice).get("/"), "img") if "srcset" in tag]
    assert ["loading" in tag for tag in images] == [False] * 8 + [True] * 4
    assert ["fetchpriority" in tag for tag in images] == [True] + [False] * 11


def test_every_photo_has_its_size_and_two_widths_to_choose_from(alice: User, signed_in: SignedIn) -> None:
    make_image(alice, width=6000, height=4000)
    (image,) = [tag for tag in tags(signed_in(alice).get("/"), "img") if "srcset" in tag]
    assert (image["width"], image["height"]) == ("360", "240")
    small, large = image["srcset"].split(",")
    assert "/h240.webp?" in small
    assert small.endswith(" 360w")
    assert "/h480.webp?" in large
    assert large.endswith(" 720w")
    assert image["sizes"] == "(max-width:40em) 120px,360px"


def test_a_tiny_photo_offers_one_width_only(alice: User, signed_in: SignedIn) -> None:
    make_image(alice, width=120, height=90)
    (image,) = [tag for tag in tags(signed_in(alice).get("/"), "img") if "srcset" in tag]
    assert image["srcset"].endswith(" 120w")
    assert "," not in image["srcset"]


@pytest.mark.parametrize(
    ("width", "height", "ratio"), [(9000, 1000, "3"), (500, 5000, "0.4"), (3000, 2000, "1.5")]
)
def test_the_grid_crops_what_is_very_wide_or_very_high(
    alice: User, signed_in: SignedIn, width: int, height: int, ratio: str
) -> None:
    make_image(alice, width=width, height=height, color="#6a7b5c")
    styles = [tag.get("style", "") for tag in tags(signed_in(alice).get("/"), "li")]
    assert f"--r:{ratio};--c:#675" in styles


def test_binned_photos_and_those_of_others_are_not_shown(alice: User, bob: User, signed_in: SignedIn) -> None:
    shown = make_image(alice)
    make_image(alice, binned_at=datetime(2026, 9, 15, tzinfo=UTC))
    make_image(bob)
    assert links(signed_in(alice).get("/"), "/p/") == [shown.get_absolute_url()]


def test_an_empty_library_says_what_to_do(alice: User, signed_in: SignedIn) -> None:
    response = signed_in(alice).get("/")
    assert "Your library is empty" in response.content.decode()
    assert "/upload/" in links(response)


def test_pages_connect_early_to_where_the_photos_are(alice: User, signed_in: SignedIn) -> None:
    found = {tag["href"] for tag in tags(signed_in(alice).get("/"), "link") if tag["rel"] == "preconnect"}
    assert found == {"http://127.0.0.1:9"}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="asks SQLite for its plan")
def test_lists_come_in_the_order_of_an_index_with_statistics_and_without(alice: User, bob: User) -> None:
    """Where next to nothing is in the bin, statistics make "not in the bin" look like a handful of photos."""
    for owner in (alice, bob):
        rows = [make_image(owner, save=False) for _ in range(400)]
        for number, row in enumerate(rows[::10]):
            row.binned_at = row.taken_at + timedelta(minutes=number)
        Image.objects.bulk_create(rows)
    place = access.timeline_of(alice).newest_first()[200]
    lists = [
        access.timeline_of(alice).newest_first()[:101],
        access.library_of(alice).newest_first()[:101],
        access.timeline_of(alice).before(place.taken_at, place.pk).newest_first()[:101],
        access.timeline_of(alice).after(place.taken_at, place.pk).oldest_first()[:101],
    ]
    without = [images.explain() for images in lists]
    try:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE gallery_image")
        for plan in (*without, *(images.explain() for images in lists)):
            assert "TEMP B-TREE" not in plan
    finally:
        # The connection keeps what it read of the figures, also when the transaction is undone.
        planning.tell()
