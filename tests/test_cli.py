"""`photosky upload` where all goes well: what it brings in, and what it says."""

import hashlib
import os
import re
from pathlib import Path

from tests.live_gallery import FaultProxy, LiveGallery
from tests.plugins.cli import PUT, START, Run, lines, sha256s, write


def test_photos_of_a_folder_are_in_the_library_byte_for_byte(
    gallery: LiveGallery, upload: Run, folder: Path
) -> None:
    status, out, err = upload(folder)

    assert (status, err) == (0, "")
    assert out == "3 uploaded, 0 failed, 1 other files left alone\n"
    images = {image["sha256"]: image for image in gallery.images() if image["sha256"] in sha256s(folder)}
    assert set(images) == sha256s(folder)
    assert {image["filename"] for image in images.values()} == {"a.jpg", "b.JPEG", "c.png"}
    assert all(gallery.original_sha256(image["id"]) == sha256 for sha256, image in images.items())


def test_second_run_sends_nothing(upload: Run, folder: Path, store_proxy: FaultProxy) -> None:
    upload(folder)
    sent = store_proxy.count(PUT)

    status, out, _ = upload(folder)

    assert (status, out) == (0, "3 already there, 0 failed, 1 other files left alone\n")
    assert sent == store_proxy.count(PUT) == 3


def test_run_that_was_broken_off_sends_only_the_rest(
    upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    upload(folder / "a.jpg")
    store_proxy.clear()

    status, out, _ = upload(folder, "--json")

    assert status == 0
    assert (lines(out)[""]["uploaded"], lines(out)[""]["exists"]) == (2, 1)
    assert store_proxy.count(PUT) == 2


def test_same_bytes_under_two_names_are_sent_once(upload: Run, folder: Path, store_proxy: FaultProxy) -> None:
    (folder / "copy of a.jpg").write_bytes((folder / "a.jpg").read_bytes())

    status, out, _ = upload(folder, "--json")

    assert status == 0
    assert (lines(out)[""]["uploaded"], lines(out)[""]["exists"]) == (3, 1)
    assert store_proxy.count(PUT) == 3


def test_json_tells_of_every_photo_and_the_sums(gallery: LiveGallery, upload: Run, folder: Path) -> None:
    sha256 = hashlib.sha256((folder / "a.jpg").read_bytes()).hexdigest()

    _, out, _ = upload(folder, "--json")

    told = lines(out)
    assert set(told) == {"a.jpg", "b.JPEG", "c.png", ""}
    assert told["a.jpg"] | {"page": ""} == {
        "type": "photo", "path": str(folder / "a.jpg"), "status": "uploaded", "bytes": (folder / "a.jpg").stat().st_size,
        "sha256": sha256, "page": "", "code": "", "reason": "",
    }  # fmt: skip
    assert re.fullmatch(r"http://127.0.0.1:\d+/p/[0-9a-f-]+/", told["a.jpg"]["page"])
    sums = {
        "uploaded": 3,
        "stored": 0,
        "exists": 0,
        "failed": 0,
        "would_upload": 0,
        "left": 0,
        "ignored": 1,
        "error": "",
    }
    assert told[""].items() >= sums.items()


def test_quiet_says_nothing_where_all_is_well(upload: Run, folder: Path) -> None:
    assert upload(folder, "--quiet") == (0, "", "")


def test_refused_file_is_listed_with_its_reason_and_the_rest_goes_on(upload: Run, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no more " + os.urandom(16))
    (folder / "empty.jpg").write_bytes(b"")

    status, out, err = upload(folder, folder / "notes.txt")

    assert status == 1
    assert out.startswith("3 uploaded, 3 failed")
    reasons = dict(line.strip().split(": ", 1) for line in err.splitlines())
    assert set(reasons) == {str(folder / name) for name in ("broken.jpg", "empty.jpg", "notes.txt")}
    assert "is empty" in reasons[str(folder / "empty.jpg")]
    assert "not a kind of photo" in reasons[str(folder / "notes.txt")]


def test_photo_in_the_bin_does_not_count_as_there(gallery: LiveGallery, upload: Run, folder: Path) -> None:
    sha256 = write(folder / "a.jpg")
    upload(folder / "a.jpg")
    gallery.shell(
        "from django.utils import timezone; from gallery.models import Image; "
        f"Image.objects.filter(sha256='{sha256}').update(binned_at=timezone.now())"
    )

    for options in ((), ("--dry-run",)):
        status, _, err = upload(folder / "a.jpg", *options)

        assert status == 1, options
        assert "in the bin" in err, options


def test_dry_run_tells_and_changes_nothing(
    gallery: LiveGallery, upload: Run, folder: Path, api: FaultProxy
) -> None:
    upload(folder / "a.jpg")
    uploads = len(gallery.get("uploads/", limit="500")["results"])
    api.clear()

    status, out, _ = upload(folder, "--dry-run", "--album", "Never made")

    assert (status, out) == (0, "2 to upload, 1 already there, 0 failed, 1 other files left alone\n")
    assert api.count("POST .*") == 0
    assert len(gallery.get("uploads/", limit="500")["results"]) == uploads
    assert "Never made" not in [album["title"] for album in gallery.get("albums/")["results"]]


def test_album_is_made_once_and_holds_new_photos_and_those_already_there(
    gallery: LiveGallery, upload: Run, folder: Path
) -> None:
    upload(folder / "a.jpg")

    upload(folder, "--album", "Picos 2026")
    upload(folder, "--album", "Picos 2026")

    albums = [album for album in gallery.get("albums/")["results"] if album["title"] == "Picos 2026"]
    assert len(albums) == 1
    inside = gallery.get("images/", album=albums[0]["id"])["results"]
    assert {image["sha256"] for image in inside} == sha256s(folder)


def test_two_albums_of_one_name_ask_for_the_id(gallery: LiveGallery, upload: Run, folder: Path) -> None:
    code = "from gallery.models import Album, User; [Album.objects.create(owner=User.objects.get(), title='Twice') for _ in '12']"
    gallery.shell(code)
    ids = [album["id"] for album in gallery.get("albums/")["results"] if album["title"] == "Twice"]

    status, _, err = upload(folder, "--album", "Twice")

    assert status == 2
    assert all(album in err for album in ids)
    assert upload(folder, "--album", ids[0])[0] == 0


def test_no_wait_ends_when_the_store_has_everything(upload: Run, folder: Path, api: FaultProxy) -> None:
    status, out, _ = upload(folder, "--no-wait")

    assert (status, out) == (0, "3 stored and waiting to be processed, 0 failed, 1 other files left alone\n")
    assert api.count("GET /api/uploads/.*") == 0


def test_hundreds_of_photos_take_few_signing_requests(upload: Run, tmp_path: Path, api: FaultProxy) -> None:
    for number in range(130):
        (tmp_path / f"{number}.jpg").write_bytes(os.urandom(200))

    upload(tmp_path, "--no-wait")

    assert api.count(START) == 3


def test_hidden_files_and_folders_of_programs_are_left_alone(upload: Run, folder: Path) -> None:
    for name in (".thumbs", "@eaDir"):
        (folder / name).mkdir()
        write(folder / name / "small.jpg")
    write(folder / "._a.jpg")

    status, out, _ = upload(folder)

    assert (status, out) == (0, "3 uploaded, 0 failed, 2 other files left alone\n")


def test_name_in_an_unknown_encoding_is_brought_in(upload: Run, tmp_path: Path) -> None:
    write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")))

    assert upload(tmp_path, "--json")[0] == 0
