"""A real PostgreSQL for one test session: on a free port, in a temporary folder, as a user that is not root."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PASSWORD = "only-for-tests"


def binaries() -> Path | None:
    """Return the folder of the newest server that is installed, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running() -> Iterator[str]:
    """Run a server on an empty folder and yield the DATABASE_URL of its database."""
    # Not below pytest's folder: that one is closed to other users again by every session that starts.
    with tempfile.TemporaryDirectory(prefix="photosky-postgres-") as name, _server(Path(name)) as url:
        yield url


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    programs = binaries()
    assert programs is not None
    user = _owner(folder)
    data = folder / "data"
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    password.chmod(0o644)
    run: dict[str, Any] = {"user": user, "cwd": folder} if user else {"cwd": folder}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "photosky", "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, **run,
    )  # fmt: skip
    port = _free_port()
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder, "-c", "fsync=off"],
        stdout=(folder / "log").open("wb"), stderr=subprocess.STDOUT, **run,
    )  # fmt: skip
    try:
        _wait_for(port, server, folder / "log")
        yield f"postgresql://photosky:{PASSWORD}@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(20)


def _owner(folder: Path) -> str | None:
    """Return the user to run as, whose the folder becomes: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    user = next(
        name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()}
    )
    shutil.chown(folder, user)
    return user


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL does not start: {log.read_text(encoding='utf-8')}")
