"""Zips: whole, in order, resumed over rounds, without what guests are not to know, and gone after their time."""

import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.request import urlopen

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from gallery import archives, jobs, objectstore, removals, sharing
from gallery import bin as photo_bin
from gallery.archives import copies, packing
from gallery.models import Album, Image, Job, Removal, User
from tests.make import make_album, make_image, photo_bytes, upload_photo

pytestmark = pytest.mark.usefixtures("s3")


def photo(owner: User, filename: str, data: bytes | None = None) -> Image:
    image = upload_photo(owner, photo_bytes(320, 240) if data is None else data, filename).image
    assert image is not None
    return image


def work_off(job: Job, rounds: int = 1) -> Job:
    for _ in range(rounds):
        assert jobs.work_once()
    job.refresh_from_db()
    return job


def opened(job: Job) -> zipfile.ZipFile:
    assert job.state == Job.State.DONE, job.reason
    archive = zipfile.ZipFile(io.BytesIO(objectstore.read(job.result["key"], max_bytes=10**9)))
    assert archive.testzip() is None
    return archive


@pytest.fixture
def short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every round be over after its first photo."""
    monkeypatch.setattr(jobs, "ROUND_S", 0.0)


def test_owner_gets_originals_in_order_and_byte_for_byte(alice: User) -> None:
    data = [photo_bytes(320, 240) for _ in range(3)]
    images = [photo(alice, f"{name}.jpg", each) for name, each in zip("cab", data, strict=True)]

    job = work_off(archives.start(alice, [image.pk for image in images], "Summer"))

    archive = opened(job)
    assert archive.namelist() == ["c.jpg", "a.jpg", "b.jpg"]
    assert [archive.read(name) for name in archive.namelist()] == data
    assert (job.result["count"], job.result["missing"]) == (3, 0)


def test_zip_goes_on_in_the_next_round_where_one_was_not_enough(alice: User, short_rounds: None) -> None:
    data = [photo_bytes(320, 240) for _ in range(4)]
    images = [photo(alice, "same.jpg", each) for each in data]

    job = work_off(archives.start(alice, [image.pk for image in images], ""), rounds=4)

    archive = opened(job)
    assert archive.namelist() == ["same.jpg", "same (2).jpg", "same (3).jpg", "same (4).jpg"]
    assert [archive.read(name) for name in archive.namelist()] == data


def test_large_zip_is_sent_in_parts_and_in_bounded_memory(
    alice: User, monkeypatch: pytest.MonkeyPatch, short_rounds: None
) -> None:
    monkeypatch.setattr(packing, "PART_BYTES", objectstore.MIN_PART_BYTES)
    images = [photo(alice, f"{number}.jpg") for number in range(3)]
    big = [bytes([number]) * (6 * 1024**2 + number) for number in range(3)]
    for image, data in zip(images, big, strict=True):
        objectstore.put(image.original_key, data, content_type="image/jpeg", if_absent=False)
        Image.objects.filter(pk=image.pk).update(bytes=len(data))
    held: list[int] = []
    write = packing.PartStream.write

    def watched(self: packing.PartStream, data: bytes) -> int:
        written = write(self, data)
        held.append(len(self.rest))
        return written

    monkeypatch.setattr(packing.PartStream, "write", watched)

    job = work_off(archives.start(alice, [image.pk for image in images], ""), rounds=3)

    archive = opened(job)
    assert [archive.read(name) for name in archive.namelist()] == big
    assert max(held) < objectstore.MIN_PART_BYTES


def test_entries_beyond_4_gb_are_written_as_zip64(alice: User) -> None:
    progress = packing.Progress("key", "upload", 10**12, offset=5 * 1024**3)
    progress.entries = [("huge.mov", 7, 5 * 1024**3, 0, 8, [2026, 1, 1, 0, 0, 0])]
    stream = packing.PartStream(progress)
    archive = zipfile.ZipFile(stream, "w")
    archive.filelist.extend(packing._info(entry) for entry in progress.entries)
    archive.writestr("small.txt", b"small")
    archive.close()
    # What a reader finds at the end: only the tail of the file is there, so its beginning is empty space.
    tail = bytes(stream.rest)
    assert b"PK\x06\x06" in tail
    assert b"huge.mov" in tail
    assert (5 * 1024**3).to_bytes(8, "little") in tail


def test_worker_that_dies_goes_on_from_the_last_rounds_end(
    alice: User, short_rounds: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = [photo_bytes(320, 240) for _ in range(3)]
    images = [photo(alice, f"{number}.jpg", each) for number, each in enumerate(data)]
    job = archives.start(alice, [image.pk for image in images], "")
    work_off(job)
    with monkeypatch.context() as dying:
        dying.setattr(objectstore, "multipart_complete", _die)
        dying.setattr(packing, "_pause", _die)
        work_off(job)
    Job.objects.update(not_before=timezone.now())

    work_off(job, rounds=2)

    archive = opened(job)
    assert [archive.read(name) for name in archive.namelist()] == data


def _die(*_: Any, **__: Any) -> None:
    raise RuntimeError("power cut")


def test_names_are_safe_to_unpack_and_differ_whatever_the_case(alice: User) -> None:
    names = [
        "a.jpg",
        "A.JPG",
        "..",
        "../../etc/passwd",
        "C:\\x\\y.jpg",
        "été \u202e1.jpg",
        "a:b?.jpg",
        "no ending",
    ]
    images = [photo(alice, f"{number}.jpg") for number in range(len(names))]
    for image, name in zip(images, names, strict=True):
        Image.objects.filter(pk=image.pk).update(filename=name)

    packed = opened(work_off(archives.start(alice, [image.pk for image in images], ""))).namelist()

    assert len({name.casefold() for name in packed}) == len(names)
    for name in packed:
        assert not set(name) & set('/\\:*?"<>|\u202e'), name
        assert name.strip(".")
    assert packed[:2] == ["a.jpg", "A (2).JPG"]


def test_guests_get_copies_with_names_that_tell_nothing(alice: User, bob: User) -> None:
    first, second = photo(alice, "IMG_20260914.jpg"), photo(bob, "IMG_20260915.jpg")
    link, _ = sharing.make(alice, album=make_album(alice, first, second))

    archive = opened(work_off(archives.start_for_guests(link)))

    assert archive.namelist() == ["photo-001.jpg", "photo-002.jpg"]
    for info in archive.infolist():
        data = archive.read(info)
        assert not dict(Pillow.open(io.BytesIO(data)).getexif())
        assert b"Fujifilm" not in data
        assert info.date_time == (1980, 1, 1, 0, 0, 0)


def test_originals_are_given_where_allowed_and_only_the_owners(alice: User, bob: User) -> None:
    data = photo_bytes(320, 240)
    first, second = photo(alice, "IMG_20260914.jpg", data), photo(bob, "IMG_20260915.jpg")
    link, _ = sharing.make(alice, album=make_album(alice, first, second), allow_originals=True)

    archive = opened(work_off(archives.start_for_guests(link)))

    assert archive.namelist() == ["IMG_20260914.jpg", "photo-002.jpg"]
    assert archive.read("IMG_20260914.jpg") == data
    assert b"Fujifilm" not in archive.read("photo-002.jpg")


def test_what_may_not_be_seen_is_left_out_and_counted(alice: User, bob: User) -> None:
    stays, goes, bobs = photo(alice, "a.jpg"), photo(alice, "b.jpg"), photo(bob, "c.jpg")
    job = archives.start(alice, [stays.pk, goes.pk, bobs.pk], "")
    assert job.payload["count"] == 2
    photo_bin.put(Image.objects.filter(pk=goes.pk))

    job = work_off(job)

    assert opened(job).namelist() == ["a.jpg"]
    assert job.result["missing"] == 1


def test_link_that_ends_meanwhile_packs_nothing(alice: User) -> None:
    link, _ = sharing.make(alice, album=make_album(alice, photo(alice, "a.jpg")))
    job = archives.start_for_guests(link)
    sharing.revoke(link)
    assert work_off(job).state == Job.State.FAILED


def test_same_content_is_packed_once_and_other_content_anew(alice: User) -> None:
    album = make_album(alice, photo(alice, "a.jpg"))
    link, _ = sharing.make(alice, album=album)
    first = archives.start_for_guests(link)
    assert archives.start_for_guests(link) == first
    work_off(first)
    assert archives.start_for_guests(link) == first
    assert archives.is_current(first, link)

    album.add([photo(alice, "b.jpg").pk])
    second = archives.start_for_guests(link)

    assert second != first
    assert not archives.is_current(first, link)
    assert archives.start(alice, [album.images.order_by("id")[0].pk], "") not in (first, second)


def test_zip_is_over_after_its_time_and_its_objects_go(alice: User, other_s3_bucket: object) -> None:
    # Removing asks whose bucket it is.
    objectstore.ensure_bucket([])
    link, _ = sharing.make(alice, album=make_album(alice, photo(alice, "a.jpg")))
    job = work_off(archives.start_for_guests(link))
    assert archives.is_there(job)
    Job.objects.filter(pk=job.pk).update(
        result={**job.result, "until": (timezone.now() - timedelta(seconds=1)).isoformat()}
    )
    job.refresh_from_db()
    assert not archives.is_there(job)
    assert archives.start_for_guests(link) != job

    removal = Removal.objects.get(key=job.result["key"])
    assert removal.not_before is not None
    assert removal.not_before > timezone.now() + packing.OFFERED
    removals.run(removal.not_before + timedelta(seconds=1))
    assert objectstore.head(job.result["key"]) is None


def test_nothing_and_too_much_are_refused(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(archives.TooMany):
        archives.start(alice, [uuid.uuid4()], "")
    monkeypatch.setattr("gallery.archives.asking.MOST", 1)
    with pytest.raises(archives.TooMany):
        archives.start(alice, [make_image(alice).pk for _ in range(2)], "")


def test_owner_follows_the_download_to_its_file_and_nobody_else_does(
    alice: User, bob: User, signed_in: Callable[[User], Client]
) -> None:
    data = photo_bytes(320, 240)
    job = archives.start(alice, [photo(alice, "a.jpg", data).pk], "My summer/2026")
    owner, page = signed_in(alice), f"/downloads/{job.pk}/"
    waiting = owner.get(page).content.decode()
    assert "Preparing" in waiting
    assert re.search(r'<noscript>\s*<meta http-equiv="refresh" content="3">', waiting)
    assert owner.get(f"{page}file/").status_code == 404
    work_off(job)

    assert f"{page}file/" in owner.get(page).content.decode()
    with urlopen(owner.get(f"{page}file/")["Location"]) as answer:
        assert zipfile.ZipFile(io.BytesIO(answer.read())).read("a.jpg") == data
        assert answer.headers["Content-Disposition"] == 'attachment; filename="my-summer2026.zip"'
        assert answer.headers["Content-Type"] == "application/zip"
    for visitor in (signed_in(bob), Client()):
        for at in (page, f"{page}file/"):
            answer = visitor.get(at)
            assert answer.status_code == 404 or "/accounts/" in answer["Location"]


def test_guests_follow_their_own_links_download_and_no_other(
    alice: User, signed_in: Callable[[User], Client]
) -> None:
    album = make_album(alice, photo(alice, "a.jpg"), photo(alice, "b.jpg"))
    link, token = sharing.make(alice, album=album)
    _, other = sharing.make(alice, album=album)
    guest = Client()

    page = guest.post(f"/s/{token}/zip/")["Location"]
    assert "Preparing" in guest.get(page).content.decode()
    assert jobs.work_once()
    file = guest.get(f"{page}file/")["Location"]
    with urlopen(file) as answer:
        assert len(zipfile.ZipFile(io.BytesIO(answer.read())).namelist()) == 2

    job = page.rstrip("/").rpartition("/")[2]
    assert guest.get(f"/s/{other}/zip/{job}/").status_code == 404
    assert guest.get(f"/s/{other}/zip/{job}/file/").status_code == 404
    assert signed_in(alice).get(f"/downloads/{job}/").status_code == 404
    own = archives.start(alice, [album.images.order_by("id")[0].pk], "")
    assert guest.get(f"/s/{token}/zip/{own.pk}/").status_code == 404

    # A photo that is taken out is not given any more by what was packed with it.
    album.images.remove(album.images.order_by("id")[0])
    assert guest.get(f"{page}file/")["Location"] == f"/s/{token}/"
    sharing.revoke(link)
    assert guest.get(page).status_code == 404


def test_progress_between_rounds_is_small(alice: User, short_rounds: None) -> None:
    images = [photo(alice, f"{number}.jpg") for number in range(2)]
    job = work_off(archives.start(alice, [image.pk for image in images], ""))
    saved = json.loads(objectstore.read(job.payload["progress"], max_bytes=10**7))
    assert saved["next"] == 1
    assert Album.objects.count() == 0
    assert len(json.dumps(job.payload)) < 600


def test_copy_and_original_of_one_name_are_two_entries(alice: User, bob: User) -> None:
    own, brought = photo(alice, "photo-002.jpg"), photo(bob, "b.jpg")
    album = make_album(alice, own, brought)
    assert album.entries.count() == 2

    names = opened(work_off(archives.start(alice, [own.pk, brought.pk], ""))).namelist()

    assert len(set(names)) == 2


def test_worker_that_dies_when_the_zip_is_whole_loses_nothing(
    alice: User, short_rounds: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = [photo_bytes(320, 240) for _ in range(2)]
    images = [photo(alice, f"{number}.jpg", each) for number, each in enumerate(data)]
    job = archives.start(alice, [image.pk for image in images], "")
    work_off(job)
    with monkeypatch.context() as dying:
        dying.setattr(jobs, "_finish", _die)
        with pytest.raises(RuntimeError):
            work_off(job)
    Job.objects.update(not_before=timezone.now(), lease_until=None)

    archive = opened(work_off(job))

    assert [archive.read(name) for name in archive.namelist()] == data


def test_photo_of_which_no_copy_can_be_made_is_missing_and_the_others_are_there(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = photo(bob, "a.jpg"), photo(bob, "b.jpg")
    make_album(alice, broken, whole)
    make = copies.copy_of
    monkeypatch.setattr(packing, "copy_of", lambda image: _die() if image.pk == broken.pk else make(image))

    job = work_off(archives.start(alice, [broken.pk, whole.pk], ""))

    assert (job.result["count"], job.result["missing"]) == (1, 1)


def test_zip_of_a_link_whose_owner_left_is_not_packed(alice: User) -> None:
    image = photo(alice, "a.jpg")
    link, _ = sharing.make(alice, images=[image.pk])
    job = archives.start_for_guests(link)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert work_off(job).state == Job.State.FAILED
