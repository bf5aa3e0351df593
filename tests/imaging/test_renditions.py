"""Renditions: upright, in the right colours, and silent about where they were taken."""

import io

import pytest
from PIL import Image

from gallery import imaging
from tests.imaging import corpus
from tests.imaging.corpus import BLUE, GREEN, RED, WHITE, colour_at, corners, encoded, is_near


def made(data: bytes) -> dict[str, imaging.Rendition]:
    return {rendition.name: rendition for rendition in imaging.process(data).renditions}


def middle(data: bytes) -> tuple[int, ...]:
    return colour_at(made(data)["h240"].data, 0.5, 0.5)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_orientation_is_applied_exactly_once(format_: str, orientation: int) -> None:
    data = corpus.turned(orientation, format_)

    facts = imaging.inspect(data)
    renditions = made(data)

    assert (facts.width, facts.height) == (120, 80)
    for name in ("h240", "l2560"):
        rendition = renditions[name]
        assert (rendition.width, rendition.height) == (120, 80)
        assert is_near(colour_at(rendition.data, 0.2, 0.2), RED, 30)
        assert is_near(colour_at(rendition.data, 0.8, 0.2), GREEN, 30)
        assert is_near(colour_at(rendition.data, 0.2, 0.8), BLUE, 30)
        assert is_near(colour_at(rendition.data, 0.8, 0.8), WHITE, 30)


@pytest.mark.parametrize("orientation", [0, 9, 99])
def test_an_orientation_that_does_not_exist_turns_nothing(orientation: int) -> None:
    facts = imaging.process(corpus.turned(orientation)).facts

    assert (facts.orientation, facts.width, facts.height) == (1, 120, 80)


def test_large_turned_photo_is_upright_after_shrinking_while_it_loads() -> None:
    picture = corners(4000, 3000).transpose(Image.Transpose.ROTATE_90)
    data = encoded(picture, exif=corpus.tags({0x0112: 6}))

    rendition = made(data)["h240"]

    assert (rendition.width, rendition.height) == (320, 240)
    assert is_near(colour_at(rendition.data, 0.2, 0.2), RED)
    assert is_near(colour_at(rendition.data, 0.8, 0.8), WHITE)


def test_pictures_without_a_profile_keep_their_colours() -> None:
    assert is_near(middle(encoded(Image.new("RGB", (300, 200), (200, 90, 60)))), (200, 90, 60), 3)


@pytest.mark.parametrize(
    ("profile", "colour", "expected"),
    [
        # Worked out by hand from the primaries, not by the library under test.
        (corpus.icc("p3"), (200, 90, 60), (216, 81, 49)),
        (corpus.icc("p3"), (100, 160, 100), (78, 162, 93)),
        (corpus.adobe_rgb(), (100, 160, 100), (53, 161, 96)),
        (corpus.adobe_rgb(), (200, 90, 60), (228, 90, 56)),
        (corpus.icc("srgb"), (200, 90, 60), (200, 90, 60)),
    ],
    ids=["p3-orange", "p3-green", "adobe-green", "adobe-orange", "srgb"],
)
@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_wide_colours_become_srgb(
    profile: bytes, colour: tuple[int, int, int], expected: tuple[int, int, int], format_: str
) -> None:
    data = encoded(Image.new("RGB", (300, 200), colour), format_, icc_profile=profile)

    assert is_near(middle(data), expected, 4)


@pytest.mark.parametrize("profile", [b"", corpus.icc("cmyk")], ids=["without-profile", "with-profile"])
def test_cmyk_becomes_srgb(profile: bytes) -> None:
    red = encoded(Image.new("CMYK", (300, 200), (0, 255, 255, 0)), icc_profile=profile)
    paper = encoded(Image.new("CMYK", (300, 200), (0, 0, 0, 0)), icc_profile=profile)

    assert is_near(middle(red), (232, 31, 42), 12)
    assert is_near(middle(paper), (255, 255, 255), 4)


def test_a_broken_profile_does_not_cost_the_picture() -> None:
    data = encoded(Image.new("RGB", (300, 200), (200, 90, 60)), icc_profile=b"no profile at all" * 20)

    assert is_near(middle(data), (200, 90, 60), 6)


def test_a_profile_of_another_colour_space_does_not_cost_the_picture() -> None:
    data = encoded(Image.new("L", (300, 200), 120), icc_profile=corpus.icc("p3"))

    assert is_near(middle(data), (120, 120, 120), 6)


