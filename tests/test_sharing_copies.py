"""Copies for guests: the same picture, bit for bit where that can be, without what its file tells of people and places."""

import io
import struct
import subprocess
import zlib
from pathlib import Path
from shutil import which

import pytest
from PIL import Image as Pillow
from PIL import ImageChops, ImageCms, ImageOps, ImageSequence, PngImagePlugin

from gallery.archives.stripping import CannotStrip, strip
from tests.imaging import corpus

SECRETS = (b"Alice Example", b"SN-0123456", b"X-T5", b"2026:09:14", b"secret note", b"Backyard")


def told() -> Pillow.Exif:
    exif = Pillow.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B] = "Fujifilm", "X-T5", "Alice Example"
    exif.get_ifd(0x8769).update(
        {0x9003: "2026:09:14 19:42:11", 0xA431: "SN-0123456", 0xA430: "Alice Example"}
    )
    exif.get_ifd(0x8825).update({1: "N", 2: (43.0, 12.0, 1.5), 3: "W", 4: (4.0, 48.0, 2.0)})
    return exif


def telling(kind: str, *, orientation: int = 1, mode: str = "RGB", **options: object) -> bytes:
    """Return a picture whose halves differ in every direction and whose file tells everything that a file can."""
    picture = Pillow.linear_gradient("L").resize((96, 64))
    picture = Pillow.merge("RGB", (picture, picture.rotate(180), Pillow.new("L", (96, 64), 90)))
    picture.paste((250, 10, 10), (0, 0, 24, 16))
    exif = told()
    exif[0x0112] = orientation
    made = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture.convert(mode).save(made, kind, exif=exif, icc_profile=profile, **options)
    return made.getvalue()


def pixels(data: bytes) -> bytes:
    return Pillow.open(io.BytesIO(data)).convert("RGB").tobytes()


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def assert_tells_nothing(data: bytes) -> None:
    opened = Pillow.open(io.BytesIO(data))
    exif = opened.getexif()
    assert set(exif) <= {0x0112}
    assert not exif.get_ifd(0x8825)
    assert not exif.get_ifd(0x8769)
    assert not {"comment", "xmp", "photoshop", "XML:com.adobe.xmp", "Author", "mp"} & set(opened.info)
    assert not [secret for secret in SECRETS if secret in data]


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_keeps_its_picture_bit_for_bit_and_tells_nothing(progressive: bool) -> None:
    data = telling("JPEG", progressive=progressive, quality=91, comment=b"secret note")
    data = data[:2] + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>Alice Example Backyard</x>") + data[2:]
    data = data[:2] + segment(0xED, b"Photoshop 3.0\0Alice Example") + data[2:]

    copy = strip(data, "image/jpeg", 1)

    assert pixels(copy) == pixels(data)
    assert_tells_nothing(copy)
    Pillow.open(io.BytesIO(copy)).verify()


def test_what_stands_behind_the_picture_is_left_out() -> None:
    data = telling("JPEG")
    copy = strip(data + b"\0\0\0\x18ftypmp42 a video with a secret note" + telling("JPEG"), "image/jpeg", 1)
    assert copy == strip(data, "image/jpeg", 1)
    assert copy.endswith(b"\xff\xd9")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("kind", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_copy_stands_as_the_picture_stood(kind: str, content_type: str, orientation: int) -> None:
    data = telling(kind, orientation=orientation)

    copy = strip(data, content_type, orientation)

    upright = [ImageOps.exif_transpose(Pillow.open(io.BytesIO(each))).convert("RGB") for each in (data, copy)]
    assert upright[0].size == upright[1].size
    assert upright[0].tobytes() == upright[1].tobytes()
    assert_tells_nothing(copy)


def test_png_keeps_its_picture_and_its_transparency() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Alice Example")
    texts.add_itxt("XML:com.adobe.xmp", "secret note", zip=True)
    data = telling("PNG", mode="RGBA", pnginfo=texts)

    copy = strip(data, "image/png", 1)

    assert Pillow.open(io.BytesIO(copy)).tobytes() == Pillow.open(io.BytesIO(data)).tobytes()
    assert_tells_nothing(copy)


@pytest.mark.parametrize("lossless", [False, True])
def test_webp_keeps_its_picture_and_tells_nothing(lossless: bool) -> None:
    data = telling("WEBP", orientation=6, lossless=lossless, xmp=b"<x>secret note</x>")

    copy = strip(data, "image/webp", 6)

    assert pixels(copy) == pixels(data)
    assert Pillow.open(io.BytesIO(copy)).getexif()[0x0112] == 6
    assert_tells_nothing(copy)


def test_colours_stay_and_the_profile_loses_its_names() -> None:
    data = telling("JPEG")
    before = Pillow.open(io.BytesIO(data)).info["icc_profile"]
    before_named = before.replace(b"s\0R\0G\0B\0", b"A\0l\0i\0c\0")
    assert before_named != before or b"sRGB" in before

    copy = strip(data, "image/jpeg", 1)

    after = Pillow.open(io.BytesIO(copy)).info["icc_profile"]
    assert len(after) == len(before)
    assert b"s\0R\0G\0B" not in after
    assert b"sRGB" not in after
    srgb = ImageCms.createProfile("sRGB")
    source = Pillow.open(io.BytesIO(data)).convert("RGB")
    shown = [
        ImageCms.profileToProfile(source, ImageCms.ImageCmsProfile(io.BytesIO(profile)), srgb)
        for profile in (before, after)
    ]
    assert all(found is not None for found in shown)
    assert shown[0].tobytes() == shown[1].tobytes()  # type: ignore[union-attr]


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/png", "image/webp", "image/heic", "video/mp4"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe1\xff\xff",
        b"\xff\xd8 no marker",
        b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR",
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 9, b"iCCP") + b"x\0\0nothing" + bytes(4),
        b"RIFF",
        b"GIF89a",
    ],
    ids=["empty", "cut", "long", "text", "png", "profile", "riff", "gif"],
)
def test_what_is_built_otherwise_is_refused(data: bytes, content_type: str) -> None:
    with pytest.raises(CannotStrip):
        strip(data, content_type, 6)


