"""What searches find. These cases hold on every engine: `make test-postgres` runs them as well."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from gallery import albums, jobs, search
from gallery.models import Album, AlbumMember, Image, ImageTag, SearchEntry, Tag, User
from gallery.search import index
from tests.make import make_album, make_image, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing")]
Browser = Callable[[User], Client]


def add(owner: User, *, tags: Iterable[str] = (), **values: Any) -> Image:
    """Make an image that search knows."""
    image = make_image(owner, **values)
    for name in tags:
        tag, _ = Tag.objects.get_or_create(owner=owner, slug=name.casefold(), defaults={"name": name})
        ImageTag.objects.create(image=image, tag=tag)
    index.refresh([image.pk])
    return image


def found(user: User, query: str) -> set[str]:
    return {image.title for image in search.run(user, query)}


@pytest.fixture
def library(alice: User) -> User:
    """Return alice, who has six photos."""
    add(
        alice,
        title="Été à la plage",
        tags=["Beach"],
        camera_make="Fujifilm",
        camera_model="X-T5",
        kind="photo",
    )
    add(alice, title="Beaches of Asturias", description="Evening light over the sea", place="Llanes", region="Asturias",
        country="ES", latitude=43.4, longitude=-4.75, cell=1, lens="XF 23mm F1.4")  # fmt: skip
    add(alice, title="Light evening", tags=["beach", "Family trip"], is_favorite=True)
    add(alice, title="Old town", taken_at=datetime(2019, 5, 1, 12, tzinfo=UTC), country="PT", place="Lisboa")
    add(alice, title="Clip", kind="video", filename="DSC_0412.MOV")
    add(alice, title="東京タワー", archived_at=timezone.now())
    return alice


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("ete", {"Été à la plage"}),
        ("PLAGE", {"Été à la plage"}),
        ("bea", {"Été à la plage", "Beaches of Asturias", "Light evening"}),
        ('"bea"', set()),
        ("e", set()),
        ("東", {"東京タワー"}),
        ('"evening light"', {"Beaches of Asturias"}),
        ("evening light", {"Beaches of Asturias", "Light evening"}),
        ('"light over the se"', set()),
        ('"asturias evening"', set()),
        ("sea OR plage", {"Beaches of Asturias", "Été à la plage"}),
        ('"evening light" OR clip', {"Beaches of Asturias", "Clip"}),
        ("light -evening", set()),
        ("beach -asturias", {"Été à la plage", "Light evening"}),
        ("tag:beach", {"Été à la plage", "Light evening"}),
        ("tag:BÉACH", {"Été à la plage", "Light evening"}),
        ("tag:bea", set()),
        ('tag:"family trip"', {"Light evening"}),
        ("-has:tag before:2020", {"Old town"}),
        ("camera:x-t5", {"Été à la plage"}),
        ("camera:fuji", {"Été à la plage"}),
        ("camera:plage", set()),
        ("lens:23mm", {"Beaches of Asturias"}),
        ("place:spain", {"Beaches of Asturias"}),
        ("place:llan", {"Beaches of Asturias"}),
        ("spain", {"Beaches of Asturias"}),
        ("place:light", set()),
        ("has:gps", {"Beaches of Asturias"}),
        ("has:place", {"Beaches of Asturias", "Old town"}),
        ("has:description", {"Beaches of Asturias"}),
        ("is:favourite", {"Light evening"}),
        ("is:video", {"Clip"}),
        ("is:archived", {"東京タワー"}),
        ("dsc_0412", {"Clip"}),
        ("タワー", {"東京タワー"}),
        ("京東", set()),
        ("before:2019-05-02", {"Old town"}),
        ("before:2019-05-01", set()),
        ("year:2019", {"Old town"}),
        ("on:2019-05-01", {"Old town"}),
        ("after:2019-05-01 before:2020", {"Old town"}),
        ("nosuchword", set()),
        ("plage nosuchword", set()),
    ],
)
def test_a_query_finds(library: User, query: str, titles: set[str]) -> None:
    assert found(library, query) == titles


def test_an_empty_query_finds_the_library(library: User) -> None:
    assert search.run(library, "").count() == 6


def test_common_words_are_found_by_reading_the_library(
    library: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = {
        query: found(library, query) for query in ("bea", '"evening light"', "sea OR plage", "is:photo -ete")
    }
    monkeypatch.setattr("gallery.search.engines.Lookup.count", lambda lookup: lookup.most)
    assert {query: found(library, query) for query in looked_up} == looked_up
    # Many, but few enough to be picked out of the library.
    monkeypatch.setattr("gallery.search.engines.Lookup.count", lambda lookup: lookup.most - 1)
    assert {query: found(library, query) for query in looked_up} == looked_up


def test_what_lies_in_the_bin_or_waits_for_review_is_not_found(alice: User) -> None:
    add(alice, title="Sea one", binned_at=timezone.now())
    add(alice, title="Sea two", held_at=timezone.now())
    assert found(alice, "sea") == set()


def test_changes_are_found_once_the_words_are_gathered_anew(alice: User) -> None:
    image = add(alice, title="Sea")
    Image.objects.filter(pk=image.pk).update(title="Mountain")
    index.refresh([image.pk])
    assert (found(alice, "sea"), found(alice, "mountain")) == (set(), {"Mountain"})


def test_words_go_with_their_image(alice: User) -> None:
    add(alice, title="Sea").delete()
    assert found(alice, "sea") == set()
    assert not SearchEntry.objects.exists()


def test_photos_of_before_the_search_are_found_out_newest_first(alice: User) -> None:
    old = [make_image(alice, title=f"Sea {number}") for number in range(3)]
    add(alice, title="Sea new")
    assert index.without_words(2) == [old[2].pk, old[1].pk]
    while keys := index.without_words(2):
        index.refresh(keys)
    assert len(found(alice, "sea")) == 4


def test_titles_of_albums_are_words_of_their_photos(alice: User, bob: User) -> None:
    image = make_image(alice, title="Ridge")
    make_album(alice, image, title="Picos 2026")
    make_album(bob, image, title="Elsewhere")
    index.refresh([image.pk])
    assert found(alice, "picos") == {"Ridge"}
    assert found(alice, "elsewhere") == set()


def test_photos_of_a_large_album_are_found_by_its_new_title_when_a_job_has_gathered_it(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(albums, "MANY", 2)
    monkeypatch.setattr(albums, "CHUNK", 2)
    album = make_album(alice, *(add(alice, title=f"Photo {number}") for number in range(5)))
    album.add([add(bob, title="Bobs").pk])
    albums.change(album, title="Picos")
    assert found(alice, "picos") == set()
    assert jobs.work_once()
    assert found(alice, "picos") == {f"Photo {number}" for number in range(5)}
    assert found(bob, "picos") == set()


def test_an_album_is_named_by_words_of_its_title(alice: User) -> None:
    make_album(alice, add(alice, title="One"), title="Été in the Picos")
    make_album(alice, add(alice, title="Two"), title="Winter")
    assert found(alice, "album:ete") == {"One"}
    assert found(alice, 'album:"the pic"') == set()
    assert found(alice, "album:picos OR album:winter") == {"One", "Two"}
    assert found(alice, "-album:winter") == {"One"}


def test_strangers_find_nothing_of_others(library: User, stranger: User) -> None:
    for query in (
        "",
        "plage",
        "tag:beach",
        "is:favourite",
        "has:gps",
        "album:picos",
        "place:spain",
        "-nothing",
    ):
        assert found(stranger, query) == set()


def test_a_shared_album_is_searched_where_it_is_named(shared_album: Album, alice: User, bob: User) -> None:
    hers = add(alice, title="Hers", place="Llanes", camera_make="Fujifilm", is_favorite=True)
    shared_album.add([hers.pk])
    index.refresh([hers.pk])
    assert found(bob, "album:picos") == {"Hers"}
    assert found(bob, "album:picos year:2026") == {"Hers"}
    assert found(bob, "") == set()
    # What its owner knows of it is not to be found out by searching.
    for query in (
        "hers",
        "place:llanes",
        "camera:fuji",
        "is:favourite",
        "has:place",
        "-place:llanes",
        "tag:x OR album:picos",
    ):
        assert found(bob, f"album:picos {query}") == set(), query


def test_members_photos_are_found_in_ones_own_album(shared_album: Album, alice: User, bob: User) -> None:
    shared_album.add([add(bob, title="His").pk])
    assert found(alice, "album:picos") == {"His"}


def test_a_member_who_left_finds_nothing(shared_album: Album, alice: User, bob: User) -> None:
    shared_album.add([add(alice, title="Hers").pk])
    AlbumMember.objects.filter(user=bob).delete()
    assert found(bob, "album:picos") == set()


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(max_size=80)
    | st.from_regex(r"(-?(tag|album|camera|is|on)?:?[\"'*()^{}: \\a-z0-9%_]{0,12} ?){1,4}")
)
def test_any_text_gives_a_result_or_an_error_that_explains(library: User, text: str) -> None:
    try:
        list(search.run(library, text)[:3])
    except search.QueryError as error:
        message = error.message
    else:
        message = "understood"
    assert message


def page(client: Client, query: str) -> str:
    return client.get("/search/", {"q": query}).content.decode()


def test_the_page_shows_what_was_found_and_how_many(library: User, signed_in: Browser) -> None:
    text = page(signed_in(library), "tag:beach")
    assert "2 photos" in text
    assert text.count("<img srcset") == 2


def test_the_page_offers_chips_that_add_and_remove_terms(library: User, signed_in: Browser) -> None:
    text = page(signed_in(library), "tag:beach is:favourite")
    assert 'href="/search/?q=is%3Afavourite"' in text
    assert 'href="/search/?q=tag%3Abeach+is%3Afavourite+has%3Agps"' in text


def test_an_error_is_shown_at_its_term(library: User, signed_in: Browser) -> None:
    answer = signed_in(library).get("/search/", {"q": "sea tga:<b> lake"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-describedby="problem" data-start="4" data-end="11"' in re.sub(r"\s+", " ", text)
    assert "<mark>tga:&lt;b&gt;</mark>" in text


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles"])
@pytest.mark.parametrize("query", ["after:0001", "before:0001", "on:0001-01-01", "year:9999"])
def test_a_date_at_the_end_of_the_calendar_is_an_error_at_its_term(
    alice: User, signed_in: Browser, settings: Settings, zone: str, query: str
) -> None:
    settings.TIME_ZONE = zone
    response = signed_in(alice).get("/api/search/", {"q": query})
    assert (response.status_code, response.json()["term"]) == (400, query)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
@pytest.mark.parametrize("query", ["after:0002", "before:9998-12-31", "on:9998-12-31"])
def test_the_first_and_the_last_dates_can_be_searched_for_everywhere(
    alice: User, settings: Settings, zone: str, query: str
) -> None:
    settings.TIME_ZONE = zone
    assert found(alice, query) == set()


def test_pages_of_results_carry_the_query(alice: User, signed_in: Browser) -> None:
    for _ in range(101):
        make_image(alice, title="Sea")
    index.refresh(Image.objects.values_list("pk", flat=True))
    client = signed_in(alice)
    first = client.get("/search/", {"q": "sea"})
    assert "101 photos" in first.content.decode()
    second = client.get("/search/" + first.context["older"])
    assert [tile.image.title for tile in second.context["tiles"]] == ["Sea"]


def test_a_search_costs_as_many_questions_whatever_it_finds(
    alice: User, signed_in: Browser, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(60):
        add(alice, title=f"Sea {number}", tags=["beach"])
    client = signed_in(alice)
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        client.get("/search/", {"q": "sea tag:beach"})


def test_an_album_term_costs_as_many_questions_however_many_albums_it_names(
    alice: User, signed_in: Browser
) -> None:
    client, counts = signed_in(alice), []
    for size in (3, 30):
        for number in range(size):
            make_album(alice, add(alice, tags=["beach", f"{size} {number}"]), title=f"Trip {number}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/api/search/", {"q": "album:trip"}).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_api_searches_and_names_the_term_in_its_errors(library: User, signed_in: Browser) -> None:
    client = signed_in(library)
    answer = client.get("/api/search/", {"q": "tag:beach ete"}).json()
    assert [image["title"] for image in answer["results"]] == ["Été à la plage"]
    problem = client.get("/api/search/", {"q": "sea tga:beach"})
    assert problem.status_code == 400
    assert {"code": "invalid_query", "term": "tga:beach", "start": 4}.items() <= problem.json().items()
    assert client.get("/api/search/", {"query": "x"}).json()["code"] == "unknown_parameter"


def test_the_api_finds_nothing_for_strangers_and_asks_the_anonymous_to_sign_in(
    library: User, signed_in: Browser
) -> None:
    assert signed_in(make_user("eve")).get("/api/search/", {"q": "plage"}).json()["results"] == []
    assert Client().get("/api/search/").status_code in {401, 403}
    assert Client().get("/search/").status_code == 302
