"""Databases with made-up libraries for bench.scale: made once for each engine and size, and kept in a folder."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.shape import ROOT

PEOPLE = 20
START_S = 60
# As a small server of its own would be set up; what is lost in a power cut is made again.
SERVER = ("fsync=off", "shared_buffers=512MB", "max_wal_size=8GB", "listen_addresses=127.0.0.1")


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """Yield the address of a database, with a place for its size."""
    yield f"sqlite:///{folder}/library-{{size}}.sqlite3"


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run Debian's newest server on a folder that is kept; yield the address of a database, with a place for its size."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise SystemExit(
            "PostgreSQL is missing (Debian: apt install postgresql), or ask for --engines sqlite"
        )
    programs, home = found[-1].parent, folder / "postgresql"
    home.mkdir(exist_ok=True)
    user = _user(folder, home)
    data = home / "data"
    if not (data / "PG_VERSION").exists():
        command: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "photosky",
            "-A",
            "trust",
            "--no-sync",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, cwd=home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    options = [word for setting in SERVER for word in ("-c", setting)]
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), "-k", home, *options],
        stdout=(home / "log").open("wb"), stderr=subprocess.STDOUT, user=user, cwd=home,
    )  # fmt: skip
    try:
        _wait_for(port, server, home / "log")
        yield f"postgresql://photosky@127.0.0.1:{port}/library_{{size}}"
    finally:
        server.terminate()
        server.wait(60)


ENGINES = {"sqlite": sqlite, "postgresql": postgresql}


def fill(engine: str, url: str, size: int, folder: Path, environment: Mapping[str, str]) -> None:
    """Bring the tables up to date, and make the library unless it is there."""
    made = folder / f"{engine}-{size}.made"
    if not made.exists():
        _begin_anew(engine, url, folder, size)
    _manage(environment, "migrate", "--verbosity=0", "--skip-checks")
    if not made.exists():
        start = time.monotonic()
        _manage(environment, "seed_library", f"--images={size}", f"--users={min(PEOPLE, size)}")
        made.write_text(f"{time.monotonic() - start:.1f}\n", encoding="utf-8")


def _begin_anew(engine: str, url: str, folder: Path, size: int) -> None:
    """Take away what an interrupted run has left, and make an empty database."""
    if engine == "sqlite":
        for path in folder.glob(f"library-{size}.sqlite3*"):
            path.unlink()
        return
    import psycopg

    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())


def _manage(environment: Mapping[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "django", *arguments]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **environment})


def _user(folder: Path, home: Path) -> str | None:
    """Return the user to run as, whose the folder becomes: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next(name for name in ("postgres", "nobody") if name in known)
    shutil.chown(home, user)
    for path in (folder, *folder.parents):
        if not path.stat().st_mode & 0o001:
            raise SystemExit(
                f"PostgreSQL runs as {user}, who cannot reach {path}: name another one by --folder"
            )
    return user


def _wait_for(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"PostgreSQL does not start: {log.read_text(encoding='utf-8')[-2000:]}")
