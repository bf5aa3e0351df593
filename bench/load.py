"""The timeline and the API under 32 connections for a minute each, on PostgreSQL and gunicorn, beside Wagtail and photologue.

Each program runs alone, with a worker for each processor; PostgreSQL and whoever asks (wrk) share these with it. Ours is
set up as a public site. Databases are kept in a folder, so that only the first run fills them.
"""

import argparse
import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.measured.scale_engines import postgresql
from bench.measured.serving import HOST, PHOTOLOGUE, START_S, WAGTAIL, gunicorn, peers, run, serving
from bench.shape import ROOT, Bar, judge, print_table

FOLDER = Path(__file__).resolve().parent / ".cache" / "load"
SCRIPT = Path(__file__).resolve().parent / "measured" / "load.lua"
IMAGES, PAGE = 100_000, 100
SECONDS, WARM_S, CONNECTIONS = 60, 5, 32
MOST_SPREAD = 5.0
# What wrk tells apart; a timeout is an answer that took 30 seconds.
KINDS = ("connect", "read", "write", "status", "timeout")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, by whom."""

    path: str
    header: str = "Accept"
    value: str = "*/*"


@dataclass(frozen=True, slots=True)
class Site:
    """A program: by which Python, which module's application, and what is asked of it, each list in turns."""

    python: Path
    module: str
    asked: Mapping[str, Sequence[Request]]
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What asking for a minute gave; times in milliseconds."""

    rate: float
    p50: float
    p90: float
    p99: float
    longest: float
    errors: Mapping[str, int]
    kib: float
    ours: bool


def main() -> int:
    """Fill the databases where that was not done before, ask each program, print, and give the exit status."""
    asked = _arguments()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing (Debian: apt install wrk)")
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    taken: dict[str, Taken] = {}
    with postgresql(folder) as address:
        _wait_for(address.rpartition("/")[0] + "/postgres")
        environment = {
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(gunicorn()))),
            "PYTHONWARNINGS": "ignore",
            "PHOTOSKY_STATIC_ROOT": str(folder / "static"),
            "BENCH_FOLDER": str(folder),
        }
        for site in _sites(Path(sys.executable), peers(), _visitor(address, environment, asked.images)):
            own = {**environment, "BENCH_DATABASE_URL": address.format(size=site.module)}
            if not site.ours:
                _fill(site.python, site.module, own, asked.images)
            with serving(site.python, site.module, own, workers=asked.workers) as port:
                for name, requests in site.asked.items():
                    taken[name] = _ask(port, requests, asked.seconds, ours=site.ours)
    return _report(taken, asked)


def _wait_for(address: str) -> None:
    """Wait until the server lets somebody in, which takes it longer than listening after it was not stopped well."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _visitor(address: str, environment: Mapping[str, str], images: int) -> dict[str, str]:
    """Make our library; return what its owner sends with a page, and with a request to the API."""
    own = {**environment, "BENCH_DATABASE_URL": address.format(size="api_photosky")}
    ours = Path(sys.executable)
    _fill(ours, "api_photosky", own, images, "library")
    known: dict[str, str] = json.loads(run(ours, "api_photosky", own, "visitor"))
    return known


def _fill(python: Path, module: str, environment: Mapping[str, str], images: int, *verb: str) -> None:
    """Make a database with as many images unless it is there."""
    made = Path(environment["BENCH_FOLDER"]) / f"{module}-{images}.made"
    if made.exists():
        return
    print(f"{module}: filling a database with {images:,} images ...", file=sys.stderr, flush=True)
    for old in made.parent.glob(f"{module}-*.made"):
        old.unlink()
    server, _, name = environment["BENCH_DATABASE_URL"].rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    run(python, module, environment, *verb, str(images))
    with psycopg.connect(environment["BENCH_DATABASE_URL"], autocommit=True) as connection:
        # What a server does by itself in the hours after so many rows came.
        connection.execute("VACUUM ANALYZE")
    made.touch()


