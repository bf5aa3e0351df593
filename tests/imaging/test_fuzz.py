"""Broken files without end: whatever is done to a picture, its decoder neither dies nor hangs nor takes much memory."""

import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from gallery import imaging
from tests.imaging import corpus

# Seconds of computing and megabytes beyond the libraries, for one file; a decoder that needs more is ended by the kernel.
LIMITS = imaging.Limits(cpu_s=5, wall_s=120, memory_mb=300, files=2000)
EXAMPLES = int(os.environ.get("PHOTOSKY_FUZZ_EXAMPLES", "40"))
LARGEST_SAMPLE = 400_000


@cache
def samples() -> dict[str, bytes]:
    """Return small files of every format, and the small ones among real photographs where there are some."""
    picture = Image.effect_noise((90, 70), 60).convert("RGB")
    tags = corpus.tags(
        {0x010F: "Maker", 0x0112: 6}, {0x9003: "2026:05:31 18:03:59"}, {1: "N", 2: (48.0, 12.0, 30.0)}
    )
    common: dict[str, Any] = {"exif": tags, "icc_profile": corpus.icc("p3")}
    made = {
        "jpeg": corpus.encoded(picture, **common),
        "progressive": corpus.encoded(picture, progressive=True, **common),
        "cmyk": corpus.encoded(picture.convert("CMYK")),
        "png": corpus.encoded(picture.convert("RGBA"), "PNG", **common),
        "palette": corpus.encoded(picture.quantize(16), "PNG"),
        "webp": corpus.encoded(picture, "WEBP", **common),
        "moving-webp": corpus.webp(3),
        "gif": corpus.encoded(
            picture.quantize(16), "GIF", save_all=True, append_images=[picture.quantize(8)]
        ),
        "tiff": corpus.encoded(picture, "TIFF", **common),
        "deflated-tiff": corpus.encoded(picture, "TIFF", compression="tiff_deflate"),
        "avif": corpus.encoded(picture, "AVIF", **common),
        "heic": corpus.heic_boxes(600, 600),
    }
    folder = os.environ.get("PHOTOSKY_PHOTOS")
    for path in sorted(Path(folder).iterdir()) if folder else []:
        if path.is_file() and path.stat().st_size < LARGEST_SAMPLE and path.suffix != ".md":
            made[path.name] = path.read_bytes()
    return made


@pytest.fixture(scope="module")
def pool() -> Iterator[imaging.Pool]:
    pool = imaging.Pool(1, LIMITS)
    yield pool
    pool.close()


def withstands(pool: imaging.Pool, data: bytes) -> None:
    """Expect a whole ladder, or a verdict that is not about the decoder."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        code, made = "", len(imaging.LADDER)
        try:
            with pool.processed(file) as processed:
                made = len(list(processed.renditions))
        except imaging.Refused as refused:
            code = refused.code
    assert code in {"", *imaging.CODES}
    assert not code.startswith("decoder_")
    assert made >= len(imaging.LADDER)


fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Where in the file, as a share of it, since files differ in length; headers are worth more than their share.
places = st.one_of(st.floats(0, 1, exclude_max=True), st.floats(0, 0.05))
names = st.deferred(lambda: st.sampled_from(sorted(samples())))


@fuzzed
@given(name=names, flips=st.lists(st.tuples(places, st.integers(1, 255)), min_size=1, max_size=12))
def test_flipped_bits(pool: imaging.Pool, name: str, flips: list[tuple[float, int]]) -> None:
    data = bytearray(samples()[name])
    for place, bits in flips:
        data[int(place * len(data))] ^= bits

    withstands(pool, bytes(data))


@fuzzed
@given(name=names, share=st.floats(0, 1))
def test_cut_files(pool: imaging.Pool, name: str, share: float) -> None:
    data = samples()[name]

    withstands(pool, data[: int(share * len(data))])


@fuzzed
@given(head=names, body=names, length=st.integers(1, 600))
@example(head="jpeg", body="png", length=2)
def test_the_head_of_one_file_on_the_body_of_another(
    pool: imaging.Pool, head: str, body: str, length: int
) -> None:
    withstands(pool, samples()[head][:length] + samples()[body][length:])


@fuzzed
@given(
    name=names,
    place=places,
    number=st.sampled_from([0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]),
)
def test_numbers_at_their_ends(pool: imaging.Pool, name: str, place: float, number: int) -> None:
    data = bytearray(samples()[name])
    width = 2 if number < 0x10000 else 4
    at = int(place * len(data))
    for order in ("big", "little"):
        changed = (
            data[:at] + number.to_bytes(width, "big" if order == "big" else "little") + data[at + width :]
        )

        withstands(pool, bytes(changed))


@fuzzed
@given(name=names, place=places, end=places, times=st.integers(2, 20))
def test_repeated_and_missing_parts(
    pool: imaging.Pool, name: str, place: float, end: float, times: int
) -> None:
    data = samples()[name]
    start, stop = sorted((int(place * len(data)), int(end * len(data))))

    withstands(pool, data[:start] + data[start:stop] * times + data[stop:])
    withstands(pool, data[:start] + data[stop:])
