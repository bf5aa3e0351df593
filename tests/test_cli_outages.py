"""`photosky upload` while everything around it dies: what was begun is finished, once, byte for byte."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live_gallery import FORGET_LEASES, ROOT, LiveGallery, running
from tests.make import photo_bytes

PHOTOS = 200
WAIT_S = 90


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[LiveGallery]:
    (tmp_path / "gallery").mkdir()
    with running(LiveGallery(tmp_path / "gallery")) as live:
        yield live


def draw(folder: Path, count: int, size: int = 100_000) -> set[str]:
    """Fill a folder with photos, no two alike; return their checksums."""
    folder.mkdir()
    sha256s = set()
    for number in range(count):
        data = photo_bytes()
        data += os.urandom(size - len(data))
        (folder / f"IMG_{number:04}.jpg").write_bytes(data)
        sha256s.add(hashlib.sha256(data).hexdigest())
    return sha256s


def upload(gallery: LiveGallery, folder: Path, *options: str) -> subprocess.Popen[str]:
    """Start the command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "photosky_cli", "upload", str(folder), *options],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # A suite that a script started in the background has inherited an interrupt that is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env={**os.environ, "PHOTOSKY_URL": gallery.url, "PHOTOSKY_TOKEN": gallery.tokens["upload"]},
    )  # fmt: skip


def finished(gallery: LiveGallery) -> int:
    """Return how many uploads the gallery has confirmed."""
    return sum(row["state"] != "pending" for row in gallery.get("uploads/", limit="500")["results"])


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come to it"
        time.sleep(0.05)


def assert_holds_exactly(gallery: LiveGallery, sha256s: set[str]) -> None:
    images = gallery.images()
    assert sorted(image["sha256"] for image in images) == sorted(sha256s)
    assert all(gallery.original_sha256(image["id"]) == image["sha256"] for image in images)


@pytest.mark.long
def test_gallery_and_store_that_are_killed_and_come_back_get_every_photo_once(
    gallery: LiveGallery, tmp_path: Path
) -> None:
    sha256s = draw(tmp_path / "photos", PHOTOS)
    command = upload(gallery, tmp_path / "photos", "--patience", str(WAIT_S))
    wait_until(lambda: finished(gallery) >= PHOTOS // 5)

    gallery.kill()
    with pytest.raises(subprocess.TimeoutExpired):
        command.wait(1)
    gallery.start()
    before = finished(gallery)
    gallery.shell(FORGET_LEASES)
    out, err = command.communicate(timeout=2 * WAIT_S)

    assert before < PHOTOS
    assert (command.returncode, err) == (0, "")
    assert out == f"{PHOTOS} uploaded, 0 failed\n"
    assert_holds_exactly(gallery, sha256s)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)], ids=["Ctrl-C", "killed"]
)
def test_command_that_is_stopped_goes_on_where_it_was(
    gallery: LiveGallery, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    sha256s = draw(tmp_path / "photos", 60, 400_000)
    # A store that stands still holds the command in the middle of its work, however quick or slow the machine is.
    os.kill(gallery.store_pid, signal.SIGSTOP)
    try:
        command = upload(gallery, tmp_path / "photos", "--jobs", "1")
        wait_until(lambda: len(gallery.get("uploads/")["results"]) > 0)
        command.send_signal(number)
    finally:
        # The photo that is on its way may arrive; those after it are not begun.
        os.kill(gallery.store_pid, signal.SIGCONT)
    out, err = command.communicate(timeout=WAIT_S)
    before = finished(gallery)

    again = upload(gallery, tmp_path / "photos")
    again_out, again_err = again.communicate(timeout=WAIT_S)

    assert command.returncode == status
    assert "Traceback" not in out + err
    assert before < 60
    assert (again.returncode, again_err) == (0, "")
    assert "0 failed" in again_out
    assert_holds_exactly(gallery, sha256s)
