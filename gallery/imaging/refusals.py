"""Why a file is not taken: the codes, and the words a person reads."""

from typing import Final

TAKEN = "JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF photos, raw files of cameras, and MP4 and MOV videos"

EMPTY: Final = "empty"
NOT_AN_IMAGE: Final = "not_an_image"
UNSUPPORTED_FORMAT: Final = "unsupported_format"
TRUNCATED: Final = "truncated"
CORRUPT: Final = "corrupt"
TOO_MANY_PIXELS: Final = "too_many_pixels"
TOO_MANY_SCANS: Final = "too_many_scans"
TOO_MANY_FRAMES: Final = "too_many_frames"
TOO_MUCH_METADATA: Final = "too_much_metadata"
NO_PREVIEW: Final = "no_preview"
VIDEO_BROKEN: Final = "video_broken"
VIDEO_TOO_SLOW: Final = "video_too_slow"
VIDEO_UNSUPPORTED: Final = "video_unsupported"
DECODER_CRASHED: Final = "decoder_crashed"
DECODER_TIMEOUT: Final = "decoder_timeout"
DECODER_MEMORY: Final = "decoder_memory"

# What a file does to the process that decodes it.
DECODER_CODES: Final = (DECODER_CRASHED, DECODER_TIMEOUT, DECODER_MEMORY)
CODES: Final = (
    EMPTY,
    NOT_AN_IMAGE,
    UNSUPPORTED_FORMAT,
    TRUNCATED,
    CORRUPT,
    TOO_MANY_PIXELS,
    TOO_MANY_SCANS,
    TOO_MANY_FRAMES,
    TOO_MUCH_METADATA,
    NO_PREVIEW,
    VIDEO_BROKEN,
    VIDEO_TOO_SLOW,
    VIDEO_UNSUPPORTED,
    *DECODER_CODES,
)


class Refused(Exception):
    """A file that is not taken. `message` is for the person who sent it, `detail` for the log only."""

    def __init__(self, code: str, message: str, detail: str = "") -> None:
        """Take one of CODES and the words for the sender."""
        super().__init__(code, message, detail)
        self.code = code
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        """Give the words for the sender."""
        return self.message


def empty() -> Refused:
    """Build the refusal of a file of no bytes."""
    return Refused(EMPTY, "The file is empty. Choose the photo again and upload it once more.")


def not_an_image() -> Refused:
    """Build the refusal of a file that is no picture at all."""
    return Refused(NOT_AN_IMAGE, f"This is not a photo, whatever its name says. {TAKEN} can be uploaded.")


def unsupported_format(what: str) -> Refused:
    """Build the refusal of a known but unwanted format; `what` comes with its article ("a PDF document")."""
    return Refused(
        UNSUPPORTED_FORMAT,
        f"This is {what}, which cannot be shown as a photo. Export it as JPEG or PNG and upload that.",
    )


def truncated(detail: str = "") -> Refused:
    """Build the refusal of a file whose end is missing."""
    return Refused(
        TRUNCATED,
        "The end of this photo is missing: it was cut off while it was copied or sent. "
        "Upload it again from where it was taken.",
        detail,
    )


def corrupt(detail: str = "") -> Refused:
    """Build the refusal of a file that its decoder cannot read."""
    return Refused(
        CORRUPT,
        "This photo is damaged and cannot be read. Open it on your device, save it as a new JPEG and upload that.",
        detail,
    )


def too_many_pixels(width: int, height: int, limit: int, label: str) -> Refused:
    """Build the refusal of a picture of more than `limit` pixels."""
    return Refused(
        TOO_MANY_PIXELS,
        f"This photo is {width} x {height} pixels ({width * height / 1e6:,.0f} megapixels); "
        f"the most for {label} is {limit / 1e6:,.0f} megapixels. Make it smaller and upload that.",
    )


def too_many_scans(limit: int) -> Refused:
    """Build the refusal of a JPEG that is drawn in more than `limit` passes."""
    return Refused(
        TOO_MANY_SCANS,
        f"This JPEG is built from more than {limit} layers, which no camera does and which takes very long to read. "
        "Save it as a new JPEG and upload that.",
    )


def too_many_frames(limit: int) -> Refused:
    """Build the refusal of an animation of more than `limit` frames."""
    return Refused(
        TOO_MANY_FRAMES,
        f"This animation has more than {limit:,} frames. Shorten it, or upload one picture of it.",
    )


def decoder_crashed(detail: str = "") -> Refused:
    """Build the refusal of a file on which the decoder dies."""
    return Refused(
        DECODER_CRASHED,
        "This photo cannot be read: it is damaged in a way that stops the program that reads it. "
        "Open it on your device, save it as a new JPEG and upload that.",
        detail,
    )


def decoder_timeout(detail: str = "") -> Refused:
    """Build the refusal of a file that takes too long to decode."""
    return Refused(
        DECODER_TIMEOUT,
        "This photo takes longer to read than any photo should. "
        "Open it on your device, save it as a new JPEG and upload that.",
        detail,
    )


def decoder_memory(detail: str = "") -> Refused:
    """Build the refusal of a file that needs more memory than a decoder has."""
    return Refused(
        DECODER_MEMORY,
        "This photo needs more memory to read than there is here. Make it smaller, or save it as a JPEG, "
        "and upload that.",
        detail,
    )


def no_preview(detail: str = "") -> Refused:
    """Build the refusal of a raw file that holds no picture of use and cannot be developed either."""
    return Refused(
        NO_PREVIEW,
        "This raw file holds no preview, and its camera is not known here. Export it as DNG or JPEG and upload that.",
        detail,
    )


def video_broken(detail: str = "") -> Refused:
    """Build the refusal of a video of which no picture can be read."""
    return Refused(
        VIDEO_BROKEN,
        "This video is damaged and cannot be read. Play it on your device, save it anew as MP4 and upload that.",
        detail,
    )


def video_too_slow(seconds: int) -> Refused:
    """Build the refusal of a video that keeps its decoder busy for too long."""
    return Refused(
        VIDEO_TOO_SLOW,
        f"This video could not be read within {seconds} seconds. Save it anew as MP4 and upload that.",
    )


def video_unsupported(detail: str = "") -> Refused:
    """Build the refusal of videos by an installation that lacks FFmpeg."""
    return Refused(
        VIDEO_UNSUPPORTED,
        "Videos cannot be taken by this gallery: its operator has not installed FFmpeg.",
        detail,
    )


def too_much_metadata(limit: int) -> Refused:
    """Build the refusal of a picture that carries more than `limit` bytes of other things."""
    return Refused(
        TOO_MUCH_METADATA,
        f"This picture carries more than {limit // 1_000_000} MB of text and other data beside its pixels. "
        "Export it anew without metadata and upload that.",
    )
