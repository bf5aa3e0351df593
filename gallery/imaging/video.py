"""Videos, as open files: what they say of themselves, one good frame of them, and a copy that browsers play."""

import json
import math
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from gallery.imaging import camera, ffmpeg, refusals, text
from gallery.imaging.facts import YEARS, Facts
from gallery.imaging.formats import Format
from gallery.imaging.ladder import BASE, rung_size

PROBE_S, POSTER_S, CLIP_S = 20, 30, 120
# 8K and a little; a frame is held as 1.5 to 3 bytes a pixel, several of them.
MAX_PIXELS = 40_000_000
MAX_DURATION_S = 7 * 86_400.0
# What is decoded here: cameras' codecs of the last twenty years.
# Every FFmpeg that is taken here has the first three, and need not have the others.
_SURE = frozenset({"h264", "hevc", "mjpeg"})
_DECODERS = _SURE | frozenset({"mpeg4", "prores"})
_LEAST_BYTES_A_PIXEL = 0.05
_GREY = [72, 76, 84]
# What browsers play out of MP4. HEVC plays where the device has a decoder, as all that record it have.
_PLAYABLE = {"h264": {"yuv420p", "yuvj420p"}, "hevc": {"yuv420p", "yuvj420p", "yuv420p10le"}}
_PLAYABLE_SOUND = {"aac", "mp3"}
# Uncompressed sound of cameras and of live photos is the one thing that is encoded anew.
_RAW_SOUND = {"pcm_s16le"}
_ISO_6709 = re.compile(r"([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?")
_APPLE = "com.apple.quicktime."


@dataclass(frozen=True, slots=True)
class Video:
    """An inspected video: its facts, and what poster and clip are made by."""

    file: IO[bytes]
    facts: Facts
    duration_s: float | None
    stream: int
    sound: int | None = None
    sound_codec: str = ""
    codec: str = ""
    is_playable: bool = False


