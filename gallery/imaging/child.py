"""The process that decodes: `python -m gallery.imaging.child`, asked over its standard input for one file at a time.

It may be killed at any moment. It holds no secrets, writes no files, and gives way first where memory runs out.
"""

import contextlib
import mmap
import os
import resource
import socket
import time
import traceback
from pathlib import Path
from typing import Any

from gallery.imaging import child_protocol as protocol
from gallery.imaging import refusals
from gallery.imaging.facts import Processed

_MB = 1024 * 1024
# Enough for what a codec complains about; a file that makes it complain for ever ends it.
_MAX_FILE_BYTES = 64 * _MB
# The size of a mapped file is part of the address space.
_PAGE = resource.getpagesize()


def main() -> None:
    """Answer until the other side has gone."""
    channel = _channel()
    base = _confine()
    protocol.send(channel, {"type": "ready"})
    with contextlib.suppress(protocol.Broken, BrokenPipeError, ConnectionResetError):
        while True:
            _serve(channel, base)


def _channel() -> socket.socket:
    """Take the socket from standard input, and leave nothing there that a codec could read from or write into."""
    channel = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return channel


def _confine() -> int:
    """Load the codecs, then lower what this process may do; return its address space so far."""
    # Here rather than with the first file, so that its limit of memory is that of every other.
    from gallery.imaging import heif, rendering  # noqa: F401

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_FILE_BYTES, _MAX_FILE_BYTES))
    # Only Linux has it. There the kernel then ends the decoder rather than the gallery or the database.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    return _address_space()


def _serve(channel: socket.socket, base: int) -> None:
    first, files, _, _ = socket.recv_fds(channel, 1, 1)
    if not first:
        raise protocol.Broken("the other side has gone")
    waiting = bytearray(first)

    def read(count: int) -> bytes:
        if waiting:
            some = bytes(waiting)
            waiting.clear()
            return some
        return channel.recv(count)

    request = protocol.receive(read).head
    started = time.process_time()
    _forget_peak()
    try:
        _limit(base, request, os.fstat(files[0]).st_size)
        verdict = _outcome(channel, files[0], {"turn": request["turn"], "recipe": request["recipe"]})
    finally:
        os.close(files[0])
    usage = {
        "cpu_s": time.process_time() - started,
        "memory_mb": _memory("VmRSS"),
        "peak_mb": _memory("VmHWM"),
    }
    protocol.send(channel, verdict | usage)


def _limit(base: int, request: dict[str, Any], size: int) -> None:
    """Limit this file's share: the kernel ends the process at so many seconds, and refuses it more memory."""
    used = time.process_time()
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + request["cpu_s"]) + 1, hard))
    if base:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (base + size + request["memory_mb"] * _MB, hard))


def _outcome(channel: socket.socket, file: int, options: dict[str, Any]) -> dict[str, Any]:
    """Send what is made of the file as it is made, and return the last message."""
    try:
        _send_pictures(channel, file, options)
    except refusals.Refused as refused:
        return protocol.refused_as_json(refused)
    except MemoryError:
        return protocol.refused_as_json(refusals.decoder_memory(traceback.format_exc(limit=-3)))
    except (protocol.Broken, BrokenPipeError, ConnectionResetError):
        raise
    except ImportError:
        return {"type": "failed", "detail": traceback.format_exc()}
    except Exception:  # noqa: BLE001
        # A mistake in our own reading of a file is the file's fault as far as anybody else is concerned.
        return protocol.refused_as_json(refusals.decoder_crashed(traceback.format_exc(limit=-6)))
    return {"type": "done"}


def _send_pictures(channel: socket.socket, file: int, options: dict[str, Any]) -> None:
    from gallery.imaging import rendering

    with _mapped(file) as data:
        processed: Processed = rendering.process(data, **options)
        protocol.send(channel, protocol.processed_as_json(processed))
        for rendition in processed.renditions:
            head = {
                "type": "rendition",
                "name": rendition.name,
                "content_type": rendition.content_type,
                "width": rendition.width,
                "height": rendition.height,
            }
            protocol.send(channel, head, rendition.data)


@contextlib.contextmanager
def _mapped(file: int) -> Any:
    """Show a file as bytes without reading it into memory."""
    if not os.fstat(file).st_size:
        raise refusals.empty()
    data = mmap.mmap(file, 0, access=mmap.ACCESS_READ)
    try:
        yield data
    finally:
        # A codec that still holds the bytes keeps them mapped; the next file has a map of its own.
        with contextlib.suppress(BufferError):
            data.close()


def _address_space() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
    except OSError:
        # Not Linux: the limit could be set, but would not be kept.
        return 0


def _forget_peak() -> None:
    # proc(5): 5 resets the peak to the present. Without it the largest file so far would be blamed on each after it.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _memory(name: str) -> float:
    """Return a figure of this process's memory in MB."""
    try:
        words = Path("/proc/self/status").read_text()
    except OSError:
        # macOS counts in bytes.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MB
    return int(words.split(f"{name}:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
