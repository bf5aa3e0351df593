"""Names in an export that every file system takes, and how its files are written: whole or not at all."""

import json
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gallery.models import Image

FORMAT = 1
LIBRARY = "library.json"
PHOTOS = "photos"
MAX_NAME_BYTES = 180
# Windows: "Naming Files, Paths, and Namespaces". An export is to be read anywhere.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


class ExportError(Exception):
    """The folder cannot be written, or what it holds is no export; the message says what to do."""


def folder_of(image: Image) -> Path:
    """Return the folder of a photo, by the day on which it was taken, as the clocks showed it there."""
    taken = image.taken_local
    return Path(PHOTOS, f"{taken:%Y}", f"{taken:%Y-%m-%d}")


def safe_name(filename: str) -> str:
    """Return the file's name without anything that some file system refuses."""
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", filename)).strip().rstrip(". ")
    if not name or _RESERVED.match(name):
        name = f"_{name}"
    stem, dot, suffix = name.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem else (name, "")
    room = MAX_NAME_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix


def free_name(filename: str, taken: Iterable[str]) -> str:
    """Return the safe name, with a number where it is taken; letters' case does not tell two names apart."""
    name, used = safe_name(filename), {other.casefold() for other in taken}
    stem, dot, suffix = name.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem else (name, "")
    number = 1
    while name.casefold() in used:
        number += 1
        name = f"{stem}-{number}{suffix}"
    return name


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
