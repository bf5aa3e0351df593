"""The lens as the makers' own notes have it: the few fields that name or measure it, where EXIF does not.

Makers describe their notes nowhere; the tags are those that ExifTool's documentation lists. Lenses that are a mere number
there (Sony, Pentax, Minolta) are left unknown: their tables name several lenses by one number.
"""

from gallery.imaging import exif, text
from gallery.imaging.exif import Directory, Exif

_CANON_SETTINGS, _CANON_MODEL = 0x0001, 0x0095
# Places in Canon's settings: longest and shortest focal length, and how many units are one millimetre.
_CANON_LONG, _CANON_SHORT, _CANON_UNITS = 23, 24, 25
_NIKON_LENS = 0x0084
_OLYMPUS_EQUIPMENT, _OLYMPUS_MODEL = 0x2010, 0x0203
_PANASONIC_LENS = 0x0051
_FUJIFILM = (0x1404, 0x1405, 0x1406, 0x1407)


def lens(found: Exif) -> str:
    """Return the lens by the maker's note; "" where the note is another's, broken or silent."""
    block, at = found.block, found.note_at
    head = block[at : at + 16] if at else b""
    order = exif.byte_order(block)
    if head.startswith(b"Nikon\x00\x02"):
        return _nikon(block, at + 10)
    if head.startswith(b"FUJIFILM"):
        return _fujifilm(block, at)
    if head.startswith((b"OLYMPUS\x00", b"OM SYSTEM\x00", b"OLYMP\x00")):
        return _olympus(block, at, order)
    if head.startswith(b"Panasonic\x00"):
        note = exif.directory(block, order, at + 12, {_PANASONIC_LENS})
        return text.meaningful(note.text(_PANASONIC_LENS))
    if head and found.image.text(exif.Tag.MAKE).lower().startswith("canon"):
        # Canon's note has no header of its own.
        return _canon(exif.directory(block, order, at, {_CANON_SETTINGS, _CANON_MODEL}))
    return ""


def spelled(numbers: tuple[float | None, ...]) -> str:
    """Spell out shortest and longest focal length and the least f-number at each (EXIF 2.32 section 4.6.5 H)."""
    if len(numbers) != 4:
        return ""
    short, long, wide, tele = numbers
    if not short or not 0 < short < 1e5:
        return ""
    words = f"{short:g}-{long:g} mm" if long and long > short else f"{short:g} mm"
    if not wide or wide < 0:
        return words
    return f"{words} f/{wide:g}-{tele:g}" if tele and tele > wide else f"{words} f/{wide:g}"


def _canon(note: Directory) -> str:
    name = text.meaningful(note.text(_CANON_MODEL))
    settings = note.numbers(_CANON_SETTINGS)
    if name or len(settings) <= _CANON_UNITS:
        return name
    long, short, units = (settings[at] or 0.0 for at in (_CANON_LONG, _CANON_SHORT, _CANON_UNITS))
    if not units or not short or long < short:
        return ""
    return spelled((short / units, long / units, None, None))


def _nikon(block: bytes, at: int) -> str:
    # A TIFF file of its own, in which positions count from its header.
    order = exif.byte_order(block[at : at + 8])
    if not order:
        return ""
    start = int.from_bytes(block[at + 4 : at + 8], "little" if order == "<" else "big")
    numbers = exif.directory(block, order, at + start, {_NIKON_LENS}, base=at).numbers(_NIKON_LENS)
    return spelled(tuple(round(number, 1) if number is not None else None for number in numbers))


def _fujifilm(block: bytes, at: int) -> str:
    start = at + int.from_bytes(block[at + 8 : at + 12], "little")
    note = exif.directory(block, "<", start, _FUJIFILM, base=at)
    return spelled(tuple(note.positive(tag) for tag in _FUJIFILM))


def _olympus(block: bytes, at: int, order: str) -> str:
    head, base, start = block[at : at + 16], at, at + 12
    if head.startswith(b"OLYMP\x00"):
        # The older note has no byte order of its own and counts from the block's beginning.
        base, start = 0, at + 8
    elif head.startswith(b"OM SYSTEM\x00"):
        order, start = ("<" if head[12:14] == b"II" else ">"), at + 16
    else:
        order = "<" if head[8:10] == b"II" else ">"
    offset = exif.directory(block, order, start, {_OLYMPUS_EQUIPMENT}, base).number(_OLYMPUS_EQUIPMENT)
    if offset is None:
        return ""
    equipment = exif.directory(block, order, base + int(offset), {_OLYMPUS_MODEL}, base)
    return text.meaningful(equipment.text(_OLYMPUS_MODEL))