def inspect(file: IO[bytes], kind: Format) -> Video:
    """Read the facts of a video. Raises Refused."""
    printed = ffmpeg.probe(
        file, ["-v", "error", *ffmpeg.INPUT, "-show_format", "-show_streams", "-of", "json"], seconds=PROBE_S
    )
    try:
        found = json.loads(printed)
        streams = [stream for stream in found["streams"] if isinstance(stream, dict)]
        container = found["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise refusals.video_broken("ffprobe printed no description") from error
    stream = next(filter(_is_picture, streams), None)
    if stream is None:
        raise refusals.video_broken("no pictures in the container")
    sound = next((one for one in streams if one.get("codec_type") == "audio"), None)
    width, height = _shown_size(stream)
    duration = _duration(container, stream)
    tags = {str(name).lower(): str(value) for name, value in (container.get("tags") or {}).items()}
    tags |= {name: value for name, value in _stream_tags(stream).items() if name not in tags}
    return Video(
        file=file,
        facts=_facts(kind, width, height, tags, stream, sound),
        duration_s=duration,
        stream=int(stream["index"]),
        sound=int(sound["index"]) if sound else None,
        sound_codec=str(sound.get("codec_name", "")) if sound else "",
        codec=str(stream.get("codec_name", "")),
        is_playable=_is_playable(stream, sound),
    )


def poster(video: Video) -> bytes:
    """Return one good frame, upright and no larger than the largest rung, as a PNG. Raises Refused.

    A video whose codec is not known here, which its owner can still keep and download, is shown by a plain picture.
    """
    if video.codec not in _DECODERS:
        return _plain(*_poster_size(video))
    width, height = _poster_size(video)
    best = b""
    for at_s in _moments(video.duration_s or 0.0):
        frame = _frame(video, at_s)
        if len(frame) > len(best):
            best = frame
        # What is flat, black for one, is packed small: then another frame is looked for.
        if len(best) >= width * height * _LEAST_BYTES_A_PIXEL:
            break
    if not best and video.codec in _SURE:
        raise refusals.video_broken("no frame could be decoded")
    return best or _plain(width, height)


def _moments(duration: float) -> list[float]:
    """Say at which seconds to look: the very first frame is often black."""
    return [min(1.0, duration * 0.1), duration * 0.33, duration * 0.66, 0.0] if duration else [0.0]


def _poster_size(video: Video) -> tuple[int, int]:
    return rung_size(BASE.name, video.facts.width, video.facts.height)


def _frame(video: Video, at_s: float) -> bytes:
    """Decode one frame; nothing where there is none at this time."""
    width, height = _poster_size(video)
    try:
        frame = ffmpeg.convert(
            [
                "-codec_whitelist", ",".join(sorted(_DECODERS)), *ffmpeg.INPUT, "-ss", f"{at_s:.3f}",
                "-i", ffmpeg.path_of(video.file), "-map", f"0:{video.stream}", "-frames:v", "1",
                "-vf", f"scale={width}:{height}:flags=area,format=rgb24", "-f", "rawvideo", "pipe:1",
            ],
            [video.file],
            seconds=POSTER_S,
        )  # fmt: skip
    except refusals.Refused as refused:
        if refused.code == refusals.VIDEO_BROKEN:
            return b""
        raise
    return _packed(frame, width, height) if len(frame) == 3 * width * height else b""


def _plain(width: int, height: int) -> bytes:
    """Draw a grey picture."""
    return _packed(bytes(_GREY) * (width * height), width, height)


def _packed(frame: bytes, width: int, height: int) -> bytes:
    """Write red, green and blue as a PNG."""
    # Loaded for those who need it; what it is given was decoded by another process.
    import pyvips

    pixels = pyvips.Image.new_from_memory(frame, width, height, 3, "uchar").copy(interpretation="srgb")
    return bytes(pixels.pngsave_buffer(compression=3))


def clip(video: Video, target: IO[bytes]) -> bool:
    """Write what browsers play, without encoding the pictures anew and without any metadata; False where it is unplayable.

    The index comes first, so that playing begins with the first bytes. What is left of the original is pictures, sound
    and how to turn them. Raises Refused.
    """
    if not video.is_playable:
        return False
    sound = ["-map", f"0:{video.sound}"] if video.sound is not None else []
    encoder = "copy" if video.sound_codec in _PLAYABLE_SOUND else "aac"
    ffmpeg.convert(
        [
            *ffmpeg.INPUT, "-i", ffmpeg.path_of(video.file), "-map", f"0:{video.stream}", *sound, "-c:v", "copy", "-c:a", encoder,
            *(["-tag:v", "hvc1"] if video.codec == "hevc" else []),
            "-dn", "-sn", "-map_metadata", "-1", "-map_metadata:s:v", "-1", "-map_metadata:s:a", "-1",
            "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact", "-movflags", "+faststart",
            "-f", "mp4", ffmpeg.path_of(target),
        ],
        [video.file, target],
        seconds=CLIP_S,
        max_file=2 * os.fstat(video.file.fileno()).st_size + 64 * 1024**2,
    )  # fmt: skip
    return True


def _is_picture(stream: dict[str, Any]) -> bool:
    is_cover = (stream.get("disposition") or {}).get("attached_pic")
    return stream.get("codec_type") == "video" and not is_cover and bool(stream.get("width"))


def _shown_size(stream: dict[str, Any]) -> tuple[int, int]:
    """Give width and height as people see them: pixels that are not square made so, and upright."""
    width, height = int(stream["width"]), int(stream.get("height") or 0)
    if width < 1 or height < 1:
        raise refusals.video_broken(f"pictures of {width} x {height} pixels")
    if width * height > MAX_PIXELS:
        raise refusals.too_many_pixels(width, height, MAX_PIXELS, "videos")
    with suppress(ValueError):
        across, down = (int(part) for part in str(stream.get("sample_aspect_ratio", "1:1")).split(":"))
        if 0 < across <= 4 * down and down <= 4 * across:
            width = round(width * across / down)
    turns = [_number(side.get("rotation")) for side in stream.get("side_data_list") or []]
    turn = next((turn for turn in turns if turn is not None), 0.0)
    return (height, width) if round(turn) % 180 == 90 else (width, height)


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _duration(container: dict[str, Any], stream: dict[str, Any]) -> float | None:
    for value in (container.get("duration"), stream.get("duration")):
        seconds = _number(value)
        if seconds is not None and 0 < seconds <= MAX_DURATION_S:
            return round(seconds, 3)
    return None


def _stream_tags(stream: dict[str, Any]) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in (stream.get("tags") or {}).items()}


