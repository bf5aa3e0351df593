"""One decoding process, as its parent sees it: started, asked, watched, and its end explained."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from gallery.imaging import child_protocol as protocol
from gallery.imaging import refusals

_ROOT = Path(__file__).resolve().parents[2]
# What the child is told; never the rest of our environment, which holds secrets that a codec has no use for.
_PASSED_ON = {
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "HOME",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "PYTHONHOME",
}
_TOLD = {
    "VIPS_CONCURRENCY": "1",
    "MALLOC_ARENA_MAX": "1",
    "VIPS_BLOCK_UNTRUSTED": "1",
    # Never to a temporary file: what does not fit the memory is refused.
    "VIPS_DISC_THRESHOLD": "64g",
    "PYTHONUNBUFFERED": "1",
}
_START_S = 60.0
_OUT_OF_MEMORY = (
    b"failed to allocate",
    b"bad_alloc",
    b"out of memory",
    b"Cannot allocate memory",
    b"MemoryError",
)
_SAID_BYTES = 2000
_END_S = 5.0
_READ_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take, and how long a child is kept.

    The time on the clock only runs while the child is waited for. It is generous, since the machine may be busy: what
    computes for ever is ended by its computing time, and what waits for ever by the clock.
    """

    cpu_s: float = 30
    wall_s: float = 60
    # Beyond the libraries themselves. The largest HEIC that is taken needs 16 bytes a pixel: 960 MB.
    memory_mb: int = 1200
    files: int = 200
    # A child that has not given back more than this is replaced.
    resident_mb: int = 250


@dataclass(frozen=True, slots=True)
class Usage:
    """What a file took of the child that worked on it. The peak is the process's so far."""

    cpu_s: float
    wall_s: float
    peak_mb: float


class Unavailable(Exception):
    """No child can be started, for reasons that are no file's: none is to be judged now."""


class Died(Exception):
    """A child ended over a file, or said that it must. `refused` is the verdict, unless this was by chance."""

    def __init__(
        self, refused: refusals.Refused, detail: str, *, is_chance: bool = True, usage: Usage | None = None
    ) -> None:
        """Take the verdict, what is known of the end, and whether another try may end otherwise."""
        super().__init__(detail)
        self.refused = refused
        self.is_chance = is_chance
        self.usage = usage


class Child:
    """A process that decodes. For one thread at a time."""

    def __init__(self, module: str) -> None:
        """Start it. Raises Unavailable."""
        self.is_busy = False
        self._is_ready = False
        self._files = 0
        self._resident_mb = 0.0
        self._said: IO[bytes] = tempfile.TemporaryFile("a+b")  # noqa: SIM115  as long as the child
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", module],
                    stdin=theirs.fileno(),
                    stdout=self._said,
                    stderr=self._said,
                    cwd=_ROOT,
                    env=_environment(),
                    # Ctrl-C is the parent's to answer; the child ends when the parent has gone.
                    start_new_session=True,
                )
        except OSError as error:
            ours.close()
            self._said.close()
            raise Unavailable(f"No decoder can be started: {error}") from error
        self._channel = ours

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def is_worn(self, limits: Limits) -> bool:
        """Whether another had better take its place."""
        return self._files >= limits.files or self._resident_mb > limits.resident_mb

    def asked(self, file: IO[bytes], options: dict[str, Any], limits: Limits) -> Iterator[protocol.Frame]:
        """Ask for a file, and give each message about it; the last is "done", "refused" or "failed".

        Raises Died, or Unavailable where the child never came to life.
        """
        self._await_ready()
        self._files += 1
        self.is_busy = True
        self._said.truncate(0)
        request = {**options, "cpu_s": limits.cpu_s, "memory_mb": limits.memory_mb}
        patience = limits.wall_s
        try:
            self._channel.settimeout(patience)
            protocol.send(self._channel, request, file=file.fileno())
            while self.is_busy:
                asked_at = time.monotonic()
                frame = protocol.receive(_reader(self._channel, asked_at + patience))
                patience -= time.monotonic() - asked_at
                if frame.head["type"] not in {"processed", "rendition"}:
                    self.is_busy = False
                    self._resident_mb = frame.head["memory_mb"]
                yield frame
        except TimeoutError:
            self._process.kill()
            raise self._died(refusals.decoder_timeout("waited for too long")) from None
        except (protocol.Broken, OSError) as error:
            raise self._died(None, str(error)) from error

    def kill(self) -> None:
        """End it, whatever it does."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
        self._said.close()

    def _await_ready(self) -> None:
        if self._is_ready:
            return
        try:
            protocol.receive(_reader(self._channel, time.monotonic() + _START_S))
        except (protocol.Broken, OSError) as error:
            said = self._last_words().decode(errors="replace")
            raise Unavailable(f"The decoder does not start: {error}. {said}") from error
        self._is_ready = True

    def _died(self, verdict: refusals.Refused | None, detail: str = "") -> Died:
        """Wait for the end and explain it."""
        status, peak_mb, cpu_s = self._reaped()
        said = self._last_words()
        detail = f"{detail or verdict}; status {status}; {said.decode(errors='replace')}"
        verdict = verdict or _verdict(status, said, detail)
        # What it computed for too long it would compute for too long again.
        is_chance = status != -signal.SIGXCPU
        return Died(verdict, detail, is_chance=is_chance, usage=Usage(cpu_s, 0, peak_mb))

    def _reaped(self) -> tuple[int, float, float]:
        """Wait for the process, which is on its way out; return its status, its peak in MB and its seconds."""
        deadline = time.monotonic() + _END_S
        while True:
            if time.monotonic() > deadline:
                self._process.kill()
            try:
                pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
            except ChildProcessError:
                return self._process.wait(), 0, 0
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                unit = 1024**2 if sys.platform == "darwin" else 1024
                return self._process.returncode, usage.ru_maxrss / unit, usage.ru_utime + usage.ru_stime
            time.sleep(0.01)

    def _last_words(self) -> bytes:
        self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, self._said.tell() - _SAID_BYTES))
        return self._said.read()


def _verdict(status: int, said: bytes, detail: str) -> refusals.Refused:
    if status == -signal.SIGXCPU:
        return refusals.decoder_timeout(detail)
    # Nobody else kills a decoder like this than the kernel, where the machine's memory has run out.
    if status == -signal.SIGKILL or any(sign in said for sign in _OUT_OF_MEMORY):
        return refusals.decoder_memory(detail)
    return refusals.decoder_crashed(detail)


def _reader(channel: socket.socket, deadline: float) -> Callable[[int], bytes]:
    def read(count: int) -> bytes:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        channel.settimeout(left)
        return channel.recv(min(count, _READ_BYTES))

    return read


def _environment() -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if name in _PASSED_ON}
    # As we find the libraries, wherever they were installed.
    return {**passed, **_TOLD, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
