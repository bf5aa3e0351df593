"""The words about a picture, and its lesser facts: for JSON, without binary, within a size."""

import json

from gallery.imaging import apple, text
from gallery.imaging.exif import LESSER, Exif, Tag, Value
from gallery.imaging.iptc import Iptc
from gallery.imaging.moment import Moment
from gallery.imaging.xmp import Xmp

# More than any camera writes; a row of the library must not carry a file's worth of what a program invented.
MAX_EXTRA_BYTES = 32_768
_MAX_LESSER_NUMBERS = 4
_MAX_LESSER_TEXT = 100
_MAX_KEYWORDS = 200
_TEXTS = {"software": Tag.SOFTWARE, "artist": Tag.ARTIST, "copyright": Tag.COPYRIGHT}
_NUMBERS = {
    "exposure_program": Tag.EXPOSURE_PROGRAM,
    "exposure_bias_ev": Tag.EXPOSURE_BIAS_VALUE,
    "metering_mode": Tag.METERING_MODE,
    "flash": Tag.FLASH,
    "white_balance": Tag.WHITE_BALANCE,
    "digital_zoom": Tag.DIGITAL_ZOOM_RATIO,
    "scene_capture_type": Tag.SCENE_CAPTURE_TYPE,
}


def title(packet: Xmp, records: Iptc) -> str:
    """Return what a person called the picture; "" for the names that programs and cameras give."""
    return next(filter(None, map(text.description, (packet.title, records.title))), "")[:200]


def description(tags: Exif, packet: Xmp, records: Iptc) -> str:
    """Return what a person wrote about the picture; where that is its title only, the title says it."""
    candidates = (
        packet.description,
        records.caption,
        tags.image.text(Tag.IMAGE_DESCRIPTION),
        text.comment(tags.photo.raw(Tag.USER_COMMENT), big_endian=tags.photo.big_endian),
        text.utf16(tags.image.raw(Tag.XP_COMMENT)),
        text.utf16(tags.image.raw(Tag.XP_TITLE)),
    )
    return next(filter(None, map(text.description, candidates)), "")


def rating(tags: Exif, packet: Xmp) -> int | None:
    """Return the stars, 1 to 5."""
    if packet.rating is not None:
        return packet.rating
    stars = tags.image.number(Tag.RATING)
    return int(stars) if stars is not None and 1 <= stars <= 5 else None


def flash(tags: Exif) -> bool | None:
    """Return whether the flash fired (EXIF 2.32 section 4.6.5 D: the lowest bit); None where nobody says."""
    value = tags.photo.number(Tag.FLASH)
    return None if value is None or not 0 <= value < 0x100 else bool(int(value) & 1)


def lesser(tags: Exif, packet: Xmp, records: Iptc, when: Moment) -> dict[str, object]:
    """Collect the lesser facts under their EXIF meaning (numbers as EXIF 2.32 section 4.6.5 codes them)."""
    found: dict[str, object] = {name: text.meaningful(tags.image.text(tag)) for name, tag in _TEXTS.items()}
    found["artist"] = found["artist"] or text.meaningful(records.byline)
    found["copyright"] = found["copyright"] or text.meaningful(records.copyright)
    found["lens_make"] = text.meaningful(tags.photo.text(Tag.LENS_MAKE))
    found["keywords"] = _keywords(tags, packet, records)
    found["people"] = list(packet.people)
    if when.source and when.field != "DateTimeOriginal":
        # What told the time, where it was not the camera's own word for the moment of exposure.
        found["taken_from"] = when.field
    found = {name: value for name, value in found.items() if value}
    for name, tag in _NUMBERS.items():
        number = tags.photo.number(tag)
        if number is not None and abs(number) < 1e6:
            found[name] = _tidy(number)
    found |= apple.read(tags.photo.raw(Tag.MAKER_NOTE))
    coded = {name: value for tag, name in LESSER.items() if (value := _coded(tags.photo.values.get(tag)))}
    return _bounded(found | ({"exif": coded} if coded else {}))


def _keywords(tags: Exif, packet: Xmp, records: Iptc) -> list[str]:
    windows = text.utf16(tags.image.raw(Tag.XP_KEYWORDS)).split(";")
    words = (text.meaningful(word)[:100] for word in (*packet.keywords, *records.keywords, *windows))
    # Written the same in several places: the first spelling stands.
    first: dict[str, str] = {}
    for word in filter(None, words):
        first.setdefault(word.casefold(), word)
    return list(first.values())[:_MAX_KEYWORDS]


def _coded(value: Value | None) -> object:
    if value is None:
        return None
    if isinstance(value, bytes):
        is_text = value.rstrip(b"\x00").isascii() and value.rstrip(b"\x00").decode("ascii").isprintable()
        return text.decoded(value)[:_MAX_LESSER_TEXT] if is_text else value[0] if len(value) == 1 else None
    numbers = [_tidy(number) for number in value if number is not None and abs(number) < 1e9]
    if not numbers or len(numbers) > _MAX_LESSER_NUMBERS:
        return None
    return numbers[0] if len(numbers) == 1 else numbers


def _tidy(number: float) -> float:
    return int(number) if number == int(number) else round(number, 3)


def _bounded(found: dict[str, object]) -> dict[str, object]:
    """Leave out the longest until the rest is small enough."""
    sizes = {name: len(json.dumps(value)) for name, value in found.items()}
    while sum(sizes.values()) > MAX_EXTRA_BYTES:
        longest = max(sizes, key=lambda name: sizes[name])
        del sizes[longest], found[longest]
    return found
