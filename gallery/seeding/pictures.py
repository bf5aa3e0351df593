"""Small real photographs for made-up rows: drawn a few times, told apart by a comment, put into the store with their renditions.

Like any row, one stands for bytes that are there: whoever opens such a photo sees a picture.
"""

import hashlib
import io
import itertools
import random
import secrets
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from gallery import imaging, objectstore, renditions

DRAWN = 8
SIZE = (900, 600)
AT_ONCE = 8
# The store is this far ahead of the rows, and no farther.
AHEAD = 64


class Picture(NamedTuple):
    """What a row tells of a photo's bytes."""

    sha256: str
    bytes: int
    width: int
    height: int
    color: str
    thumbhash: str
    token: str
    suffix: str

    def key(self, owner: str) -> str:
        """Return the name of the original in the store."""
        return f"originals/{owner}/{self.token}.{self.suffix}"


class Drawn(NamedTuple):
    """A picture, what is known of it, and its renditions by their rungs."""

    jpeg: bytes
    color: str
    thumbhash: str
    rungs: Sequence[tuple[str, bytes]]


def stored(owner: str, count: int) -> Iterator[Picture]:
    """Yield so many pictures of which original and renditions stand in the store. Raises objectstore.Unavailable."""
    drawn = itertools.cycle([_draw(number) for number in range(min(DRAWN, count))])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = deque(pool.submit(_store, owner, next(drawn)) for _ in range(min(AHEAD, count)))
        for number in range(count):
            picture = waiting.popleft().result()
            if number + AHEAD < count:
                waiting.append(pool.submit(_store, owner, next(drawn)))
            yield picture


def _store(owner: str, drawn: Drawn) -> Picture:
    note = secrets.token_bytes(16)
    # A comment after the first marker (ITU T.81, B.2.4.5) makes other bytes of the same picture.
    data = drawn.jpeg[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note + drawn.jpeg[2:]
    sha256, token = hashlib.sha256(data).hexdigest(), secrets.token_hex(16)
    picture = Picture(sha256, len(data), *SIZE, drawn.color, drawn.thumbhash, token, "jpg")
    for rung, rendition in drawn.rungs:
        name = renditions.key(token, imaging.RECIPE, rung)
        kind = imaging.rung_of(rung, imaging.RECIPE).content_type
        objectstore.put(
            name, rendition, content_type=kind, cache_control=renditions.CACHE_CONTROL, if_absent=False
        )
    objectstore.put(picture.key(owner), data, content_type="image/jpeg", if_absent=True, sha256=sha256)
    return picture


def _draw(number: int) -> Drawn:
    from PIL import Image as PillowImage

    chance = random.Random(number)  # noqa: S311  # a picture, no secret
    spots = bytes(chance.randrange(256) for _ in range(6 * 4 * 3))
    picture = PillowImage.frombytes("RGB", (6, 4), spots).resize(SIZE, PillowImage.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=60)
    made = imaging.process(buffer.getvalue())
    rungs = [(rendition.name, rendition.data) for rendition in made.renditions]
    return Drawn(buffer.getvalue(), made.colour, made.thumbhash, rungs)