def test_profile_that_unpacks_without_end_is_refused() -> None:
    bomb = b"x\0\0" + zlib.compress(bytes(9 * 1024**2))
    chunk = struct.pack(">I4s", len(bomb), b"iCCP") + bomb + bytes(4)
    with pytest.raises(CannotStrip):
        strip(b"\x89PNG\r\n\x1a\n" + chunk, "image/png", 1)


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_finds_nothing_private_in_copies_of_real_photographs(
    real_photos: Path, tmp_path: Path
) -> None:
    made = 0
    for photo in sorted(real_photos.rglob("*")):
        if photo.suffix.lower() not in {".jpg", ".jpeg"} or made == 12:
            continue
        data = photo.read_bytes()
        copy = strip(data, "image/jpeg", 1)
        assert pixels(copy) == pixels(data), photo.name
        (tmp_path / f"{made}.jpg").write_bytes(copy)
        made += 1
    told = subprocess.run(
        ["exiftool", "-G1", "-s", "-a", "-u", *sorted(tmp_path.iterdir())],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    groups = {line.split("]")[0].strip("[") for line in told.splitlines() if line.startswith("[")}
    assert made
    assert groups <= {"ExifTool", "System", "File", "JFIF", "Adobe", "Composite", "ICC_Profile", "ICC-header",
                      "ICC-view", "ICC-meas"}, groups  # fmt: skip


@pytest.mark.parametrize("marker", [0xDC, 0xDD, 0xDE, 0xDF, 0xC8])
def test_jpeg_segments_keep_nothing_beyond_what_they_are_for(marker: int) -> None:
    data = telling("JPEG")
    hidden = data[:2] + segment(marker, b"\0\0 a secret note") + data[2:]

    assert b"a secret note" not in strip(hidden, "image/jpeg", 1)


def test_what_is_told_inside_of_a_frame_of_a_webp_goes_and_the_frames_stay() -> None:
    moving = corpus.webp(3)
    note = struct.pack("<4sI", b"NOTE", 12) + b"secret note."
    at = moving.index(b"ANMF")
    (length,) = struct.unpack_from("<I", moving, at + 4)
    end = at + 8 + length
    frame = b"ANMF" + struct.pack("<I", length + len(note)) + moving[at + 8 : end] + note
    told = moving[:at] + frame + moving[end:]
    told = told[:4] + struct.pack("<I", len(told) - 8) + told[8:]
    copy = strip(told, "image/webp", 1)
    assert b"secret" not in copy
    with Pillow.open(io.BytesIO(copy)) as stripped, Pillow.open(io.BytesIO(moving)) as whole:
        assert len(list(ImageSequence.Iterator(stripped))) == len(list(ImageSequence.Iterator(whole))) == 3
        assert ImageChops.difference(stripped.convert("RGB"), whole.convert("RGB")).getbbox() is None


def test_webp_whose_chunk_runs_past_the_end_is_refused() -> None:
    data = telling("WEBP", lossless=True)
    for damaged in (data[:-20], data + struct.pack("<4sI", b"VP8L", 10**6)):
        with pytest.raises(CannotStrip):
            strip(damaged, "image/webp", 1)


def test_profile_larger_than_any_real_one_is_refused_in_each_format() -> None:
    part = bytes(65_519)
    profile = b"".join(segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 255]) + part) for n in range(256))
    with pytest.raises(CannotStrip):
        strip(b"\xff\xd8" + profile + telling("JPEG")[2:], "image/jpeg", 1)
