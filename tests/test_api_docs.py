"""docs/api.md: its examples run as they stand against a gallery of their own, and its table names every operation there is."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api_routes import operations
from tests.live_gallery import ROOT, LiveGallery
from tests.make import photo_bytes

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ALICE = 'from tests.make import make_user; make_user("alice")'


def blocks(language: str) -> str:
    """Return the fenced blocks of a language, one after the other, as a reader would run them."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(found) > 3
    return "\n".join(found)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveGallery]:
    gallery = LiveGallery(tmp_path_factory.mktemp("gallery"))
    gallery.start()
    try:
        gallery.shell(ALICE)
        yield gallery
    finally:
        gallery.stop()


def run(command: list[str], gallery: LiveGallery, folder: Path, **environment: str) -> str:
    photo = folder / "IMG_0001.jpg"
    if not photo.exists():
        photo.write_bytes(photo_bytes(shade=1))
    env = {
        **os.environ,
        **gallery.environment,
        **environment,
        "PHOTOSKY_URL": gallery.url,
        "PHOTO": str(photo),
    }
    ran = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, f"{ran.stdout[-2000:]}\n{ran.stderr[-4000:]}"
    return ran.stdout


def test_examples_run_as_they_stand(gallery: LiveGallery, tmp_path: Path) -> None:
    """The token of the first shell example serves the Python ones, whose photo the other shell examples then find."""
    shell = blocks("sh")
    first, rest = shell.split('"$PHOTOSKY_URL/api/me/"\n', 1)
    (tmp_path / "manage.py").symlink_to(ROOT / "manage.py")
    python_path = str(Path(sys.executable).parent)
    env = {"PATH": f"{python_path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    start = f'set -eu\n{first}"$PHOTOSKY_URL/api/me/"\n'

    said = run(["bash", "-c", f"{start}echo; echo $PHOTOSKY_TOKEN"], gallery, tmp_path, **env)
    token = said.split()[-1]
    assert '"username":"alice"' in said
    assert token.startswith("photosky_")
    run([sys.executable, "-c", blocks("python")], gallery, tmp_path, **env, PHOTOSKY_TOKEN=token)
    told = run(["bash", "-c", f"set -eu\n{rest}"], gallery, tmp_path, **env, PHOTOSKY_TOKEN=token)

    assert '"status":"exists"' in told
    assert '"title":"Ridges"' in told


def test_every_operation_stands_in_the_table_of_what_the_pages_do_or_is_told_elsewhere() -> None:
    table = TEXT[TEXT.index("## What the pages do") : TEXT.index("## Errors")]
    named = set(re.findall(r"`([a-z]+_?[a-z_]*)`", table))
    # What shows one of what another operation of the table lists, and the feed, which has a section of its own.
    shown = {name for name in operations() if name.endswith(("_retrieve", "_create"))} | {"changes_list"}

    assert sorted(operations().keys() - named - shown) == []
    # Words of the query stand there, too; everything that looks like an operation is one.
    assert sorted(name for name in named - operations().keys() if "_" in name) == []
