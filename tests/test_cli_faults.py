"""`photosky upload` while requests fail, answers are lost, and files change: what counts and what is said."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from tests.live_gallery import FaultProxy, LiveGallery
from tests.plugins.cli import FINISH, PUT, START, Run, lines, write


def test_album_whose_answer_was_lost_is_not_made_twice(
    gallery: LiveGallery, upload: Run, folder: Path, api: FaultProxy
) -> None:
    api.plan("POST /api/albums/", 0, takes_effect=True)

    status, _, _ = upload(folder, "--album", "Lost answer")

    assert status == 0
    assert [album["title"] for album in gallery.get("albums/")["results"]].count("Lost answer") == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 0])
@pytest.mark.parametrize("requests", [START, FINISH])
def test_gallery_that_fails_twice_is_asked_again(
    upload: Run, folder: Path, api: FaultProxy, requests: str, status: int
) -> None:
    api.plan(requests, status, times=2, headers={"Retry-After": "0"})

    assert upload(folder, "--no-wait")[0] == 0
    assert not api.faults


@pytest.mark.parametrize("status", [429, 500, 503, 0])
def test_store_that_fails_twice_is_sent_the_photo_again(
    gallery: LiveGallery, upload: Run, folder: Path, store_proxy: FaultProxy, status: int
) -> None:
    store_proxy.plan(PUT, status, times=2, headers={"Retry-After": "0"})

    exit_status, out, _ = upload(folder, "--json")

    assert exit_status == 0
    assert lines(out)[""]["uploaded"] == 3
    assert store_proxy.count(PUT) == 5


def test_pause_that_the_gallery_asks_for_is_made(upload: Run, folder: Path, api: FaultProxy) -> None:
    api.plan("GET /api/", 503, headers={"Retry-After": "1"})
    began = time.monotonic()

    assert upload(folder, "--dry-run")[0] == 0
    # By itself the first pause is half a second at most.
    assert time.monotonic() - began >= 1


def test_photo_whose_answer_was_lost_is_taken_as_sent(
    upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    store_proxy.plan(PUT, 0, times=3, takes_effect=True)

    status, out, _ = upload(folder, "--json")

    assert status == 0
    assert lines(out)[""]["uploaded"] == 3


def test_refusal_that_repeating_cannot_mend_is_not_repeated(
    upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    body = b"<Error><Code>EntityTooLarge</Code><Message>Too large</Message></Error>"
    store_proxy.plan(PUT, 400, body=body)

    status, _, err = upload(folder)

    assert status == 1
    assert "EntityTooLarge: Too large" in err
    assert store_proxy.count(PUT) == 3


def test_expired_signature_is_replaced_once(
    upload: Run, folder: Path, store_proxy: FaultProxy, api: FaultProxy
) -> None:
    store_proxy.plan(PUT, 403, times=1)

    status, out, _ = upload(folder, "--json")

    assert status == 0
    assert lines(out)[""]["uploaded"] == 3
    assert api.count(START) == 2


def test_signature_that_is_never_taken_is_given_up_after_the_second(
    upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    store_proxy.plan(PUT, 403, times=2, body=b"<Error><Code>SignatureDoesNotMatch</Code></Error>")

    status, _, err = upload(folder / "a.jpg")

    assert status == 1
    assert "SignatureDoesNotMatch" in err
    assert store_proxy.count(PUT) == 2


def test_photo_that_the_store_lost_before_it_was_finished_is_sent_again(
    upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    store_proxy.plan(PUT, 200)

    status, out, _ = upload(folder / "a.jpg", "--json")

    assert status == 0
    assert lines(out)["a.jpg"]["status"] == "uploaded"
    assert store_proxy.count(PUT) == 2


def test_photo_that_vanishes_is_named_and_the_rest_goes_on(
    upload: Run, folder: Path, api: FaultProxy
) -> None:
    api.plan("GET /api/", 503, headers={"Retry-After": "0"}, meanwhile=(folder / "a.jpg").unlink)

    status, out, err = upload(folder)

    assert status == 1
    assert out.startswith("2 uploaded, 1 failed")
    assert "a.jpg vanished" in err


@pytest.mark.parametrize("size", [50, 50_000], ids=["truncated", "grown"])
def test_photo_that_changes_between_hashing_and_sending_is_not_brought_in(
    gallery: LiveGallery, upload: Run, folder: Path, api: FaultProxy, size: int
) -> None:
    sha256 = hashlib.sha256((folder / "a.jpg").read_bytes()).hexdigest()
    api.plan(START, 503, headers={"Retry-After": "0"}, meanwhile=lambda: os.truncate(folder / "a.jpg", size))

    status, _, err = upload(folder)

    assert status == 1
    assert "a.jpg was changed while it was read" in err
    assert sha256 not in {image["sha256"] for image in gallery.images()}


def test_photo_that_changes_without_a_trace_is_refused_by_the_store(
    gallery: LiveGallery, upload: Run, folder: Path, api: FaultProxy
) -> None:
    file = folder / "a.jpg"
    before = file.stat()
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()

    def change() -> None:
        file.write_bytes(b"\0" * before.st_size)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    api.plan(START, 503, headers={"Retry-After": "0"}, meanwhile=change)

    status, _, err = upload(folder)

    assert status == 1
    assert "a.jpg" in err
    assert sha256 not in {image["sha256"] for image in gallery.images()}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_photo_that_may_not_be_read_is_named(upload: Run, folder: Path) -> None:
    (folder / "a.jpg").chmod(0)

    status, _, err = upload(folder)

    assert status == 1
    assert "a.jpg cannot be read" in err


@pytest.mark.parametrize("body", [b"{}", b"[]", b"<html>", b'{"results": []}', b'{"results": [{}, {}, {}]}'])
def test_answer_that_cannot_be_understood_ends_the_run_in_words(
    upload: Run, folder: Path, api: FaultProxy, body: bytes
) -> None:
    api.plan(START, 200, body=body)

    status, _, err = upload(folder)

    assert status == 1
    assert "cannot be understood" in err


def test_gallery_that_stays_away_is_given_up_with_reasons(upload: Run, folder: Path, api: FaultProxy) -> None:
    api.plan(START, 503, times=50, headers={"Retry-After": "0"})

    status, _, err = upload(folder, "--patience", "1")

    assert status == 1
    assert err.count("was away for too long") == 3


def test_large_photo_goes_in_parts_and_is_taken_up_where_it_broke_off(
    gallery: LiveGallery, upload: Run, tmp_path: Path, store_proxy: FaultProxy
) -> None:
    sha256 = write(tmp_path / "large.jpg", 26 * 1024**2 + 1000)
    store_proxy.plan(f"{PUT}partNumber=3.*", 400)

    broken_off = upload(tmp_path)
    sent = store_proxy.count(PUT)
    again = upload(tmp_path)

    assert (broken_off[0], again[0]) == (1, 0)
    # Four parts: two arrived, the third was refused; then the third and the fourth.
    assert (sent, store_proxy.count(PUT)) == (3, 5)
    (image,) = (image for image in gallery.images() if image["sha256"] == sha256)
    assert gallery.original_sha256(image["id"]) == sha256


@pytest.mark.parametrize("status", [503, 0, 403])
def test_part_that_fails_is_sent_again(
    upload: Run, tmp_path: Path, store_proxy: FaultProxy, status: int
) -> None:
    write(tmp_path / "large.jpg", 26 * 1024**2 + 1000)
    store_proxy.plan(f"{PUT}partNumber=2.*", status, headers={"Retry-After": "0"})

    assert upload(tmp_path)[0] == 0
    assert store_proxy.count(PUT) == 5
