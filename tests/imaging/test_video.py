"""Videos: what is read of them, the frame that they are shown by, and the copy that browsers play."""

import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from gallery import imaging
from gallery.imaging import Format, ffmpeg, video
from tests.imaging import corpus
from tests.moving import needs_ffmpeg, video_bytes

pytestmark = needs_ffmpeg
APPLE = (
    ("com.apple.quicktime.creationdate", "2024-05-06T09:08:09+0200"),
    ("com.apple.quicktime.location.ISO6709", "+47.3769-008.5417+408.000/"),
    ("com.apple.quicktime.make", "Apple"),
    ("com.apple.quicktime.model", "iPhone 13"),
    ("com.apple.quicktime.content.identifier", "8A2F-77"),
)


@contextmanager
def opened(data: bytes) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        yield file


def clip_of(data: bytes, kind: Format = Format.MP4) -> bytes:
    with opened(data) as file, tempfile.TemporaryFile() as target:
        video.clip(video.inspect(file, kind), target)
        target.seek(0)
        return target.read()


def poster_of(data: bytes, kind: Format = Format.MP4) -> bytes:
    with opened(data) as file:
        return video.poster(video.inspect(file, kind))


def test_size_and_duration_are_read() -> None:
    with opened(video_bytes()) as file:
        found = video.inspect(file, Format.MP4)

    assert (found.facts.width, found.facts.height) == (96, 64)
    assert found.duration_s == pytest.approx(2.0, abs=0.11)
    assert found.facts.content_type == "video/mp4"
    assert found.is_playable


def test_what_a_telephone_writes_into_a_video_becomes_facts() -> None:
    with opened(video_bytes(container="mov", tags=APPLE)) as file:
        facts = video.inspect(file, Format.MOV).facts

    assert str(facts.taken_at) == "2024-05-06 09:08:09"
    assert (facts.taken_offset_minutes, facts.taken_source) == (120, "exif")
    assert (facts.latitude, facts.longitude, facts.altitude_m) == (47.3769, -8.5417, 408.0)
    assert (facts.camera_make, facts.camera_model) == ("Apple", "iPhone 13")
    assert facts.extra["content_identifier"] == "8A2F-77"


def test_time_of_the_container_is_utc_and_its_epoch_is_none() -> None:
    with opened(video_bytes(tags=(("creation_time", "2024-05-06T07:08:09Z"),))) as file:
        facts = video.inspect(file, Format.MP4).facts
    with opened(video_bytes()) as file:
        undated = video.inspect(file, Format.MP4).facts

    assert (facts.taken_at, facts.taken_offset_minutes) == (datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), None)
    assert (undated.taken_at, undated.taken_source) == (None, "")


def test_poster_is_upright() -> None:
    data = video_bytes(is_turned=True)
    with opened(data) as file:
        facts = video.inspect(file, Format.MP4).facts
    poster = poster_of(data)

    assert (facts.width, facts.height) == (64, 96)
    # A quarter clockwise: what was at the bottom left comes to the top left.
    assert corpus.is_near(corpus.colour_at(poster, 0.2, 0.2)[:3], corpus.BLUE, 25)
    assert corpus.is_near(corpus.colour_at(poster, 0.8, 0.2)[:3], corpus.RED, 25)


def test_poster_is_not_the_black_at_the_beginning() -> None:
    poster = poster_of(video_bytes(seconds=4, is_black_at_first=True, width=320, height=240))

    assert corpus.is_near(corpus.colour_at(poster, 0.2, 0.2)[:3], corpus.RED, 25)


