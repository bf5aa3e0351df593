"""Reading and uploading in libraries of a thousand to a million made-up photos, on SQLite and PostgreSQL.

Libraries and figures are kept in a folder, so that an interrupted run goes on where it was. `--write` puts table and chart
into docs/performance.md.
"""

import argparse
import contextlib
import io
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench.measured import scale_report as report
from bench.measured.scale_engines import ENGINES, fill
from bench.shape import ROOT, judge, print_table
from photosky.embedded_s3 import EmbeddedS3

FOLDER = Path(__file__).resolve().parent / ".cache" / "scale"
SIZES = "1k,10k,100k,1M"
SUFFIXES = {"k": 1_000, "M": 1_000_000}
BY = {"p50_ms": "p50", "cpu_ms": "the processor's time"}
ACCESS, SECRET = "AKIABENCHBENCHBENCH0", "only-for-benchmarks-0123456789012345678"
BASE = {
    "DJANGO_SETTINGS_MODULE": "photosky.settings",
    "PYTHONPATH": str(ROOT),
    "PHOTOSKY_LOCAL": "true",
    "PHOTOSKY_SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
    "PHOTOSKY_BUCKET": "bench",
    "PHOTOSKY_S3_ACCESS_KEY": ACCESS,
    "PHOTOSKY_S3_SECRET_KEY": SECRET,
    "PHOTOSKY_API_REQUESTS_PER_MINUTE": "1000000000",
    "PHOTOSKY_LOG_LEVEL": "ERROR",
}


def main() -> int:
    """Measure what is asked for and not yet known; print all that is known, and judge it."""
    asked = _arguments()
    folder = asked.folder.resolve()
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    if not asked.report:
        with _store(folder) as endpoint:
            for engine in asked.engines:
                _measure(engine, asked, folder, {**BASE, "PHOTOSKY_S3_ENDPOINT": endpoint})
    kept = {
        (engine, size): taken
        for (engine, size), taken in report.load(figures).items()
        if engine in asked.engines and size in asked.sizes
    }
    if not kept:
        raise SystemExit("Nothing was measured yet: run it without --report.")
    return _tell(kept, write=asked.write, time="cpu_ms" if asked.by_processor else "p50_ms")


def _tell(kept: report.Kept, *, write: bool, time: str) -> int:
    table = io.StringIO()
    with contextlib.redirect_stdout(table):
        print_table(*report.rows(kept))
    newest = max(taken["measured"] for taken in kept.values())
    peaks = ", ".join(
        f"{engine} {report.short(size)} {taken['peak_mb']:.0f}" for (engine, size), taken in kept.items()
    )
    made = ", ".join(
        f"{engine} {report.short(size)} {taken['made_s']:.0f}" for (engine, size), taken in kept.items()
    )
    said = (
        "Milliseconds: p50 / p95 / p50 of the processor's time, the database's included; kB gzipped."
        f" Bars are held to {BY[time]}. Peak memory of the process in MB: {peaks}. Seconds to make each library:"
        f" {made}. Measured {newest} UTC, load {_load(kept)}, Python {platform.python_version()}."
    )
    print(table.getvalue() + said)
    judged = report.bars(kept, time)
    if write:
        report.write(kept, table.getvalue(), judged, said)
    return judge(judged)


def _load(kept: report.Kept) -> str:
    loads = [taken["load"] for taken in kept.values()]
    return f"{min(loads):.1f} to {max(loads):.1f}"


def _measure(engine: str, asked: argparse.Namespace, folder: Path, environment: Mapping[str, str]) -> None:
    wanted = [
        size
        for size in asked.sizes
        if asked.again or not (folder / "figures" / f"{engine}-{size}.json").exists()
    ]
    if not wanted:
        return
    with ENGINES[engine](folder) as address:
        for size in wanted:
            url = address.format(size=size)
            with_url = {**environment, "DATABASE_URL": url, "PHOTOSKY_DATA_DIR": str(folder)}
            _state(f"{engine} {report.short(size)}: the library")
            fill(engine, url, size, folder, with_url)
            _state(f"{engine} {report.short(size)}: measuring")
            command = [sys.executable, "-m", "bench.measured.library_paths", str(asked.rounds), asked.only]
            ran = subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, **with_url},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            taken = json.loads(ran.stdout)
            taken["load"] = os.getloadavg()[1]
            taken["made_s"] = float((folder / f"{engine}-{size}.made").read_text(encoding="utf-8"))
            target = folder / "figures" / f"{engine}-{size}.json"
            if asked.only and target.exists():
                before = json.loads(target.read_text(encoding="utf-8"))
                taken["paths"] = before["paths"] | taken["paths"]
                # A part needs less than all of it.
                taken["peak_mb"] = max(before["peak_mb"], taken["peak_mb"])
            target.write_text(json.dumps(taken, indent=1) + "\n", encoding="utf-8")


@contextlib.contextmanager
def _store(folder: Path) -> Iterator[str]:
    """Run the embedded store with an empty bucket: an upload is finished when its bytes are there."""
    with EmbeddedS3(folder / "s3", ACCESS, SECRET) as server:
        os.environ.update({**BASE, "PHOTOSKY_S3_ENDPOINT": server.endpoint, "PHOTOSKY_DATA_DIR": str(folder)})
        import django

        django.setup()
        from gallery import objectstore

        objectstore.ensure_bucket([])
        yield server.endpoint


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--sizes", type=_sizes, default=_sizes(SIZES), help=f"({SIZES})")
    parser.add_argument("--engines", type=_engines, default=list(ENGINES), help=f"({','.join(ENGINES)})")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"where libraries are kept ({FOLDER})")
    parser.add_argument("--rounds", type=int, default=40, help="requests for each figure (40)")
    parser.add_argument("--only", default="", help="what begins with these words, such as 'search'")
    parser.add_argument("--again", action="store_true", help="measure also what was measured before")
    parser.add_argument(
        "--by-processor",
        action="store_true",
        help="hold the bars to processor time: where others use the machine",
    )
    parser.add_argument("--report", action="store_true", help="measure nothing; tell what is known")
    parser.add_argument("--write", action="store_true", help="put table and chart into the documentation")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    try:
        return [int(word.rstrip("kM")) * SUFFIXES.get(word[-1], 1) for word in text.split(",")]
    except (ValueError, IndexError) as error:
        raise argparse.ArgumentTypeError("write sizes as 1k,10k,1M") from error


def _engines(text: str) -> list[str]:
    engines = text.split(",")
    if unknown := set(engines) - set(ENGINES):
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(ENGINES)}")
    return engines


def _state(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
