"""Reading EXIF (a TIFF directory, TIFF 6.0 section 2): only the tags that are asked for, and within fixed limits.

A general TIFF reader loads every value a directory claims. A block of 64 kB can hold 5,000 entries that all claim the
whole block, which is 350 MB; here a value is only ever copied when it is wanted, and the wanted are few.
"""

import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from gallery.imaging import text

Value = bytes | tuple[float | None, ...]

_MAX_ENTRIES = 1000
_MAX_BYTES = 65_536
_MAX_NUMBERS = 64
# Type number: size in bytes and struct code; those without a code (texts, bytes and the undefined) are kept as bytes.
_TYPES = {
    1: (1, ""),
    2: (1, ""),
    3: (2, "H"),
    4: (4, "I"),
    5: (8, "II"),
    6: (1, "b"),
    7: (1, ""),
    8: (2, "h"),
    9: (4, "i"),
    10: (8, "ii"),
    11: (4, "f"),
    12: (8, "d"),
    13: (4, "I"),
    129: (1, ""),
}


class Tag(IntEnum):
    """Tag numbers, named as in EXIF 2.32 (the GPS directory counts from 0 on its own)."""

    GPS_LATITUDE_REF = 0x01
    GPS_LATITUDE = 0x02
    GPS_LONGITUDE_REF = 0x03
    GPS_LONGITUDE = 0x04
    GPS_ALTITUDE_REF = 0x05
    GPS_ALTITUDE = 0x06
    GPS_TIME_STAMP = 0x07
    GPS_DATE_STAMP = 0x1D
    NEW_SUBFILE_TYPE = 0xFE
    IMAGE_DESCRIPTION = 0x010E
    MAKE = 0x010F
    MODEL = 0x0110
    STRIP_OFFSETS = 0x0111
    ORIENTATION = 0x0112
    STRIP_BYTE_COUNTS = 0x0117
    SOFTWARE = 0x0131
    DATE_TIME = 0x0132
    ARTIST = 0x013B
    RATING = 0x4746
    TILE_OFFSETS = 0x0144
    TILE_BYTE_COUNTS = 0x0145
    SUB_IFDS = 0x014A
    COPYRIGHT = 0x8298
    IPTC = 0x83BB
    EXPOSURE_TIME = 0x829A
    F_NUMBER = 0x829D
    EXIF_IFD = 0x8769
    EXPOSURE_PROGRAM = 0x8822
    GPS_IFD = 0x8825
    PHOTOGRAPHIC_SENSITIVITY = 0x8827
    STANDARD_OUTPUT_SENSITIVITY = 0x8831
    RECOMMENDED_EXPOSURE_INDEX = 0x8832
    ISO_SPEED = 0x8833
    DATE_TIME_ORIGINAL = 0x9003
    DATE_TIME_DIGITIZED = 0x9004
    OFFSET_TIME = 0x9010
    OFFSET_TIME_ORIGINAL = 0x9011
    OFFSET_TIME_DIGITIZED = 0x9012
    SHUTTER_SPEED_VALUE = 0x9201
    APERTURE_VALUE = 0x9202
    EXPOSURE_BIAS_VALUE = 0x9204
    METERING_MODE = 0x9207
    FLASH = 0x9209
    FOCAL_LENGTH = 0x920A
    MAKER_NOTE = 0x927C
    USER_COMMENT = 0x9286
    SUB_SEC_TIME = 0x9290
    SUB_SEC_TIME_ORIGINAL = 0x9291
    SUB_SEC_TIME_DIGITIZED = 0x9292
    XP_TITLE = 0x9C9B
    XP_COMMENT = 0x9C9C
    XP_KEYWORDS = 0x9C9E
    WHITE_BALANCE = 0xA403
    DIGITAL_ZOOM_RATIO = 0xA404
    FOCAL_LENGTH_IN_35MM_FILM = 0xA405
    SCENE_CAPTURE_TYPE = 0xA406
    LENS_SPECIFICATION = 0xA432
    LENS_MAKE = 0xA433
    LENS_MODEL = 0xA434
    DNG_VERSION = 0xC612


# The lesser facts of a photograph, kept by the names that EXIF 2.32 gives them (section 4.6.5). Nothing that tells one
# camera or one person from another (serial numbers, owners' names, identifiers) is among them.
LESSER = {
    0x8824: "SpectralSensitivity",
    0x8830: "SensitivityType",
    0x9000: "ExifVersion",
    0x9203: "BrightnessValue",
    0x9205: "MaxApertureValue",
    0x9206: "SubjectDistance",
    0x9208: "LightSource",
    0x9214: "SubjectArea",
    0x9400: "AmbientTemperature",
    0x9401: "Humidity",
    0x9402: "Pressure",
    0x9403: "WaterDepth",
    0x9404: "Acceleration",
    0x9405: "CameraElevationAngle",
    0xA001: "ColorSpace",
    0xA20E: "FocalPlaneXResolution",
    0xA20F: "FocalPlaneYResolution",
    0xA210: "FocalPlaneResolutionUnit",
    0xA215: "ExposureIndex",
    0xA217: "SensingMethod",
    0xA401: "CustomRendered",
    0xA402: "ExposureMode",
    0xA407: "GainControl",
    0xA408: "Contrast",
    0xA409: "Saturation",
    0xA40A: "Sharpness",
    0xA40C: "SubjectDistanceRange",
    0xA460: "CompositeImage",
}
_WANTED = frozenset(Tag) | frozenset(LESSER)


