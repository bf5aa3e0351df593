"""`manage.py inspect_photo`: what PhotoSky makes of a file, without a library; for those who ask why a photo was refused."""

import json
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from gallery import imaging

Report = dict[str, Any]


class Command(BaseCommand):
    help = (
        "Tell what PhotoSky makes of a file: whether it is taken and why not, what is known of it and from where, which "
        "renditions are made of it, and what that costs. Needs no database and no bucket, and only reads the files. "
        "Exit status 1 if any file is refused."
    )
    # Nothing of the gallery is needed, so nothing of it need be set.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--json", action="store_true", help="print one JSON document, a list with an object a file"
        )
        parser.add_argument(
            "--renditions",
            type=Path,
            metavar="DIR",
            help="write the renditions to DIR, in a folder for each file",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reports = []
        for report in _reports(options["files"], options["renditions"]):
            reports.append(report)
            if not options["json"]:
                self._print(report)
        if options["json"]:
            self.stdout.write(json.dumps(reports, indent=2))
        refused = sum(report["verdict"] != "taken" for report in reports)
        if refused:
            raise CommandError(f"{refused} of {len(reports)} files would be refused.")

    def _print(self, report: Report) -> None:
        self.stdout.write(f"{report['file']}: {report['verdict']}")
        if report["code"]:
            self.stdout.write(f"  reason      {report['code']}: {report['message']}")
        if report["detail"]:
            self.stdout.write(f"  decoder     {report['detail']}")
        if report["kind"]:
            self.stdout.write(f"  kind        {report['kind']}, {report['content_type']}")
            self.stdout.write(
                f"  size        {report['width']} x {report['height']} pixels, {report['bytes']:,} bytes"
            )
        for name, value in report["facts"].items():
            self.stdout.write(f"  {name:<22}{value}")
        for made in report["renditions"]:
            size = f"{made['width']} x {made['height']}"
            self.stdout.write(
                f"  {made['name']:<12}{size:<14}{made['bytes']:>10,} bytes  {made['content_type']}"
            )
        if report["peak_mb"]:
            self.stdout.write(
                f"  took        {report['seconds']:.2f} s, {report['cpu_seconds']:.2f} s of computing, "
                f"{report['peak_mb']:.0f} MB at most"
            )


def _reports(files: list[Path], folder: Path | None) -> Iterator[Report]:
    taken: set[str] = set()
    for path in files:
        into = None
        if folder is not None:
            into = folder / _unused(path.name, taken)
            _make(into)
        yield _inspect(path, into)


def _inspect(path: Path, into: Path | None) -> Report:
    """Decode one file in a process of its own, under the limits of the gallery."""
    report: Report = {
        "file": str(path), "verdict": "taken", "code": "", "message": "", "detail": "", "kind": "", "content_type": "",
        "bytes": 0, "width": None, "height": None, "duration_s": None, "facts": {}, "renditions": [],
        "seconds": 0.0, "cpu_seconds": 0.0, "peak_mb": 0.0,
    }  # fmt: skip

    def note(usage: imaging.Usage) -> None:
        # Of two tries the worse counts.
        report["seconds"] += usage.wall_s
        report["cpu_seconds"] += usage.cpu_s
        report["peak_mb"] = max(report["peak_mb"], usage.peak_mb)

    seconds = settings.DECODER_SECONDS
    limits = imaging.Limits(cpu_s=seconds, wall_s=2 * seconds, memory_mb=settings.DECODER_MEMORY_MB)
    pool = imaging.Pool(1, limits, module=settings.DECODER_MODULE, report=note)
    try:
        _decode(pool, path, into, report)
    except imaging.Refused as refused:
        report |= {
            "verdict": "refused",
            "code": refused.code,
            "message": refused.message,
            "detail": refused.detail,
        }
    except imaging.Unavailable as error:
        raise CommandError(str(error)) from None
    finally:
        pool.close()
    return report


def _decode(pool: imaging.Pool, path: Path, into: Path | None, report: Report) -> None:
    try:
        file = path.open("rb")
        report["bytes"] = path.stat().st_size
    except OSError as error:
        report |= {"verdict": "unreadable", "code": "unreadable", "message": f"{error.strerror}: {path}"}
        return
    with file:
        kind = imaging.sniff(file.read(imaging.SNIFF_BYTES))
        if kind is not None and kind.is_video:
            _decode_video(pool, file, kind, into, report)
        else:
            _decode_picture(pool, file, into, report)


def _decode_video(
    pool: imaging.Pool, file: IO[bytes], kind: imaging.Format, into: Path | None, report: Report
) -> None:
    """Inspect a video, and decode the frame by which it is shown. The costs are those of the frame."""
    from gallery.imaging import video

    found = video.inspect(file, kind)
    with tempfile.TemporaryFile() as poster:
        poster.write(video.poster(found))
        poster.flush()
        _decode_picture(pool, poster, into, report)
    report |= {"kind": "video", "duration_s": found.duration_s, **_of(found.facts)}


def _decode_picture(pool: imaging.Pool, file: IO[bytes], into: Path | None, report: Report) -> None:
    with pool.processed(file) as processed:
        report |= {"kind": processed.kind, "duration_s": processed.duration_s, **_of(processed.facts)}
        for made in processed.renditions:
            report["renditions"].append(
                {
                    "name": made.name, "content_type": made.content_type, "width": made.width, "height": made.height,
                    "bytes": len(made.data),
                }
            )  # fmt: skip
            if into is not None:
                _write(
                    into / f"{made.name}.{imaging.rung_of(made.name, imaging.RECIPE).extension}", made.data
                )


def _of(facts: imaging.Facts) -> Report:
    return {
        "content_type": facts.content_type,
        "width": facts.width,
        "height": facts.height,
        "facts": _facts(facts),
    }


def _facts(facts: imaging.Facts) -> dict[str, Any]:
    """Return what is known, by name; what is not known is left out."""
    shown = {"content_type", "width", "height", "extra"}
    found = {field.name: getattr(facts, field.name) for field in fields(facts) if field.name not in shown}
    found |= facts.extra
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in found.items()
        if value not in (None, "", [], {})
    }


def _unused(name: str, taken: set[str]) -> str:
    """Return a folder's name that no other file of this run has."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    taken.add(found)
    return found


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(
            f"{folder} cannot be made: {error.strerror}. Name a folder that can be written."
        ) from None


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
