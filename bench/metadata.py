"""What is read from metadata against ExifTool, on the files with which exiv2 and Pillow test themselves."""

import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from bench.shape import Bar, judge, print_table
from gallery import imaging

CACHE = Path(__file__).resolve().parent / ".cache" / "metadata"
# Debian's source packages, and where in them the files lie.
SOURCES = {"exiv2": "/test/data/", "pillow": "/Tests/images/"}
BARS = {"date": 98.0, "GPS": 90.0, "camera": 98.0, "lens": 75.0}
# ExifTool's names; the first that makes sense is the truth, in the order that docs/facts.md gives.
DATES = (
    "ExifIFD:DateTimeOriginal", "ExifIFD:CreateDate", "XMP-exif:DateTimeOriginal", "XMP-photoshop:DateCreated",
    "XMP-exif:DateTimeDigitized", "XMP-xmp:CreateDate", "Composite:DateTimeCreated", "Composite:GPSDateTime",
    "IFD0:ModifyDate",
)  # fmt: skip
LENSES = ("LensModel", "LensID", "Lens", "LensType", "LensInfo", "LensSpec")
ASKED = (
    "-DateTimeOriginal", "-CreateDate", "-DateTimeDigitized", "-DateCreated", "-DateTimeCreated", "-GPSDateTime", "-ModifyDate",
    "-GPSLatitude#", "-GPSLongitude#", "-Make", "-Model", *(f"-{name}" for name in LENSES),
)  # fmt: skip
_METADATA_ALONE = b"\xff\x01Exiv2"
NEAR_DEGREES = 1e-4
_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d)(?::(\d\d))?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_FOCAL = re.compile(r"(\d+(?:\.\d+)?)(?:\s*-\s*(\d+(?:\.\d+)?))?\s*mm", re.IGNORECASE)
Tags = dict[str, Any]


def main() -> int:
    """Compare, print, and give the exit status."""
    folder = _files()
    counts: dict[str, Counter[str]] = {name: Counter() for name in BARS}
    refused = 0
    for path, tags in _truth(folder):
        try:
            facts = imaging.inspect(_picture(path))
        except imaging.Refused:
            refused += any(check(None, tags) for check in CHECKS.values())
            continue
        for name, check in CHECKS.items():
            verdict = check(facts, tags)
            if verdict:
                counts[name][verdict] += 1
            if verdict in {"wrong", "missing"} and "BENCH_NAMES" in os.environ:
                print(name, verdict, path.relative_to(folder))
    rows = []
    several = counts["lens"].pop("several", 0)
    for name, found in counts.items():
        known = found["right"] + found["wrong"] + found["missing"]
        rows.append(
            [name, *(str(found[what]) for what in ("right", "missing", "wrong", "invented")), str(known)]
        )
    print_table(["fact", "right", "missing", "wrong", "ours alone", "known to ExifTool"], rows)
    print(f"\n{refused} files with such facts are none that a gallery takes (refused, broken on purpose).")
    print(f"{several} lenses are not counted: ExifTool names several for each.")
    bars = [
        Bar(
            name,
            100 * found["right"] / max(1, found.total() - found["invented"]),
            BARS[name],
            " %",
            at_least=True,
        )
        for name, found in counts.items()
    ]
    wrong = [Bar(f"wrong {name} for each right one", 100 * found["wrong"] / max(1, found["right"]), 1, " %")
             for name, found in counts.items()]  # fmt: skip
    return judge([*bars, *wrong])


def _files() -> Path:
    """Return the folder of the files, fetched from Debian's source packages on the first call, signatures checked."""
    folder = CACHE / "files"
    if folder.exists():
        return folder
    if shutil.which("apt-get") is None or shutil.which("exiftool") is None:
        raise SystemExit("This benchmark needs Debian with libimage-exiftool-perl.")
    _fetch()
    fresh = CACHE / "unpacking"
    shutil.rmtree(fresh, ignore_errors=True)
    for archive in sorted(CACHE.glob("*.orig.tar.*")):
        with tarfile.open(archive) as packed:
            wanted = [
                part for part in packed if part.isfile() and any(at in part.name for at in SOURCES.values())
            ]
            packed.extractall(fresh, wanted, filter="data")
    fresh.rename(folder)
    return folder


def _fetch() -> None:
    """Ask the archives that this machine uses anyhow for sources, with a configuration of our own: no root is needed."""
    parts = CACHE / "apt" / "parts"
    for place in (
        parts,
        CACHE / "apt" / "lists" / "partial",
        CACHE / "apt" / "cache" / "archives" / "partial",
    ):
        place.mkdir(parents=True, exist_ok=True)
    configured = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    for source in configured:
        if source.suffix in {".list", ".sources"} and source.exists():
            words = re.sub(r"^Types:.*$", "Types: deb-src", source.read_text(), flags=re.MULTILINE)
            (parts / source.name).write_text(re.sub(r"^deb(?=[ \t])", "deb-src", words, flags=re.MULTILINE))
    options = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": parts,
        "Dir::State::lists": CACHE / "apt" / "lists",
        "Dir::Cache": CACHE / "apt" / "cache",
    }
    command = [
        "apt-get",
        "-qq",
        *(word for name, value in options.items() for word in ("-o", f"{name}={value}")),
    ]
    subprocess.run([*command, "update"], check=True, cwd=CACHE)
    subprocess.run([*command, "source", "--download-only", *SOURCES], check=True, cwd=CACHE)


