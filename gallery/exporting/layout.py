"""Names in an export that every file system takes, and how its files are written: whole or not at all."""

import json
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gallery import imaging
from gallery.models import Image

FORMAT = 1
LIBRARY = "library.json"
PHOTOS = "photos"
MAX_NAME_BYTES = 180
MAX_ENDING_BYTES = 20
# What the export makes itself beside an original.
_OWN_ENDINGS = (".json", ".xmp", ".part")
# Windows: "Naming Files, Paths, and Namespaces". An export is to be read anywhere.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


class ExportError(Exception):
    """The folder cannot be written, or what it holds is no export; the message says what to do."""


def folder_of(image: Image) -> Path:
    """Return the folder of a photo, by the day on which it was taken, as the clocks showed it there."""
    taken = image.taken_local
    return Path(PHOTOS, f"{taken:%Y}", f"{taken:%Y-%m-%d}")


def suffix_of(image: Image) -> str:
    """Return the file name ending of the photo's type, with its dot."""
    kind = imaging.Format.of_type(image.content_type)
    return f".{kind.extension}" if kind else ""


def safe_name(filename: str, suffix: str) -> str:
    """Return the file's name without anything that some file system refuses, or that the export itself gives.

    `suffix` is appended to what would end like a side-car; a name that begins with a dot would be hidden.
    """
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", filename)).strip().rstrip(". ")
    if not name or name.startswith(".") or _RESERVED.match(name):
        name = f"_{name}"
    stem, ending = _parted(name)
    stem = stem.encode()[: MAX_NAME_BYTES - len(ending.encode())].decode(errors="ignore")
    name = f"{stem}{ending}".rstrip(". ")
    return name + suffix if name.casefold().endswith(_OWN_ENDINGS) else name


def free_name(filename: str, suffix: str, taken: Iterable[str]) -> str:
    """Return the safe name, with a number where it or a side-car of it is taken; letters' case tells no names apart."""
    name, used = safe_name(filename, suffix), {other.casefold() for other in taken}
    stem, ending = _parted(name)
    number = 1
    while not used.isdisjoint(one.casefold() for one in with_side_cars(name)):
        number += 1
        name = f"{stem}-{number}{ending}"
    return name


def with_side_cars(name: str) -> tuple[str, ...]:
    """Return the names of all files that the export of one photo makes."""
    return name, f"{name}.json", f"{name}.xmp"


def _parted(name: str) -> tuple[str, str]:
    """Part a name from its ending; what is too long to be one belongs to the name."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem and len(ending.encode()) <= MAX_ENDING_BYTES else (name, "")


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a document, whole or not at all, if it is not there as it is."""
    write_bytes(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a small file, whole or not at all, if it is not there as it is."""
    if path.exists() and path.read_bytes() == data:
        return
    temporary = part_of(path)
    temporary.write_bytes(data)
    temporary.replace(path)


def part_of(path: Path) -> Path:
    """Return the name under which a file grows until it is whole."""
    return path.with_name(f".{path.name}.part")


def read_json(path: Path) -> dict[str, Any]:
    """Read a document of an export."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ExportError(f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ExportError(f"{path} is not of an export that this version reads (format {FORMAT}).")
    return value


def side_cars(root: Path) -> list[Path]:
    """Return the JSON side-cars of all photos in an export, in order."""
    found = []
    for folder, folders, files in os.walk(root / PHOTOS):
        folders.sort()
        found += [Path(folder, name) for name in sorted(files) if name.endswith(".json") and name[0] != "."]
    return found
