"""What XMP adds to EXIF: words, keywords, people, and what some programs note only there (moment, place, camera, lens)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from gallery.imaging import text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_EXIF_EX = "{http://cipa.jp/exif/1.0/}"
_AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_PERSONS = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}PersonInImage"
# Faces as the Metadata Working Group has them (centre and size, in parts of the picture), and as Microsoft has
# (corner and size, likewise).
_MWG = "{http://www.metadataworkinggroup.com/schemas/regions/}"
_AREA = "{http://ns.adobe.com/xmp/sType/Area#}"
_MP = "{http://ns.microsoft.com/photo/1.2/t/Region#}"
_MAX_BYTES = 1_000_000
_MAX_KEYWORDS = 200
_MAX_PEOPLE = 100
_DATES = (
    f"{_EXIF}DateTimeOriginal",
    f"{_PHOTOSHOP}DateCreated",
    f"{_EXIF}DateTimeDigitized",
    f"{_XMP}CreateDate",
)
_COORDINATE = re.compile(r"(\d{1,3})(?:,(\d{1,2}(?:\.\d+)?))(?:,(\d{1,2}(?:\.\d+)?))?([NSEW])")
_FRACTION = re.compile(r"(-?\d{1,12})/(\d{1,12})")


class Person(TypedDict, total=False):
    """Somebody in the picture; `area` is left, top, width and height in parts of the picture as it is stored."""

    name: str
    area: list[float]


@dataclass(frozen=True, slots=True)
class Xmp:
    """The few properties that are read (ISO 16684-1)."""

    description: str = ""
    title: str = ""
    make: str = ""
    model: str = ""
    lens: str = ""
    dates: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    keywords: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    rating: int | None = None


def read(packet: bytes) -> Xmp:
    """Read a packet. One that is not well-formed, declares entities or is over 1 MB says nothing."""
    if not packet or len(packet) > _MAX_BYTES:
        return Xmp()
    # Loaded here: most pictures have no XMP.
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(packet.strip(b"\x00 \r\n\t"))
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return Xmp()
    return _properties(list(root.iter(f"{_RDF}Description")))


def _properties(found: "list[Element]") -> Xmp:
    return Xmp(
        description=next(_items(found, f"{_DC}description"), ""),
        title=next(_items(found, f"{_DC}title"), ""),
        make=_simple(found, f"{_TIFF}Make"),
        model=_simple(found, f"{_TIFF}Model"),
        lens=_simple(found, f"{_EXIF_EX}LensModel") or _simple(found, f"{_AUX}Lens"),
        dates=tuple(filter(None, (_simple(found, name) for name in _DATES))),
        latitude=_coordinate(_simple(found, f"{_EXIF}GPSLatitude"), 90),
        longitude=_coordinate(_simple(found, f"{_EXIF}GPSLongitude"), 180),
        altitude_m=_altitude(found),
        keywords=tuple(dict.fromkeys(_items(found, f"{_DC}subject")))[:_MAX_KEYWORDS],
        people=tuple(_people(found)),
        rating=_rating(_simple(found, f"{_XMP}Rating")),
    )


def _people(found: "list[Element]") -> Iterator[Person]:
    """Give each person once, with the place where one is marked."""
    named: dict[str, Person] = {}
    for person in (*_mwg_people(found), *_mp_people(found), *_listed_people(found)):
        name = person["name"]
        if name and (name not in named or "area" not in named[name]):
            named[name] = person
    yield from list(named.values())[:_MAX_PEOPLE]


def _mwg_people(found: "list[Element]") -> Iterator[Person]:
    for item in _regions(found, f"{_MWG}RegionList"):
        if _own(item, f"{_MWG}Type") not in {"Face", "Pet", ""}:
            continue
        area = next(item.iter(f"{_MWG}Area"), None)
        numbers = [] if area is None else _numbers([_own(area, f"{_AREA}{name}") for name in "xywh"])
        if len(numbers) == 4:
            x, y, width, height = numbers
            numbers = [x - width / 2, y - height / 2, width, height]
        yield _person(_own(item, f"{_MWG}Name"), numbers)


def _mp_people(found: "list[Element]") -> Iterator[Person]:
    for description in found:
        for item in description.iter():
            name = _own(item, f"{_MP}PersonDisplayName")
            if name:
                yield _person(name, _numbers(_own(item, f"{_MP}Rectangle").split(",")))


def _listed_people(found: "list[Element]") -> Iterator[Person]:
    return (_person(name, []) for name in _items(found, _PERSONS))


def _regions(found: "list[Element]", name: str) -> "Iterator[Element]":
    for description in found:
        for regions in description.iter(name):
            yield from regions.iter(f"{_RDF}li")


def _person(name: str, area: list[float]) -> Person:
    is_inside = len(area) == 4 and all(-0.5 <= part <= 1.5 for part in area)
    short = text.meaningful(name)[:100]
    return Person(name=short, area=[round(part, 4) for part in area]) if is_inside else Person(name=short)


def _numbers(words: list[str]) -> list[float]:
    try:
        return [float(word) for word in words]
    except ValueError:
        return []


def _own(element: "Element", name: str) -> str:
    """Give a property of this element or of the description directly within it."""
    for holder in (element, *element.iterfind(f"{_RDF}Description")):
        words = holder.get(name) or holder.findtext(name)
        if words:
            return text.repaired(words)
    return ""


def _items(descriptions: "list[Element]", name: str) -> Iterator[str]:
    for description in descriptions:
        for item in description.iterfind(f"{name}//{_RDF}li"):
            words = text.repaired(item.text or "")
            if words:
                yield words


def _simple(descriptions: "list[Element]", name: str) -> str:
    """Give a property that may be written as an attribute or as an element."""
    for description in descriptions:
        words = text.repaired(description.get(name) or description.findtext(name) or "")
        if words:
            return words
    return ""


def _coordinate(words: str, limit: int) -> float | None:
    """Read "48,51.4933N" or "48,51,29.6N" (Exif for XMP, CIPA DC-010)."""
    match = _COORDINATE.fullmatch(words.strip())
    if match is None:
        return None
    degrees = int(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    if degrees > limit:
        return None
    return round(-degrees if match[4] in "SW" else degrees, 7)


def _altitude(found: "list[Element]") -> float | None:
    match = _FRACTION.fullmatch(_simple(found, f"{_EXIF}GPSAltitude"))
    if match is None or not int(match[2]):
        return None
    metres = int(match[1]) / int(match[2])
    return round(-metres if _simple(found, f"{_EXIF}GPSAltitudeRef") == "1" else metres, 2)


def _rating(words: str) -> int | None:
    try:
        rating = round(float(words))
    except (ValueError, OverflowError):
        return None
    return rating if 1 <= rating <= 5 else None
