"""What is read from a picture's metadata, and what is left out because it cannot be right."""

import json
from datetime import datetime
from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from gallery import imaging
from tests.imaging import corpus

# What EXIF has for "not known": a fraction of nothing.
UNKNOWN = IFDRational(0, 0)
PARIS = {1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)}


def facts(
    image: dict[int, Any] | None = None,
    photo: dict[int, Any] | None = None,
    gps: dict[int, Any] | None = None,
) -> imaging.Facts:
    return imaging.inspect(corpus.tagged(image, photo, gps))


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def test_a_photograph_tells_camera_lens_and_exposure() -> None:
    found = facts(
        {0x010F: "NIKON CORPORATION", 0x0110: "NIKON D5300", 0x0131: "Ver.1.00"},
        {
            0xA434: "18.0-55.0 mm f/3.5-5.6",
            0x829D: 5.6,
            0x829A: IFDRational(1, 250),
            0x8827: 400,
            0x920A: 35.0,
            0xA405: 52,
            0x9209: 16,
        },
    )

    assert (found.camera_make, found.camera_model) == ("Nikon", "D5300")
    assert found.lens == "18.0-55.0 mm f/3.5-5.6"
    assert (found.f_number, found.exposure_s, found.iso) == (5.6, 0.004, 400)
    assert (found.focal_length_mm, found.focal_length_35mm) == (35.0, 52)
    assert (found.extra, found.flash) == ({"software": "Ver.1.00", "flash": 16}, False)


@pytest.mark.parametrize(
    ("make", "model", "expected"),
    [
        ("Canon", "Canon EOS 5D Mark III", ("Canon", "EOS 5D Mark III")),
        ("OLYMPUS IMAGING CORP.  ", "E-M5", ("Olympus", "E-M5")),
        ("CASIO COMPUTER CO.,LTD.", "QV-R51 ", ("Casio", "QV-R51")),
        ("LG ELECTRONICS", "LG-H850", ("LG", "LG-H850")),
        ("samsung", "SM-G960F", ("Samsung", "SM-G960F")),
        ("SONY", "ILCE-6000", ("Sony", "ILCE-6000")),
        ("Apple", "iPhone 13 Pro", ("Apple", "iPhone 13 Pro")),
        ("Unknown", "----", ("", "")),
        ("DJI", "FC3170", ("DJI", "FC3170")),
    ],
)
def test_camera_names_are_as_people_write_them(make: str, model: str, expected: tuple[str, str]) -> None:
    found = facts({0x010F: make, 0x0110: model})

    assert (found.camera_make, found.camera_model) == expected


@pytest.mark.parametrize(
    ("specification", "lens"),
    [
        ((24.0, 70.0, 2.8, 2.8), "24-70 mm f/2.8"),
        ((18.0, 55.0, 3.5, 5.6), "18-55 mm f/3.5-5.6"),
        ((50.0, 50.0, 0.0, 0.0), "50 mm"),
        ((UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN), ""),
    ],
)
def test_lens_without_a_name_is_spelled_out_from_its_figures(specification: Any, lens: str) -> None:
    assert facts(photo={0xA432: specification}).lens == lens


def test_figures_of_zero_or_with_zero_denominators_are_unknown() -> None:
    found = facts(photo={0x829D: UNKNOWN, 0x829A: IFDRational(1, 0), 0x920A: 0.0, 0x8827: 0, 0xA405: 0})

    assert (found.f_number, found.exposure_s, found.focal_length_mm) == (None, None, None)
    assert (found.iso, found.focal_length_35mm) == (None, None)


def test_iso_beyond_its_field_is_read_from_the_wider_one() -> None:
    assert facts(photo={0x8827: 65535, 0x8832: 102_400}).iso == 102_400


def test_aperture_and_shutter_values_stand_in_for_missing_figures() -> None:
    found = facts(photo={0x9202: 4.0, 0x9201: 8.0})

    assert (found.f_number, found.exposure_s) == (4.0, 0.00390625)


def test_moment_is_the_clock_on_the_wall_with_its_offset_apart() -> None:
    found = facts(photo={0x9003: "2024:05:31 18:03:59", 0x9011: "+05:30", 0x9291: "25"})

    assert found.taken_at == at(2024, 5, 31, 18, 3, 59, 250_000)
    assert found.taken_at.tzinfo is None
    assert (found.taken_offset_minutes, found.taken_source) == (330, "exif")


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("-03:30", -210),
        ("Z", 0),
        ("+00:00", 0),
        ("+14:00", 840),
        ("+25:00", None),
        ("   :  ", None),
        ("", None),
    ],
)
def test_offset_is_read_where_it_makes_sense(written: str, minutes: int | None) -> None:
    assert facts(photo={0x9003: "2024:05:31 18:03:59", 0x9011: written}).taken_offset_minutes == minutes


