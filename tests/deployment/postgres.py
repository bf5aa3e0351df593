"""A real PostgreSQL for one test session: on a free port, in a temporary folder, as a user that is not root.

`python -m tests.deployment.postgres COMMAND ...` runs a command whose DATABASE_URL names such a server.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PASSWORD = "only-for-tests"
START_S = 60


def binaries() -> Path | None:
    """Return the folder of the newest server that is installed, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Server:
    """A server on a folder of its own. It keeps its port and its rows when it is stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._user = _owner(folder)
        self._running: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://photosky:{PASSWORD}@127.0.0.1:{self._port}/postgres"
        password = folder / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        password.chmod(0o644)
        self._run(
            "initdb", "-D", folder / "data", "-U", "photosky", "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync"
        )  # fmt: skip

    def start(self) -> None:
        """Start it where it does not run, and wait until it answers."""
        if self._running is not None:
            return
        log = self._folder / "log"
        with log.open("ab") as sink:
            self._running = subprocess.Popen(
                [_program("postgres"), "-D", self._folder / "data", "-h", "127.0.0.1", "-p", str(self._port),
                 "-k", self._folder, "-c", "fsync=off"],
                stdout=sink, stderr=subprocess.STDOUT, **self._whose(),
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._running.poll() is None:
            if self._is_ready():
                return
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL does not start: {log.read_text(encoding='utf-8')}")

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it as an administrator does, who waits for nobody: open transactions are undone.

        They end one after the other, so that one may get the lock of another and be done before its turn: `at_once` ends
        all of them where they are, as a loss of power does.
        """
        if self._running is not None:
            # What the signals mean to it (PostgreSQL manual, section 18.5).
            self._running.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            self._running.wait(20)
            self._running = None

    def _is_ready(self) -> bool:
        # It listens before it lets anybody in.
        probe = [str(_program("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        return subprocess.run(probe, check=False).returncode == 0

    def _run(self, program: str, *arguments: str | Path) -> None:
        command: list[str | Path] = [_program(program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **self._whose())

    def _whose(self) -> dict[str, Any]:
        return {"cwd": self._folder, **({"user": self._user} if self._user else {})}


@contextmanager
def server() -> Iterator[Server]:
    """Yield a server that runs on an empty folder, and stop it at the end."""
    # Not below pytest's folder: that one is closed to other users again by every session that starts.
    with tempfile.TemporaryDirectory(prefix="photosky-postgres-") as name:
        made = Server(Path(name))
        try:
            made.start()
            yield made
        finally:
            made.stop()


@contextmanager
def running() -> Iterator[str]:
    """Run a server on an empty folder and yield the DATABASE_URL of its database."""
    with server() as made:
        yield made.url


def _program(name: str) -> Path:
    programs = binaries()
    assert programs is not None
    return programs / name


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


def main() -> int:
    """Run the command of the arguments beside a server; return its exit status."""
    if binaries() is None:
        sys.stderr.write("PostgreSQL is not installed (Debian: apt install postgresql).\n")
        return 1
    # So that the server ends with this program, however it is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with running() as url:
        return subprocess.run(sys.argv[1:], env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
