"""Images in the API: who sees and changes what, pages, filters, the bin, the original."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Album, AlbumMember, Image, User
from tests.make import deleted_meanwhile, make_album, make_image

pytestmark = pytest.mark.usefixtures("signing")
SignedIn = Callable[[User], Client]
NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)


def ids(answer: Any) -> list[str]:
    return [image["id"] for image in answer.json()["results"]]


def keys(*images: Image) -> list[str]:
    return [str(image.pk) for image in images]


def patch(client: Client, image: Image, **values: Any) -> Any:
    return client.patch(f"/api/images/{image.pk}/", values, content_type="application/json")


def test_owner_lists_own_library_newest_first(alice: User, bob: User, signed_in: SignedIn) -> None:
    old, new = make_image(alice, taken_at=NOON), make_image(alice, taken_at=NOON + timedelta(days=1))
    make_image(bob)
    make_image(alice, binned_at=NOON)
    assert ids(signed_in(alice).get("/api/images/")) == keys(new, old)


def test_owner_sees_every_fact_of_an_image(alice: User, signed_in: SignedIn) -> None:
    image = make_image(
        alice,
        taken_at=NOON,
        taken_offset_minutes=120,
        latitude=43.2,
        longitude=-4.8,
        camera_make="Fujifilm",
        is_favorite=True,
    )
    shown = signed_in(alice).get(f"/api/images/{image.pk}/").json()
    assert shown["taken_at"] == "2026-09-14T12:00:00Z"
    assert shown["taken_local"] == "2026-09-14T14:00:00"
    assert shown["taken_offset_minutes"] == 120
    assert (shown["place"]["latitude"], shown["place"]["longitude"]) == (43.2, -4.8)
    assert shown["camera"]["make"] == "Fujifilm"
    assert (shown["ratio"], shown["is_favorite"], shown["is_own"]) == (1.5, True, True)
    assert set(shown["urls"]) == {"h240", "h480", "l1280", "l2560"}
    assert all(image.rendition_token in url and "X-Amz-Signature" in url for url in shown["urls"].values())
    assert shown["links"]["page"] == f"http://testserver{image.get_absolute_url()}"
    assert "metadata" not in shown
    assert "original_key" not in shown


def test_times_are_in_utc_whatever_the_time_zone_of_the_site(
    alice: User, signed_in: SignedIn, settings: Any
) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    image = make_image(alice, taken_at=NOON, created_at=NOON)
    shown = signed_in(alice).get(f"/api/images/{image.pk}/").json()
    assert shown["taken_at"] == shown["created_at"] == "2026-09-14T12:00:00Z"


def test_invited_viewer_sees_the_image_without_place_favourite_and_original(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    image = make_image(alice, latitude=43.2, longitude=-4.8, is_favorite=True)
    shared_album.add([image.pk])
    client = signed_in(bob)
    shown = client.get(f"/api/images/{image.pk}/").json()
    assert (shown["place"], shown["is_favorite"], shown["is_own"]) == (None, False, False)
    assert shown["links"]["original"] is None
    assert client.get(f"/api/images/{image.pk}/original/").status_code == 404


def test_invited_viewer_lists_the_album_but_not_the_library(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    inside, _outside = make_image(alice), make_image(alice)
    shared_album.add([inside.pk])
    client = signed_in(bob)
    assert ids(client.get("/api/images/", {"album": str(shared_album.pk)})) == keys(inside)
    assert ids(client.get("/api/images/")) == []


def test_favourites_of_the_owner_stay_hidden_from_invited_viewers(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    shared_album.add([make_image(alice, is_favorite=True).pk, make_image(alice).pk])
    for value in ("true", "false"):
        assert (
            ids(signed_in(bob).get("/api/images/", {"album": str(shared_album.pk), "favorite": value})) == []
        )


def test_binned_image_disappears_for_invited_viewers(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    image = make_image(alice, binned_at=NOON)
    shared_album.add([image.pk])
    client = signed_in(bob)
    assert ids(client.get("/api/images/", {"album": str(shared_album.pk)})) == []
    assert client.get(f"/api/images/{image.pk}/").status_code == 404
    assert ids(client.get("/api/images/", {"album": str(shared_album.pk), "binned": "true"})) == []


@pytest.mark.parametrize(
    ("method", "action"),
    [("get", ""), ("patch", ""), ("delete", ""), ("post", "restore/"), ("get", "original/")],
)
def test_stranger_gets_404_for_everything_about_an_image(
    alice: User, stranger: User, shared_album: Album, signed_in: SignedIn, method: str, action: str
) -> None:
    image = make_image(alice)
    shared_album.add([image.pk])
    answer = getattr(signed_in(stranger), method)(f"/api/images/{image.pk}/{action}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    image.refresh_from_db()
    assert image.binned_at is None


def test_stranger_gets_404_for_the_list_of_an_album(
    stranger: User, shared_album: Album, signed_in: SignedIn
) -> None:
    assert signed_in(stranger).get("/api/images/", {"album": str(shared_album.pk)}).status_code == 404


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_invited_viewer_cannot_change_an_image(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn, method: str
) -> None:
    image = make_image(alice)
    shared_album.add([image.pk])
    assert getattr(signed_in(bob), method)(f"/api/images/{image.pk}/").status_code == 404
    image.refresh_from_db()
    assert image.binned_at is None


def test_pages_follow_each_other_without_gap_or_repetition(alice: User, signed_in: SignedIn) -> None:
    # Seven at one moment: only the id keeps them apart.
    images = [make_image(alice, taken_at=NOON) for _ in range(7)]
    expected = keys(*sorted(images, key=lambda image: image.pk, reverse=True))
    client, seen, url = signed_in(alice), [], "/api/images/?limit=3"
    while url:
        answer = client.get(url)
        seen.append(ids(answer))
        url, last = answer.json()["next"], answer.json()
    assert seen == [expected[:3], expected[3:6], expected[6:]]
    back = client.get(last["previous"])
    assert ids(back) == expected[3:6]
    first = client.get(back.json()["previous"])
    assert ids(first) == expected[:3]
    assert first.json()["previous"] is None
    assert ids(client.get(first.json()["next"])) == expected[3:6]


def test_page_names_its_neighbours_in_the_link_header(alice: User, signed_in: SignedIn) -> None:
    for _ in range(2):
        make_image(alice)
    answer = signed_in(alice).get("/api/images/?limit=1")
    assert answer["Link"] == f'<{answer.json()["next"]}>; rel="next"'


def test_page_keeps_its_filters(alice: User, signed_in: SignedIn) -> None:
    for number in range(4):
        make_image(alice, is_favorite=number % 2 == 0)
    client = signed_in(alice)
    first = client.get("/api/images/?favorite=true&limit=1")
    second = client.get(first.json()["next"])
    assert [image["is_favorite"] for page in (first, second) for image in page.json()["results"]] == [
        True,
        True,
    ]
    assert second.json()["next"] is None


def test_filters_of_time_include_their_start_and_exclude_their_end(alice: User, signed_in: SignedIn) -> None:
    images = [make_image(alice, taken_at=NOON + timedelta(hours=hour)) for hour in range(3)]
    asked = {"taken_after": "2026-09-14T14:00:00+02:00", "taken_before": "2026-09-14T14:00:00Z"}
    assert ids(signed_in(alice).get("/api/images/", asked)) == keys(images[1], images[0])


def test_bin_is_listed_only_where_asked_for(alice: User, signed_in: SignedIn) -> None:
    live, binned = make_image(alice), make_image(alice, binned_at=NOON)
    client = signed_in(alice)
    assert ids(client.get("/api/images/?binned=true")) == keys(binned)
    assert ids(client.get("/api/images/?binned=false")) == keys(live)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("favourite=true", "unknown_parameter"),
        ("favorite=yes", "invalid"),
        ("taken_after=yesterday", "invalid"),
        ("taken_after=0001-01-01T00:00:00%2B14:00", "invalid"),
        ("album=none", "invalid"),
        ("limit=501", "invalid_limit"),
        ("limit=0", "invalid_limit"),
        ("limit=%C2%B2", "invalid_limit"),
        ("cursor=zzz", "invalid_cursor"),
        ("cursor=%FF", "invalid_cursor"),
    ],
)
def test_query_that_cannot_be_understood_is_refused(
    alice: User, signed_in: SignedIn, query: str, code: str
) -> None:
    answer = signed_in(alice).get(f"/api/images/?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert query.split("=")[0] in answer.json()["detail"]


def test_unknown_parameter_is_answered_with_those_that_are_known(alice: User, signed_in: SignedIn) -> None:
    detail = signed_in(alice).get("/api/images/?favourite=true").json()["detail"]
    assert "album, binned, cursor, favorite, fields, limit, taken_after, taken_before" in detail


def test_query_count_of_the_list_does_not_grow_with_rows(alice: User, signed_in: SignedIn) -> None:
    client, counts = signed_in(alice), []
    for more in (10, 50):
        album = make_album(alice, *(make_image(alice) for _ in range(more)))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(ids(client.get("/api/images/?limit=500"))) >= more
            assert len(ids(client.get("/api/images/", {"album": str(album.pk)}))) == more
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 9


def test_patch_changes_what_was_sent_and_nothing_else(alice: User, signed_in: SignedIn) -> None:
    image = make_image(alice, title="Before", description="Kept")
    answer = patch(signed_in(alice), image, title="Above the fog", is_favorite=True)
    assert (answer.status_code, answer.json()["title"]) == (200, "Above the fog")
    image.refresh_from_db()
    assert (image.title, image.description, image.is_favorite) == ("Above the fog", "Kept", True)


def test_patch_does_not_undo_a_simultaneous_change(alice: User, signed_in: SignedIn) -> None:
    image = make_image(alice)
    with CaptureQueriesContext(connection) as queries:
        patch(signed_in(alice), image, title="New")
    written = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "gallery_image"')]
    assert len(written) == 1
    assert "binned_at" not in written[0]
    assert "description" not in written[0]


def test_changed_time_taken_keeps_its_offset_and_moves_the_month(alice: User, signed_in: SignedIn) -> None:
    image = make_image(alice, taken_at=NOON)
    answer = patch(signed_in(alice), image, taken_at="2020-01-01T00:30:00+02:00")
    assert answer.json()["taken_at"] == "2019-12-31T22:30:00Z"
    assert answer.json()["taken_local"] == "2020-01-01T00:30:00"
    image.refresh_from_db()
    assert (image.taken_offset_minutes, image.taken_source, image.month) == (120, "person", 202001)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2020-01-01T00:30:00", "no_offset"),
        ("2020-13-01T00:30:00Z", "invalid"),
        ("soon", "invalid"),
        (20200101, "invalid"),
        (None, "null"),
        ("0001-01-01T00:00:00+14:00", "out_of_range"),
        ("9999-12-31T23:59:59-12:00", "out_of_range"),
        ("1825-12-31T23:59:59Z", "out_of_range"),
        ("2201-01-01T00:00:00Z", "out_of_range"),
        ("2020-01-01T00:30:00+23:00", "out_of_range"),
    ],
)
def test_time_taken_that_cannot_be_right_is_refused(
    alice: User, signed_in: SignedIn, value: Any, code: str
) -> None:
    image = make_image(alice, taken_at=NOON)
    answer = patch(signed_in(alice), image, taken_at=value)
    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/taken_at", code)]
    image.refresh_from_db()
    assert image.taken_at == NOON


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"titel": "Fog"}, "unknown_field"),
        ({"sha256": "0" * 64}, "read_only"),
        ({"title": "x" * 201}, "max_length"),
        ({"title": "nul\0"}, "null_characters_not_allowed"),
        ({"title": "\ud800"}, "surrogate_characters_not_allowed"),
        ({"is_favorite": "perhaps"}, "invalid"),
        ({"description": {"en": "Fog"}}, "invalid"),
    ],
)
def test_patch_that_cannot_be_right_names_the_member(
    alice: User, signed_in: SignedIn, values: dict[str, Any], code: str
) -> None:
    image = make_image(alice)
    answer = patch(signed_in(alice), image, **values)
    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        (f"/{next(iter(values))}", code)
    ]


def test_deleted_image_goes_to_the_bin_and_comes_back(alice: User, signed_in: SignedIn) -> None:
    image, client = make_image(alice), signed_in(alice)
    for _ in range(2):
        assert client.delete(f"/api/images/{image.pk}/").status_code == 204
    assert ids(client.get("/api/images/")) == []
    assert client.get(f"/api/images/{image.pk}/").json()["binned_at"].endswith("Z")
    for _ in range(2):
        assert client.post(f"/api/images/{image.pk}/restore/").json()["binned_at"] is None
    assert ids(client.get("/api/images/")) == keys(image)


def test_original_is_a_redirect_or_an_address(alice: User, signed_in: SignedIn) -> None:
    image, client = make_image(alice, filename="Café.jpg"), signed_in(alice)
    led = client.get(f"/api/images/{image.pk}/original/")
    assert led.status_code == 302
    assert image.original_key in led["Location"]
    assert led["Cache-Control"] == "no-store"
    told = client.get(f"/api/images/{image.pk}/original/?redirect=false").json()
    assert image.original_key in told["url"]
    assert "attachment" in told["url"]
    assert client.get(f"/api/images/{image.pk}/original/?redirect=perhaps").status_code == 400


def test_owner_of_an_album_sees_what_an_editor_brings_into_it(
    alice: User, bob: User, signed_in: SignedIn
) -> None:
    album, image = make_album(alice), make_image(bob)
    AlbumMember.objects.create(album=album, user=bob, role=AlbumMember.Role.EDITOR)
    album.add([image.pk])
    client = signed_in(alice)
    assert client.get(f"/api/images/{image.pk}/").json()["is_own"] is False
    assert ids(client.get("/api/images/", {"album": str(album.pk)})) == keys(image)
    assert ids(client.get("/api/images/")) == []


def test_image_that_is_deleted_for_good_while_it_is_changed_gets_404(
    alice: User, signed_in: SignedIn
) -> None:
    image = make_image(alice)
    with deleted_meanwhile(image):
        assert patch(signed_in(alice), image, title="Fog").status_code == 404
    assert not Image.objects.exists()
