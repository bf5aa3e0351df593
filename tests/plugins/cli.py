"""`photosky upload` against a whole gallery that all tests share: each brings photos that no other has."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from photosky_cli.main import main
from tests.live_gallery import FaultProxy, LiveGallery, running
from tests.make import photo_bytes

Run = Callable[..., tuple[int, str, str]]
PUT = "PUT /photosky/originals/.*"
START, FINISH = "POST /api/uploads/", "POST /api/uploads/finish/"


@pytest.fixture(scope="session")
def store_proxy() -> Iterator[FaultProxy]:
    """Return the way to the object store that signed addresses name."""
    proxy = FaultProxy()
    yield proxy
    proxy.close()


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory, store_proxy: FaultProxy) -> Iterator[LiveGallery]:
    """Return a gallery whose signed addresses lead through the proxy."""
    live = LiveGallery(tmp_path_factory.mktemp("gallery"), PHOTOSKY_S3_PUBLIC_ENDPOINT=store_proxy.url)
    with running(live):
        store_proxy.target = live.store
        yield live


@pytest.fixture
def api(gallery: LiveGallery, store_proxy: FaultProxy) -> Iterator[FaultProxy]:
    """Return the way to the gallery's API; faults of earlier tests are gone from it and from the store's."""
    proxy = FaultProxy()
    proxy.target = gallery.url
    store_proxy.clear()
    yield proxy
    proxy.close()


@pytest.fixture
def upload(
    gallery: LiveGallery,
    api: FaultProxy,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Run:
    """Return a function that runs `photosky upload` and gives its status, output and errors."""
    for name in ("PHOTOSKY_URL", "PHOTOSKY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def run(*arguments: str | Path, token: str | None = None, url: str | None = None) -> tuple[int, str, str]:
        token = gallery.tokens["upload"] if token is None else token
        given = ["--url", api.url if url is None else url, "--token", token]
        status = main(["upload", *map(str, arguments), *given])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with three photos, one of them in a folder of its own, and a file that is none."""
    root = tmp_path / "photos"
    (root / "Picos").mkdir(parents=True)
    for name in ("a.jpg", "b.JPEG", "Picos/c.png"):
        write(root / name)
    (root / "notes.txt").write_text("no photo")
    return root


def write(path: Path, size: int = 0) -> str:
    """Write a photo that nobody has uploaded yet, with other bytes after its end up to a size; return its checksum."""
    data = photo_bytes(kind="PNG" if path.suffix == ".png" else "JPEG") + os.urandom(16)
    data += os.urandom(max(0, size - len(data)))
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def sha256s(root: Path) -> set[str]:
    found = (
        hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*.*") if path.suffix != ".txt"
    )
    return set(found)


def lines(out: str) -> dict[str, dict[str, Any]]:
    """Return the lines of --json by file name; the sums are under ""."""
    read = [json.loads(line) for line in out.splitlines()]
    return {Path(line["path"]).name if line["type"] == "photo" else "": line for line in read}