@pytest.mark.parametrize(
    ("picture", "format_", "expected"),
    [
        (Image.new("L", (300, 200), 120), "JPEG", (120, 120, 120)),
        (Image.new("1", (300, 200), 1), "PNG", (255, 255, 255)),
        (Image.new("I;16", (300, 200), 120 * 257), "PNG", (120, 120, 120)),
        (Image.new("RGB", (300, 200), (200, 90, 60)).quantize(4), "PNG", (200, 90, 60)),
        (Image.new("RGB", (300, 200), (200, 90, 60)).quantize(4), "GIF", (200, 90, 60)),
        (Image.new("I;16", (300, 200), 120 * 257), "TIFF", (120, 120, 120)),
    ],
    ids=["grey", "bilevel", "grey-16-bit", "palette", "gif", "tiff-16-bit"],
)
def test_every_depth_becomes_eight_bit_colour(
    picture: Image.Image, format_: str, expected: tuple[int, int, int]
) -> None:
    data = encoded(picture, format_)

    assert is_near(middle(data)[:3], expected, 4)
    assert Image.open(io.BytesIO(made(data)["og"].data)).mode == "RGB"


def test_transparency_stays_in_webp_and_becomes_white_in_link_previews() -> None:
    picture = Image.new("RGBA", (300, 200), (200, 90, 60, 0))
    picture.paste((200, 90, 60, 255), (0, 0, 150, 200))

    renditions = made(encoded(picture, "PNG"))

    assert is_near(colour_at(renditions["h240"].data, 0.2, 0.5), (200, 90, 60, 255))
    assert colour_at(renditions["h240"].data, 0.8, 0.5)[3] == 0
    assert is_near(colour_at(renditions["og"].data, 0.8, 0.5), (255, 255, 255))


def test_transparent_palette_stays_transparent() -> None:
    picture = Image.new("P", (300, 200), 0)
    picture.putpalette([200, 90, 60, 0, 0, 0])

    rendition = made(encoded(picture, "PNG", transparency=0))["h240"]

    assert colour_at(rendition.data, 0.5, 0.5)[3] == 0


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_renditions_carry_no_metadata(format_: str) -> None:
    exif = corpus.tags(
        {0x010E: "SECRETDIARY", 0x010F: "SECRETMAKE"},
        {0x9003: "2024:05:31 18:03:59"},
        {1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (16.0, 22.0, 0.0)},
    )
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SECRETXMP</x:xmpmeta>"
    data = encoded(corners(400, 300), format_, exif=exif, xmp=packet, icc_profile=corpus.icc("p3"))
    assert b"SECRET" in data

    for rendition in made(data).values():
        assert not any(
            sign in rendition.data for sign in (b"SECRET", b"Exif", b"EXIF", b"ICC", b"xmp", b"XMP")
        )
        picture = Image.open(io.BytesIO(rendition.data))
        assert not picture.getexif()
        assert "icc_profile" not in picture.info


def test_link_preview_is_a_jpeg_cropped_from_the_middle() -> None:
    picture = Image.new("RGB", (2000, 2000), RED)
    picture.paste(GREEN, (0, 700, 2000, 1300))

    preview = made(encoded(picture))["og"]

    assert (preview.content_type, preview.width, preview.height) == ("image/jpeg", 1200, 630)
    assert is_near(colour_at(preview.data, 0.5, 0.5), GREEN)
    assert is_near(colour_at(preview.data, 0.5, 0.02), RED, 12)


def test_rungs_of_the_same_size_are_the_same_bytes() -> None:
    renditions = made(encoded(corners(200, 150)))

    assert renditions["l1280"].data == renditions["l2560"].data == renditions["h480"].data


@pytest.mark.parametrize(
    ("turn", "corner"), [(0, RED), (90, BLUE), (180, WHITE), (270, GREEN)], ids=["0", "90", "180", "270"]
)
@pytest.mark.parametrize("size", [(120, 80), (3000, 2000)], ids=["small", "large"])
def test_a_turn_by_a_person_comes_after_the_camera_s(
    turn: int, corner: tuple[int, int, int], size: tuple[int, int]
) -> None:
    picture = corners(*size).transpose(Image.Transpose.ROTATE_90)
    data = encoded(picture, exif=corpus.tags({0x0112: 6}))

    processed = imaging.process(data, turn=turn)
    renditions = {rendition.name: rendition for rendition in processed.renditions}

    width, height = size if turn in {0, 180} else size[::-1]
    assert (processed.facts.width, processed.facts.height) == (width, height)
    for name, rendition in renditions.items():
        assert (rendition.width, rendition.height) == imaging.rung_size(name, width, height)
    assert is_near(colour_at(renditions["h240"].data, 0.2, 0.2), corner, 30)


def test_a_turn_that_is_no_quarter_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not by 45"):
        imaging.process(encoded(corners()), turn=45)


def test_a_still_picture_is_a_photo_without_duration() -> None:
    processed = imaging.process(encoded(corners()))

    assert (processed.kind, processed.duration_s) == ("photo", None)


def test_average_colour_is_over_white() -> None:
    assert imaging.process(encoded(Image.new("RGB", (64, 64), (200, 90, 60)), "PNG")).colour == "#c85a3c"
    assert imaging.process(encoded(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "PNG")).colour == "#ffffff"


def test_thumbhash_is_short_text() -> None:
    processed = imaging.process(encoded(corners()))

    assert 20 <= len(processed.thumbhash) <= 36
    assert processed.thumbhash.isascii()
