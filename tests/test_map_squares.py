"""Clusters that are put together of the squares of a whole library are those that counting each box gives."""

import random
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import bulk
from gallery.models import Image, User
from gallery.places import cells, clusters
from tests.make import make_image

WORLD = clusters.read_box("-180,-85,180,85")
# Each with a zoom: the whole world, across the antimeridian, a part of a town.
VIEWS = (("-180,-85,180,85", 2), ("-12,36,3,44", 6), ("170,-40,-170,10", 4), ("-9.2,38.6,-9.0,38.8", 11))


@pytest.fixture
def library(alice: User) -> User:
    chance = random.Random(3)
    rows = []
    for _ in range(300):
        latitude, longitude = chance.choice(((38.7, -9.1), (41.1, -8.6), (-18, 179.5), (-17, -179.5)))
        latitude, longitude = latitude + chance.gauss(0, 0.4), longitude + chance.gauss(0, 0.04)
        rows.append(
            make_image(
                alice,
                save=False,
                latitude=latitude,
                longitude=longitude,
                cell=cells.cell(latitude, longitude),
            )
        )
    Image.objects.bulk_create(rows)
    return alice


@pytest.mark.parametrize(("bbox", "zoom"), VIEWS)
def test_squares_of_the_library_give_the_clusters_of_each_box(
    bbox: str, zoom: int, library: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = clusters.read_box(bbox)
    inside = sum(cluster.count for cluster in clusters.clusters(library, box, zoom))
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        together = clusters.clusters(library, box, zoom)
        monkeypatch.setattr(clusters, "MOST_SQUARES", 1)
    # At the edge a square that is put together counts whole; one that was counted in the box only as far as it was read.
    assert sum(cluster.count for cluster in together) >= inside >= clusters.in_box(library, box).count()
    for cluster in together:
        assert cluster.count == clusters.in_box(library, cluster.box).count()


def test_a_library_that_was_left_alone_is_counted_once_for_all_boxes(library: User) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        before = sum(cluster.count for cluster in clusters.clusters(library, WORLD, 2))
        with CaptureQueriesContext(connection) as asked:
            clusters.clusters(library, clusters.read_box("-12,36,3,44"), 6)
        assert not [query for query in asked.captured_queries if "COUNT(" in query["sql"]]
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        bulk.to_bin(library, [image.pk for image in Image.objects.all()[:10]])
        assert sum(cluster.count for cluster in clusters.clusters(library, WORLD, 2)) == before - 10
    with time_machine.travel(timezone.now() + timedelta(minutes=20)):
        assert sum(cluster.count for cluster in clusters.clusters(library, WORLD, 2)) == before - 10
