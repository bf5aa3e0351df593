"""A photo's page: what it tells and to whom, where it leads, and what its owner can do there without JavaScript."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from gallery.models import Album, Image, User
from tests.make import deleted_meanwhile, make_album, make_image
from tests.pages import UNREACHABLE, actions, link, links, tags

SignedIn = Callable[[User], Client]
ACTIONS = ("favourite", "edit", "album", "bin", "restore")


@pytest.fixture(autouse=True)
def _unreachable_store(settings: Settings) -> None:
    settings.S3 = UNREACHABLE


@pytest.fixture
def photo(alice: User) -> Image:
    """Return a photo of which everything is known."""
    return make_image(
        alice,
        taken_at=datetime(2026, 9, 14, 17, 42, tzinfo=UTC),
        taken_offset_minutes=120,
        camera_make="FUJIFILM",
        camera_model="X-T5",
        lens="XF23mmF1.4 R",
        exposure_s=1 / 250,
        f_number=5.6,
        iso=160,
        focal_length_mm=23.0,
        focal_length_35mm=35.0,
        latitude=43.1962,
        longitude=-4.8512,
        filename="DSCF4001.jpg",
        bytes=19_083_000,
    )


@pytest.mark.parametrize("page", ["", "original/"])
def test_a_stranger_gets_404_for_a_photo(
    photo: Image, stranger: User, signed_in: SignedIn, page: str
) -> None:
    assert signed_in(stranger).get(f"{photo.get_absolute_url()}{page}").status_code == 404


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("invited", [False, True])
def test_only_the_owner_can_change_a_photo(
    photo: Image, bob: User, shared_album: Album, signed_in: SignedIn, action: str, *, invited: bool
) -> None:
    if invited:
        shared_album.add([photo.pk])
    data = {"favourite": "yes", "title": "Mine", "album": str(shared_album.pk)}
    assert signed_in(bob).post(f"{photo.get_absolute_url()}{action}/", data).status_code == 404
    photo.refresh_from_db()
    assert (photo.is_favorite, photo.title, photo.binned_at) == (False, "", None)


@pytest.mark.parametrize("action", ACTIONS)
def test_looking_at_an_address_changes_nothing(
    alice: User, photo: Image, signed_in: SignedIn, action: str
) -> None:
    assert signed_in(alice).get(f"{photo.get_absolute_url()}{action}/").status_code == 405


def test_the_owner_sees_all_that_is_known(alice: User, photo: Image, signed_in: SignedIn) -> None:
    text = signed_in(alice).get(photo.get_absolute_url()).content.decode()
    for fact in (
        "14 September 2026, 19:42 UTC+02:00",
        "FUJIFILM X-T5",
        "XF23mmF1.4 R",
        "1/250 s · f/5.6 · ISO 160",
        "23 mm (35 mm on full frame)",
        "43.19620° N, 4.85120° W",
        "6000 × 4000 (24.0 MP)",  # noqa: RUF001
        "DSCF4001.jpg",
        "18.2\xa0MB",
    ):
        assert fact in text


def test_an_invited_viewer_sees_the_photo_but_not_its_place_nor_any_control(
    photo: Image, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    shared_album.add([photo.pk])
    response = signed_in(bob).get(photo.get_absolute_url())
    text = response.content.decode()
    assert "XF23mmF1.4 R" in text
    assert "43.19620" not in text
    assert not {url for url in actions(response) if url.startswith("/p/")}
    assert signed_in(bob).get(f"{photo.get_absolute_url()}original/").status_code == 404


def test_the_viewer_offers_two_widths_and_knows_the_size(
    alice: User, photo: Image, signed_in: SignedIn
) -> None:
    image = tags(signed_in(alice).get(photo.get_absolute_url()), "img")[-1]
    assert (image["width"], image["height"], image["alt"]) == ("2560", "1707", "Photo, 14 September 2026")
    assert [part.split()[-1] for part in image["srcset"].split(",")] == ["1280w", "2560w"]


def test_links_lead_to_the_neighbours_in_the_library(alice: User, signed_in: SignedIn) -> None:
    newest, middle, oldest = (make_image(alice) for _ in range(3))
    client = signed_in(alice)
    response = client.get(middle.get_absolute_url())
    assert (link(response, "prev"), link(response, "next")) == (
        newest.get_absolute_url(),
        oldest.get_absolute_url(),
    )
    assert not link(client.get(newest.get_absolute_url()), "prev")
    assert not link(client.get(oldest.get_absolute_url()), "next")


def test_the_way_back_leads_to_the_page_that_begins_with_the_photo(alice: User, signed_in: SignedIn) -> None:
    _, middle, oldest = (make_image(alice) for _ in range(3))
    client = signed_in(alice)
    back = next(tag["href"] for tag in tags(client.get(middle.get_absolute_url()), "a") if "data-back" in tag)
    assert links(client.get(back), "/p/") == [middle.get_absolute_url(), oldest.get_absolute_url()]


def test_in_an_album_links_follow_the_albums_order(
    alice: User, bob: User, shared_album: Album, signed_in: SignedIn
) -> None:
    first, second, third = (make_image(alice) for _ in range(3))
    shared_album.add([third.pk, first.pk, second.pk])
    query = f"?album={shared_album.pk}"
    response = signed_in(bob).get(f"{first.get_absolute_url()}{query}")
    assert link(response, "prev") == f"{third.get_absolute_url()}{query}"
    assert link(response, "next") == f"{second.get_absolute_url()}{query}"
    assert shared_album.get_absolute_url() in links(response)


def test_a_photo_is_not_found_in_an_album_that_does_not_hold_it(
    alice: User, photo: Image, bob: User, signed_in: SignedIn
) -> None:
    client, url = signed_in(alice), photo.get_absolute_url()
    for album in (make_album(alice).pk, make_album(bob, title="Bob's").pk, "nonsense"):
        assert client.get(f"{url}?album={album}").status_code == 404


def test_the_heart_is_set_and_taken_back(alice: User, photo: Image, signed_in: SignedIn) -> None:
    client, url = signed_in(alice), photo.get_absolute_url()
    for answer, expected in (("yes", True), ("no", False)):
        assert client.post(f"{url}favourite/", {"favourite": answer}).headers["Location"] == url
        photo.refresh_from_db()
        assert photo.is_favorite is expected


def test_the_owners_words_are_kept(alice: User, photo: Image, signed_in: SignedIn) -> None:
    data = {"title": "Ridge", "description": "Evening\non the ridge"}
    response = signed_in(alice).post(f"{photo.get_absolute_url()}edit/", data, follow=True)
    assert "Evening\non the ridge" in response.content.decode().replace("\r\n", "\n")
    photo.refresh_from_db()
    assert photo.title == "Ridge"


def test_a_title_that_is_too_long_is_refused_with_the_reason(
    alice: User, photo: Image, signed_in: SignedIn
) -> None:
    response = signed_in(alice).post(f"{photo.get_absolute_url()}edit/", {"title": "x" * 201})
    assert response.status_code == 422
    assert "at most 200 characters" in response.content.decode()
    photo.refresh_from_db()
    assert photo.title == ""


def test_the_original_is_downloaded_under_its_own_name(
    alice: User, photo: Image, signed_in: SignedIn
) -> None:
    response = signed_in(alice).get(f"{photo.get_absolute_url()}original/")
    assert response.status_code == 302
    target = urlsplit(response.headers["Location"])
    assert target.path.endswith(photo.original_key)
    disposition = parse_qs(target.query)["response-content-disposition"]
    assert disposition == ['attachment; filename="DSCF4001.jpg"']


def test_a_binned_photo_can_be_taken_back_at_once(alice: User, photo: Image, signed_in: SignedIn) -> None:
    client, url = signed_in(alice), photo.get_absolute_url()
    response = client.post(f"{url}bin/", follow=True)
    assert f"{url}restore/" in actions(response)
    assert client.get(url).status_code == 404
    client.post(f"{url}restore/")
    assert client.get(url).status_code == 200


def test_after_binning_the_next_photo_is_shown(alice: User, signed_in: SignedIn) -> None:
    first, second = make_image(alice), make_image(alice)
    response = signed_in(alice).post(f"{first.get_absolute_url()}bin/")
    assert response.headers["Location"] == second.get_absolute_url()


def test_the_bin_says_how_long_a_photo_stays_and_gives_it_back(
    alice: User, photo: Image, signed_in: SignedIn, settings: Settings
) -> None:
    settings.BIN_DAYS = 12
    client, url = signed_in(alice), photo.get_absolute_url()
    client.post(f"{url}bin/")
    page = client.get("/bin/")
    assert "12 days left" in page.content.decode()
    response = client.post(f"{url}restore/", {"stay": "1"}, follow=True)
    assert "The bin is empty" in response.content.decode()
    assert links(client.get("/"), "/p/") == [url]


def test_the_bin_is_read_page_by_page(alice: User, signed_in: SignedIn) -> None:
    rows = [make_image(alice, save=False, binned_at=datetime(2026, 9, 15, tzinfo=UTC)) for _ in range(130)]
    Image.objects.bulk_create(rows)
    client = signed_in(alice)
    first = client.get("/bin/")
    second = client.get(f"/bin/{link(first, 'next')}")
    restores = [{url for url in actions(page) if url.startswith("/p/")} for page in (first, second)]
    assert [len(page) for page in restores] == [100, 30]
    assert not restores[0] & restores[1]


@pytest.mark.parametrize(
    ("page", "data"), [("favourite/", {"favourite": "yes"}), ("edit/", {"title": "Fog"})]
)
def test_a_photo_that_is_deleted_for_good_while_it_is_changed_stays_deleted(
    photo: Image, alice: User, signed_in: SignedIn, page: str, data: dict[str, str]
) -> None:
    with deleted_meanwhile(photo):
        assert signed_in(alice).post(f"{photo.get_absolute_url()}{page}", data).status_code == 404
    assert not Image.objects.exists()


def test_new_words_do_not_undo_what_happens_to_the_photo_meanwhile(
    photo: Image, alice: User, signed_in: SignedIn
) -> None:
    with CaptureQueriesContext(connection) as queries:
        signed_in(alice).post(f"{photo.get_absolute_url()}edit/", {"title": "Fog", "description": ""})
    (written,) = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "gallery_image"')]
    assert "binned_at" not in written
