"""`photosky`: reads the command line, runs, and tells by the exit status how it went."""

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import httpx

import photosky_cli
from photosky_cli import config
from photosky_cli.errors import Failed, Stopped, UsageError
from photosky_cli.gallery import BATCH, Gallery
from photosky_cli.line import Unreachable
from photosky_cli.photos import Found, Photo, find
from photosky_cli.report import Outcome, Report, failed
from photosky_cli.run import Run
from photosky_cli.store import Store

ALL_THERE, SOME_FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
PATIENCE_S = 300.0
IN_BIN = "This photo is in the bin: restore it to keep it."
STATUS = """exit status: 0 every photo is in the gallery; 1 some are not (they are listed with the reasons, and the command
can be run again); 2 the command could not begin; 130 stopped by Ctrl-C (what was sent is kept)"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        # A file's name may hold what this terminal cannot show.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _upload(options)
    except UsageError as error:
        sys.stderr.write(f"photosky: {error}\n")
        return USAGE
    except KeyboardInterrupt:
        sys.stderr.write("\nphotosky: stopped. What was sent is kept; run the same command again to go on.\n")
        return INTERRUPTED


def _upload(options: argparse.Namespace) -> int:
    settings = config.load(options.url, options.token)
    found = find(options.paths)
    stop = threading.Event()
    tls = httpx.create_ssl_context()
    gallery = Gallery(settings, stop=stop, patience_s=options.patience, tls=tls)
    gallery.greet()
    album = _album(gallery, options)
    report = Report(as_json=options.json, quiet=options.quiet)
    error = ""
    report.begin(len(found.photos), sum(photo.size for photo in found.photos))
    try:
        for path, failure in found.unreadable:
            report.note(path, failed(failure))
        if options.dry_run:
            _look(gallery, found, report)
        else:
            store = Store(report, stop=stop, patience_s=options.patience, tls=tls, jobs=options.jobs)
            run = Run(gallery, store, report, stop=stop, jobs=options.jobs, album=album)
            run.upload(found.photos, wait=options.wait)
    except (Stopped, Failed) as stopped:
        error = str(stopped)
    finally:
        stop.set()
        report.summarise(found, error)
    return SOME_FAILED if error or report.counts["failed"] else ALL_THERE


def _album(gallery: Gallery, options: argparse.Namespace) -> str | None:
    if not options.album:
        return None
    try:
        return gallery.album(options.album, make=not options.dry_run)
    except (Stopped, Failed, Unreachable) as error:
        raise UsageError(f"The album {options.album} cannot be had: {error}") from error


def _look(gallery: Gallery, found: Found, report: Report) -> None:
    """Say for each photo whether it would be sent; nothing changes, here or there."""
    for start in range(0, len(found.photos), BATCH):
        batch: list[Photo] = []
        for photo in found.photos[start : start + BATCH]:
            try:
                photo.hash()
            except Failed as failure:
                report.settle(photo, failed(failure))
            else:
                batch.append(photo)
        sha256s = [photo.sha256 for photo in batch]
        known, binned = gallery.known(sha256s), gallery.known(sha256s, in_bin=True)
        for photo in batch:
            if photo.sha256 in binned:
                report.settle(photo, Outcome("failed", "", "in_bin", IN_BIN))
            else:
                report.settle(photo, Outcome("exists" if photo.sha256 in known else "would_upload"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="photosky", description=photosky_cli.__doc__)
    parser.add_argument("--version", action="version", version=f"photosky {photosky_cli.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    upload = commands.add_parser(
        "upload",
        help="bring photos into a gallery",
        description="Bring photos into a gallery. What is there already is not sent again. Files are only read.",
        epilog=STATUS,
    )
    upload.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a photo, or a folder of photos")
    upload.add_argument("--url", help="the gallery's address (or PHOTOSKY_URL)")
    upload.add_argument(
        "--token", help="a token with the scope upload (or PHOTOSKY_TOKEN, which others cannot see)"
    )
    upload.add_argument(
        "--album", metavar="NAME", help="put the photos into your album of this title, made if missing"
    )
    upload.add_argument(
        "--jobs", type=_jobs, default=6, metavar="N", help="photos sent at once (default: %(default)s)"
    )
    upload.add_argument("--dry-run", action="store_true", help="only say what would be sent")
    upload.add_argument(
        "--no-wait", dest="wait", action="store_false", help="do not wait for the photos to be processed"
    )
    upload.add_argument(
        "--patience",
        type=_seconds,
        default=PATIENCE_S,
        metavar="SECONDS",
        help="how long to wait for a gallery that is away (default: %(default).0f)",
    )
    upload.add_argument(
        "--json", action="store_true", help="print a line of JSON for each photo, and one of sums"
    )
    upload.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return parser


def _jobs(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 64):
        raise argparse.ArgumentTypeError(f"{text} is no number between 1 and 64")
    return int(text)


def _seconds(text: str) -> float:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return float(text)
