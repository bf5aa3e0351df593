"""Decoding in a process that may die: of one file, and of that file only."""

import io
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest
from PIL import Image

from gallery import imaging
from gallery.imaging import child_protocol
from tests.imaging import corpus

GOOD = corpus.encoded(corpus.corners(800, 600))
LIMITS = imaging.Limits(cpu_s=1, wall_s=20, memory_mb=300)
PoolMaker = Callable[..., imaging.Pool]


@pytest.fixture
def make_pool() -> Iterator[PoolMaker]:
    """Return a function that makes pools of decoders that really misbehave when a picture asks them to."""
    pools = []

    def make(
        size: int = 1, limits: imaging.Limits = LIMITS, module: str = "tests.imaging.nasty_child"
    ) -> imaging.Pool:
        usages: list[imaging.Usage] = []
        pools.append(imaging.Pool(size, limits, module=module, report=usages.append))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def file_of(data: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
    file.write(data)
    file.flush()
    return file


def made(pool: imaging.Pool, data: bytes, **options: object) -> list[imaging.Rendition]:
    with file_of(data) as file, pool.processed(file, **options) as processed:  # type: ignore[arg-type]
        return list(processed.renditions)


def refusal(pool: imaging.Pool, data: bytes) -> imaging.Refused:
    with pytest.raises(imaging.Refused) as caught:
        made(pool, data)
    return caught.value


def wish(when: str, what: str, once: Path | None = None) -> bytes:
    return GOOD + f"NASTY:{when}:{what}".encode() + (b":" + os.fsencode(once) if once else b"")


def children_of_this_process() -> list[int]:
    return [
        int(child)
        for task in Path("/proc/self/task").iterdir()
        # A thread may end while one looks.
        for child in ((task / "children").read_text().split() if (task / "children").exists() else ())
        if b"nasty_child" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


@pytest.mark.parametrize("turn", [0, 90])
@pytest.mark.parametrize("recipe", imaging.RECIPES)
def test_child_makes_what_this_process_would_make(make_pool: PoolMaker, turn: int, recipe: str) -> None:
    data = corpus.encoded(
        corpus.corners(2000, 1500),
        exif=corpus.tags({0x010F: "Maker"}, {0x9003: "2026:05:31 18:03:59", 0x9011: "+02:00"}),
    )

    with file_of(data) as file, make_pool().processed(file, turn=turn, recipe=recipe) as there:
        renditions = list(there.renditions)
    here = imaging.process(data, turn=turn, recipe=recipe)

    assert there.facts == here.facts
    assert here.facts.taken_at is not None
    assert (there.colour, there.thumbhash, there.kind) == (here.colour, here.thumbhash, here.kind)
    pairs = list(zip(renditions, here.renditions, strict=True))
    assert all((one.name, one.width, one.height) == (two.name, two.width, two.height) for one, two in pairs)
    # The bytes of an AVIF depend on how many threads made it.
    assert all(one == two for one, two in pairs if one.content_type != "image/avif")


def test_a_refusal_comes_back_word_for_word(make_pool: PoolMaker) -> None:
    with pytest.raises(imaging.Refused) as here:
        imaging.process(GOOD[:4000])

    there = refusal(make_pool(), GOOD[:4000])

    assert (there.code, there.message, there.detail) == (
        here.value.code,
        here.value.message,
        here.value.detail,
    )
    assert refusal(make_pool(), b"").code == "empty"


@pytest.mark.parametrize("when", ["decode", "encode"])
@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("segv", "decoder_crashed"),
        ("abort", "decoder_crashed"),
        ("exit", "decoder_crashed"),
        ("mistake", "decoder_crashed"),
        ("killed", "decoder_memory"),
        ("malloc", "decoder_memory"),
        ("python", "decoder_memory"),
        ("spin", "decoder_timeout"),
    ],
)
def test_what_a_file_does_to_its_decoder_it_does_to_nobody_else(
    make_pool: PoolMaker, when: str, what: str, code: str
) -> None:
    if code == "decoder_memory" and not sys.platform.startswith("linux"):
        pytest.skip("memory is limited on Linux only")
    pool = make_pool()

    refused = refusal(pool, wish(when, what))

    assert refused.code == code in imaging.CODES
    assert refused.message
    assert refused.detail
    assert len(made(pool, GOOD)) == len(imaging.LADDER)


def test_a_decoder_that_waits_for_ever_is_ended(make_pool: PoolMaker) -> None:
    pool = make_pool(limits=imaging.Limits(cpu_s=3, wall_s=1, memory_mb=300))

    assert refusal(pool, wish("decode", "sleep")).code == "decoder_timeout"
    assert len(made(pool, GOOD)) == len(imaging.LADDER)


