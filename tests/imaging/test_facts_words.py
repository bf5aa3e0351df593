"""What people and programs wrote into pictures: IPTC, XMP, file names, makers' notes."""

import io
import json
import struct
from datetime import datetime
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from gallery import imaging
from gallery.imaging import described, iptc, moment
from tests.imaging import corpus

XMP = """<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description {} xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xmp='http://ns.adobe.com/xap/1.0/'
 xmlns:exif='http://ns.adobe.com/exif/1.0/' xmlns:tiff='http://ns.adobe.com/tiff/1.0/'
 xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/'>{}</rdf:Description></rdf:RDF></x:xmpmeta>"""


def with_xmp(attributes: str = "", body: str = "", **options: Any) -> imaging.Facts:
    packet = XMP.format(attributes, body).encode()
    return imaging.inspect(corpus.encoded(corpus.corners(), xmp=packet, **options))


def records(*datasets: tuple[int, int, bytes]) -> bytes:
    block = b"".join(
        struct.pack(">BBBH", 0x1C, record, name, len(value)) + value for record, name, value in datasets
    )
    return b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(block)) + block + b"\x00" * (len(block) % 2)


def with_iptc(*datasets: tuple[int, int, bytes], exif: Any = None) -> imaging.Facts:
    """Put IPTC records into a JPEG, as Photoshop does (APP13)."""
    data = corpus.encoded(corpus.corners(), **({"exif": exif} if exif else {}))
    payload = b"Photoshop 3.0\x00" + records(*datasets)
    return imaging.inspect(data[:2] + b"\xff\xed" + struct.pack(">H", len(payload) + 2) + payload + data[2:])


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def test_iptc_gives_title_caption_keywords_and_the_moment() -> None:
    found = with_iptc(
        (1, 90, b"\x1b%G"), (2, 5, "Soirée".encode()), (2, 120, "Zoë à Kraków".encode()), (2, 25, b"sea"),
        (2, 25, "été".encode()), (2, 25, b"Sea"), (2, 55, b"20240531"), (2, 60, b"180359+0530"), (2, 80, b"Ann"),
    )  # fmt: skip

    assert (found.title, found.description) == ("Soirée", "Zoë à Kraków")
    assert found.extra == {"keywords": ["sea", "été"], "artist": "Ann", "taken_from": "IPTC"}
    assert (found.taken_at, found.taken_offset_minutes, found.taken_source) == (
        at(2024, 5, 31, 18, 3, 59),
        330,
        "exif",
    )


@pytest.mark.parametrize(
    "caption", ["Zoë".encode(), "Zoë".encode("latin-1"), "Zoë".encode().decode("latin-1").encode()],
    ids=["utf-8", "latin-1", "utf-8-taken-for-latin-1"],
)  # fmt: skip
def test_iptc_without_a_character_set_is_repaired(caption: bytes) -> None:
    assert with_iptc((2, 120, caption)).description == "Zoë"


def test_broken_iptc_costs_nothing_but_itself() -> None:
    whole = records((2, 5, b"Title"), (2, 120, b"A caption"))

    for cut in range(len(whole)):
        iptc.read(whole[:cut])
    assert iptc.read(whole).caption == "A caption"
    assert iptc.read(b"\x1c\x02\x78\xff\xff" + b"x" * 50) == iptc.Iptc()


def test_exif_says_the_moment_before_xmp_and_xmp_before_iptc() -> None:
    dated = "exif:DateTimeOriginal='2023-02-03T04:05:06.789-07:00'"

    assert with_xmp(dated).taken_at == at(2023, 2, 3, 4, 5, 6, 789_000)
    assert with_xmp(dated).taken_offset_minutes == -420
    assert with_xmp(dated).extra["taken_from"] == "XMP"
    both = with_xmp(dated, exif=corpus.tags(photo={0x9003: "2024:05:31 18:03:59"}))
    assert both.taken_at == at(2024, 5, 31, 18, 3, 59)
    changed = with_xmp(dated, exif=corpus.tags({0x0132: "2025:01:01 00:00:00"}))
    assert changed.taken_at == at(2023, 2, 3, 4, 5, 6, 789_000)