@pytest.mark.parametrize(
    "junk",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "1970:01:01 00:00:00",
        "1980:01:01 00:00:00",
        "2024:13:01 10:00:00",
        "2024:02:30 10:00:00",
        "2024:05:31 25:00:00",
        "1700:01:01 10:00:00",
        "2201:01:01 10:00:00",
        "9999:12:31 23:59:59",
        "yesterday",
        "",
    ],
)
def test_zero_and_junk_dates_are_unknown(junk: str) -> None:
    found = facts({0x0132: junk}, {0x9003: junk, 0x9004: junk})

    assert (found.taken_at, found.taken_offset_minutes, found.taken_source) == (None, None, "")


def test_first_date_that_makes_sense_is_taken() -> None:
    digitized = facts(
        {0x0132: "2024:01:03 00:00:00"}, {0x9003: "0000:00:00 00:00:00", 0x9004: "2024:01:02 00:00:00"}
    )
    changed = facts({0x0132: "2024-01-03T07:08"})

    assert digitized.taken_at == at(2024, 1, 2)
    assert changed.taken_at == at(2024, 1, 3, 7, 8)


def test_offset_follows_from_the_satellites_clock() -> None:
    gps = PARIS | {7: (16.0, 3.0, 50.0), 0x1D: "2024:05:31"}

    assert facts(photo={0x9003: "2024:05:31 18:03:59"}, gps=gps).taken_offset_minutes == 120
    # Nepal, across midnight.
    over = PARIS | {7: (18, 20, 0), 0x1D: "2024:05:31"}
    assert facts(photo={0x9003: "2024:06:01 00:05:10"}, gps=over).taken_offset_minutes == 345


@pytest.mark.parametrize("local", ["2024:05:31 18:11:00", "2024:06:03 18:03:59"])
def test_a_camera_whose_clock_is_wrong_gives_no_offset(local: str) -> None:
    gps = PARIS | {7: (16.0, 3.0, 50.0), 0x1D: "2024:05:31"}

    assert facts(photo={0x9003: local}, gps=gps).taken_offset_minutes is None


def test_without_a_camera_clock_the_satellites_clock_is_the_moment() -> None:
    found = facts(gps=PARIS | {7: (16.0, 3.0, 50.5), 0x1D: "2024:05:31"})

    assert (found.taken_at, found.taken_offset_minutes, found.taken_source) == (
        at(2024, 5, 31, 16, 3, 50),
        0,
        "gps",
    )


@pytest.mark.parametrize(
    ("refs", "expected"),
    [("NE", (48.8582222, 2.2945)), ("SW", (-48.8582222, -2.2945)), ("nw", (48.8582222, -2.2945))],
)
def test_place_has_the_sign_of_its_hemisphere(refs: str, expected: tuple[float, float]) -> None:
    found = facts(gps=PARIS | {1: refs[0], 3: refs[1]})

    assert (found.latitude, found.longitude) == expected


def test_altitude_below_the_sea_is_negative() -> None:
    assert facts(gps=PARIS | {5: b"\x00", 6: 35.5}).altitude_m == 35.5
    assert facts(gps=PARIS | {5: b"\x01", 6: 35.5}).altitude_m == -35.5
    assert facts(gps=PARIS | {6: UNKNOWN}).altitude_m is None


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {2: (48.0, 51.0, 29.6), 4: (2.0, 17.0, 40.2)},
        PARIS | {1: ""},
        PARIS | {2: (148.0, 51.0, 29.6)},
        PARIS | {4: (UNKNOWN, UNKNOWN, UNKNOWN)},
        {1: "N", 2: (48.0, 51.0, 29.6)},
    ],
    ids=["no-fix", "no-hemisphere", "empty-hemisphere", "out-of-range", "zero-denominators", "half-a-place"],
)
def test_half_known_or_impossible_places_are_unknown(gps: dict[int, Any]) -> None:
    found = facts(gps=gps)

    assert (found.latitude, found.longitude, found.altitude_m) == (None, None, None)


def test_place_is_not_repeated_among_the_further_facts() -> None:
    found = facts({0x0131: "App"}, {0x9003: "2024:05:31 18:03:59"}, PARIS | {0x10: "T", 0x11: 90.0})

    assert found.latitude is not None
    assert found.extra == {"software": "App"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Zoë in Kraków".encode(), "Zoë in Kraków"),
        ("Zoë".encode("latin-1"), "Zoë"),
        (b"It\x92s late", "It\u2019s late"),
        (b"Two\r\nlines \x07\x1b", "Two\nlines"),
        (b"cut\x00rest", "cut"),
        (b"OLYMPUS DIGITAL CAMERA         ", ""),
        (b"SONY DSC", ""),
        (b"Exif_JPEG_PICTURE", ""),
        (b"   ", ""),
        (b"The camera museum in Vevey", "The camera museum in Vevey"),
    ],
)
def test_description_is_repaired_and_cameras_own_words_are_dropped(written: bytes, read: str) -> None:
    assert facts({0x010E: written}).description == read


