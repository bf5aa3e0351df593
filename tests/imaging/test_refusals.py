"""Files that are not taken: each is refused in plain words, quickly, and in little memory."""

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from gallery import imaging
from tests.imaging import corpus

MAX_CPU_S = 2
MAX_PEAK_MB = 200


def refusal(data: bytes) -> imaging.Refused:
    with pytest.raises(imaging.Refused) as caught:
        list(imaging.process(data).renditions)
    assert caught.value.code in imaging.CODES
    assert str(caught.value) == caught.value.message
    return caught.value


def noise(format_: str) -> bytes:
    return corpus.encoded(Image.effect_noise((400, 300), 80).convert("RGB"), format_)


def test_empty_file_is_refused() -> None:
    assert refusal(b"").code == "empty"


def test_text_named_as_a_photo_is_refused() -> None:
    refused = refusal(b"Dear diary,\nBMW and other words.\n")

    assert refused.code == "not_an_image"
    assert "JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF" in refused.message


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<svg/>", "SVG"),
        (b"%PDF-1.7\n", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "EPS"),
        (b"BM" + bytes(12) + b"\x28\0\0\0" + bytes(40), "BMP"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x18ftypqt  \0\0\0\0qt  qt  ", "video where a picture is expected"),
        (b"\x1aE\xdf\xa3\x01\0\0\0", "WebM or Matroska"),
        (b"\0\0\1\xba\x44", "MPEG"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp41", "sound recording"),
        (b"FOVb\0\0\0\0", "camera raw"),
        (b"PK\x03\x04", "ZIP"),
    ],
)
def test_known_but_unwanted_formats_are_refused_by_name(head: bytes, what: str) -> None:
    refused = refusal(head)

    assert refused.code == "unsupported_format"
    assert what in refused.message
    assert "Export it as JPEG or PNG" in refused.message


def test_camera_raw_inside_a_tiff_is_refused_rather_than_shown_by_its_thumbnail() -> None:
    entries = struct.pack("<HHII", 0xFE, 4, 1, 1) + struct.pack("<HHII", 0x014A, 4, 2, 200)
    nef = b"II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(400)
    dng = corpus.encoded(corpus.corners(), "TIFF", exif=corpus.tags({0xC612: b"\x01\x04\0\0"}))

    assert refusal(nef).code == "unsupported_format"
    assert refusal(dng).code == "no_preview"


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_cut_files_are_refused(format_: str, share: float) -> None:
    data = noise(format_)

    refused = refusal(data[: int(len(data) * share)])

    assert refused.code in {"truncated", "corrupt"}
    if format_ in {"JPEG", "WEBP"} and share == 0.5:
        assert refused.code == "truncated"
        assert "Upload it again" in refused.message


