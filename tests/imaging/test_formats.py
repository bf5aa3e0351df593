"""What a file is taken for, by its first bytes."""

import subprocess
import sys

import pytest

from gallery import imaging
from gallery.imaging import Format
from tests.imaging import corpus


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_every_taken_format_is_known_by_its_first_bytes(name: str) -> None:
    head = corpus.encoded(corpus.corners(), name)[: imaging.SNIFF_BYTES]

    assert imaging.sniff(head) is Format(name.lower())


@pytest.mark.parametrize(
    ("brands", "expected"),
    [
        (b"heic\0\0\0\0mif1heic", Format.HEIC),
        (b"heix\0\0\0\0mif1heix", Format.HEIC),
        (b"mif1\0\0\0\0mif1heic", Format.HEIC),
        (b"mif1\0\0\0\0mif1avif", Format.AVIF),
        (b"avif\0\0\0\0mif1miaf", Format.AVIF),
        (b"qt  \0\0\0\0qt  qt  ", Format.MOV),
        (b"isom\0\0\0\0mp41mp42", Format.MP4),
        (b"xxxx\0\0\0\0isommp42", Format.MP4),
        (b"crx \0\0\0\1crx isom", Format.CR3),
        (b"M4A \0\0\0\0M4A M4A ", None),
        (b"jp2 \0\0\0\0jp2 jp2 ", None),
    ],
)
def test_iso_media_files_are_told_apart_by_their_brands(brands: bytes, expected: Format | None) -> None:
    assert imaging.sniff(b"\0\0\0\x18ftyp" + brands) is expected


@pytest.mark.parametrize(
    "head", [b"", b"\xff", b"\xff\xd8", b"RIFF", b"GIF88a", b"hello", b"II*", b"\0\0\0\x18ftyp"]
)
def test_anything_else_is_not_taken(head: bytes) -> None:
    assert imaging.sniff(head) is None


def test_content_types_and_file_endings_are_the_usual_ones() -> None:
    assert {kind.extension: kind.content_type for kind in Format} == {
        "jpg": "image/jpeg",
        "png": "image/png",
        "webp": "image/webp",
        "gif": "image/gif",
        "tif": "image/tiff",
        "heic": "image/heic",
        "avif": "image/avif",
        "dng": "image/x-adobe-dng",
        "cr2": "image/x-canon-cr2",
        "cr3": "image/x-canon-cr3",
        "nef": "image/x-nikon-nef",
        "arw": "image/x-sony-arw",
        "raf": "image/x-fuji-raf",
        "orf": "image/x-olympus-orf",
        "rw2": "image/x-panasonic-rw2",
        "mp4": "video/mp4",
        "mov": "video/quicktime",
    }


def test_every_type_leads_back_to_its_format() -> None:
    assert [Format.of_type(kind.content_type) for kind in Format] == list(Format)
    assert Format.of_type("image/jxl") is None


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"FUJIFILMCCD-RAW 0201", Format.RAF),
        (b"IIRO\x08\0\0\0", Format.ORF),
        (b"IIRS\x08\0\0\0", Format.ORF),
        (b"MMOR\0\0\0\x08", Format.ORF),
        (b"IIU\0\x18\0\0\0", Format.RW2),
        (b"II*\0\x10\0\0\0CR\x02\0", Format.CR2),
        (b"\0\0\0\x08wide\0\0\1\0mdat", Format.MOV),
        (b"\0\0\1\0moov", Format.MOV),
    ],
)
def test_cameras_own_formats_are_known_by_their_first_bytes(head: bytes, expected: Format) -> None:
    assert imaging.sniff(head) is expected


def test_what_pages_need_loads_no_decoder() -> None:
    program = (
        "import sys; from gallery import imaging; imaging.rung_size('h240', 6000, 4000); imaging.RECIPE;"
        "imaging.sniff(b'GIF89a'); imaging.Facts; imaging.Refused;"
        "print([name for name in ('pyvips', 'PIL', 'pi_heif', 'django') if name in sys.modules])"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert printed.strip() == "[]"