@dataclass(frozen=True, slots=True)
class Directory:
    """The values of one directory by tag number. A broken value is as good as absent."""

    values: dict[int, Value] = field(default_factory=dict)
    big_endian: bool = False

    def text(self, tag: int) -> str:
        """Give a text in its repaired form, or ""."""
        value = self.values.get(tag, b"")
        return text.decoded(value) if isinstance(value, bytes) else ""

    def raw(self, tag: int) -> bytes:
        """Give the bytes of an undefined or byte value."""
        value = self.values.get(tag, b"")
        return value if isinstance(value, bytes) else b""

    def numbers(self, tag: int) -> tuple[float | None, ...]:
        """Give all numbers of a value; one with a zero denominator is None."""
        value = self.values.get(tag, ())
        return () if isinstance(value, bytes) else value

    def number(self, tag: int) -> float | None:
        """Give the first number of a value."""
        return next(iter(self.numbers(tag)), None)

    def positive(self, tag: int) -> float | None:
        """Give the first number where it is more than zero and finite."""
        value = self.number(tag)
        return value if value is not None and 0 < value < 1e9 else None


@dataclass(frozen=True, slots=True)
class Exif:
    """The three directories that say something of a photograph: IFD0, Exif and GPS (EXIF 2.32 section 4.6)."""

    image: Directory = Directory()
    photo: Directory = Directory()
    gps: Directory = Directory()
    # Where the maker's note lies: its positions may count from the block's beginning.
    block: bytes = field(default=b"", repr=False)
    note_at: int = 0


def read(block: bytes) -> Exif:
    """Read an EXIF block, with or without its "Exif" header, or a whole TIFF file. What is broken is left out."""
    while block[:6] == b"Exif\x00\x00":
        block = block[6:]
    order = byte_order(block)
    if not order or len(block) < 8:
        return Exif()
    image = _directory(block, order, struct.unpack_from(order + "I", block, 4)[0])
    photo, gps = (_linked(block, order, image, tag) for tag in (Tag.EXIF_IFD, Tag.GPS_IFD))
    return Exif(image, photo, gps, block, _note_at(block, order, image))


def byte_order(block: bytes) -> str:
    """Give struct's sign for the byte order of a TIFF header; "" for anything else, BigTIFF among it."""
    return {b"II*\x00": "<", b"MM\x00*": ">"}.get(block[:4], "")


def _note_at(block: bytes, order: str, image: Directory) -> int:
    offset = image.number(Tag.EXIF_IFD)
    for tag, _, count, at in entries(block, order, int(offset or 0)):
        if tag == Tag.MAKER_NOTE and count > 4:
            return int(struct.unpack_from(order + "I", block, at)[0])
    return 0


def _linked(block: bytes, order: str, image: Directory, tag: int) -> Directory:
    offset = image.number(tag)
    return Directory() if offset is None else _directory(block, order, int(offset))


def _directory(block: bytes, order: str, offset: int) -> Directory:
    return directory(block, order, offset, _WANTED)


def directory(block: bytes, order: str, offset: int, wanted: Container[int], base: int = 0) -> Directory:
    """Read the wanted tags of a directory; `base` is where the positions in it count from."""
    values: dict[int, Value] = {}
    for tag, kind, count, at in entries(block, order, offset):
        if tag in wanted and tag not in values:
            value = _value(block, order, kind, count, at, base)
            if value is not None:
                values[tag] = value
    return Directory(values, order == ">")


def entries(block: bytes, order: str, offset: int) -> Iterator[tuple[int, int, int, int]]:
    """Give tag, type, count and the position of the value field of each entry of a directory."""
    if not 8 <= offset <= len(block) - 2:
        return
    (count,) = struct.unpack_from(order + "H", block, offset)
    for at in range(offset + 2, offset + 2 + 12 * min(count, _MAX_ENTRIES), 12):
        if at + 12 > len(block):
            return
        tag, kind, length = struct.unpack_from(order + "HHI", block, at)
        yield tag, kind, length, at + 8


def _value(block: bytes, order: str, kind: int, count: int, at: int, base: int) -> Value | None:
    size, code = _TYPES.get(kind, (0, ""))
    if not size or not 0 < count * size <= _MAX_BYTES:
        return None
    if count * size > 4:
        at = base + struct.unpack_from(order + "I", block, at)[0]
    raw = block[at : at + count * size]
    if not code:
        return raw
    if count > _MAX_NUMBERS or len(raw) != count * size:
        return None
    numbers = struct.unpack(order + code * count, raw)
    if len(code) == 2:
        return tuple(
            top / under if under else None for top, under in zip(numbers[::2], numbers[1::2], strict=True)
        )
    return tuple(numbers)
