"""Pictures drawn in code: four coloured corners that show how they were turned, and files made to do harm."""

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import pyvips
from PIL import Image

RED, GREEN, BLUE, WHITE = (220, 40, 40), (40, 180, 60), (40, 60, 200), (250, 250, 250)

# The turn that undoes what EXIF 2.32 section 4.6.4 A asks a viewer to do.
_UNDO = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def corners(width: int = 120, height: int = 80) -> Image.Image:
    """Draw red, green, blue and white quarters, from the top left in reading order."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(GREEN, (width // 2, 0, width, height // 2))
    picture.paste(BLUE, (0, height // 2, width // 2, height))
    picture.paste(WHITE, (width // 2, height // 2, width, height))
    return picture


def encoded(picture: Image.Image, format: str = "JPEG", **options: Any) -> bytes:  # noqa: A002 (as Pillow has it)
    """Write a picture with Pillow; JPEG without losses of colour."""
    if format == "JPEG":
        options = {"quality": 95, "subsampling": 0} | options
    stream = io.BytesIO()
    picture.save(stream, format, **options)
    return stream.getvalue()


def turned(orientation: int, format: str = "JPEG") -> bytes:  # noqa: A002
    """Store the corners turned, with the orientation that makes them upright again."""
    picture = corners()
    if orientation in _UNDO:
        picture = picture.transpose(_UNDO[orientation])
    return encoded(picture, format, exif=tags({0x0112: orientation}))


def tags(
    image: dict[int, Any] | None = None,
    photo: dict[int, Any] | None = None,
    gps: dict[int, Any] | None = None,
) -> Image.Exif:
    """Write EXIF directories by tag number."""
    exif = Image.Exif()
    for tag, value in (image or {}).items():
        exif[tag] = value
    exif.get_ifd(0x8769).update(photo or {})
    exif.get_ifd(0x8825).update(gps or {})
    if photo:
        exif[0x8769] = photo
    if gps:
        exif[0x8825] = gps
    return exif


def tagged(
    image: dict[int, Any] | None = None,
    photo: dict[int, Any] | None = None,
    gps: dict[int, Any] | None = None,
) -> bytes:
    """Write a small JPEG with EXIF."""
    return encoded(corners(), exif=tags(image, photo, gps))


def colour_at(data: bytes, across: float, down: float) -> tuple[int, ...]:
    """Give the colour at a place in fractions of width and height, as a decoder other than libvips sees it."""
    picture = Image.open(io.BytesIO(data))
    colour = picture.getpixel((int(picture.width * across), int(picture.height * down)))
    return colour if isinstance(colour, tuple) else (int(colour or 0),)


def is_near(colour: Sequence[int], expected: Sequence[int], tolerance: int = 8) -> bool:
    """Compare channel by channel."""
    pairs = zip(colour, expected, strict=True)
    return all(abs(one - other) <= tolerance for one, other in pairs)


def icc(name: str) -> bytes:
    """Give one of libvips' own profiles ("p3", "srgb", "cmyk")."""
    return bytes(pyvips.Operation.call("profile_load", name))


def adobe_rgb() -> bytes:
    """Write the Adobe RGB (1998) profile: its primaries adapted to D50 and a gamma of 563/256 (ICC.1:2001-04)."""
    return matrix_profile("Adobe RGB (1998)", ADOBE_RGB, 0x0233)


def prophoto() -> bytes:
    """Write the ProPhoto RGB (ROMM, ISO 22028-2) profile with the plain gamma of 461/256 that editors give it."""
    return matrix_profile("ProPhoto RGB", PROPHOTO, 0x01CD)


# Red, green and blue as XYZ under D50.
Primaries = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
ADOBE_RGB: Primaries = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
PROPHOTO: Primaries = ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491))
DISPLAY_P3: Primaries = (
    (0.51512, 0.24120, -0.00105),
    (0.29198, 0.69225, 0.04189),
    (0.15710, 0.06657, 0.78407),
)


