"""The values this package hands out: what is known of a picture, and a rendition of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from gallery.imaging.formats import Format

# From the oldest photograph (Niepce, 1826) to further than any camera's clock should be. Elsewhere dates are junk, and
# at the calendar's own ends they have no counterpart in another time zone.
YEARS = range(1826, 2201)


Kind = Literal["photo", "video", "animation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a file says of itself. Nothing is guessed: what is missing, broken or senseless is None or ""."""

    format: Format
    content_type: str
    # Pixels of the picture as people see it, after the orientation has been applied.
    width: int
    height: int
    # EXIF 2.32 section 4.6.4 A, as stored (1 to 8). For HEIC and AVIF it is information only: they rotate themselves.
    orientation: int = 1
    # Frames of an animation or pages of a TIFF; only the first is ever shown.
    frames: int = 1

    # The clock on the wall where it was taken, without a zone; the offset from UTC is given apart where it is known.
    taken_at: datetime | None = None
    taken_offset_minutes: int | None = None
    taken_source: Literal["exif", "gps", "name", ""] = ""

    camera_make: str = ""
    camera_model: str = ""
    lens: str = ""
    f_number: float | None = None
    exposure_s: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None
    focal_length_35mm: int | None = None
    # Whether it fired; stars from 1 to 5.
    flash: bool | None = None
    rating: int | None = None

    # Degrees, WGS 84, north and east positive; metres above sea level.
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None

    title: str = ""
    description: str = ""
    # Further facts by name, safe for JSON. Never the place: that has its own fields so that it can be withheld.
    extra: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendition:
    """One rung of the ladder, encoded."""

    name: str
    content_type: str
    width: int
    height: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """A picture that was decoded whole and found good. `renditions` encodes as it is consumed, once.

    Where a person turned it, the facts' width and height are those of the turned picture.
    """

    facts: Facts
    kind: Kind = "photo"
    # Of a video or an animation.
    duration_s: float | None = None
    # 64 bits as a signed number, of the picture as it is shown.
    phash: int | None = None
    # "#rrggbb", the mean over a white ground.
    colour: str
    # Base64 of the ThumbHash, at most 36 characters.
    thumbhash: str
    renditions: Iterator[Rendition]
