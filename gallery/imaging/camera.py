"""The camera and how it was set: names as people write them, and the exposure."""

import re
from typing import TypedDict

from gallery.imaging import makernotes, text
from gallery.imaging.exif import Exif, Tag
from gallery.imaging.xmp import Xmp

_COMPANY = re.compile(
    r"[\s,.]+(corporation|corp|company|co|ltd|limited|inc|ag|gmbh|imaging|camera|electronics|electric|techwin|optical"
    r"|computer|communications|technologies|ind)\b\.?",
    re.IGNORECASE,
)
_ABBREVIATIONS = 3


class Settings(TypedDict):
    """The fields of Facts that this module fills."""

    camera_make: str
    camera_model: str
    lens: str
    f_number: float | None
    exposure_s: float | None
    iso: int | None
    focal_length_mm: float | None
    focal_length_35mm: int | None


def read(exif: Exif, packet: Xmp = Xmp()) -> Settings:  # noqa: B008 (frozen)
    """Find camera, lens and exposure: EXIF's word first, then XMP's; of the lens the maker's note is the last."""
    make = tidy_make(exif.image.text(Tag.MAKE) or packet.make)
    focal = exif.photo.positive(Tag.FOCAL_LENGTH)
    in_35mm = exif.photo.positive(Tag.FOCAL_LENGTH_IN_35MM_FILM)
    return Settings(
        camera_make=make,
        camera_model=tidy_model(exif.image.text(Tag.MODEL) or packet.model, make),
        lens=(_lens(exif) or text.meaningful(packet.lens) or makernotes.lens(exif))[:120],
        f_number=_f_number(exif),
        exposure_s=_exposure(exif),
        iso=_iso(exif),
        focal_length_mm=round(focal, 2) if focal is not None else None,
        focal_length_35mm=round(in_35mm) if in_35mm is not None and in_35mm < 65_535 else None,
    )


def tidy_make(make: str) -> str:
    """Drop the company's legal form and shouting: "NIKON CORPORATION" is "Nikon", "LG ELECTRONICS" is "LG"."""
    name = _COMPANY.sub("", text.meaningful(make))[:80].strip(" ,.")
    words = [
        word.capitalize() if len(word) > _ABBREVIATIONS and (word.isupper() or word.islower()) else word
        for word in name.split()
    ]
    return " ".join(words)


def tidy_model(model: str, make: str) -> str:
    """Drop the make from the front of a model: "NIKON D5300" is "D5300"."""
    name = text.meaningful(model)[:80]
    if make and name.lower().startswith(make.lower() + " "):
        return name[len(make) :].strip()
    return name


def _lens(exif: Exif) -> str:
    model = text.meaningful(exif.photo.text(Tag.LENS_MODEL))[:120]
    return model or makernotes.spelled(exif.photo.numbers(Tag.LENS_SPECIFICATION))


def _f_number(exif: Exif) -> float | None:
    f_number = exif.photo.positive(Tag.F_NUMBER)
    if f_number is None:
        aperture = exif.photo.positive(Tag.APERTURE_VALUE)
        f_number = 2 ** (aperture / 2) if aperture is not None and aperture < 20 else None
    return round(f_number, 1) if f_number is not None and f_number < 1000 else None


def _exposure(exif: Exif) -> float | None:
    seconds = exif.photo.positive(Tag.EXPOSURE_TIME)
    if seconds is None:
        speed = exif.photo.number(Tag.SHUTTER_SPEED_VALUE)
        seconds = 2**-speed if speed is not None and -20 < speed < 20 and speed else None
    return float(f"{seconds:.6g}") if seconds is not None and seconds < 1e6 else None


def _iso(exif: Exif) -> int | None:
    # 65535 says "more than fits here" (EXIF 2.32 section 4.6.5 B); the wider fields then hold it.
    for tag in (
        Tag.PHOTOGRAPHIC_SENSITIVITY,
        Tag.ISO_SPEED,
        Tag.RECOMMENDED_EXPOSURE_INDEX,
        Tag.STANDARD_OUTPUT_SENSITIVITY,
    ):
        value = exif.photo.positive(tag)
        if value is not None and value != 65_535:
            return round(value)
    return None