@pytest.mark.parametrize("when", ["decode", "encode"])
def test_a_file_whose_decoder_died_by_chance_is_tried_once_more(
    make_pool: PoolMaker, when: str, tmp_path: Path
) -> None:
    happened = tmp_path / "happened"

    renditions = made(make_pool(), wish(when, "segv", happened))

    assert happened.exists()
    assert [rendition.name for rendition in renditions] == list(imaging.LADDER)
    assert all(Image.open(io.BytesIO(rendition.data)).size for rendition in renditions)


def test_what_computes_for_too_long_is_not_tried_again(make_pool: PoolMaker, tmp_path: Path) -> None:
    happened = tmp_path / "happened"

    assert refusal(make_pool(), wish("decode", "spin", happened)).code == "decoder_timeout"


def test_what_codecs_print_does_not_disturb(make_pool: PoolMaker) -> None:
    assert len(made(make_pool(), wish("decode", "talk"))) == len(imaging.LADDER)


def test_real_picture_that_needs_more_memory_than_there_is_is_refused(make_pool: PoolMaker) -> None:
    # Progressive, so that all of it is held at once: 36 MP at 6 bytes a pixel.
    data = corpus.encoded(Image.new("RGB", (6000, 6000), (9, 9, 9)), progressive=True)
    pool = make_pool(limits=imaging.Limits(memory_mb=100))

    refused = refusal(pool, data)

    assert refused.code == "decoder_memory"
    assert len(made(pool, GOOD)) == len(imaging.LADDER)


def test_decoder_that_is_killed_between_two_files_is_replaced(make_pool: PoolMaker) -> None:
    pool = make_pool()
    made(pool, GOOD)
    for child in children_of_this_process():
        os.kill(child, signal.SIGKILL)

    assert len(made(pool, GOOD)) == len(imaging.LADDER)


def test_decoder_is_kept_and_after_so_many_files_replaced(make_pool: PoolMaker) -> None:
    pool = make_pool(limits=imaging.Limits(files=3))
    seen = []
    for _ in range(4):
        made(pool, GOOD)
        seen.append(tuple(children_of_this_process()))

    assert seen[0] == seen[1]
    assert seen[2] == ()
    assert seen[3] != seen[0]


def test_decoder_that_has_grown_is_replaced(make_pool: PoolMaker) -> None:
    pool = make_pool(limits=imaging.Limits(resident_mb=1))

    made(pool, GOOD)

    assert children_of_this_process() == []


def test_renditions_that_nobody_wants_any_more_leave_a_pool_that_works(make_pool: PoolMaker) -> None:
    pool = make_pool()
    with file_of(GOOD) as file, pool.processed(file) as processed:
        next(processed.renditions)

    assert len(made(pool, GOOD)) == len(imaging.LADDER)


def test_waiting_for_the_store_does_not_count_as_decoding(make_pool: PoolMaker) -> None:
    pool = make_pool(limits=imaging.Limits(cpu_s=3, wall_s=1.5))
    made(pool, GOOD)
    with file_of(GOOD) as file, pool.processed(file) as processed:
        first = next(processed.renditions)
        # What is tested is that this time is not counted.
        time.sleep(2)
        rest = list(processed.renditions)

    assert [first.name, *(rendition.name for rendition in rest)] == list(imaging.LADDER)


def test_many_threads_share_the_decoders(make_pool: PoolMaker) -> None:
    pool, results = make_pool(2), []
    threads = [threading.Thread(target=lambda: results.append(len(made(pool, GOOD)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [len(imaging.LADDER)] * 6
    assert len(children_of_this_process()) <= 2


def test_decoder_that_cannot_start_is_no_fault_of_the_file(make_pool: PoolMaker) -> None:
    with pytest.raises(imaging.Unavailable, match="No module named"):
        made(make_pool(module="tests.imaging.no_such_child"), GOOD)


def test_decoder_knows_no_secrets(make_pool: PoolMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOSKY_SECRET_KEY", "very secret")
    pool = make_pool()
    made(pool, GOOD)

    for child in children_of_this_process():
        assert b"very secret" not in Path(f"/proc/{child}/environ").read_bytes()


def test_a_message_that_is_none_is_noticed() -> None:
    for said in (b"", b"\0\0\0\1", b"\xff" * 8, b"\0\0\0\2\0\0\0\0{]", b"\0\0\0\2\0\0\0\0[]"):
        stream = io.BytesIO(said)
        with pytest.raises(child_protocol.Broken):
            child_protocol.receive(stream.read)