def _is_playable(stream: dict[str, Any], sound: dict[str, Any] | None) -> bool:
    if stream.get("pix_fmt") not in _PLAYABLE.get(str(stream.get("codec_name")), ()):
        return False
    return sound is None or sound.get("codec_name") in _PLAYABLE_SOUND | _RAW_SOUND


def _facts(
    kind: Format,
    width: int,
    height: int,
    tags: dict[str, str],
    stream: dict[str, Any],
    sound: dict[str, Any] | None,
) -> Facts:
    at, offset = _taken(tags)
    latitude, longitude, altitude = _place(tags)
    make = camera.tidy_make(tags.get(f"{_APPLE}make", tags.get("make", "")))
    extra: dict[str, object] = {"video_codec": str(stream.get("codec_name", ""))[:40]}
    if sound:
        extra["audio_codec"] = str(sound.get("codec_name", ""))[:40]
    identifier = tags.get(f"{_APPLE}content.identifier", "")
    if identifier:
        extra["content_identifier"] = text.tidy(identifier)[:100]
    software = text.meaningful(tags.get(f"{_APPLE}software", ""))
    if software:
        extra["software"] = software[:100]
    return Facts(
        format=kind,
        content_type=kind.content_type,
        width=width,
        height=height,
        taken_at=at,
        taken_offset_minutes=offset,
        taken_source="exif" if at else "",
        camera_make=make,
        camera_model=camera.tidy_model(tags.get(f"{_APPLE}model", tags.get("model", "")), make),
        latitude=latitude,
        longitude=longitude,
        altitude_m=altitude,
        description=text.description(tags.get(f"{_APPLE}description", tags.get("description", ""))),
        extra=extra,
    )


def _taken(tags: dict[str, str]) -> tuple[datetime | None, int | None]:
    """Find the moment: with its zone where the camera wrote one, else in UTC as the container counts it."""
    for name in (f"{_APPLE}creationdate", "date", "creation_time"):
        try:
            at = datetime.fromisoformat(tags.get(name, ""))
        except ValueError:
            continue
        # Where the clock of the container begins (ISO/IEC 14496-12 section 8.2.2), and where computers' clocks do.
        if at.year not in YEARS or at.year in {1904, 1970}:
            continue
        if name == "creation_time" or at.tzinfo is None:
            # Aware and without an offset: shown as the site's clocks had it.
            return (at if at.tzinfo else at.replace(tzinfo=UTC)), None
        offset = at.utcoffset()
        return at.replace(tzinfo=None), round(offset.total_seconds() / 60) if offset is not None else None
    return None, None


def _place(tags: dict[str, str]) -> tuple[float | None, float | None, float | None]:
    """Read ISO 6709, as "+47.3769+008.5417+408.0/"; a receiver without a fix is at exactly 0, 0."""
    for name in (f"{_APPLE}location.iso6709", "location", "location-eng"):
        match = _ISO_6709.match(tags.get(name, ""))
        if match is None:
            continue
        latitude, longitude = float(match[1]), float(match[2])
        if abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude or longitude):
            altitude = float(match[3]) if match[3] else None
            return latitude, longitude, altitude if altitude is None or -12_000 < altitude < 100_000 else None
    return None, None, None
