"""Where a picture was taken, from the GPS directory (EXIF 2.32 section 4.6.6)."""

from typing import NamedTuple

from gallery.imaging.exif import Directory, Tag
from gallery.imaging.xmp import Xmp


class Place(NamedTuple):
    """Degrees (WGS 84, north and east positive) and metres above sea level; both degrees or neither are there."""

    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None


def read(gps: Directory, packet: Xmp = Xmp()) -> Place:  # noqa: B008 (frozen)
    """Find the place, EXIF's or else XMP's; unknown without a hemisphere, out of range, or at exactly 0, 0.

    A receiver without a fix writes 0, 0.
    """
    latitude = _degrees(gps, Tag.GPS_LATITUDE, Tag.GPS_LATITUDE_REF, "NS", 90)
    longitude = _degrees(gps, Tag.GPS_LONGITUDE, Tag.GPS_LONGITUDE_REF, "EW", 180)
    altitude = _altitude(gps)
    if latitude is None or longitude is None:
        latitude, longitude, altitude = packet.latitude, packet.longitude, packet.altitude_m
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return Place()
    return Place(latitude, longitude, altitude)


def _degrees(gps: Directory, tag: Tag, ref_tag: Tag, hemispheres: str, limit: int) -> float | None:
    parts = gps.numbers(tag)[:3]
    ref = gps.text(ref_tag)[:1].upper()
    if not parts or ref not in hemispheres or not ref:
        return None
    total = 0.0
    for part, unit in zip(parts, (1, 60, 3600), strict=False):
        if part is None:
            # Some receivers write 0/0 seconds after decimal minutes; without degrees there is nothing.
            if unit == 1:
                return None
            continue
        total += part / unit
    if not 0 <= abs(total) <= limit:
        return None
    return round(-abs(total) if ref == hemispheres[1] else total, 7)


def _altitude(gps: Directory) -> float | None:
    altitude = gps.number(Tag.GPS_ALTITUDE)
    if altitude is None or not -12_000 < altitude < 100_000:
        return None
    below_sea = gps.raw(Tag.GPS_ALTITUDE_REF)[:1] == b"\x01"
    return round(-altitude if below_sea else altitude, 2)