def _sites(ours: Path, theirs: Path, visitor: Mapping[str, str]) -> list[Site]:
    page = Request("/", "Cookie", visitor["cookie"])
    rows = Request(f"/api/images/?limit={PAGE}", "Authorization", f"Bearer {visitor['token']}")
    own = {
        "PhotoSky, timeline": [page],
        "PhotoSky, API": [rows],
        "PhotoSky, timeline and API by turns": [page, rows],
    }
    wagtail = {
        f"Wagtail {WAGTAIL}, page": [Request("/gallery/")],
        f"Wagtail {WAGTAIL}, API": [Request(f"/api/v2/images/?limit={PAGE}")],
    }
    photologue = {f"photologue {PHOTOLOGUE}, page": [Request("/photologue/photolist/")]}
    return [
        Site(ours, "api_photosky", own, ours=True),
        Site(theirs, "api_wagtail", wagtail),
        Site(theirs, "load_photologue", photologue),
    ]


def _ask(port: int, requests: Sequence[Request], seconds: int, *, ours: bool) -> Taken:
    """Warm the workers, look at each answer once, and ask for as long as was said."""
    _wrk(port, requests, WARM_S)
    # After whatever was still waiting for an answer when wrk ended.
    kib = sum(_look(port, request) for request in requests) / len(requests)
    got = _wrk(port, requests, seconds)
    if not got["p50"]:
        raise SystemExit(f"{requests[0].path}: nothing was answered within {seconds} s. Ask for longer.")
    errors = {kind: int(got[kind]) for kind in KINDS if got[kind]}
    return Taken(
        rate=got["requests"] / got["duration"] * 1e6,
        p50=got["p50"] / 1000,
        p90=got["p90"] / 1000,
        p99=got["p99"] / 1000,
        longest=got["max"] / 1000,
        errors=errors,
        kib=kib,
        ours=ours,
    )


def _look(port: int, request: Request) -> float:
    """Ask once, make sure that it is a list of so many images, and return its KiB."""
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=START_S)) as connection:
        connection.request("GET", request.path, headers={request.header: request.value})
        answer = connection.getresponse()
        body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{request.path} answers {answer.status}: {body[:300]!r}")
    if "json" in answer.headers["Content-Type"]:
        parsed = json.loads(body)
        shown = len(parsed.get("results") or parsed.get("items") or [])
    else:
        shown = body.count(b"<img")
    if shown < PAGE:
        raise SystemExit(f"{request.path} shows {shown} images and not {PAGE}")
    return len(body) / 1024


def _wrk(port: int, requests: Sequence[Request], seconds: int) -> dict[str, float]:
    """Ask without a pause by all connections, and return what the script tells at its end."""
    given = [part for request in requests for part in (request.path, request.header, request.value)]
    command = [
        "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", str(SCRIPT),
        f"http://{HOST}:{port}", "--", *given,
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _report(taken: Mapping[str, Taken], asked: argparse.Namespace) -> int:
    print(
        f"{PAGE} images of {asked.images:,}; {asked.seconds} s each by {CONNECTIONS} connections of wrk, gunicorn with"
        f" {asked.workers} workers, PostgreSQL; load {os.getloadavg()[1]:.1f}\n"
    )
    rows = [
        [
            name, f"{one.rate:.1f}", f"{one.p50:.0f}", f"{one.p90:.0f}", f"{one.p99:.0f}", f"{one.longest:.0f}",
            f"{one.p99 / one.p50:.2f}", f"{one.kib:.0f}",
            ", ".join(f"{count} {kind}" for kind, count in one.errors.items()) or "0",
        ]
        for name, one in taken.items()
    ]  # fmt: skip
    print_table(
        ["asked", "requests/s", "p50 ms", "p90 ms", "p99 ms", "longest", "p99/p50", "KiB", "errors"], rows
    )
    own = {name: one for name, one in taken.items() if one.ours}
    return judge(
        [Bar(f"{name}: errors", sum(one.errors.values()), 0) for name, one in own.items()]
        + [Bar(f"{name}: p99 to p50", one.p99 / one.p50, MOST_SPREAD, "x") for name, one in own.items()]
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--seconds", type=int, default=SECONDS, help=f"for each row of the table ({SECONDS})")
    parser.add_argument("--images", type=int, default=IMAGES, help=f"in each database ({IMAGES})")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="of gunicorn (processors)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"where databases are kept ({FOLDER})")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
