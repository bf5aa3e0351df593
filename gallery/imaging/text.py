"""Repair of text found in pictures: encodings, control characters, and the words that cameras leave by default."""

import re

MAX_LENGTH = 2000
_MAX_BOILERPLATE = 60

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NOTHING = re.compile(r"[\s.\-_?*#/0]*|unknown|none|n/a|null|undefined|default", re.IGNORECASE)
# What cameras and programs write into the description of every picture.
_BOILERPLATE = re.compile(
    r"(olympus|minolta|kodak|sony|konica|samsung|pentax|digital|still|camera|dsc|dcim|exif[_ ]jpeg[_ ]?\w*"
    r"|untitled|untitled-\d+|screenshot|vlcsnap.*|<digimax.*|my ?beautiful ?sample.*|cof|hdr|dav|ptr|oznor|created"
    r"|with|gimp|the|by|\s)+",
    re.IGNORECASE,
)


def decoded(raw: bytes) -> str:
    """Read bytes as UTF-8, or as Windows' Latin-1 where they are not; ends at the first NUL (EXIF 2.32 section 4.6.2)."""
    raw = raw.split(b"\x00", 1)[0]
    try:
        return repaired(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return tidy(raw.decode("cp1252", "replace"))


def repaired(words: str) -> str:
    """Undo UTF-8 that somebody before us read as Latin-1 ("ZoÃ«"), where all of it is that."""
    for encoding in ("latin-1", "cp1252"):
        try:
            once = words.encode(encoding).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        return tidy(once)
    return tidy(words)


def utf16(raw: bytes) -> str:
    """Read the UTF-16 (little endian) text of Windows' own EXIF fields."""
    return tidy(raw.decode("utf-16-le", "replace").split("\x00", 1)[0])


def comment(raw: bytes, *, big_endian: bool) -> str:
    """Read a UserComment: eight bytes name its character code (EXIF 2.32 section 4.6.5 D)."""
    code, body = raw[:8], raw[8:]
    if code.startswith(b"UNICODE"):
        # Not all writers keep to the file's byte order. In a text the high bytes vary less than the low ones.
        first, second = len(set(body[::2])), len(set(body[1::2]))
        big_endian = first < second or (first == second and big_endian)
        return tidy(body.decode("utf-16-be" if big_endian else "utf-16-le", "replace").rstrip("\x00"))
    if code.startswith(b"JIS"):
        return tidy(body.decode("iso2022_jp", "replace"))
    return decoded(body) if code in {b"ASCII\0\0\0", bytes(8)} else ""


def tidy(text: str) -> str:
    """Drop what no database or page can hold, and surrounding space; keep line breaks; at most MAX_LENGTH."""
    return _CONTROL.sub("", text.replace("\r\n", "\n")).replace("\ufffd", "").strip()[:MAX_LENGTH]


def meaningful(text: str) -> str:
    """Give the text on one line, or "" where it says nothing ("----", "Unknown")."""
    line = " ".join(text.split())
    return "" if _NOTHING.fullmatch(line) else line


def description(text: str) -> str:
    """Give the text, or "" where a camera wrote it and not a person ("OLYMPUS DIGITAL CAMERA")."""
    boilerplate = len(text) <= _MAX_BOILERPLATE and _BOILERPLATE.fullmatch(text)
    return "" if boilerplate or not meaningful(text) else text
