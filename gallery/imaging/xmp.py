"""What XMP adds to EXIF: a description, keywords, a rating, and the lens some programs note only there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gallery.imaging import text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
_MAX_BYTES = 1_000_000
_MAX_KEYWORDS = 200


@dataclass(frozen=True, slots=True)
class Xmp:
    """The few properties that are read (ISO 16684-1)."""

    description: str = ""
    title: str = ""
    lens: str = ""
    keywords: tuple[str, ...] = ()
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
    descriptions = list(root.iter(f"{_RDF}Description"))
    keywords = dict.fromkeys(_items(descriptions, f"{_DC}subject"))
    return Xmp(
        description=next(_items(descriptions, f"{_DC}description"), ""),
        title=next(_items(descriptions, f"{_DC}title"), ""),
        lens=_simple(descriptions, f"{_AUX}Lens"),
        keywords=tuple(keywords)[:_MAX_KEYWORDS],
        rating=_rating(_simple(descriptions, f"{_XMP}Rating")),
    )


def _items(descriptions: "list[Element]", name: str) -> Iterator[str]:
    for description in descriptions:
        for item in description.iterfind(f"{name}//{_RDF}li"):
            words = text.tidy(item.text or "")
            if words:
                yield words


def _simple(descriptions: "list[Element]", name: str) -> str:
    """Give a property that may be written as an attribute or as an element."""
    for description in descriptions:
        words = text.tidy(description.get(name) or description.findtext(name) or "")
        if words:
            return words
    return ""


def _rating(words: str) -> int | None:
    try:
        rating = round(float(words))
    except (ValueError, OverflowError):
        return None
    return rating if 1 <= rating <= 5 else None