def _picture(path: Path) -> bytes:
    """Return the file; a file of exiv2's that is a JPEG's metadata alone is given a picture to be the metadata of."""
    data = path.read_bytes()
    if not data.startswith(_METADATA_ALONE):
        return data
    stream = io.BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "JPEG")
    segments = data[len(_METADATA_ALONE) :].removesuffix(b"\xff\xd9")
    return b"\xff\xd8" + segments + stream.getvalue()[2:]


def _truth(folder: Path) -> Iterator[tuple[Path, Tags]]:
    command = ["exiftool", "-json", "-quiet", "-quiet", "-recurse", "-G1", *ASKED, str(folder)]
    # Its status is 1 where a file is broken, as some are on purpose.
    answer = subprocess.run(command, capture_output=True, check=False)
    for tags in json.loads(answer.stdout):
        yield Path(tags["SourceFile"]), tags


def _values(tags: Tags, name: str) -> list[str]:
    return [str(value).strip() for key, value in tags.items() if key.rpartition(":")[2] == name]


def _date(facts: imaging.Facts | None, tags: Tags) -> str:
    for name in DATES:
        match = _DATE.match(str(tags.get(name, "")))
        parts = [int(part or 0) for part in match.groups()] if match else [0]
        if parts[0] not in imaging.YEARS:
            continue
        try:
            truth = datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 (a wall clock)
        except ValueError:
            continue
        ours = facts.taken_at if facts else None
        return _verdict(ours is not None, ours is not None and abs(ours - truth) < timedelta(seconds=1))
    return "invented" if facts and facts.taken_at else ""


def _gps(facts: imaging.Facts | None, tags: Tags) -> str:
    where = [_values(tags, name) for name in ("GPSLatitude", "GPSLongitude")]
    try:
        latitudes, longitudes = ([float(value) for value in values] for values in where)
    except ValueError:
        return ""
    # Composite tags have the hemisphere's sign; without one, EXIF's own numbers are half a place.
    both = (tags.get(f"Composite:{name}") for name in ("GPSLatitude", "GPSLongitude"))
    signed = [float(value) for value in both if isinstance(value, int | float)]
    is_place = len(signed) == 2 and any(signed) and abs(signed[0]) <= 90 and abs(signed[1]) <= 180
    if not latitudes or not longitudes or not is_place:
        return "invented" if facts and facts.latitude is not None else ""
    if facts is None or facts.latitude is None or facts.longitude is None:
        return "missing"
    apart = max(abs(facts.latitude - signed[0]), abs(facts.longitude - signed[1]))
    return "right" if apart < NEAR_DEGREES else "wrong"


def _camera(facts: imaging.Facts | None, tags: Tags) -> str:
    makes, models = ([_plain(value) for value in _values(tags, name)] for name in ("Make", "Model"))
    models = [model for model in models if model and model != "unknown"]
    if not models:
        return "invented" if facts and facts.camera_model else ""
    make, model = (_plain(facts.camera_make), _plain(facts.camera_model)) if facts else ("", "")
    is_right = any(theirs in {model, make + model} for theirs in models)
    return _verdict(
        bool(model), is_right and (not makes or not make or any(theirs.startswith(make) for theirs in makes))
    )


def _lens(facts: imaging.Facts | None, tags: Tags) -> str:
    known = [value for name in LENSES for value in _values(tags, name) if _says_something(value)]
    ours = facts.lens if facts else ""
    if not known:
        return "invented" if ours else ""
    if not ours and all(" or " in value or value.endswith(")") for value in known):
        # ExifTool names several lenses that share a number, and cannot tell either.
        return "several"
    return _verdict(bool(ours), any(_same_lens(ours, theirs) for theirs in known))


def _says_something(lens: str) -> bool:
    return bool(_plain(lens)) and not re.match(
        r"unknown|n/?a\b|none|undef|-+$|0 ?mm|inf|\d+( \d+)*$", lens, re.IGNORECASE
    )


def _same_lens(ours: str, theirs: str) -> bool:
    """Compare names; where they are spelled otherwise, focal lengths and, where both tell, the least f-number."""
    if _plain(ours) in _plain(theirs) or _plain(theirs) in _plain(ours):
        return True
    mine, other = _FOCAL.search(ours), _FOCAL.search(theirs)
    if mine is None or other is None:
        return False
    return _range(mine) == _range(other)


def _range(focal: re.Match[str]) -> tuple[int, int]:
    return round(float(focal[1])), round(float(focal[2] or focal[1]))


def _plain(words: str) -> str:
    return re.sub(r"[^a-z0-9]", "", words.lower())


def _verdict(known: bool, right: bool) -> str:  # noqa: FBT001 (two columns of a table)
    return ("right" if right else "wrong") if known else "missing"


CHECKS: dict[str, Callable[[imaging.Facts | None, Tags], str]] = {
    "date": _date,
    "GPS": _gps,
    "camera": _camera,
    "lens": _lens,
}

if __name__ == "__main__":
    raise SystemExit(main())
