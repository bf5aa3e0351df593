"""What IPTC's older records say (IIM 4.2): caption, title, keywords, and when the picture was made."""

from collections.abc import Iterator
from dataclasses import dataclass

from gallery.imaging import text

_RESOURCE = b"8BIM"
_IIM = 0x0404
_UTF_8 = b"\x1b%G"
_MAX_DATASETS = 1000
_MAX_KEYWORDS = 200
# Record and dataset numbers (IIM 4.2, chapters 5 and 6).
_CHARACTER_SET = (1, 90)
_TITLE, _KEYWORD, _DATE, _TIME = (2, 5), (2, 25), (2, 55), (2, 60)
_BYLINE, _COPYRIGHT, _CAPTION = (2, 80), (2, 116), (2, 120)


@dataclass(frozen=True, slots=True)
class Iptc:
    """The few datasets that are read. `date` is YYYYMMDD, `time` HHMMSS and perhaps its distance from UTC."""

    title: str = ""
    caption: str = ""
    byline: str = ""
    copyright: str = ""
    date: str = ""
    time: str = ""
    keywords: tuple[str, ...] = ()


def read(block: bytes) -> Iptc:
    """Read a block, bare or within Photoshop's resources. What is broken is left out."""
    found: dict[tuple[int, int], list[bytes]] = {}
    for name, value in _datasets(_bare(block)):
        found.setdefault(name, []).append(value)
    is_utf8 = found.get(_CHARACTER_SET, [b""])[0].startswith(_UTF_8)

    def words(name: tuple[int, int]) -> list[str]:
        return [tidy for value in found.get(name, []) if (tidy := _decoded(value, is_utf8=is_utf8))]

    def first(name: tuple[int, int]) -> str:
        return next(iter(words(name)), "")

    return Iptc(
        title=first(_TITLE),
        caption=first(_CAPTION),
        byline=first(_BYLINE),
        copyright=first(_COPYRIGHT),
        date=first(_DATE),
        time=first(_TIME),
        keywords=tuple(dict.fromkeys(words(_KEYWORD)))[:_MAX_KEYWORDS],
    )


def _decoded(value: bytes, *, is_utf8: bool) -> str:
    if is_utf8:
        return text.repaired(value.decode("utf-8", "replace"))
    # Without a word about it most programs write UTF-8 all the same; what is not that is Windows' Latin-1.
    return text.decoded(value)


def _bare(block: bytes) -> bytes:
    """Return the records out of Photoshop's image resources (each: 8BIM, number, padded name, length, padded data)."""
    at = block.find(_RESOURCE, 0, 64)
    if at < 0:
        return block
    for _ in range(_MAX_DATASETS):
        if block[at : at + 4] != _RESOURCE:
            break
        number = int.from_bytes(block[at + 4 : at + 6], "big")
        name = block[at + 6] if at + 6 < len(block) else 0
        start = at + 6 + (name + 2) // 2 * 2
        length = int.from_bytes(block[start : start + 4], "big")
        if number == _IIM:
            return block[start + 4 : start + 4 + length]
        at = start + 4 + (length + 1) // 2 * 2
    return b""


def _datasets(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    at = 0
    for _ in range(_MAX_DATASETS):
        if at + 5 > len(block) or block[at] != 0x1C:
            return
        length = int.from_bytes(block[at + 3 : at + 5], "big")
        if length & 0x8000:
            # An extended length: for pictures within pictures, which are not read.
            return
        yield (block[at + 1], block[at + 2]), block[at + 5 : at + 5 + length]
        at += 5 + length
