"""When a picture was taken: the clock on the wall, and its distance from UTC where that is known."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal, NamedTuple

from gallery.imaging.exif import Directory, Exif, Tag
from gallery.imaging.facts import YEARS
from gallery.imaging.iptc import Iptc
from gallery.imaging.xmp import Xmp

_DATE = re.compile(r"\s*(\d{4})[:\-/.](\d{1,2})[:\-/.](\d{1,2})(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?")
_ISO = re.compile(
    r"\s*(\d{4}[-:]\d\d[-:]\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?)?\s*(Z|[+-]\d\d:?\d\d)?\s*$"
)
# A date within a name: no digit before and none behind, years as four digits.
_DAY = r"(?<!\d)(?P<year>(?:19|20)\d\d)[-_.]?(?P<month>0[1-9]|1[0-2])[-_.]?(?P<day>0[1-9]|[12]\d|3[01])"
_CLOCK = (
    r"(?P<hour>[01]\d|2[0-3])[-_.:]?(?P<minute>[0-5]\d)[-_.:]?(?P<second>[0-5]\d)(?P<fraction>\d{3})?(?!\d)"
)
_NAMES = (
    # IMG_20260914_194211, PXL_20260914_174211123, Screenshot_2026-09-14-19-42-11, 2026-09-14 19.42.11
    re.compile(_DAY + r"(?:[-_ .T]{1,2}|\s+at\s+)?" + _CLOCK, re.IGNORECASE),
    # IMG-20260914-WA0001, 2026-09-14 the lake
    re.compile(_DAY + r"(?!\d)"),
)
# Before, nobody's file was named by its date; numbers that look like one are counters.
_FIRST_NAMED_YEAR = 1990
_OFFSET = re.compile(r"\s*([+-])(\d{1,2}):?(\d{2})\s*")
# Where the clocks of cameras begin again after their battery was out.
_RESET = {(1904, 1, 1, 0, 0, 0), (1970, 1, 1, 0, 0, 0), (1980, 1, 1, 0, 0, 0)}
_MAX_OFFSET = 15 * 60
_DAY_S = 86_400
# A receiver's time is that of its last fix, which is seconds old, hardly minutes.
_FIX_AGE_MINUTES = 2.0


class Moment(NamedTuple):
    """`at` has no zone; `offset_minutes` is what to subtract from it to have UTC; `field` is what said so."""

    at: datetime | None = None
    offset_minutes: int | None = None
    source: Literal["exif", "gps", "name", ""] = ""
    field: str = ""


_CANDIDATES = (
    ("DateTimeOriginal", Tag.DATE_TIME_ORIGINAL, Tag.OFFSET_TIME_ORIGINAL, Tag.SUB_SEC_TIME_ORIGINAL),
    ("DateTimeDigitized", Tag.DATE_TIME_DIGITIZED, Tag.OFFSET_TIME_DIGITIZED, Tag.SUB_SEC_TIME_DIGITIZED),
)


def read(exif: Exif, packet: Xmp = Xmp(), records: Iptc = Iptc()) -> Moment:  # noqa: B008 (frozen)
    """Find the moment: EXIF's original and digitised, XMP, IPTC, the satellites' clock, and when the file was changed."""
    gps = _gps_time(exif.gps)
    for name, tag, offset_tag, fraction_tag in _CANDIDATES:
        at = parse(exif.photo.text(tag), exif.photo.text(fraction_tag))
        if at is not None:
            return Moment(at, _offset(exif.photo, offset_tag, at, gps), "exif", name)
    for name, words in (*(("XMP", date) for date in packet.dates), ("IPTC", _iptc(records))):
        at = parse_iso(words)
        if at is not None:
            return Moment(at.replace(tzinfo=None), _zone(at), "exif", name)
    if gps is not None:
        return Moment(gps, 0, "gps", "GPSDateStamp")
    at = parse(exif.image.text(Tag.DATE_TIME), exif.photo.text(Tag.SUB_SEC_TIME))
    if at is not None:
        return Moment(at, _offset(exif.photo, Tag.OFFSET_TIME, at, gps), "exif", "DateTime")
    return Moment()


def of_name(filename: str) -> Moment:
    """Find the moment in a file's name, as phones, cameras and messengers write it."""
    for pattern in _NAMES:
        match = pattern.search(filename)
        if match is None:
            continue
        parts = match.groupdict()
        clock = ":".join(parts.get(unit) or "00" for unit in ("hour", "minute", "second"))
        day = f"{parts['year']}:{parts['month']}:{parts['day']}"
        at = parse(f"{day} {clock}", parts.get("fraction") or "")
        if at is not None and at.year >= _FIRST_NAMED_YEAR:
            # Pixel phones name by UTC, all others by the clock on the wall.
            return Moment(at, 0 if filename.startswith("PXL_") else None, "name", "name")
    return Moment()