def test_xmp_gives_camera_and_place_where_exif_has_none() -> None:
    attributes = (
        "tiff:Make='Canon' tiff:Model='Canon EOS R5' exif:GPSLatitude='48,51.4933S' exif:GPSLongitude='2,17,40.2E'"
        " exif:GPSAltitude='355/10' exif:GPSAltitudeRef='1'"
    )

    found = with_xmp(attributes)

    assert (found.camera_make, found.camera_model) == ("Canon", "EOS R5")
    assert (found.latitude, found.longitude, found.altitude_m) == (-48.8582217, 2.2945, -35.5)


@pytest.mark.parametrize("words", ["48,51.4933X", "N", "148,0.0N", "48/0", ""])
def test_places_that_xmp_spells_wrong_are_unknown(words: str) -> None:
    found = with_xmp(f"exif:GPSLatitude='{words}' exif:GPSLongitude='2,17.0E' exif:GPSAltitude='1/0'")

    assert (found.latitude, found.longitude, found.altitude_m) == (None, None, None)


def test_people_are_read_with_their_places_in_the_picture() -> None:
    regions = """<mwg:Regions xmlns:mwg='http://www.metadataworkinggroup.com/schemas/regions/'
      xmlns:stArea='http://ns.adobe.com/xmp/sType/Area#' rdf:parseType='Resource'><mwg:RegionList><rdf:Bag>
      <rdf:li><rdf:Description mwg:Name='Zoë' mwg:Type='Face'>
        <mwg:Area stArea:x='0.5' stArea:y='0.4' stArea:w='0.2' stArea:h='0.1' stArea:unit='normalized'/></rdf:Description></rdf:li>
      <rdf:li rdf:parseType='Resource'><mwg:Name>Menu</mwg:Name><mwg:Type>BarCode</mwg:Type></rdf:li>
      </rdf:Bag></mwg:RegionList></mwg:Regions>
      <MP:RegionInfo xmlns:MP='http://ns.microsoft.com/photo/1.2/' rdf:parseType='Resource'>
      <MPRI:Regions xmlns:MPRI='http://ns.microsoft.com/photo/1.2/t/RegionInfo#'><rdf:Bag>
      <rdf:li xmlns:MPReg='http://ns.microsoft.com/photo/1.2/t/Region#' MPReg:PersonDisplayName='Ben'
        MPReg:Rectangle='0.1, 0.2, 0.3, 0.4'/></rdf:Bag></MPRI:Regions></MP:RegionInfo>
      <i:PersonInImage xmlns:i='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'><rdf:Bag><rdf:li>Cleo</rdf:li>
      <rdf:li>Ben</rdf:li></rdf:Bag></i:PersonInImage>"""

    found = with_xmp(body=regions)

    assert found.extra["people"] == [
        {"name": "Zoë", "area": [0.4, 0.35, 0.2, 0.1]},
        {"name": "Ben", "area": [0.1, 0.2, 0.3, 0.4]},
        {"name": "Cleo"},
    ]


def test_flash_and_stars_are_facts_of_their_own() -> None:
    fired = imaging.inspect(corpus.tagged({0x4746: 3}, {0x9209: 0x19}))

    assert (fired.flash, fired.rating) == (True, 3)
    assert imaging.inspect(corpus.tagged({0x4746: 9}, {0x9209: 0x10})).rating is None
    assert imaging.inspect(corpus.tagged()).flash is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG_20260914_194211.jpg", (2026, 9, 14, 19, 42, 11)),
        ("PXL_20260914_174211123.MP.jpg", (2026, 9, 14, 17, 42, 11, 123_000)),
        ("Screenshot_2026-09-14-19-42-11-123_com.app.png", (2026, 9, 14, 19, 42, 11)),
        ("Screenshot_20260914-194211.png", (2026, 9, 14, 19, 42, 11)),
        ("Screenshot 2026-09-14 at 19.42.11.png", (2026, 9, 14, 19, 42, 11)),
        ("2026-09-14 19.42.11.jpg", (2026, 9, 14, 19, 42, 11)),
        ("IMG-20260914-WA0001.jpg", (2026, 9, 14)),
        ("WhatsApp Image 2026-09-14 at 19.42.11.jpeg", (2026, 9, 14, 19, 42, 11)),
        ("signal-2026-09-14-194211.jpeg", (2026, 9, 14, 19, 42, 11)),
        ("20260914_194211.jpg", (2026, 9, 14, 19, 42, 11)),
        ("VID_20260914_194211.mp4", (2026, 9, 14, 19, 42, 11)),
        ("DSC_0042.jpg", None),
        ("IMG_20261399_194211.jpg", None),
        ("19420911123456789.jpg", None),
        ("123202609141942119.jpg", None),
        ("20260230.jpg", None),
        ("", None),
    ],
)
def test_names_tell_when_a_file_was_made(name: str, expected: tuple[int, ...] | None) -> None:
    found = moment.of_name(name)

    assert found.at == (at(*expected) if expected else None)
    assert found.source == ("name" if expected else "")
    assert found.offset_minutes == (0 if name.startswith("PXL_") else None)


