"""`make run`: one command starts the gallery, Ctrl-C ends all of it, and the next start finds the same photos."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gallery import objectstore
from photosky.env import S3Settings
from tests.make import photo_bytes

ROOT = Path(__file__).resolve().parent.parent


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a newcomer: none of our variables but the folder."""
    foreign = ("PHOTOSKY_", "DATABASE_URL", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "PHOTOSKY_DATA_DIR": str(folder)}


@contextmanager
def gallery(folder: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the local gallery; give its process and what it has printed when it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "photosky.local"],
        cwd=ROOT,
        env={**environment(folder), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = ""
        assert process.stdout is not None
        for line in process.stdout:
            said += line
            if "Ctrl-C stops it" in line:
                break
        yield process, said
    finally:
        process.kill()
        process.wait()


def address(said: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+/", said)
    assert found, said
    return found.group()


def end(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    return rest


def processes_in(folder: Path) -> list[int]:
    """Return the processes whose command line names the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder) in entry.read_text(errors="replace"):
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def test_gallery_starts_ends_without_a_trace_and_keeps_its_photos(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    with gallery(folder) as (process, said):
        assert "Sign in as" in said
        with urllib.request.urlopen(address(said)) as page:
            assert page.url.startswith(address(said) + "accounts/login/")
            assert b"Sign in" in page.read()
        (tmp_path / "photo.jpg").write_bytes(photo_bytes())
        imported = subprocess.run(
            [sys.executable, "manage.py", "import_photos", str(tmp_path / "photo.jpg")],
            cwd=ROOT, env=environment(folder), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert "1 imported" in imported.stdout, imported.stderr
        assert "Your photos are kept" in end(process)
        assert process.returncode == 0
    assert processes_in(folder) == []

    with gallery(folder) as (process, said):
        assert "Sign in as" not in said
        end(process)
    # Beside a stopped gallery the command starts its store, and finds the same photo there.
    again = subprocess.run(
        [sys.executable, "manage.py", "import_photos", str(tmp_path / "photo.jpg")],
        cwd=ROOT, env=environment(folder), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "0 imported, 1 already there" in again.stdout, again.stderr
    assert processes_in(folder) == []


def test_existing_bucket_is_used_as_it_is(tmp_path: Path, s3: S3Settings) -> None:
    rules = objectstore.connection.client().get_bucket_cors(Bucket=s3.bucket)["CORSRules"]
    existing = {
        "PHOTOSKY_BUCKET": s3.bucket,
        "PHOTOSKY_S3_ENDPOINT": s3.endpoint,
        "PHOTOSKY_S3_ACCESS_KEY": s3.access_key,
        "PHOTOSKY_S3_SECRET_KEY": s3.secret_key,
    }

    with gallery(tmp_path / "var", **existing) as (process, said):
        assert address(said)
        assert not (tmp_path / "var" / "s3").exists()
        end(process)
    assert objectstore.connection.client().get_bucket_cors(Bucket=s3.bucket)["CORSRules"] == rules

    with gallery(tmp_path / "var", **{**existing, "PHOTOSKY_BUCKET": "no-such-bucket"}) as (process, said):
        assert "no-such-bucket" in said
        assert "Traceback" not in said


def test_secrets_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    with gallery(tmp_path / "var") as (process, _):
        end(process)

    assert (tmp_path / "var" / "local.json").stat().st_mode & 0o077 == 0


def test_port_that_is_taken_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [sys.executable, "-m", "photosky.local", "--port", str(taken.getsockname()[1])],
            cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert "make run PORT=" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("--port", "many"), ("--nonsense",)])
def test_wrong_usage_is_said_in_a_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "photosky.local", *arguments],
        cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