def parse_iso(words: str) -> datetime | None:
    """Read a date of XMP (ISO 8601, or as EXIF writes it, which some programs do); a day without a time is its beginning."""
    match = _ISO.match(words)
    if match is None:
        return None
    at = parse(f"{match[1]} {match[2] or '00:00:00'}", match[3] or "")
    offset = parse_offset(match[4] or "")
    if at is None or offset is None:
        return at
    return at.replace(tzinfo=timezone(timedelta(minutes=offset)))


def _zone(at: datetime) -> int | None:
    distance = at.utcoffset()
    return None if distance is None else round(distance.total_seconds() / 60)


def _iptc(records: Iptc) -> str:
    day, clock = records.date, records.time
    if len(day) != 8 or not day.isdigit():
        return ""
    words = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    if len(clock) >= 6 and clock[:6].isdigit():
        words += f"T{clock[:2]}:{clock[2:4]}:{clock[4:6]}"
        if len(clock) == 11:
            words += f"{clock[6:9]}:{clock[9:]}"
    return words


def parse(text: str, fraction: str = "") -> datetime | None:
    """Read an EXIF date ("2024:05:31 18:03:59") and its fraction of a second; None for zeros, blanks and junk."""
    match = _DATE.match(text)
    if match is None:
        return None
    fields = tuple(int(part or 0) for part in match.groups())
    if fields in _RESET or fields[0] not in YEARS:
        return None
    year, month, day, hour, minute, second = fields
    digits = fraction.strip()[:6]
    microsecond = int(digits.ljust(6, "0")) if digits.isascii() and digits.isdigit() else 0
    try:
        return datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001 (a wall clock)
    except ValueError:
        return None


def parse_offset(text: str) -> int | None:
    """Read "+05:30" or "Z" as minutes east of UTC."""
    if text.strip() in {"Z", "UTC"}:
        return 0
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[3]) > 59:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    return None if minutes > _MAX_OFFSET else minutes * (-1 if match[1] == "-" else 1)


def _offset(photo: Directory, tag: Tag, at: datetime, gps: datetime | None) -> int | None:
    written = parse_offset(photo.text(tag))
    if written is None:
        written = parse_offset(photo.text(Tag.OFFSET_TIME))
    if written is not None or gps is None:
        return written
    minutes = (at - gps).total_seconds() / 60
    nearest = round(minutes / 15) * 15
    # Zones are multiples of 15 minutes; anything else is a camera whose clock is wrong, and tells nothing.
    return nearest if abs(nearest) <= _MAX_OFFSET and abs(minutes - nearest) <= _FIX_AGE_MINUTES else None


def _gps_time(gps: Directory) -> datetime | None:
    day = parse(gps.text(Tag.GPS_DATE_STAMP))
    parts = gps.numbers(Tag.GPS_TIME_STAMP)
    if day is None or len(parts) != 3:
        return None
    seconds = sum(
        (part if part is not None else -1e9) * unit for part, unit in zip(parts, (3600, 60, 1), strict=True)
    )
    if not 0 <= seconds <= _DAY_S:
        return None
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    return (midnight + timedelta(seconds=int(seconds))).replace(tzinfo=None)
