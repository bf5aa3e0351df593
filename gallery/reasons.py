"""Why a file or a job came to nothing, in the reader's language: rows keep the reasons in English, as the worker wrote them."""

import re
from functools import cache

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

# What gallery.imaging says, which knows nothing of languages; tests hold this list to its refusals.
SENTENCES = (
    _("The file is empty. Choose the photo again and upload it once more."),
    _("This is not a photo, whatever its name says. %(kinds)s can be uploaded."),
    _("This is %(what)s, which cannot be shown as a photo. Export it as JPEG or PNG and upload that."),
    _(
        "The end of this photo is missing: it was cut off while it was copied or sent. "
        "Upload it again from where it was taken."
    ),
    _(
        "This photo is damaged and cannot be read. Open it on your device, save it as a new JPEG and upload that."
    ),
    _(
        "This photo is %(width)s x %(height)s pixels (%(pixels)s megapixels); "
        "the most for %(label)s is %(limit)s megapixels. Make it smaller and upload that."
    ),
    _(
        "This JPEG is built from more than %(limit)s layers, which no camera does and which takes very long to read. "
        "Save it as a new JPEG and upload that."
    ),
    _("This animation has more than %(limit)s frames. Shorten it, or upload one picture of it."),
    _(
        "This photo cannot be read: it is damaged in a way that stops the program that reads it. "
        "Open it on your device, save it as a new JPEG and upload that."
    ),
    _(
        "This photo takes longer to read than any photo should. "
        "Open it on your device, save it as a new JPEG and upload that."
    ),
    _(
        "This photo needs more memory to read than there is here. Make it smaller, or save it as a JPEG, "
        "and upload that."
    ),
    _(
        "This raw file holds no preview, and its camera is not known here. "
        "Export it as DNG or JPEG and upload that."
    ),
    _(
        "This video is damaged and cannot be read. Play it on your device, save it anew as MP4 and upload that."
    ),
    _("This video could not be read within %(seconds)s seconds. Save it anew as MP4 and upload that."),
    _("Videos cannot be taken by this gallery: its operator has not installed FFmpeg."),
    _(
        "This picture carries more than %(size)s MB of text and other data beside its pixels. "
        "Export it anew without metadata and upload that."
    ),
    _("The file is larger than %(limit)s MB."),
)
# What stands in their places and is of a language as well.
WORDS = (
    _("JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF photos, raw files of cameras, and MP4 and MOV videos"),
    _("a PDF document"),
    _("an EPS drawing"),
    _("a JPEG 2000 picture"),
    _("an SVG drawing"),
    _("a BMP picture"),
    _("a Photoshop document"),
    _("a GIMP document"),
    _("a JPEG XL picture"),
    _("an icon file"),
    _("a camera raw file of a kind that is not known here"),
    _("a WebM or Matroska video"),
    _("an MPEG video"),
    _("a video of another kind than MP4 and MOV"),
    _("a video where a picture is expected"),
    _("a sound recording"),
    _("a ZIP archive"),
    _("raw previews"),
    _("whole pictures"),
    _("videos"),
)


def said(reason: str) -> str:
    """Return a stored reason in the language of the reader; as it was stored where nobody has translated it."""
    if not reason:
        return ""
    whole = gettext(reason)
    if whole != reason:
        return whole
    for sentence, pattern in _patterns():
        if found := pattern.fullmatch(reason):
            return gettext(sentence) % {name: _figure(text) for name, text in found.groupdict().items()}
    return reason


def _figure(text: str) -> str:
    return gettext(text) if text in WORDS else text


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [
        (sentence, re.compile(re.sub(r"%\\\((\w+)\\\)s|%\((\w+)\)s", _group, re.escape(sentence))))
        for sentence in SENTENCES
        if "%(" in sentence
    ]


def _group(place: re.Match[str]) -> str:
    return f"(?P<{place[1] or place[2]}>.+)"
