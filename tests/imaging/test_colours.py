"""Colours: every space that cameras write becomes sRGB within a difference that nobody sees, and edges stay edges.

What is expected is worked out here from the spaces' definitions, with no library that the pipeline uses. The bars are
CIEDE2000 differences of renditions as they are stored, their lossy coding included; 2.3 is called just noticeable.
"""

import io
import math
from itertools import product

import pytest
import pyvips
from PIL import Image, ImageCms

from gallery import imaging
from tests.imaging import corpus
from tests.imaging.corpus import is_near

Colour = tuple[float, float, float]
MEAN_BAR, WORST_BAR = 0.6, 1.5
SIDE = 60
PATCHES = tuple(product((40, 128, 215), repeat=3))
# Linear sRGB from XYZ under D50 (Bradford-adapted primaries of IEC 61966-2-1).
_TO_SRGB = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)


def chart(mode: str = "RGB") -> Image.Image:
    """Draw the patches, nine in a row."""
    picture = Image.new(mode, (9 * SIDE, 3 * SIDE))
    for number, colour in enumerate(PATCHES):
        left, top = number % 9 * SIDE, number // 9 * SIDE
        picture.paste(colour, (left, top, left + SIDE, top + SIDE))
    return picture


def shown(data: bytes) -> list[tuple[int, ...]]:
    """Give the middle of each patch as it is in the grid's rendition."""
    rendition = next(one for one in imaging.process(data).renditions if one.name == "h480")
    picture = Image.open(io.BytesIO(rendition.data)).convert("RGB")
    assert picture.size == (9 * SIDE, 3 * SIDE)
    middles = [
        (number % 9 * SIDE + SIDE // 2, number // 9 * SIDE + SIDE // 2) for number in range(len(PATCHES))
    ]
    found = [picture.getpixel(middle) for middle in middles]
    return [colour for colour in found if isinstance(colour, tuple)]


def to_srgb(colour: tuple[int, ...], primaries: corpus.Primaries, gamma: float | None) -> Colour:
    """Convert by the definition; None is sRGB's own curve."""
    linear = [_linear(value / 255) if gamma is None else (value / 255) ** gamma for value in colour]
    xyz = [sum(linear[band] * primaries[band][axis] for band in range(3)) for axis in range(3)]
    light = [sum(row[axis] * xyz[axis] for axis in range(3)) for row in _TO_SRGB]
    red, green, blue = (255 * _curve(min(max(value, 0.0), 1.0)) for value in light)
    return red, green, blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _curve(value: float) -> float:
    return value * 12.92 if value <= 0.0031308 else float(1.055 * value ** (1 / 2.4) - 0.055)


def lab(colour: tuple[float, ...]) -> Colour:
    """Convert sRGB to CIE L*a*b* under D65."""
    red, green, blue = (_linear(value / 255) for value in colour)
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def ciede2000(one: Colour, other: Colour) -> float:
    """Compare two colours (CIE 142-2001, in the notation of Sharma, Wu and Dalal 2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_c = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    dh = 0.0 if not c1 * c2 else (h2 - h1 + 180) % 360 - 180
    dl, dc = l2 - l1, c2 - c1
    dbig_h = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(dh / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    if not c1 * c2:
        mean_h = h1 + h2
    else:
        mean_h = (h1 + h2) / 2 if abs(h1 - h2) <= 180 else (h1 + h2 + (360 if h1 + h2 < 360 else -360)) / 2
    t = (
        1
        - 0.17 * math.cos(math.radians(mean_h - 30))
        + 0.24 * math.cos(math.radians(2 * mean_h))
        + 0.32 * math.cos(math.radians(3 * mean_h + 6))
        - 0.20 * math.cos(math.radians(4 * mean_h - 63))
    )
    sl = 1 + 0.015 * (mean_l - 50) ** 2 / math.sqrt(20 + (mean_l - 50) ** 2)
    sc, sh = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    turn = 30 * math.exp(-(((mean_h - 275) / 25) ** 2))
    rt = -2 * math.sqrt(mean_c**7 / (mean_c**7 + 25**7)) * math.sin(math.radians(2 * turn))
    return math.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dbig_h / sh) ** 2 + rt * (dc / sc) * (dbig_h / sh))


def differences(data: bytes, expected: list[Colour]) -> list[float]:
    return [ciede2000(lab(is_), lab(was)) for is_, was in zip(shown(data), expected, strict=True)]


def hold(data: bytes, expected: list[Colour]) -> None:
    found = differences(data, expected)
    assert sum(found) / len(found) <= MEAN_BAR
    assert max(found) <= WORST_BAR


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ],
)
def test_the_measure_itself_agrees_with_its_published_examples(
    one: Colour, other: Colour, difference: float
) -> None:
    assert ciede2000(one, other) == pytest.approx(difference, abs=1e-4)


@pytest.mark.parametrize("format_", ["PNG", "TIFF", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("profile", "primaries", "gamma"),
    [
        (corpus.adobe_rgb(), corpus.ADOBE_RGB, 563 / 256),
        (corpus.prophoto(), corpus.PROPHOTO, 461 / 256),
        (corpus.icc("p3"), corpus.DISPLAY_P3, None),
    ],
    ids=["adobe-rgb", "prophoto", "display-p3"],
)
def test_wide_colours_become_srgb_by_their_definition(
    profile: bytes, primaries: corpus.Primaries, gamma: float | None, format_: str
) -> None:
    options = {"lossless": True} if format_ == "WEBP" else {}
    data = corpus.encoded(chart(), format_, icc_profile=profile, **options)

    hold(data, [to_srgb(colour, primaries, gamma) for colour in PATCHES])


def test_srgb_stays_what_it_is_with_and_without_a_profile() -> None:
    expected: list[Colour] = [(float(red), float(green), float(blue)) for red, green, blue in PATCHES]

    hold(corpus.encoded(chart(), "PNG"), expected)
    hold(corpus.encoded(chart(), "PNG", icc_profile=corpus.icc("srgb")), expected)


@pytest.mark.parametrize("format_", ["png", "tiff"])
def test_sixteen_bits_become_eight_without_a_shift(format_: str) -> None:
    pixels = pyvips.Image.new_from_memory(chart().tobytes(), 9 * SIDE, 3 * SIDE, 3, "uchar")
    deep = (pixels.cast("ushort") * 257).cast("ushort").copy(interpretation="rgb16")

    hold(
        bytes(deep.write_to_buffer(f".{format_}")),
        [(float(red), float(green), float(blue)) for red, green, blue in PATCHES],
    )


def test_grey_stays_grey_at_every_level() -> None:
    levels = [round(number * 255 / 26) for number in range(27)]
    picture = Image.new("L", (9 * SIDE, 3 * SIDE))
    for number, level in enumerate(levels):
        left, top = number % 9 * SIDE, number // 9 * SIDE
        picture.paste(level, (left, top, left + SIDE, top + SIDE))

    hold(corpus.encoded(picture, "PNG"), [(float(level),) * 3 for level in levels])


def test_colours_under_half_transparency_are_what_they_were() -> None:
    picture = chart()
    picture.putalpha(128)
    rendition = next(iter(imaging.process(corpus.encoded(picture, "PNG")).renditions))
    made = Image.open(io.BytesIO(rendition.data)).convert("RGBA")

    for number, colour in enumerate(PATCHES):
        pixel = made.getpixel((number % 9 * SIDE + SIDE // 2, number // 9 * SIDE + SIDE // 2))
        assert isinstance(pixel, tuple)
        assert ciede2000(lab(pixel[:3]), lab(colour)) <= WORST_BAR
        assert is_near(pixel[3:], (128,), 1)


def edge(factor: int) -> Image.Image:
    """Draw an upright edge between two greys, large enough to be shrunk by `factor`."""
    picture = Image.new("L", (1280 * factor, 320 * factor), 64)
    picture.paste(192, (640 * factor, 0, 1280 * factor, 320 * factor))
    return picture.convert("RGB")


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_edges_have_no_halo(factor: int) -> None:
    # Lanczos goes beyond an edge by about a tenth of its height on the one pixel beside it; a halo is wider.
    rendition = next(
        one for one in imaging.process(corpus.encoded(edge(factor), "PNG")).renditions if one.name == "l1280"
    )
    picture = Image.open(io.BytesIO(rendition.data)).convert("L")
    levels = list(picture.crop((0, 160, picture.width, 161)).tobytes())

    assert min(levels) >= 64 - 16
    assert max(levels) <= 192 + 16
    assert all(abs(level - 64) <= 4 for level in levels[: 640 - 4])
    assert all(abs(level - 192) <= 4 for level in levels[640 + 4 :])


def test_every_size_is_as_sharp_as_a_full_lanczos() -> None:
    from gallery.imaging import inspection, rendering

    noise = pyvips.Image.gaussnoise(300, 200, mean=128, sigma=50, seed=3).resize(10)
    texture = pyvips.Image.perlin(3000, 2000, cell_size=24, uchar=True, seed=5)
    drawn = (noise * 0.6 + texture * 0.4).cast("uchar")
    data = bytes(drawn.bandjoin([drawn, drawn]).copy(interpretation="srgb").jpegsave_buffer(Q=95))
    read = inspection.read(data)
    base = rendering._base(data, read.facts, imaging.LADDER["l2560"], has_own_colours=False)
    levels = rendering._levels(base, read.facts, 0)
    full = Image.open(io.BytesIO(data))

    for name in ("h240", "h480", "l1280", "l2560"):
        level = levels.pixels[name]
        exact = full.resize((level.width, level.height), Image.Resampling.LANCZOS)
        other = pyvips.Image.new_from_memory(exact.tobytes(), exact.width, exact.height, 3, "uchar")
        error = ((level - other) ** 2).avg()
        assert 10 * math.log10(255 * 255 / error) >= 48, name


@pytest.mark.parametrize("is_tagged", [True, False], ids=["with-profile", "without-profile"])
@pytest.mark.parametrize("format_", ["JPEG", "TIFF"])
def test_printing_inks_become_srgb_as_another_colour_engine_has_it(format_: str, is_tagged: bool) -> None:
    inks = [(cyan, magenta, yellow, 20) for cyan, magenta, yellow in product((0, 90, 180), repeat=3)]
    picture = Image.new("CMYK", (9 * SIDE, 3 * SIDE))
    for number, ink in enumerate(inks):
        left, top = number % 9 * SIDE, number // 9 * SIDE
        picture.paste(ink, (left, top, left + SIDE, top + SIDE))
    profile = corpus.icc("cmyk")
    converted = ImageCms.profileToProfile(
        picture,
        io.BytesIO(profile),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
    )
    assert converted is not None
    middles = [(number % 9 * SIDE + SIDE // 2, number // 9 * SIDE + SIDE // 2) for number in range(len(inks))]
    expected = [converted.getpixel(middle) for middle in middles]

    hold(
        corpus.encoded(picture, format_, **({"icc_profile": profile} if is_tagged else {})),
        [colour for colour in expected if isinstance(colour, tuple)],  # type: ignore[misc]
    )
