"""Many photos at once: by forms on pages, by the API, and each id answered for."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from gallery.models import Album, Image, ImageTag, SearchEntry, User
from tests.make import make_album, make_image
from tests.pages import UNREACHABLE, tags

SignedIn = Callable[[User], Client]
FRAGMENT = {"x-requested-fragment": "1"}


@pytest.fixture(autouse=True)
def _unreachable_store(settings: Settings) -> None:
    settings.S3 = UNREACHABLE


def send(client: Client, *images: Image, **body: Any) -> Any:
    """Send an action to the API and return what it answers."""
    ids = [str(image.pk) for image in images]
    return client.post("/api/images/bulk/", {"images": ids, **body}, "application/json")


def results(response: Any) -> list[str]:
    return [row["result"] for row in response.json()["results"]]


def test_photos_of_others_and_those_that_are_not_there_are_not_found_alike_and_stay_as_they_are(
    alice: User, bob: User, signed_in: SignedIn
) -> None:
    mine, theirs, gone = make_image(alice), make_image(bob), Image(pk=uuid.uuid4())
    assert results(send(signed_in(alice), mine, theirs, gone, action="bin")) == [
        "done",
        "not_found",
        "not_found",
    ]
    theirs.refresh_from_db()
    mine.refresh_from_db()
    assert (theirs.binned_at, mine.binned_at is None) == (None, False)


def test_five_hundred_are_taken_and_one_more_is_refused_with_words(alice: User, signed_in: SignedIn) -> None:
    rows = Image.objects.bulk_create([make_image(alice, save=False) for _ in range(501)])
    client = signed_in(alice)
    response = send(client, *rows, action="favourite")
    assert response.status_code == 413
    assert "at most 500" in response.json()["detail"]
    assert not Image.objects.filter(is_favorite=True).exists()
    assert send(client, *rows[:500], action="favourite").status_code == 200
    assert Image.objects.filter(is_favorite=True).count() == 500


@pytest.mark.parametrize(
    ("action", "undo", "column", "changed"),
    [
        ("favourite", "unfavourite", "is_favorite", lambda value: value is True),
        ("archive", "unarchive", "archived_at", lambda value: value is not None),
        ("bin", "restore", "binned_at", lambda value: value is not None),
    ],
)
def test_what_is_done_can_be_taken_back(
    alice: User, signed_in: SignedIn, action: str, undo: str, column: str, changed: Callable[[object], bool]
) -> None:
    image, client = make_image(alice), signed_in(alice)
    for name, expected in ((action, True), (undo, False)):
        response = client.post("/photos/bulk/", {"action": name, "photo": image.pk}, headers=FRAGMENT)
        assert response.json()["done"] == [str(image.pk)]
        image.refresh_from_db()
        assert changed(getattr(image, column)) is expected
    assert response.json()["undo"] == action


def test_photos_come_into_an_album_and_out_of_it(alice: User, signed_in: SignedIn) -> None:
    one, other = make_image(alice), make_image(alice)
    album, client = make_album(alice), signed_in(alice)
    assert results(send(client, one, other, action="add_to_album", album=str(album.pk))) == ["done", "done"]
    assert list(album.entries.order_by("position").values_list("image", flat=True)) == [one.pk, other.pk]
    assert results(send(client, one, action="remove_from_album", album=str(album.pk))) == ["done"]
    assert results(send(client, one, action="remove_from_album", album=str(album.pk))) == ["not_found"]
    assert list(album.entries.values_list("image", flat=True)) == [other.pk]


def test_a_viewer_neither_fills_nor_empties_an_album(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    inside, own = make_image(alice), make_image(bob)
    shared_album.add([inside.pk])
    client = signed_in(bob)
    assert send(client, own, action="add_to_album", album=str(shared_album.pk)).status_code == 404
    assert results(send(client, inside, action="remove_from_album", album=str(shared_album.pk))) == [
        "not_found"
    ]
    assert list(shared_album.entries.values_list("image", flat=True)) == [inside.pk]


def test_tags_are_made_put_on_and_taken_off_and_search_follows(alice: User, signed_in: SignedIn) -> None:
    image, client = make_image(alice), signed_in(alice)
    assert send(client, image, action="add_tags", tags=["Ridge", "Evening"]).status_code == 200
    assert set(image.tags.values_list("name", flat=True)) == {"Ridge", "Evening"}
    assert "ridge" in SearchEntry.objects.get(image=image).text
    send(client, image, action="remove_tags", tags=["ridge"])
    assert set(image.tags.values_list("name", flat=True)) == {"Evening"}
    assert "ridge" not in SearchEntry.objects.get(image=image).text


def test_an_absolute_time_is_that_of_each_place_and_a_shift_moves_the_month(
    alice: User, signed_in: SignedIn
) -> None:
    noon = datetime(2026, 9, 30, 12, tzinfo=UTC)
    east = make_image(alice, taken_at=noon, taken_offset_minutes=120)
    west = make_image(alice, taken_at=noon, taken_offset_minutes=-300)
    client = signed_in(alice)
    send(client, east, west, action="set_time", taken_local="2026-09-30T23:30:00")
    assert [row.taken_at.hour for row in Image.objects.order_by("pk")] == [21, 4]
    send(client, east, west, action="shift_time", minutes=45)
    for row, offset in zip(Image.objects.order_by("pk"), (120, -300), strict=True):
        assert row.taken_local.replace(tzinfo=None) == datetime(2026, 10, 1, 0, 15)  # noqa: DTZ001
        assert (row.month, row.taken_offset_minutes, row.taken_source) == (202610, offset, "person")


def test_a_shift_out_of_the_calendar_changes_nothing(alice: User, signed_in: SignedIn) -> None:
    fine = make_image(alice)
    early = make_image(alice, taken_at=datetime(1900, 1, 1, tzinfo=UTC))
    response = send(signed_in(alice), fine, early, action="shift_time", minutes=-60 * 24 * 366 * 200)
    assert (response.status_code, response.json()["code"]) == (400, "no_such_time")
    before, fine_before = fine.taken_at, Image.objects.get(pk=fine.pk).taken_at
    assert before == fine_before


def test_a_place_is_named_by_a_person_or_by_the_gazetteer(alice: User, signed_in: SignedIn) -> None:
    image, client = make_image(alice, altitude_m=12.0), signed_in(alice)
    send(client, image, action="set_place", latitude=48.8584, longitude=2.2945)
    image.refresh_from_db()
    assert (image.latitude, image.altitude_m, image.country) == (48.8584, None, "FR")
    assert image.cell is not None
    send(client, image, action="set_place", place="The tower")
    send(client, image, action="set_place", latitude=52.5, longitude=13.4)
    image.refresh_from_db()
    assert (image.place, image.place_by_person, image.latitude) == ("The tower", True, 52.5)
    assert "tower" in SearchEntry.objects.get(image=image).text


@pytest.mark.parametrize(
    "body",
    [
        {"action": "explode"},
        {"action": "add_tags"},
        {"action": "add_to_album"},
        {"action": "set_place"},
        {"action": "set_place", "latitude": 1.0},
        {"action": "set_time", "taken_local": "2026-13-01T00:00:00"},
        {"action": "set_time", "taken_local": "0001-01-01T00:00:00"},
        {"action": "shift_time", "minutes": 10**12},
        {"action": "bin", "colour": "red"},
        {"action": "bin", "images": []},
        {"action": "bin", "images": ["x"]},
    ],
)
def test_what_cannot_be_understood_is_refused_by_name(
    alice: User, signed_in: SignedIn, body: dict[str, Any]
) -> None:
    response = send(signed_in(alice), make_image(alice), **body)
    assert response.status_code == 400
    assert response.json()["errors"]


def test_a_form_asks_for_what_an_action_needs_and_then_does_it(alice: User, signed_in: SignedIn) -> None:
    image, client = make_image(alice), signed_in(alice)
    body = {"action": "album", "photo": image.pk, "next": "/photos/2026/09/"}
    page = client.post("/photos/bulk/", body)
    fields = {tag["name"]: tag.get("value", "") for tag in tags(page, "input") if "name" in tag}
    assert {fields["photo"], fields["next"]} == {str(image.pk), "/photos/2026/09/"}
    wrong = client.post("/photos/bulk/", {**body, "ready": "1"})
    assert wrong.status_code == 422
    assert "give a new one a title" in wrong.content.decode()
    done = client.post("/photos/bulk/", {**body, "ready": "1", "title": "Autumn"})
    assert done.headers["Location"] == "/photos/2026/09/"
    assert Album.objects.get(title="Autumn").images.get() == image


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("tag", {"tags": ""}),
        ("tag", {"tags": "x" * 61}),
        ("time", {}),
        ("time", {"taken": "2026-01-01T10:00:00", "hours": "2"}),
        ("place", {}),
        ("place", {"latitude": "91", "longitude": "0"}),
        ("place", {"latitude": "9"}),
    ],
)
def test_a_form_that_is_not_understood_says_so_beside_the_field(
    alice: User, signed_in: SignedIn, action: str, given: dict[str, str]
) -> None:
    body = {"action": action, "photo": make_image(alice).pk, "ready": "1", **given}
    response = signed_in(alice).post("/photos/bulk/", body)
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()


def test_without_a_script_the_bin_asks_first(alice: User, signed_in: SignedIn) -> None:
    image, client = make_image(alice), signed_in(alice)
    body = {"action": "bin", "photo": image.pk, "next": "/"}
    assert "Move to the bin" in client.post("/photos/bulk/", body).content.decode()
    image.refresh_from_db()
    assert image.binned_at is None
    client.post("/photos/bulk/", {**body, "ready": "1"})
    image.refresh_from_db()
    assert image.binned_at is not None


def test_the_page_for_selecting_has_a_box_for_each_photo_and_no_other_page_has_one(
    alice: User, signed_in: SignedIn
) -> None:
    image, client = make_image(alice), signed_in(alice)
    boxes = [tag for tag in tags(client.get("/?select=1"), "input") if tag.get("type") == "checkbox"]
    assert [(box["value"], box["form"]) for box in boxes] == [(str(image.pk), "bulk")]
    assert not [tag for tag in tags(client.get("/"), "input") if tag.get("type") == "checkbox"]


def test_selecting_nothing_or_an_unknown_action_is_said(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    assert client.post("/photos/bulk/", {"action": "bin"}, headers=FRAGMENT).status_code == 422
    image = make_image(alice)
    assert client.post("/photos/bulk/", {"action": "x", "photo": image.pk}).status_code == 400
    assert client.post("/photos/bulk/", {"action": "bin", "photo": "x"}).status_code == 404


def test_photos_to_download_are_packed_and_those_of_others_are_not(
    alice: User, bob: User, signed_in: SignedIn
) -> None:
    mine, theirs = make_image(alice), make_image(bob)
    response = send(signed_in(alice), mine, theirs, action="download")
    assert results(response) == ["done", "not_found"]
    assert "/downloads/" in response.json()["job_url"]
    assert send(signed_in(alice), theirs, action="download").json()["job_url"] is None


def test_months_and_columns_are_for_programs(alice: User, bob: User, signed_in: SignedIn) -> None:
    march = [make_image(alice, taken_at=datetime(2024, 3, day, tzinfo=UTC)) for day in (1, 2, 3)]
    make_image(alice, taken_at=datetime(2024, 4, 1, 12, tzinfo=UTC), archived_at=timezone.now())
    make_image(bob, taken_at=datetime(2024, 3, 1, tzinfo=UTC))
    client = signed_in(alice)
    assert client.get("/api/timeline/months/").json() == {"months": [{"month": 202403, "count": 3}]}
    first = client.get("/api/timeline/columns/?month=202403&limit=2").json()
    second = client.get(first["next"]).json()
    assert first["id"] + second["id"] == [str(image.pk) for image in reversed(march)]
    assert first["ratio"] == [1.5, 1.5]
    assert {len(column) for name, column in first.items() if name not in {"next", "previous"}} == {2}
    for query in ("month=202413", "month=x", "limit=501", "colour=red"):
        assert client.get(f"/api/timeline/columns/?{query}").status_code == 400


def test_an_image_is_tagged_once_however_often_it_is_sent(alice: User, signed_in: SignedIn) -> None:
    image, client = make_image(alice), signed_in(alice)
    for _ in range(2):
        assert results(send(client, image, image, action="add_tags", tags=["one", "One"])) == ["done"]
    assert ImageTag.objects.count() == 1