def matrix_profile(name: str, primaries: Primaries, gamma: int) -> bytes:
    """Write an ICC profile of three primaries and one gamma in 256ths."""

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))

    text = name.encode() + b"\0"
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, gamma) + b"\0\0"
    entries = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text\0\0\0\0public domain\0",
        b"wtpt": xyz(0.9505, 1.0, 1.0891),
        b"rXYZ": xyz(*primaries[0]),
        b"gXYZ": xyz(*primaries[1]),
        b"bXYZ": xyz(*primaries[2]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body = struct.pack(">I", len(entries)), b""
    for tag, value in entries.items():
        table += tag + struct.pack(">II", 132 + 12 * len(entries) + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(
        ">I4sI4s4s4s",
        132 + 12 * len(entries) - 4 + len(body) + 4,
        b"none",
        0x02100000,
        b"mntr",
        b"RGB ",
        b"XYZ ",
    )
    head += (
        struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
        + b"acsp"
        + bytes(28)
        + struct.pack(">3i", 63190, 65536, 54061)
    )
    return head.ljust(128, b"\0") + table + body


def png(width: int, height: int, extra: bytes = b"", row: bytes | None = None) -> bytes:
    """Write a black PNG of 1 bit a pixel, row by row, so that a huge one is small to make."""
    packer = zlib.compressobj(9)
    line = row or bytes(1 + (width + 7) // 8)
    body = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes) -> bytes:
    """Write a PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def zeros(megabytes: int) -> bytes:
    """Compress megabytes of nothing."""
    packer, block = zlib.compressobj(9), bytes(1_000_000)
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


def scan_bomb(scans: int) -> bytes:
    """Repeat the last scan of a progressive JPEG."""
    data = encoded(corners(2000, 2000), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * scans + b"\xff\xd9"


def gif(frames: int) -> bytes:
    """Write an animation of 8 x 8 pixels."""
    frame = b"\x21\xf9\x04\0\x01\0\0\0\x2c" + struct.pack("<HHHHB", 0, 0, 8, 8, 0) + b"\x02\x02\x4c\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * frames + b";"


def webp(frames: int) -> bytes:
    """Write an animation of 32 x 32 pixels."""
    still = [Image.effect_noise((32, 32), 40 + n).convert("RGB") for n in range(2)]
    data = encoded(still[0], "WEBP", save_all=True, append_images=still[1:], duration=50)
    start = data.index(b"ANMF")
    size = 8 + int.from_bytes(data[start + 4 : start + 8], "little")
    body = data[8:start] + data[start : start + size + size % 2] * frames
    return b"RIFF" + struct.pack("<I", len(body)) + body


def overlapping_exif() -> bytes:
    """Claim the same 60 kB as the value of 5,000 EXIF entries."""
    entries = b"".join(struct.pack("<HHII", tag, 7, 60_000, 8) for tag in range(0x8000, 0x8000 + 5000))
    block = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 5000) + entries
    data = encoded(corners())
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


def heic_boxes(announced: int, there: int) -> bytes:
    """Write the boxes of a HEIC file whose picture data is longer in words than in bytes."""
    kind = struct.pack(">I4s4sI4s", 20, b"ftyp", b"heic", 0, b"mif1")
    return (
        kind
        + struct.pack(">I4sI", 12, b"meta", 0)
        + struct.pack(">I4s", announced + 8, b"mdat")
        + bytes(there)
    )


def deep_png(side: int) -> bytes:
    """Write a PNG of 16 bits and four channels, all zero, from one row that is compressed once and repeated."""
    line = 1 + side * 8
    packer = zlib.compressobj(9)
    first = packer.compress(bytes(line)) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush a block knows nothing of those before it (RFC 1951), so it can stand there any number of times.
    row = packer.compress(bytes(line)) + packer.flush(zlib.Z_FULL_FLUSH)
    # Adler-32 of so many zeros (RFC 1950 section 9).
    check = struct.pack(">HH", line * side % 65521, 1)
    body = first + row * (side - 1) + b"\x03\x00" + check
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 16, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def announcing(side: int) -> bytes:
    """Write a JPEG whose header claims another size than its data has."""
    data = encoded(corners())
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", side, side) + data[at + 9 :]


def tiff_header(width: int, height: int) -> bytes:
    """Write a TIFF that is all header: one strip of a bilevel picture, which lies on the header itself."""
    entries = [(0x100, 4, width), (0x101, 4, height), (0x102, 3, 1), (0x103, 3, 1), (0x106, 3, 1)]
    entries += [(0x111, 4, 8), (0x116, 4, height), (0x117, 4, 8)]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + bytes(4)
