"""Originals, brought here to be worked on: read once from the store, into a file that leaves no trace."""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from gallery import objectstore


@dataclass(frozen=True, slots=True)
class Original:
    """An original in a file without a name, which is gone with the process that holds it open."""

    file: IO[bytes]
    size: int
    sha256: str
    # Says which file it is, to clients that know no better; nothing is proved by it.
    sha1: str


@contextlib.contextmanager
def fetched(key: str, *, max_bytes: int) -> Iterator[Original]:
    """Bring an original here. Raises NotFound, TooLarge before a byte too many is kept, Damaged, Unavailable.

    In a file rather than in memory: the process that decodes it is another, and it may be a long video.
    """
    with tempfile.TemporaryFile(prefix="photosky-") as file:
        hashing, naming, size = hashlib.sha256(), hashlib.sha1(usedforsecurity=False), 0
        for chunk in objectstore.stream(key):
            size += len(chunk)
            if size > max_bytes:
                raise objectstore.TooLarge(f"{key} has more than {max_bytes} bytes.", code="TooLarge")
            hashing.update(chunk)
            naming.update(chunk)
            file.write(chunk)
        file.flush()
        yield Original(file, size, hashing.hexdigest(), naming.hexdigest())
