"""Names of places: the offline gazetteer, filling at arrival and later, and the lists of countries and places."""

import gzip
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from pytest_django import Settings

from gallery import search, tasks
from gallery.models import Image, User
from gallery.places import countries, gazetteer, listing, naming
from gallery.places.gazetteer import Gazetteer, Town, packed
from gallery.search import index
from tests.make import make_image

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing")]
Browser = Callable[[User], Client]


@pytest.mark.parametrize(
    ("latitude", "longitude", "name", "country"),
    [
        (48.8566, 2.3522, "Paris", "FR"),
        (48.8049, 2.1204, "Versailles", "FR"),
        (-33.8568, 151.2153, "Sydney", "AU"),
        (37.8199, -122.4783, "San Francisco", "US"),
        (41.9022, 12.4539, "Vatican City", "VA"),
        (-16.8, 179.99, "", "FJ"),
        (-16.8, -179.99, "", "FJ"),
    ],
)
def test_a_position_has_a_name(latitude: float, longitude: float, name: str, country: str) -> None:
    place = gazetteer.gazetteer().place(latitude, longitude)
    assert place is not None
    assert (place.name, place.country) == (name, country)


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(90, 0), (-90, 0), (30, -40), (0, 180), (0, -180), (24, 5)]
)
def test_the_wild_has_none(latitude: float, longitude: float) -> None:
    assert gazetteer.gazetteer().place(latitude, longitude) is None


def test_a_city_reaches_farther_than_a_village() -> None:
    towns = [Town("City", "", "XX", 10.0, 10.0, 2_000_000), Town("Village", "", "XX", 10.0, 10.1, 1_000)]
    found = Gazetteer(gzip.decompress(packed(towns)))
    near_village, between = found.place(10.0, 10.095), found.place(10.0, 10.06)
    assert near_village is not None
    assert between is not None
    assert (near_village.name, between.name) == ("Village", "City")


def test_packing_the_same_towns_makes_the_same_file() -> None:
    towns = [Town("A", "R", "XX", 1.0, 2.0, 5), Town("B", "R", "XX", -89.9, 180.0, 5)]
    assert packed(towns) == packed(reversed(towns))


def test_countries_are_named_in_the_readers_language() -> None:
    with override("de"):
        assert countries.name("ES") == "Spanien"
    with override("en-gb"):
        assert countries.name("ES") == "Spain"


def test_an_unsaved_image_is_located(alice: User) -> None:
    image = make_image(alice, latitude=48.8566, longitude=2.3522)
    naming.locate(image)
    assert (image.place, image.region, image.country) == ("Paris", "Île-de-France", "FR")
    assert image.cell is not None


def test_older_photos_are_named_by_a_command_and_found_by_the_names(alice: User) -> None:
    image = make_image(alice, latitude=48.8566, longitude=2.3522)
    make_image(alice)
    call_command("fill_places")
    image.refresh_from_db()
    assert (image.place, image.country) == ("Paris", "FR")
    assert list(search.run(alice, "place:paris")) == [image]


def test_a_place_that_a_person_named_stays(alice: User) -> None:
    image = make_image(alice, latitude=48.8566, longitude=2.3522, place="Home", place_by_person=True)
    assert naming.fill([image.pk]) == 1
    image.refresh_from_db()
    assert (image.place, image.country) == ("Home", None)
    assert image.cell is not None
    assert naming.fill([image.pk]) == 0


def test_a_tick_catches_up_with_photos_of_before(alice: User, s3: object) -> None:
    image = make_image(alice, latitude=48.8566, longitude=2.3522)
    tasks.tick()
    assert list(search.run(alice, "place:paris")) == [image]


@pytest.fixture
def travels(alice: User) -> User:
    """Return alice, who was in two countries."""
    for place, country, count in (("Paris", "FR", 2), ("Lyon", "FR", 1), ("Llanes", "ES", 1)):
        for _ in range(count):
            make_image(alice, place=place, country=country, region="")
    make_image(alice, place="Grandma's", place_by_person=True)
    make_image(alice, place="Paris", country="FR", binned_at=timezone.now())
    make_image(alice, place="Paris", country="FR", archived_at=timezone.now())
    return alice


def test_countries_are_listed_with_their_photos(travels: User) -> None:
    assert [(entry.key, entry.count) for entry in listing.countries_of(travels)] == [
        ("FR", 3), ("ES", 1), (listing.NOWHERE, 1),
    ]  # fmt: skip


def test_places_of_a_country_are_listed_by_name(travels: User) -> None:
    found = listing.places_of(travels, "FR", "", 10)
    assert [(entry.key, entry.count) for entry in found] == [("Lyon", 1), ("Paris", 2)]
    assert all(entry.cover is not None and entry.cover.place == entry.key for entry in found)
    assert [entry.key for entry in listing.places_of(travels, "FR", "Lyon", 10)] == ["Paris"]


def test_the_pages_lead_from_countries_to_photos(travels: User, signed_in: Browser) -> None:
    client = signed_in(travels)
    assert 'href="/places/FR/"' in client.get("/places/").content.decode()
    assert 'href="/places/FR/in/Paris/"' in client.get("/places/FR/").content.decode()
    assert len(client.get("/places/FR/in/Paris/").context["tiles"]) == 2
    assert len(client.get("/places/FR/photos/").context["tiles"]) == 3
    assert len(client.get("/places/other/in/Grandma's/").context["tiles"]) == 1


def test_names_with_signs_of_their_own_have_pages(alice: User, signed_in: Browser) -> None:
    name = "Sân/B <b>&\u202e?#%"
    make_image(alice, place=name, country="FR")
    client = signed_in(alice)
    card = client.get("/places/FR/").context["cards"][0]
    assert client.get(card.url).context["title"] == name


@pytest.mark.parametrize("path", ["/places/FR/", "/places/FR/photos/", "/places/FR/in/Paris/", "/places/xx/"])
def test_strangers_learn_of_no_place(travels: User, stranger: User, signed_in: Browser, path: str) -> None:
    client = signed_in(stranger)
    assert client.get(path).status_code == 404
    assert client.get("/places/").context["cards"] == []
    assert client.get("/api/places/").json() == {"countries": []}
    assert client.get("/api/places/FR/").json() == {"places": [], "after": None}


def test_places_do_not_cost_more_for_more_of_them(
    travels: User, signed_in: Browser, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(30):
        make_image(travels, place=f"Place {number}", country="FR")
    client = signed_in(travels)
    for path in ("/places/", "/places/FR/"):
        with django_assert_max_num_queries(5):  # type: ignore[attr-defined]
            client.get(path)


def test_the_api_lists_countries_and_places(travels: User, signed_in: Browser) -> None:
    client = signed_in(travels)
    first = client.get("/api/places/").json()["countries"][0]
    assert (first["code"], first["name"], first["count"]) == ("FR", "France", 3)
    assert [place["name"] for place in client.get("/api/places/FR/").json()["places"]] == ["Lyon", "Paris"]
    assert client.get("/api/places/FR/?page=2").json()["code"] == "unknown_parameter"


def test_words_of_places_are_gathered_in_every_language_of_the_site(alice: User, settings: Settings) -> None:
    settings.LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
    image = make_image(alice, country="ES", place="Llanes")
    index.refresh([image.pk])
    assert list(search.run(alice, "place:spanien")) == [image]
    assert Image.objects.filter(search_entry__text__contains="spain").exists()
