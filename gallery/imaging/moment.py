"""When a picture was taken: the clock on the wall, and its distance from UTC where that is known."""

import re
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from gallery.imaging.exif import Directory, Exif, Tag
from gallery.imaging.facts import YEARS

_DATE = re.compile(r"\s*(\d{4})[:\-/.](\d{1,2})[:\-/.](\d{1,2})(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?")
_OFFSET = re.compile(r"\s*([+-])(\d{1,2}):?(\d{2})\s*")
# Where the clocks of cameras begin again after their battery was out.
_RESET = {(1904, 1, 1, 0, 0, 0), (1970, 1, 1, 0, 0, 0), (1980, 1, 1, 0, 0, 0)}
_MAX_OFFSET = 15 * 60
_DAY_S = 86_400
# A receiver's time is that of its last fix, which is seconds old, hardly minutes.
_FIX_AGE_MINUTES = 2.0


class Moment(NamedTuple):
    """`at` has no zone; `offset_minutes` is what to subtract from it to have UTC."""

    at: datetime | None = None
    offset_minutes: int | None = None
    source: Literal["exif", "gps", ""] = ""


_CANDIDATES = (
    (Tag.DATE_TIME_ORIGINAL, Tag.OFFSET_TIME_ORIGINAL, Tag.SUB_SEC_TIME_ORIGINAL),
    (Tag.DATE_TIME_DIGITIZED, Tag.OFFSET_TIME_DIGITIZED, Tag.SUB_SEC_TIME_DIGITIZED),
)


def read(exif: Exif) -> Moment:
    """Find the moment: original, digitised, file time, then the satellites' clock."""
    gps = _gps_time(exif.gps)
    for tag, offset_tag, fraction_tag in _CANDIDATES:
        at = parse(exif.photo.text(tag), exif.photo.text(fraction_tag))
        if at is not None:
            return Moment(at, _offset(exif.photo, offset_tag, at, gps), "exif")
    at = parse(exif.image.text(Tag.DATE_TIME), exif.photo.text(Tag.SUB_SEC_TIME))
    if at is not None:
        return Moment(at, _offset(exif.photo, Tag.OFFSET_TIME, at, gps), "exif")
    return Moment(gps, 0, "gps") if gps is not None else Moment()


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
