"""A decoding process whose codecs really crash, hang and eat memory, where a picture asks for it behind its end.

    NASTY:<when>:<what>[:<file>]

`when` is "decode" or "encode" (after the first rendition); with a file, it only happens while there is none, which is
then made: the next child finds it and behaves.
"""

import ctypes
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gallery.imaging import child, rendering
from gallery.imaging.facts import Processed, Rendition

_WISH = re.compile(rb"NASTY:(\w+):(\w+)(?::(.+))?$")
_decode = rendering.process


def _touch_memory() -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    while block := libc.malloc(ctypes.c_size_t(16 * 1024 * 1024)):
        ctypes.memset(block, 1, 16 * 1024 * 1024)
    sys.stderr.write("failed to allocate 16777216 bytes\n")
    sys.stderr.flush()
    os.abort()


def _spin() -> None:
    while True:
        pass


def _talk() -> None:
    # Into what was standard output, where the parent listens.
    os.write(1, b"\0" * 64)


ACTIONS: dict[str, Any] = {
    "segv": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "exit": lambda: os._exit(3),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "sleep": lambda: time.sleep(1000),
    "spin": _spin,
    "malloc": _touch_memory,
    "python": lambda: bytearray(10**12),
    "mistake": lambda: int("no number"),
    "talk": _talk,
}


def _nasty(data: bytes, **options: Any) -> Processed:
    wish = _WISH.search(data[-400:])
    when, what, once = wish.groups() if wish else (b"", b"", None)

    def act(now: bytes) -> None:
        if when != now or (once and Path(os.fsdecode(once)).exists()):
            return
        if once:
            Path(os.fsdecode(once)).touch()
        ACTIONS[what.decode()]()

    def encoding(renditions: Iterator[Rendition]) -> Iterator[Rendition]:
        for number, rendition in enumerate(renditions):
            if number == 1:
                act(b"encode")
            yield rendition

    act(b"decode")
    processed = _decode(data, **options)
    processed_fields = {name: getattr(processed, name) for name in processed.__slots__}
    return Processed(**processed_fields | {"renditions": encoding(processed.renditions)})


if __name__ == "__main__":
    rendering.process = _nasty
    child.main()
