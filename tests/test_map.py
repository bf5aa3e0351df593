"""The map: cells and boxes, clusters that the server counts, and who sees them."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from gallery.models import Album, Image, User
from gallery.places import cells, clusters, naming
from gallery.places.cells import Box
from tests.make import make_image

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing")]
Browser = Callable[[User], Client]
WORLD = Box(-180, -90, 180, 90)
latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


def at(owner: User, latitude: float, longitude: float, **values: Any) -> Image:
    image = make_image(owner, save=False, latitude=latitude, longitude=longitude, **values)
    naming.locate(image)
    image.save(force_insert=True)
    return image


def inside(box: Box, latitude: float, longitude: float) -> bool:
    return any(
        part.south <= latitude <= part.north and part.west <= longitude <= part.east for part in box.parts()
    )


@given(latitudes, longitudes, latitudes, latitudes, longitudes, longitudes)
def test_the_spans_of_a_box_hold_every_point_inside(
    latitude: float, longitude: float, one: float, other: float, west: float, east: float
) -> None:
    box = Box(west, min(one, other), east, max(one, other))
    spans = cells.spans(box)
    code = cells.cell(latitude, longitude)
    assert len(spans) <= 24
    if inside(box, latitude, longitude):
        assert any(span.first <= code < span.beyond for span in spans)


def test_the_spans_of_a_small_box_hold_little_else() -> None:
    spans = cells.spans(Box(2.0, 48.0, 3.0, 49.0))
    exact = (1 / 360) * (1.5 / 360)
    assert sum(span.beyond - span.first for span in spans) / 4**cells.LEVEL < exact * 4


@given(st.floats(-85, 85), longitudes)
def test_a_cell_says_where_it_is(latitude: float, longitude: float) -> None:
    code = cells.cell(latitude, longitude)
    there = cells.middle(code, code)
    assert there == pytest.approx((latitude, longitude), abs=1e-5)


def test_the_poles_and_the_edge_of_the_world_have_cells() -> None:
    codes = {cells.cell(lat, lon) for lat in (-90, 90) for lon in (-180, 180)}
    assert len(codes) == 4
    assert all(0 <= code < 4**cells.LEVEL for code in codes)


def test_photos_close_together_are_one_cluster(alice: User) -> None:
    for offset in (0, 0.001, 0.002):
        at(alice, 48.85 + offset, 2.35)
    at(alice, -33.86, 151.21)
    found = clusters.clusters(alice, WORLD, 2)
    assert [(cluster.count, cluster.place, cluster.country) for cluster in found] == [
        (3, "Paris", "FR"), (1, "Sydney", "AU"),
    ]  # fmt: skip
    assert found[0].latitude == pytest.approx(48.851, abs=0.01)
    assert found[0].box.west <= 2.35 <= found[0].box.east


def test_a_closer_look_divides_a_cluster(alice: User) -> None:
    at(alice, 48.85, 2.35)
    at(alice, 48.90, 2.40)
    box = Box(2.2, 48.8, 2.5, 48.95)
    assert [cluster.count for cluster in clusters.clusters(alice, WORLD, 1)] == [2]
    assert [cluster.count for cluster in clusters.clusters(alice, box, 12)] == [1, 1]


def test_the_name_of_a_cluster_is_read_once_for_each_cell(alice: User) -> None:
    for _ in range(5):
        at(alice, 48.85, 2.35)
    with CaptureQueriesContext(connection) as queries:
        (cluster,) = clusters.clusters(alice, WORLD, 3)
    assert (cluster.count, cluster.place, cluster.country) == (5, "Paris", "FR")
    assert "GROUP BY" in queries[-1]["sql"]


def test_photos_at_one_spot_have_a_box_of_no_size(alice: User) -> None:
    for _ in range(2):
        at(alice, 48.85, 2.35)
    box = clusters.clusters(alice, WORLD, 2)[0].box
    assert box.east - box.west < 1e-4


def test_a_box_may_cross_the_antimeridian(alice: User) -> None:
    east, west, far = at(alice, -17, 179.5), at(alice, -17, -179.5), at(alice, -17, 0)
    box = Box(170, -30, -170, 0)
    assert sum(cluster.count for cluster in clusters.clusters(alice, box, 4)) == 2
    assert set(clusters.in_box(alice, box)) == {east, west}
    assert far in clusters.in_box(alice, WORLD)


def test_the_poles_are_in_the_world(alice: User) -> None:
    at(alice, 90, 0)
    at(alice, -90, 0)
    assert sum(cluster.count for cluster in clusters.clusters(alice, WORLD, 0)) == 2
    assert clusters.in_box(alice, WORLD).count() == 2


def test_the_number_of_clusters_is_bounded_whatever_is_asked(alice: User) -> None:
    shuffled = random.Random(4)
    Image.objects.bulk_create(
        [
            make_image(alice, save=False, latitude=lat, longitude=lon, cell=cells.cell(lat, lon))
            for lat, lon in ((shuffled.uniform(-80, 80), shuffled.uniform(-180, 180)) for _ in range(3000))
        ],
        batch_size=100,
    )
    found = clusters.clusters(alice, WORLD, 22)
    assert len(found) <= clusters.ACROSS**2
    assert sum(cluster.count for cluster in found) == 3000
    # More than are put in order: the newest are found all the same.
    assert clusters.in_box(alice, WORLD).count() == 3000


def test_bin_archive_and_review_are_not_on_the_map(alice: User) -> None:
    for values in (
        {"binned_at": timezone.now()},
        {"archived_at": timezone.now()},
        {"held_at": timezone.now()},
    ):
        at(alice, 48.85, 2.35, **values)
    assert clusters.clusters(alice, WORLD, 2) == []


def test_nobody_gets_the_positions_of_others(
    shared_album: Album, alice: User, bob: User, stranger: User, signed_in: Browser
) -> None:
    shared_album.add([at(alice, 48.85, 2.35).pk])
    for user in (bob, stranger):
        client = signed_in(user)
        asked = "?bbox=-180,-90,180,90&zoom=2"
        assert client.get(f"/api/map/clusters/{asked}").json() == {"clusters": []}
        assert client.get(f"/map/photos/{asked}").context["tiles"] == []
        assert client.get(f"/map/area/{asked}").context["tiles"] == []
        assert "No photo has a position yet" in client.get("/map/").content.decode()


def test_the_anonymous_are_asked_to_sign_in() -> None:
    client = Client()
    assert client.get("/api/map/clusters/?bbox=0,0,1,1&zoom=2").status_code in {401, 403}
    assert all(
        client.get(path).status_code == 302 for path in ("/map/", "/map/photos/", "/map/area/", "/places/")
    )


def test_the_api_answers_with_clusters(alice: User, signed_in: Browser) -> None:
    at(alice, 48.85, 2.35)
    answer = signed_in(alice).get("/api/map/clusters/?bbox=-180,-90,180,90&zoom=2")
    (cluster,) = json.loads(answer.content)["clusters"]
    assert cluster["count"] == 1
    assert cluster["bbox"] == pytest.approx([2.35, 48.85, 2.35, 48.85], abs=1e-4)


@pytest.mark.parametrize(
    ("bbox", "zoom"),
    [
        ("", "2"), ("1,2,3", "2"), ("a,b,c,d", "2"), ("0,0,1,nan", "2"), ("0,0,inf,1", "2"), ("0,2,1,1", "2"),
        ("0,-91,1,1", "2"), ("-181,0,1,1", "2"), ("0,0,1,1", ""), ("0,0,1,1", "-1"), ("0,0,1,1", "23"),
        ("0,0,1,1", "2.5"), ("0,0,1,1", "\u0663"), ("0,0,1,1", "9" * 5000), ("0,0,1,1e999", "2"),
    ],
)  # fmt: skip
def test_a_box_or_zoom_that_makes_no_sense_is_refused(
    alice: User, signed_in: Browser, bbox: str, zoom: str
) -> None:
    client = signed_in(alice)
    answer = client.get("/api/map/clusters/", {"bbox": bbox, "zoom": zoom})
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_bbox"
    if zoom == "2":
        assert client.get("/map/photos/", {"bbox": bbox}).status_code == 400
        assert client.get("/map/area/", {"bbox": bbox}).status_code == 400


def test_an_unknown_parameter_is_refused(alice: User, signed_in: Browser) -> None:
    answer = signed_in(alice).get("/api/map/clusters/?bbox=0,0,1,1&zoom=2&user=bob")
    assert answer.json()["code"] == "unknown_parameter"


def test_an_area_has_pages(alice: User, signed_in: Browser) -> None:
    for number in range(101):
        at(alice, 48.85, 2.35 + number / 1e5)
    client = signed_in(alice)
    first = client.get("/map/area/", {"bbox": "2,48,3,49"})
    assert len(first.context["tiles"]) == 100
    assert len(client.get("/map/area/" + first.context["page"].older).context["tiles"]) == 1


def test_own_tiles_may_be_fetched_by_the_map_alone(
    alice: User, signed_in: Browser, settings: Settings
) -> None:
    settings.PMTILES_URL = "https://tiles.example.org/world.pmtiles"
    at(alice, 48.85, 2.35)
    client = signed_in(alice)
    page = client.get("/map/")
    assert "https://tiles.example.org " in page.headers["Content-Security-Policy"].replace(";", " ")
    assert 'data-tiles="https://tiles.example.org/world.pmtiles"' in page.content.decode()
    assert "tiles.example.org" not in client.get("/places/").headers["Content-Security-Policy"]


def test_the_squares_of_a_small_library_are_counted_each_time(alice: User) -> None:
    at(alice, 43.2, -4.8)
    assert [one.count for one in clusters.clusters(alice, WORLD, 1)] == [1]
    at(alice, 43.2, -4.8)
    assert [one.count for one in clusters.clusters(alice, WORLD, 1)] == [2]


def test_the_squares_of_a_large_library_hold_for_a_while_and_for_its_owner_alone(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gallery.places.clusters.MANY", 2)
    at(alice, 43.2, -4.8)
    at(alice, 43.2, -4.8)
    at(bob, 43.2, -4.8)
    for counted in (2, 2):
        assert [one.count for one in clusters.clusters(alice, WORLD, 1)] == [counted]
        at(alice, 43.2, -4.8)
    assert [one.count for one in clusters.clusters(bob, WORLD, 1)] == [1]
    cache.clear()
    assert [one.count for one in clusters.clusters(alice, WORLD, 1)] == [4]