def test_cut_progressive_jpeg_is_refused() -> None:
    data = corpus.encoded(Image.effect_noise((4000, 3000), 40).convert("RGB"), progressive=True)

    assert refusal(data[: len(data) // 2]).code == "truncated"


def test_cut_heic_is_refused_before_it_is_decoded() -> None:
    assert refusal(corpus.heic_boxes(announced=5000, there=2500)).code == "truncated"
    assert refusal(corpus.heic_boxes(announced=2500, there=2500)).code == "corrupt"


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_noise_behind_a_good_signature_is_refused(format_: str) -> None:
    head = noise(format_)[:16]

    assert refusal(head + bytes(range(256)) * 40).code in {"truncated", "corrupt"}


def test_a_few_bytes_after_the_picture_are_no_reason_to_refuse() -> None:
    for format_ in ("JPEG", "PNG", "GIF", "WEBP"):
        data = noise(format_) + b"\0" * 20

        assert len(list(imaging.process(data).renditions)) == len(imaging.LADDER)


def test_too_many_pixels_are_named_with_the_limit() -> None:
    refused = refusal(corpus.png(40_000, 40_000))

    assert refused.code == "too_many_pixels"
    assert "40000 x 40000 pixels (1,600 megapixels)" in refused.message
    assert "220 megapixels" in refused.message


def test_motion_photos_with_a_video_behind_the_picture_are_no_scan_bombs() -> None:
    data = corpus.encoded(corpus.corners(), progressive=True) + b"\xff\xda\x00\x02" * 500

    assert imaging.inspect(data).width == 120


def test_a_file_that_is_two_formats_is_read_as_the_one_it_begins_with() -> None:
    data = corpus.encoded(corpus.corners()) + b"PK\x03\x04<script>alert(1)</script>"

    assert all(b"script" not in rendition.data for rendition in imaging.process(data).renditions)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "text": (lambda: b"just words", "not_an_image"),
    "svg": (lambda: b"<svg width='60000' height='60000'/>", "unsupported_format"),
    "half-a-jpeg": (
        lambda: (data := corpus.encoded(corpus.corners(6000, 4000)))[: len(data) // 2],
        "truncated",
    ),
    "half-a-heic": (lambda: corpus.heic_boxes(20_000_000, 10_000_000), "truncated"),
    "1600-megapixel-png": (lambda: corpus.png(40_000, 40_000), "too_many_pixels"),
    "gif-of-3000-frames": (lambda: corpus.gif(3000), "made"),
    "gif-of-a-million-frames": (lambda: corpus.gif(1_000_000), "too_many_frames"),
    "webp-of-3000-frames": (lambda: corpus.webp(3000), "made"),
    "5000-scans": (lambda: corpus.scan_bomb(5000), "too_many_scans"),
    "ztxt-bomb": (
        lambda: corpus.png(64, 64, corpus.chunk(b"zTXt", b"k\0\0" + corpus.zeros(100)) * 20),
        "made",
    ),
    "iccp-bomb": (lambda: corpus.png(64, 64, corpus.chunk(b"iCCP", b"p\0\0" + corpus.zeros(500))), "made"),
    "overlapping-exif": (corpus.overlapping_exif, "made"),
    "99-scans": (lambda: corpus.scan_bomb(89), "too_many_scans"),
    "177-megapixel-16-bit-png": (lambda: corpus.deep_png(13_300), "too_many_pixels"),
    "jpeg-that-claims-65500-squared": (lambda: corpus.announcing(65_500), "too_many_pixels"),
    "jpeg-that-claims-more-than-it-has": (lambda: corpus.announcing(14_000), "made"),
    "50-mb-of-text-in-a-png": (
        lambda: corpus.png(64, 64, corpus.chunk(b"tEXt", b"k\0" + b"a" * 50_000_000)),
        "too_much_metadata",
    ),
    "png-of-a-million-chunks": (
        lambda: corpus.png(64, 64, corpus.chunk(b"tEXt", b"k\0v") * 1_000_000),
        "too_much_metadata",
    ),
    "tiff-of-10000-megapixels": (lambda: corpus.tiff_header(100_000, 100_000), "too_many_pixels"),
    "eps-named-jpg": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n", "unsupported_format"),
    "svg-that-reads-files": (
        lambda: (
            b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>"
        ),
        "unsupported_format",
    ),
    "svg-of-a-billion-laughs": (
        lambda: b"<!DOCTYPE svg [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><svg>&b;</svg>",
        "unsupported_format",
    ),
    "jpeg-and-zip": (lambda: corpus.encoded(corpus.corners()) + b"PK\x03\x04" + bytes(4000), "made"),
    "jpeg-and-html": (
        lambda: corpus.encoded(corpus.corners(), comment=b"<script>alert(1)</script>"),
        "made",
    ),
}

PROGRAM = """
import pathlib, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]), int(sys.argv[2])))
from gallery import imaging
data = pathlib.Path(sys.argv[1]).read_bytes()
try:
    outcome = "made" if list(imaging.process(data).renditions) else "nothing"
except imaging.Refused as refused:
    outcome = refused.code
peak = pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
print(outcome, int(peak) // 1024)
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the peak memory of a process is read from Linux' /proc"
)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_little_time_and_memory(name: str, tmp_path: Path) -> None:
    make, expected = HOSTILE[name]
    file = tmp_path / "upload"
    file.write_bytes(make())
    environment = os.environ | {"VIPS_CONCURRENCY": "1", "MALLOC_ARENA_MAX": "1"}

    child = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file), str(MAX_CPU_S)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )

    assert child.returncode == 0, child.stderr
    outcome, peak_mb = child.stdout.split()
    assert outcome == expected
    assert int(peak_mb) < MAX_PEAK_MB
