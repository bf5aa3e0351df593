"""Side-cars: all that is known of a photo as JSON, and what other programs understand of it as XMP (ISO 16684-1)."""

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from gallery.exporting.layout import FORMAT
from gallery.models import Image

# What a person or the camera said; the rest (sizes, colours, renditions) follows from the bytes.
PLAIN = (
    "title", "description", "is_favorite", "camera_make", "camera_model", "lens", "f_number", "exposure_s", "iso",
    "focal_length_mm", "focal_length_35mm", "latitude", "longitude", "altitude_m",
)  # fmt: skip
# What exports of earlier versions do not hold.
LATER = ("rotation", "place", "region", "country", "place_by_person")
MOMENTS = ("created_at", "updated_at", "binned_at")
FAVOURITE_RATING = "5"

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_META = "adobe:ns:meta/"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
for _prefix, _uri in {"rdf": _RDF, "dc": _DC, "xmp": _XMP, "photoshop": _PHOTOSHOP, "x": _META}.items():
    ElementTree.register_namespace(_prefix, _uri)


def as_json(image: Image, tags: list[str]) -> dict[str, Any]:
    """Return everything that cannot be had from the bytes again."""
    return {
        "format": FORMAT,
        "id": str(image.pk),
        "sha256": image.sha256,
        "bytes": image.bytes,
        "filename": image.filename,
        "taken_at": written(image.taken_at),
        "taken_offset_minutes": image.taken_offset_minutes,
        "taken_source": image.taken_source,
        **{name: getattr(image, name) for name in PLAIN},
        **{name: written(getattr(image, name)) for name in MOMENTS},
        **{name: getattr(image, name) for name in LATER},
        "archived_at": written(image.archived_at),
        "tags": tags,
    }


def written(moment: datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat() if moment else None


def read_moment(text: str | None) -> datetime | None:
    """Return the time that was written."""
    return datetime.fromisoformat(text) if text else None


def as_xmp(image: Image, tags: list[str]) -> bytes:
    """Return a packet with title, description, keywords, rating and the time taken with its offset."""
    attributes = {f"{{{_RDF}}}about": "", f"{{{_PHOTOSHOP}}}DateCreated": _local(image)}
    if image.is_favorite:
        attributes[f"{{{_XMP}}}Rating"] = FAVOURITE_RATING
    meta = ElementTree.Element(f"{{{_META}}}xmpmeta")
    rdf = ElementTree.SubElement(meta, f"{{{_RDF}}}RDF")
    described = ElementTree.SubElement(rdf, f"{{{_RDF}}}Description", attributes)
    for name, words in (("title", image.title), ("description", image.description)):
        if words:
            container = ElementTree.SubElement(described, f"{{{_DC}}}{name}")
            choice = ElementTree.SubElement(container, f"{{{_RDF}}}Alt")
            ElementTree.SubElement(choice, f"{{{_RDF}}}li", {_LANG: "x-default"}).text = _xml_text(words)
    if tags:
        container = ElementTree.SubElement(described, f"{{{_DC}}}subject")
        bag = ElementTree.SubElement(container, f"{{{_RDF}}}Bag")
        for tag in tags:
            ElementTree.SubElement(bag, f"{{{_RDF}}}li").text = _xml_text(tag)
    ElementTree.indent(meta)
    packet: bytes = ElementTree.tostring(meta, encoding="utf-8", xml_declaration=True)
    return packet + b"\n"


def _local(image: Image) -> str:
    """Return the time taken; without an offset where the camera knew none."""
    local = image.taken_local.replace(microsecond=0)
    return (
        local.isoformat()
        if image.taken_offset_minutes is not None
        else local.replace(tzinfo=None).isoformat()
    )


def _xml_text(words: str) -> str:
    """Leave out what XML 1.0 cannot hold (section 2.2)."""
    return "".join(
        character
        for character in words
        if character in "\t\n\r"
        or " " <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character > "\uffff"
    )
