"""Programs under gunicorn for bench.api and bench.load: ours and peers, which are installed here with our version of Django."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.shape import PEERS, ROOT

WAGTAIL, PHOTOLOGUE, GUNICORN = "8.0.1", "3.20", "23.0.0"
SAME = ("django", "djangorestframework", "psycopg[binary]")
HOST, START_S = "127.0.0.1", 60


@contextlib.contextmanager
def serving(
    python: Path,
    module: str,
    environment: Mapping[str, str],
    *,
    workers: int,
    pinned: Callable[[], None] | None = None,
) -> Iterator[int]:
    """Run `application` of a module of bench.measured under gunicorn, and yield its port."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
    command = [
        str(python), "-m", "gunicorn", "--workers", str(workers), "--bind", f"{HOST}:{port}",
        "--log-level", "warning", f"bench.measured.{module}:application",
    ]  # fmt: skip
    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, preexec_fn=pinned)
    try:
        deadline = time.monotonic() + START_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
                break
            if child.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{module} does not start")
            time.sleep(0.1)
        yield port
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(START_S)


def database(file: Path) -> dict[str, Any]:
    """Return Django's settings of a peer's database: the one that BENCH_DATABASE_URL names, or else this SQLite file."""
    if not (address := os.environ.get("BENCH_DATABASE_URL")):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": file}
    url = urlsplit(address)
    return {
        "ENGINE": "django.db.backends.postgresql", "HOST": url.hostname, "PORT": url.port, "USER": url.username,
        "NAME": url.path[1:], "CONN_MAX_AGE": 300,
    }  # fmt: skip


def run(python: Path, module: str, environment: Mapping[str, str], *arguments: str) -> str:
    """Run a module of bench.measured and return what it prints."""
    command = [str(python), "-m", f"bench.measured.{module}", *arguments]
    ran = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
    )
    return ran.stdout


def peers() -> Path:
    """Install the peers with our versions of Django and its REST framework, once, and give their Python."""
    folder = PEERS / f"wagtail-{WAGTAIL}-photologue-{PHOTOLOGUE}"
    python = folder / "bin" / "python"
    if not (folder / "bin" / "gunicorn").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        same = [f"{name}=={version(name.split('[')[0])}" for name in SAME]
        install(
            python,
            f"wagtail=={WAGTAIL}",
            f"django-photologue=={PHOTOLOGUE}",
            *same,
            f"gunicorn=={GUNICORN}",
        )
    return python


def gunicorn() -> Path:
    """Install gunicorn into a folder of its own, once, for our Python to find it there."""
    folder = PEERS / f"gunicorn-{GUNICORN}"
    if not (folder / "gunicorn").exists():
        install(peers(), "--target", str(folder), f"gunicorn=={GUNICORN}")
    return folder


def install(python: Path, *arguments: str) -> None:
    """Install packages by the pip of an environment."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)
