"""Raw files: shown by their preview, or developed where that is too small, upright; facts are their own."""

import os
from pathlib import Path

import pytest

from gallery import imaging
from gallery.imaging import Format, exif, raw, structure
from tests.imaging import corpus
from tests.moving import dng_bytes

PREVIEW = corpus.encoded(corpus.corners(1440, 1080))


def shown(data: bytes) -> tuple[imaging.Facts, bytes]:
    processed = imaging.process(data)
    largest = {made.name: made.data for made in processed.renditions}["l2560"]
    return processed.facts, largest


def test_raw_file_is_shown_by_its_preview() -> None:
    facts, picture = shown(dng_bytes(preview=PREVIEW))

    assert (facts.format, facts.content_type) == (Format.DNG, "image/x-adobe-dng")
    assert (facts.width, facts.height) == (1440, 1080)
    assert facts.extra["raw_shown"] == "preview"
    assert facts.extra["sensor_size"] == [64, 48]
    assert corpus.is_near(corpus.colour_at(picture, 0.2, 0.2)[:3], corpus.RED, 12)


def test_facts_are_those_of_the_raw_file() -> None:
    facts = imaging.inspect(dng_bytes(preview=PREVIEW))

    assert (facts.camera_make, facts.camera_model) == ("Fujifilm", "X-T5")
    assert str(facts.taken_at) == "2026-09-14 19:42:11"
    assert facts.taken_offset_minutes == 120
    assert (facts.iso, facts.exposure_s) == (200, 0.004)


@pytest.mark.parametrize(
    ("orientation", "top_left"), [(1, corpus.RED), (3, corpus.WHITE), (6, corpus.BLUE), (8, corpus.GREEN)]
)
@pytest.mark.parametrize("preview", [PREVIEW, b""], ids=["preview", "developed"])
def test_raw_file_is_upright(preview: bytes, orientation: int, top_left: tuple[int, int, int]) -> None:
    facts, picture = shown(dng_bytes(preview=preview, orientation=orientation))

    assert (facts.width < facts.height) == (orientation >= 5)
    colour = corpus.colour_at(picture, 0.25, 0.25)[:3]
    if preview:
        assert corpus.is_near(colour, top_left, 12)
    else:
        # A development is as bright as the scene asks; which colours are there is what tells.
        assert [band > 150 for band in colour] == [band > 150 for band in top_left]


def test_preview_that_the_camera_has_turned_already_is_not_turned_again() -> None:
    upright = corpus.encoded(corpus.corners(1080, 1440))

    facts, picture = shown(dng_bytes(preview=upright, orientation=6))

    assert (facts.width, facts.height) == (1080, 1440)
    assert corpus.is_near(corpus.colour_at(picture, 0.2, 0.2)[:3], corpus.RED, 12)


def test_raw_file_with_too_small_a_preview_is_developed() -> None:
    thumbnail = corpus.encoded(corpus.corners(16, 12))

    facts, _ = shown(dng_bytes(200, 150, preview=thumbnail))

    assert (facts.width, facts.height) == (200, 150)
    assert facts.extra["raw_shown"] == "developed"


def test_small_preview_is_better_than_nothing() -> None:
    thumbnail = corpus.encoded(corpus.corners(16, 12))
    data = dng_bytes(200, 150, preview=thumbnail)

    facts, _ = shown(data[: -200 * 150])

    assert (facts.width, facts.height) == (16, 12)


def test_raw_file_that_is_cut_and_has_no_preview_is_refused() -> None:
    data = dng_bytes(200, 150)

    with pytest.raises(imaging.Refused) as caught:
        shown(data[: -200 * 150])

    assert caught.value.code in {"no_preview", "truncated"}


def test_broken_preview_is_passed_over() -> None:
    facts, _ = shown(dng_bytes(200, 150, preview=PREVIEW[:2000]))

    assert facts.extra["raw_shown"] == "developed"


@pytest.mark.parametrize(("make", "expected"), [(b"NIKON CORPORATION", Format.NEF), (b"SONY", Format.ARW)])
def test_raw_files_in_the_clothes_of_tiff_are_known_by_their_maker(make: bytes, expected: Format) -> None:
    data = dng_bytes(preview=PREVIEW, make=make, is_dng=False)

    assert structure.raw_kind(data) is expected
    assert raw.read_exif(data, expected).image.text(exif.Tag.MODEL) == "X-T5"


def test_raw_file_of_a_maker_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(imaging.Refused) as caught:
        imaging.inspect(dng_bytes(preview=PREVIEW, make=b"Contax", is_dng=False))

    assert caught.value.code == "unsupported_format"
    assert "camera raw" in caught.value.message


def test_plain_tiff_stays_a_tiff() -> None:
    assert imaging.inspect(corpus.encoded(corpus.corners(), "TIFF")).format is Format.TIFF


@pytest.mark.parametrize(
    "head", [b"II*\0\x10\0\0\0CR\x02\0", b"FUJIFILMCCD-RAW 0201", b"IIRO\x08\0\0\0", b"IIU\0\x18\0\0\0"]
)
def test_nothing_behind_a_raw_files_first_bytes_is_refused(head: bytes) -> None:
    with pytest.raises(imaging.Refused) as caught:
        imaging.process(head + bytes(2000))

    assert caught.value.code in {"no_preview", "corrupt", "truncated"}


def raw_files() -> list[Path]:
    folder = os.environ.get("PHOTOSKY_PHOTOS", "")
    endings = {f".{kind.extension}" for kind in Format if kind.is_raw}
    return (
        [path for path in sorted(Path(folder).iterdir()) if path.suffix.lower() in endings] if folder else []
    )


def test_real_raw_files_are_shown(real_photos: Path) -> None:
    paths = raw_files()
    if not paths:
        pytest.skip(f"{real_photos} holds no raw file")
    for path in paths:
        facts, _ = shown(path.read_bytes())
        assert facts.format.extension == path.suffix.lower().removeprefix(".")
        assert max(facts.width, facts.height) >= 1000, path.name
