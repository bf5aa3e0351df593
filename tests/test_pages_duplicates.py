"""The page of photos that look alike, its decisions without a script, its API, and stacks on a photo's page."""

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery import similar
from gallery.models import Image, User
from tests.make import make_album, make_image

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing")]
Browser = Callable[[User], Client]
LOOK = 0x1234_5678_9ABC_DEF0


def alike(owner: User, count: int = 2, look: int = LOOK) -> list[Image]:
    """Make photos that look alike, the first the largest."""
    images = [make_image(owner, phash=look, width=6000 - 100 * place) for place in range(count)]
    for image in images:
        similar.note(image)
    return images


def test_groups_stand_side_by_side_with_their_facts(alice: User, signed_in: Browser) -> None:
    best, worse = alike(alice)
    make_album(alice, worse, title="Lake <Como>")

    page = signed_in(alice).get("/duplicates/").content.decode()

    assert page.index(best.filename) < page.index(worse.filename)
    assert "5900 \N{MULTIPLICATION SIGN} 4000 (23.6" in page
    assert "Lake &lt;Como&gt;" in page
    assert f'value="{best.pk}" checked' in " ".join(page.split())
    assert f'value="{worse.pk}" checked' not in " ".join(page.split())


def test_the_rest_goes_to_the_bin_and_comes_back(alice: User, signed_in: Browser) -> None:
    best, worse = alike(alice)
    client = signed_in(alice)

    data = {"action": "keep", "photo": [best.pk, worse.pk], "keep": [best.pk]}
    page = client.post("/duplicates/decide/", data, follow=True).content.decode()

    assert list(Image.objects.live()) == [best]
    assert "1 photo moved to the bin." in page
    undo = page.split('action="/duplicates/undo/')[1].split('"')[0]
    client.post(f"/duplicates/undo/{undo}")
    assert Image.objects.live().count() == 2


def test_stacking_and_dismissing_empty_the_page(alice: User, signed_in: Browser) -> None:
    client = signed_in(alice)
    first = alike(alice)
    second = alike(alice, look=~LOOK)

    client.post(
        "/duplicates/decide/", {"action": "stack", "photo": [i.pk for i in first], "keep": [first[1].pk]}
    )
    client.post("/duplicates/decide/", {"action": "dismiss", "photo": [i.pk for i in second]})

    assert Image.objects.get(pk=first[0].pk).stacked_under_id == first[1].pk
    assert "No photos that look alike" in client.get("/duplicates/").content.decode()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"action": "keep"}, 302),
        ({"action": "burn"}, 400),
        ({"action": "keep", "photo": "x"}, 404),
        ({}, 400),
    ],
)
def test_bad_decisions_are_refused_and_nothing_goes(
    alice: User, signed_in: Browser, data: dict[str, str], status: int
) -> None:
    images = alike(alice)

    answer = signed_in(alice).post("/duplicates/decide/", {"photo": [i.pk for i in images]} | data)

    assert answer.status_code == status
    assert Image.objects.live().count() == 2


def test_strangers_see_and_decide_nothing(alice: User, bob: User, signed_in: Browser) -> None:
    best, worse = alike(alice)
    client = signed_in(bob)

    assert best.filename not in client.get("/duplicates/").content.decode()
    client.post("/duplicates/decide/", {"action": "keep", "photo": [best.pk, worse.pk], "keep": [best.pk]})
    client.post("/duplicates/decide/", {"action": "dismiss", "photo": [best.pk, worse.pk]})
    assert client.post(f"/p/{best.pk}/stack/", {"action": "all"}).status_code == 404
    assert Client().get("/duplicates/").status_code == 302

    assert best.filename in signed_in(alice).get("/duplicates/").content.decode()
    assert Image.objects.live().count() == 2


def test_a_page_costs_as_many_questions_whatever_it_shows(alice: User, signed_in: Browser) -> None:
    client = signed_in(alice)
    client.get("/duplicates/")
    counts = []
    for number in range(2):
        for group in range(4):
            alike(alice, 3, look=uuid.uuid5(uuid.NAMESPACE_URL, f"{number}.{group}").int & (1 << 62) - 1)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/duplicates/")
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 16


def test_a_stack_is_changed_on_the_photos_page(alice: User, signed_in: Browser) -> None:
    top, member, other = alike(alice, 3)
    Image.objects.filter(pk__in=[member.pk, other.pk]).update(stacked_under=top, stack_kind="burst")
    client = signed_in(alice)
    assert "Unstack all" in client.get(f"/p/{top.pk}/").content.decode()

    client.post(f"/p/{member.pk}/stack/", {"action": "top"})
    assert list(Image.objects.in_timeline()) == [member]
    client.post(f"/p/{other.pk}/stack/", {"action": "out"})
    assert set(Image.objects.in_timeline()) == {member, other}
    client.post(f"/p/{member.pk}/stack/", {"action": "all"})
    assert Image.objects.in_timeline().count() == 3
    assert client.post(f"/p/{member.pk}/stack/", {"action": "burn"}).status_code == 400


def test_programs_see_groups_and_decide(alice: User, bob: User, signed_in: Browser) -> None:
    best, worse = alike(alice)
    client = signed_in(alice)

    answer = client.get("/api/duplicates/").json()
    (group,) = answer["groups"]
    assert [image["id"] for image in group["images"]] == [str(best.pk), str(worse.pk)]
    assert answer["before"] is None
    assert signed_in(bob).get("/api/duplicates/").json()["groups"] == []
    assert Client().get("/api/duplicates/").status_code in {401, 403}

    ids = [str(best.pk), str(worse.pk)]
    wrong = client.post("/api/duplicates/", {"action": "keep", "images": ids}, "application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "nothing_kept")
    right = client.post(
        "/api/duplicates/", {"action": "keep", "images": ids, "keep": ids[:1]}, "application/json"
    )
    assert (right.status_code, right.json()) == (200, {"binned": ids[1:]})
    assert list(Image.objects.live()) == [best]