def test_description_may_be_in_the_other_fields_people_use() -> None:
    assert facts(photo={0x9286: b"ASCII\0\0\0A walk"}).description == "A walk"
    for order in ("utf-16-le", "utf-16-be"):
        assert facts(photo={0x9286: b"UNICODE\0" + "Прогулка".encode(order)}).description == "Прогулка"
    assert facts({0x9C9C: "Ein Spaziergang".encode("utf-16-le") + b"\0\0"}).description == "Ein Spaziergang"


def test_xmp_gives_description_keywords_rating_and_lens() -> None:
    packet = """<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF
        xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/'>
        <rdf:Description xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='4'
          xmlns:aux='http://ns.adobe.com/exif/1.0/aux/' aux:Lens='EF50mm f/1.4'>
          <dc:description><rdf:Alt><rdf:li xml:lang='x-default'>Zoë in Rome, her day</rdf:li></rdf:Alt></dc:description>
          <dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>sun</rdf:li><rdf:li>sea</rdf:li></rdf:Bag></dc:subject>
        </rdf:Description></rdf:RDF></x:xmpmeta>"""

    found = imaging.inspect(
        corpus.encoded(corpus.corners(), xmp=packet.encode(), exif=corpus.tags({0x010E: "older"}))
    )

    assert (found.description, found.lens) == ("Zoë in Rome, her day", "EF50mm f/1.4")
    assert (found.extra, found.rating) == ({"keywords": ["sea", "sun"]}, 4)


@pytest.mark.parametrize(
    "packet",
    [
        b"<x:xmpmeta",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;'>]><a>&c;</a>",
        b"\xff\xfe\x00",
        b"plain",
    ],
    ids=["cut", "entities", "bytes", "text"],
)
def test_broken_or_hostile_xmp_says_nothing(packet: bytes) -> None:
    found = imaging.inspect(corpus.encoded(corpus.corners(), xmp=packet))

    assert (found.description, found.extra) == ("", {})


@pytest.mark.parametrize("cut", range(0, 200, 7))
def test_cut_exif_never_costs_the_picture(cut: int) -> None:
    block = corpus.tags({0x010F: "Canon"}, {0x9003: "2024:05:31 18:03:59"}, PARIS).tobytes()[:cut]

    found = imaging.inspect(corpus.encoded(corpus.corners(), exif=block))

    assert (found.width, found.height) == (120, 80)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_metadata_is_found_in_every_format(format_: str) -> None:
    exif = corpus.tags({0x010F: "Canon"}, {0x9003: "2024:05:31 18:03:59"}, PARIS)

    found = imaging.inspect(corpus.encoded(corpus.corners(), format_, exif=exif))

    assert (found.camera_make, found.taken_at) == ("Canon", at(2024, 5, 31, 18, 3, 59))
    assert (found.latitude, found.longitude) == (48.8582222, 2.2945)


def test_facts_without_metadata_are_only_those_of_the_picture() -> None:
    found = imaging.inspect(corpus.encoded(corpus.corners(), "PNG"))

    assert found == imaging.Facts(format=imaging.Format.PNG, content_type="image/png", width=120, height=80)


def test_frames_of_animations_are_counted_and_the_first_is_shown() -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in (corpus.RED, corpus.GREEN, corpus.BLUE)]
    for format_ in ("GIF", "WEBP"):
        data = corpus.encoded(frames[0], format_, save_all=True, append_images=frames[1:], duration=90)

        processed = imaging.process(data)

        assert processed.facts.frames == 3
        first = next(processed.renditions)
        assert (first.width, first.height) == (40, 30)
        assert corpus.is_near(corpus.colour_at(first.data, 0.5, 0.5)[:3], corpus.RED, 12)


def test_further_facts_can_be_written_as_json() -> None:
    found = facts(
        {0x0131: b"\xff\xfe\x00", 0x013B: "Zoë".encode(), 0x8298: "(c) 2024"},
        {0x9204: IFDRational(-1, 3), 0xA404: UNKNOWN, 0x8822: 2},
    )

    assert json.loads(json.dumps(found.extra, allow_nan=False)) == found.extra
    assert found.extra["artist"] == "Zoë"
    assert found.extra["exposure_bias_ev"] == -0.333
