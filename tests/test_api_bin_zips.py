"""The bin as a whole, zips and jobs by the API: the same functions as on the pages, and the same rules."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import bin as photo_bin
from gallery import jobs
from gallery.models import AlbumMember, Image, Job, User
from tests.make import make_album, make_image, upload_photo

SignedIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("signing")


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/{path}", body, content_type="application/json")


def in_bin(owner: User, minutes: int) -> Image:
    return make_image(owner, binned_at=timezone.now() - timedelta(minutes=minutes))


def test_bin_lists_what_was_deleted_last_first_and_counts_it(
    alice: User, stranger: User, signed_in: SignedIn
) -> None:
    old, new = in_bin(alice, 5), in_bin(alice, 1)
    in_bin(stranger, 3)
    make_image(alice)
    client = signed_in(alice)

    listed = client.get("/api/bin/").json()["results"]
    summary = client.get("/api/bin/summary/").json()

    assert [one["id"] for one in listed] == [str(new.pk), str(old.pk)]
    assert summary == {"images": 2, "bytes": old.bytes + new.bytes, "days": 30, "is_busy": False}


def test_bin_gives_back_what_is_named_and_passes_over_what_is_not_ones_own(
    alice: User, stranger: User, signed_in: SignedIn
) -> None:
    mine, other, foreign = in_bin(alice, 1), in_bin(alice, 1), in_bin(stranger, 1)

    answer = post(signed_in(alice), "bin/restore/", images=[str(mine.pk), str(foreign.pk)])

    assert answer.json() == {"images": 1}
    assert set(Image.objects.binned()) == {other, foreign}


def test_bin_gives_back_everything_where_asked(alice: User, signed_in: SignedIn) -> None:
    in_bin(alice, 1)
    in_bin(alice, 2)

    assert post(signed_in(alice), "bin/restore/", all=True).json() == {"images": 2}
    assert not Image.objects.binned().exists()


@pytest.mark.parametrize(
    "body", [{}, {"all": False}, {"all": True, "images": ["01984f2e-7c1a-7d3e-9f42-5b6c7d8e9f01"]}]
)
def test_bin_wants_to_know_what_to_give_back(alice: User, signed_in: SignedIn, body: dict[str, Any]) -> None:
    image = in_bin(alice, 1)

    answer = post(signed_in(alice), "bin/restore/", **body)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "either_or")
    assert Image.objects.binned().get() == image


def test_bin_is_emptied_only_of_as_many_as_were_confirmed(alice: User, signed_in: SignedIn) -> None:
    in_bin(alice, 1)
    in_bin(alice, 2)
    client = signed_in(alice)

    refused = post(client, "bin/empty/", images=1)
    assert (refused.status_code, refused.json()["code"]) == (409, "unconfirmed")
    assert Image.objects.count() == 2

    assert post(client, "bin/empty/", images=2).json() == {"images": 2}
    assert not Image.objects.exists()


def test_whole_library_goes_to_the_bin_only_with_the_words_that_confirm_it(
    alice: User, signed_in: SignedIn
) -> None:
    make_image(alice)
    client = signed_in(alice)

    refused = post(client, "bin/fill/", confirm="yes")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "unconfirmed")
    assert not Image.objects.binned().exists()

    assert post(client, "bin/fill/", confirm="delete all photos").json() == {"images": 1}
    assert Image.objects.binned().count() == 1


def test_large_library_is_left_to_a_job_and_the_bin_says_so(
    alice: User, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_bin, "MANY", 1)
    make_image(alice)
    make_image(alice)
    client = signed_in(alice)

    answer = post(client, "bin/fill/", confirm="delete all photos")

    assert answer.json() == {"images": None}
    assert client.get("/api/bin/summary/").json()["is_busy"] is True
    [job] = client.get("/api/jobs/").json()["results"]
    assert (job["kind"], job["state"]) == ("bin", "waiting")


def test_zip_of_an_album_is_packed_and_read(s3: Any, alice: User, signed_in: SignedIn) -> None:
    first, second = upload_photo(alice).image, upload_photo(alice).image
    assert first
    assert second
    album, client = make_album(alice, first, second, title="Picos 2026"), signed_in(alice)

    asked = post(client, "zips/", album=str(album.pk))
    again = post(client, "zips/", album=str(album.pk))
    early = client.get(f"/api/zips/{asked.json()['id']}/file/")
    while jobs.work_once():
        pass
    told = client.get(f"/api/zips/{asked.json()['id']}/").json()
    address = client.get(f"/api/zips/{told['id']}/file/?redirect=false").json()
    led = client.get(f"/api/zips/{told['id']}/file/")

    assert asked.status_code == 202
    assert (asked.json()["state"], asked.json()["total"], asked.json()["file_url"]) == ("waiting", 2, None)
    assert again.json()["id"] == asked.json()["id"]
    assert early.status_code == 404
    assert (told["title"], told["state"]) == ("Picos 2026", "done")
    assert told["file_url"].endswith(f"/api/zips/{told['id']}/file/")
    assert told["until"].endswith("Z")
    assert (led.status_code, led["Cache-Control"]) == (302, "no-store")
    packed = zipfile.ZipFile(io.BytesIO(httpx.get(address["url"]).content))
    assert len(packed.namelist()) == 2


@pytest.mark.parametrize(("body", "status", "code"), [
    ({}, 400, "invalid"),
    ({"images": ["01984f2e-7c1a-7d3e-9f42-5b6c7d8e9f01"]}, 400, "zip_size"),
    ({"album": "01984f2e-7c1a-7d3e-9f42-5b6c7d8e9f01"}, 404, "not_found"),
])  # fmt: skip
def test_zip_of_nothing_is_refused(
    alice: User, signed_in: SignedIn, body: dict[str, Any], status: int, code: str
) -> None:
    answer = post(signed_in(alice), "zips/", **body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_zip_is_nobody_elses(alice: User, stranger: User, signed_in: SignedIn) -> None:
    key = post(signed_in(alice), "zips/", images=[str(make_image(alice).pk)]).json()["id"]

    assert signed_in(stranger).get(f"/api/zips/{key}/").status_code == 404
    assert signed_in(stranger).get(f"/api/jobs/{key}/").status_code == 404


def test_jobs_are_listed_without_reading_what_they_work_on(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    job = Job.objects.create(kind="chosen", owner=alice, payload={"images": ["x"] * 1_000})

    with CaptureQueriesContext(connection) as queries:
        listed = client.get("/api/jobs/").json()["results"]
        shown = client.get(f"/api/jobs/{job.pk}/").json()

    assert listed == [shown]
    assert not [one["sql"] for one in queries if "payload" in one["sql"] or '"result"' in one["sql"]]


def test_failed_job_is_tried_again_and_another_is_not(alice: User, signed_in: SignedIn) -> None:
    failed = Job.objects.create(
        kind="zip", owner=alice, state=Job.State.FAILED, code="job_failed", reason="Why", payload={}
    )
    done = Job.objects.create(kind="zip", owner=alice, state=Job.State.DONE, payload={})
    client = signed_in(alice)

    again = post(client, f"jobs/{failed.pk}/retry/")
    refused = post(client, f"jobs/{done.pk}/retry/")

    assert (again.json()["state"], again.json()["code"]) == ("waiting", "")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_failed")
    listed = client.get("/api/jobs/?state=done").json()["results"]
    assert [job["id"] for job in listed] == [str(done.pk)]


def test_member_leaves_an_album_with_what_they_brought_or_without(
    alice: User, bob: User, signed_in: SignedIn
) -> None:
    client, left = signed_in(bob), {}
    for keep in (True, False):
        album = make_album(alice)
        AlbumMember.objects.create(album=album, user=bob, role=AlbumMember.Role.CONTRIBUTOR)
        album.add([make_image(bob).pk], by=bob)
        assert post(client, f"albums/{album.pk}/leave/", keep_photos=keep).status_code == 204
        assert client.get(f"/api/albums/{album.pk}/").status_code == 404
        left[keep] = album.entries.count()

    assert left == {True: 1, False: 0}


def test_owner_cannot_leave_an_album(alice: User, signed_in: SignedIn) -> None:
    answer = post(signed_in(alice), f"albums/{make_album(alice).pk}/leave/")

    assert (answer.status_code, answer.json()["code"]) == (400, "is_owner")


@pytest.mark.parametrize("sort", ["manual", "oldest", "newest"])
def test_album_lists_its_images_in_its_own_order_page_by_page(
    alice: User, signed_in: SignedIn, sort: str
) -> None:
    images = [make_image(alice) for _ in range(7)]
    album = make_album(alice, *[images[at] for at in (3, 0, 6, 1, 5, 2, 4)])
    client = signed_in(alice)
    client.patch(f"/api/albums/{album.pk}/", {"sort": sort}, "application/json")
    # Each was taken a minute before the one that was made before it.
    wanted = {
        "manual": [3, 0, 6, 1, 5, 2, 4],
        "oldest": [6, 5, 4, 3, 2, 1, 0],
        "newest": [0, 1, 2, 3, 4, 5, 6],
    }[sort]

    found, url = [], f"/api/albums/{album.pk}/images/?limit=3"
    while url:
        page = client.get(url).json()
        found += [one["id"] for one in page["results"]]
        url = page["next"]

    assert found == [str(images[at].pk) for at in wanted]
    assert client.get(f"/api/albums/{album.pk}/").json()["images"] == 7