def test_large_video_has_a_poster_of_the_largest_rendition() -> None:
    poster = poster_of(video_bytes(seconds=1, width=3840, height=1600))

    facts = imaging.inspect(poster)
    assert (facts.width, facts.height) == (2560, 1067)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_clip_holds_pictures_and_sound_and_nothing_that_was_said_of_them(codec: str) -> None:
    data = video_bytes(codec=codec, sound="pcm_s16le", container="mov", tags=APPLE)

    clip = clip_of(data, Format.MOV)

    assert b"iPhone" in data
    for secret in (b"iPhone", b"Apple\x00", b"+47.3769", b"2024-05-06", b"8A2F-77", b"quicktime"):
        assert secret not in clip
    with opened(clip) as file:
        found = video.inspect(file, Format.MP4)
    assert found.is_playable
    assert (found.facts.latitude, found.facts.camera_model, found.facts.taken_at) == (None, "", None)
    assert found.sound_codec == "aac"
    assert found.duration_s == pytest.approx(2.0, abs=0.2)


def test_clip_begins_with_its_index_and_is_turned_as_the_original() -> None:
    clip = clip_of(video_bytes(is_turned=True))

    assert clip.index(b"moov") < clip.index(b"mdat")
    with opened(clip) as file:
        facts = video.inspect(file, Format.MP4).facts
    assert (facts.width, facts.height) == (64, 96)


def test_video_that_browsers_cannot_play_has_a_poster_and_no_clip() -> None:
    data = video_bytes(codec="prores", container="mov")

    assert imaging.inspect(poster_of(data, Format.MOV)).width == 96
    assert clip_of(data, Format.MOV) == b""


def test_video_of_an_unknown_codec_is_shown_by_a_plain_picture() -> None:
    data = video_bytes().replace(b"avc1", b"zzz1")

    poster = poster_of(data)

    assert imaging.inspect(poster).width == 96
    assert clip_of(data) == b""


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5])
def test_cut_video_is_refused(share: float) -> None:
    data = video_bytes()

    with pytest.raises(imaging.Refused) as caught:
        poster_of(data[: int(len(data) * share)])

    assert caught.value.code == "video_broken"


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\x18ftypisom\0\0\0\0mp41mp42" + bytes(500),
        b"\0\0\0\x18ftypisom\0\0\0\0mp41mp42#EXTM3U\nfile:///etc/passwd\n",
        b"\0\0\0\x18ftypisom\0\0\0\0mp41mp42" + b"\x7f\xff\xff\xffmoov" * 40,
        b"\0\0\0\x08wide\0\0\0\0mdat",
    ],
)
def test_hostile_containers_are_refused(data: bytes) -> None:
    with pytest.raises(imaging.Refused) as caught:
        poster_of(data)

    assert caught.value.code in imaging.CODES


def test_list_of_other_files_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(video_bytes())
    listing = f"ffconcat version 1.0\nfile {secret}\n".encode()

    with opened(listing) as file, pytest.raises(imaging.Refused) as caught:
        video.inspect(file, Format.MP4)

    assert caught.value.code == "video_broken"


def test_program_that_takes_too_long_is_killed() -> None:
    # Real time in place of the processor's: a frame a second, as from a camera.
    with opened(video_bytes(seconds=4)) as file, pytest.raises(imaging.Refused) as caught:
        ffmpeg.convert(
            ["-re", *ffmpeg.INPUT, "-i", ffmpeg.path_of(file), "-c", "copy", "-f", "null", "-"],
            [file],
            seconds=1,
        )

    assert caught.value.code == "video_too_slow"


def test_installation_without_ffmpeg_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "_programs", lambda: None)

    with opened(b"") as file, pytest.raises(imaging.Refused) as caught:
        video.inspect(file, Format.MP4)

    assert caught.value.code == "video_unsupported"
    assert "operator" in caught.value.message


def test_programs_without_permission_to_run_are_copied(tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!{sys.executable}\nprint('runs')\n")
    program.chmod(0o644)

    copy = ffmpeg._executable(program)

    assert subprocess.run([copy], capture_output=True, check=True, text=True).stdout == "runs\n"


def test_videos_are_no_pictures_for_the_decoders_of_pictures() -> None:
    with pytest.raises(imaging.Refused) as caught:
        imaging.process(io.BytesIO(video_bytes()).getvalue())

    assert caught.value.code == "unsupported_format"
