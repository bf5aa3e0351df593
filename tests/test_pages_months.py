"""The calendar's pages: months with their counts, and what years, months, days and this day show."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from gallery.models import Image, User
from tests.make import make_image
from tests.pages import UNREACHABLE, link, links, tags

SignedIn = Callable[[User], Client]
FRAGMENT = {"x-requested-fragment": "1"}


@pytest.fixture(autouse=True)
def _unreachable_store(settings: Settings) -> None:
    settings.S3 = UNREACHABLE


def at(owner: User, *moments: datetime, offset: int = 0) -> list[str]:
    """Make photos taken at these moments and return their addresses."""
    return [
        make_image(owner, taken_at=moment, taken_offset_minutes=offset).get_absolute_url()
        for moment in moments
    ]


def test_months_are_counted_by_the_date_of_the_place_and_without_what_the_timeline_hides(
    alice: User, bob: User, signed_in: SignedIn
) -> None:
    at(alice, datetime(2024, 3, 31, 23, tzinfo=UTC), offset=120)
    at(alice, datetime(2024, 3, 31, 23, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC))
    at(bob, datetime(2024, 3, 1, tzinfo=UTC))
    make_image(alice, taken_at=datetime(2022, 1, 1, tzinfo=UTC), archived_at=timezone.now())
    make_image(alice, taken_at=datetime(2022, 1, 1, tzinfo=UTC), binned_at=timezone.now())
    response = signed_in(alice).get("/photos/months/")
    assert links(response, "/photos/2") == [
        "/photos/2024/", "/photos/2024/04/", "/photos/2024/03/", "/photos/2023/", "/photos/2023/12/"
    ]  # fmt: skip
    assert response.content.decode().count("<small>1</small>") == 3


def test_three_hundred_months_are_at_most_10_kib_and_two_questions_more_than_signing_in(
    alice: User, signed_in: SignedIn
) -> None:
    rows = [
        make_image(alice, save=False, taken_at=datetime(2001 + number // 12, number % 12 + 1, 5, tzinfo=UTC))
        for number in range(300)
    ]
    Image.objects.bulk_create(rows)
    client = signed_in(alice)
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/photos/months/", headers={"accept-encoding": "gzip", **FRAGMENT})
    assert len(response.content) <= 10 * 1024
    text = gzip.decompress(response.content).decode()
    assert text.count("<small>") == 300
    assert "<html" not in text
    assert len(queries) <= 4


def test_a_month_shows_its_photos_and_the_timeline_goes_on_at_either_end(
    alice: User, signed_in: SignedIn
) -> None:
    older, inside, newer = at(alice, *(datetime(2024, month, 15, tzinfo=UTC) for month in (2, 3, 4)))
    client = signed_in(alice)
    response = client.get("/photos/2024/03/")
    assert links(response, "/p/") == [inside]
    assert links(client.get(link(response, "next")), "/p/") == [older]
    assert links(client.get(link(response, "prev"), headers=FRAGMENT), "/p/") == [newer]


def test_a_month_of_many_photos_is_turned_page_by_page_inside_the_month(
    alice: User, signed_in: SignedIn
) -> None:
    start = datetime(2024, 3, 5, tzinfo=UTC)
    inside = at(alice, *(start + timedelta(minutes=number) for number in range(150)))
    (older,) = at(alice, datetime(2024, 1, 5, tzinfo=UTC))
    client = signed_in(alice)
    first = client.get("/photos/2024/03/")
    second = client.get(link(first, "next"))
    assert link(first, "next").startswith("/photos/2024/03/?before=")
    assert links(first, "/p/") + links(second, "/p/") == inside[::-1]
    assert links(client.get(link(second, "next")), "/p/") == [older]


def test_where_zones_overlap_no_photo_falls_between_a_month_and_what_follows_it(
    alice: User, signed_in: SignedIn
) -> None:
    edge = datetime(2024, 2, 29, 23, tzinfo=UTC)
    (march,) = at(alice, edge, offset=120)
    february = at(alice, edge + timedelta(minutes=30), edge - timedelta(minutes=30))
    client = signed_in(alice)
    response = client.get("/photos/2024/03/")
    assert links(response, "/p/") == [march]
    assert set(february) <= set(links(client.get(link(response, "next")), "/p/"))


def test_a_day_is_that_of_the_place_and_summer_time_ends_in_it(
    alice: User, signed_in: SignedIn, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    inside = [
        make_image(alice, taken_at=moment, taken_offset_minutes=offset).get_absolute_url()
        for moment, offset in (
            (datetime(2024, 10, 27, 22, 30, tzinfo=UTC), None),
            (datetime(2024, 10, 26, 22, 30, tzinfo=UTC), None),
            (datetime(2024, 10, 26, 12, tzinfo=UTC), 14 * 60),
        )
    ]
    at(alice, datetime(2024, 10, 28, 0, 0, tzinfo=UTC), datetime(2024, 10, 26, 23, 59, tzinfo=UTC))
    assert links(signed_in(alice).get("/photos/2024/10/27/"), "/p/") == inside


def test_a_year_shows_all_of_its_months(alice: User, signed_in: SignedIn) -> None:
    first, last = at(alice, datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 12, 31, 23, 59, tzinfo=UTC))
    at(alice, datetime(2023, 12, 31, 23, 59, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
    assert links(signed_in(alice).get("/photos/2024/"), "/p/") == [last, first]


@pytest.mark.parametrize("date", ["2024/13", "2024/00", "2024/02/30", "0", "99999", "9999/12/31", "1/01"])
def test_a_date_that_no_calendar_has_is_not_found(alice: User, signed_in: SignedIn, date: str) -> None:
    assert signed_in(alice).get(f"/photos/{date}/").status_code == 404


def test_this_day_shows_what_was_taken_on_it_in_earlier_years_alone(alice: User, signed_in: SignedIn) -> None:
    today = timezone.now().replace(hour=12, month=timezone.localdate().month, day=timezone.localdate().day)
    day = min(today.day, 28)
    noon = today.replace(day=day)
    past = [noon.replace(year=noon.year - years) for years in (1, 2, 9)]
    shown = at(alice, *past) if day == today.day else []
    at(alice, noon, past[0] - timedelta(days=1), past[1] + timedelta(days=1))
    assert links(signed_in(alice).get("/on-this-day/"), "/p/") == shown


def test_one_year_of_this_day_does_not_hide_the_others(alice: User, signed_in: SignedIn) -> None:
    noon = timezone.now().replace(
        hour=12, minute=0, month=timezone.localdate().month, day=min(timezone.localdate().day, 28)
    )
    if noon.day != timezone.localdate().day:
        pytest.skip("at the end of a long month there is no such day in every year")
    last = noon.replace(year=noon.year - 1)
    at(alice, *(last + timedelta(seconds=number) for number in range(60)))
    (older,) = at(alice, noon.replace(year=noon.year - 7))
    client = signed_in(alice)
    with CaptureQueriesContext(connection) as queries:
        found = links(client.get("/on-this-day/"), "/p/")
    assert older in found
    assert len(found) == 31
    assert len(queries) <= 8


def test_two_centuries_of_photos_from_many_zones_are_shown_on_this_day(
    alice: User, signed_in: SignedIn
) -> None:
    today = timezone.localdate()
    day = min(today.day, 28)
    Image.objects.bulk_create(
        make_image(
            alice,
            save=False,
            taken_at=datetime(year, today.month, day, 12, tzinfo=UTC),
            taken_offset_minutes=year % 24 * 15,
        )
        for year in range(today.year - 240, today.year)
    )
    client = signed_in(alice)
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/on-this-day/")
    assert response.status_code == 200
    assert len(links(response, "/p/")) == (240 if day == today.day else 0)
    assert len(queries) <= 10


def test_favourites_and_the_archive_have_pages_and_the_archive_leaves_the_timeline(
    alice: User, bob: User, signed_in: SignedIn
) -> None:
    plain, liked, away = make_image(alice), make_image(alice, is_favorite=True), make_image(alice)
    Image.objects.filter(pk=away.pk).update(archived_at=timezone.now())
    make_image(bob, is_favorite=True)
    client = signed_in(alice)
    assert links(client.get("/favourites/"), "/p/") == [f"{liked.get_absolute_url()}?in=favourites"]
    assert links(client.get("/archive/"), "/p/") == [away.get_absolute_url()]
    assert links(client.get("/"), "/p/") == [plain.get_absolute_url(), liked.get_absolute_url()]


def test_a_fragment_is_the_list_alone_and_caches_are_told(alice: User, signed_in: SignedIn) -> None:
    make_image(alice)
    response = signed_in(alice).get("/", headers=FRAGMENT)
    assert not tags(response, "html")
    assert len(links(response, "/p/")) == 1
    assert "X-Requested-Fragment" in response.headers["Vary"]


def test_only_videos_animations_and_stacks_carry_a_badge(alice: User, signed_in: SignedIn) -> None:
    top = make_image(alice)
    make_image(alice, stacked_under=top)
    make_image(alice, stacked_under=top)
    make_image(alice, kind=Image.Kind.VIDEO, duration_s=83.2)
    make_image(alice, kind=Image.Kind.PHOTO)
    page = signed_in(alice).get("/").content.decode()
    assert page.count('class="badge') == 2
    assert "1:23" in page
    assert '3<span class="hidden">' in page


@pytest.mark.parametrize(("density", "px"), [("s", "160px"), ("m", "240px"), ("l", "360px")])
def test_the_density_that_was_chosen_is_written_into_the_page(
    alice: User, signed_in: SignedIn, density: str, px: str
) -> None:
    make_image(alice, width=4000, height=4000)
    client = signed_in(alice)
    client.post("/density/", {"density": density, "next": "/"})
    response = client.get("/")
    assert tags(response, "html")[0]["data-density"] == density
    assert next(tag["sizes"] for tag in tags(response, "img") if "sizes" in tag).endswith(px)


def test_single_letter_keys_are_turned_off_by_a_choice(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    assert "data-keys" not in tags(client.get("/"), "html")[0]
    client.post("/letter-keys/", {"keys": "off", "next": "/"})
    assert tags(client.get("/"), "html")[0]["data-keys"] == "off"
