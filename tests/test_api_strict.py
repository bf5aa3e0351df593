"""What the query may hold: nothing unknown at any address, and the fields that are wanted where rows are answered."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.api import image_rows
from gallery.api.image_serializers import ImageSerializer
from gallery.models import Image, Tag, User
from tests.access_world import World, make_world
from tests.api_routes import Route, cases
from tests.make import make_album, make_image

pytestmark = pytest.mark.usefixtures("signing")
SignedIn = Callable[[User], Client]
STAFF_ONLY = ("api:user-list", "api:user-detail")


@pytest.fixture
def world(alice: User) -> World:
    return make_world(alice)


def client_for(world: World, route: Route) -> Client:
    return world.client("staff" if route.name in STAFF_ONLY else "owner")


@pytest.mark.parametrize("route", cases())
def test_unknown_parameter_is_refused_at_every_address(route: Route, world: World) -> None:
    url = f"{route.url(world)}?surprise=1"
    client = client_for(world, route)

    answer = (
        getattr(client, route.method)(url, content_type="application/json")
        if route.method != "get"
        else client.get(url)
    )

    assert answer.status_code == 400, answer.content[:300]
    problem = answer.json()
    assert problem["code"] == "unknown_parameter"
    assert "surprise" in problem["detail"]
    assert "Known are: " in problem["detail"]


def fields_of(answer: Any) -> dict[str, Any]:
    """Return a row of the answer, whatever it lies in."""
    body = answer.json()
    rows = body.get("results") or body.get("images")
    row: dict[str, Any] = rows[0] if isinstance(rows, list) else body
    return row


SPARSE = [
    ("images/", "id,title"), ("images/{image}/", "id,tags"), ("albums/", "title,images"), ("albums/{album}/", "role"),
    ("albums/{album}/images/", "id,taken_at"), ("tags/", "name"), ("tags/{tag}/", "images"), ("search/", "id,urls"),
    ("smart-albums/", "query"), ("share-links/", "id,views"), ("uploads/", "state"), ("tokens/", "prefix"),
    ("jobs/", "kind"), ("invitations/", "email"), ("bin/", "binned_at"), ("albums/{album}/members/", "username"),
    ("places/ES/images/", "place"), ("guest-images/", "guest_name"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "fields"), SPARSE, ids=[path for path, _ in SPARSE])
def test_answer_holds_the_fields_that_were_asked_for_and_no_others(
    path: str, fields: str, world: World
) -> None:
    parts = world.parts["album"]
    here = path.format(image=parts["image_id"], album=parts["album_id"], tag=world.parts["thing"]["tag"])
    sign = "&" if "?" in here else "?"

    answer = world.client("owner").get(f"/api/{here}{sign}fields={fields}")

    assert answer.status_code == 200, answer.content[:300]
    assert set(fields_of(answer)) == set(fields.split(","))


@pytest.mark.parametrize("path", [path for path, _ in SPARSE])
def test_unknown_field_is_refused_with_those_that_are_known(path: str, world: World) -> None:
    parts = world.parts["album"]
    here = path.format(image=parts["image_id"], album=parts["album_id"], tag=world.parts["thing"]["tag"])
    sign = "&" if "?" in here else "?"

    answer = world.client("owner").get(f"/api/{here}{sign}fields=id,titel")

    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_field"
    assert "'titel'" in answer.json()["detail"]
    assert "Known are: id" in answer.json()["detail"]


def test_fields_spare_the_queries_and_columns_that_nobody_asked_for(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    for _ in range(3):
        Tag.objects.get_or_create(owner=alice, name="ridge")[0].images.add(make_image(alice))

    with CaptureQueriesContext(
        connection,
    ) as whole:
        client.get("/api/images/")
    with CaptureQueriesContext(connection) as sparse:
        client.get("/api/images/?fields=id,title")

    assert len(sparse) == len(whole) - 1
    [read] = [query["sql"] for query in sparse if 'FROM "gallery_image"' in query["sql"]]
    assert '"camera_model"' not in read
    assert '"rendition_token"' not in read


def test_fields_of_albums_spare_the_counting(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    make_album(alice, make_image(alice))

    with CaptureQueriesContext(connection) as whole:
        client.get("/api/albums/")
    with CaptureQueriesContext(connection) as sparse:
        client.get("/api/albums/?fields=id,title")

    assert len(sparse) == len(whole) - 4


def test_every_field_that_is_described_is_written_and_no_other(alice: User) -> None:
    assert list(image_rows.FIELDS) == ImageSerializer.Meta.fields


@pytest.mark.parametrize("name", list(image_rows.FIELDS))
def test_every_field_alone_says_what_it_says_among_all(name: str, alice: User, signed_in: SignedIn) -> None:
    image = make_image(
        alice, place="Potes", latitude=43.1, longitude=-4.6, title="Fog", taken_offset_minutes=120
    )
    Tag.objects.create(owner=alice, name="ridge").images.add(image)
    client = signed_in(alice)

    whole = client.get(f"/api/images/{image.pk}/").json()
    with CaptureQueriesContext(connection) as queries:
        alone = client.get(f"/api/images/?fields={name}").json()["results"][0]

    assert alone == {name: whole[name]}
    # A column that was left out would be fetched by a query for each row.
    assert sum('FROM "gallery_image"' in query["sql"] for query in queries) <= 1 + (name == "tags")
    assert Image.objects.count() == 1