def note(make: str, body: bytes) -> imaging.Facts:
    return imaging.inspect(corpus.tagged({0x010F: make}, {0x927C: body}))


def entry(tag: int, kind: int, count: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, kind, count, value)


def test_lens_is_read_from_makers_notes() -> None:
    lens = struct.pack("<8I", 180, 10, 700, 10, 35, 10, 45, 10)
    directory = struct.pack("<H", 1) + entry(0x84, 5, 4, 26) + bytes(4)
    nikon = b"Nikon\x00\x02\x10\x00\x00" + b"II*\x00" + struct.pack("<I", 8) + directory + lens
    assert note("NIKON CORPORATION", nikon).lens == "18-70 mm f/3.5-4.5"

    numbers = struct.pack("<8I", 18, 1, 55, 1, 28, 10, 4, 1)
    tags = b"".join(entry(0x1404 + place, 5, 1, 66 + 8 * place) for place in range(4))
    fujifilm = b"FUJIFILM" + struct.pack("<I", 12) + struct.pack("<H", 4) + tags + bytes(4) + numbers
    assert note("FUJIFILM", fujifilm).lens == "18-55 mm f/2.8-4"


@pytest.mark.parametrize(
    "head", [b"Nikon\x00\x02\x10\x00\x00II*\x00", b"FUJIFILM", b"OLYMPUS\x00II", b"Panasonic\x00\x00\x00"]
)
@pytest.mark.parametrize("fill", [b"\x00", b"\xff", b"\x08\x00\x00\x00"])
def test_broken_makers_notes_say_nothing(head: bytes, fill: bytes) -> None:
    assert note("Canon", head + fill * 40).lens == ""
    assert note("Canon", fill * 40).lens == ""


def test_metadata_in_texts_of_png_is_read() -> None:
    block = corpus.tags({0x010F: "Canon"}, {0x9003: "2024:05:31 18:03:59"}).tobytes()
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n", zip=True)
    texts.add_text("Raw profile type iptc", "\niptc\n  3\nnot hexadecimal\n", zip=True)
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG", pnginfo=texts)

    found = imaging.inspect(stream.getvalue())

    assert (found.camera_make, found.taken_at) == ("Canon", at(2024, 5, 31, 18, 3, 59))


def test_further_facts_stay_within_their_size_and_hold_no_binary() -> None:
    keywords = "".join(f"<rdf:li>{'k' * 90}{number}</rdf:li>" for number in range(200))
    people = "".join(f"<rdf:li>{'p' * 90}{number}</rdf:li>" for number in range(200))
    body = (
        f"<dc:subject><rdf:Bag>{keywords}</rdf:Bag></dc:subject><i:PersonInImage"
        f" xmlns:i='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'><rdf:Bag>{people}</rdf:Bag></i:PersonInImage>"
    )

    found = with_xmp(
        body=body,
        exif=corpus.tags({0x013B: "a" * 3000}, {0xA402: 1, 0x9203: 2.5, 0xA217: 2, 0x9214: (1, 2, 3)}),
    )

    assert len(json.dumps(found.extra)) <= described.MAX_EXTRA_BYTES
    assert found.extra["exif"] == {
        "BrightnessValue": 2.5,
        "SubjectArea": [1, 2, 3],
        "SensingMethod": 2,
        "ExposureMode": 1,
    }
