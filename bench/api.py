"""The list of 100 images of 100,000 over HTTP, beside Wagtail's images API and a plain ModelViewSet with page numbers.

Each runs under gunicorn with one worker on SQLite, in turns, on one processor; whoever asks has another. Ours asks who
is asking and counts it; the others are open to everybody. Ours and the plain one sign four addresses for each image,
the plain one by django-storages; Wagtail's signs nothing, nor does the plain one of rows alone.
"""

import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.measured.serving import HOST, START_S, WAGTAIL, gunicorn, peers, run, serving
from bench.shape import ROOT, ROUNDS, Bar, judge, print_table

IMAGES, PAGE = 100_000, 100
SECONDS, CONNECTIONS = 4, 4
MIN_RATIO = 2.0
# What the plain list of rows shows, as ours calls it.
ROW = (
    "id,title,description,filename,bytes,content_type,sha256,width,height,color,thumbhash,taken_at,taken_offset_minutes,"
    "taken_source,camera,place,is_favorite,created_at,binned_at"
)


@dataclass(frozen=True, slots=True)
class Site:
    """A program under gunicorn: by which Python, which module's application, and the addresses that are asked."""

    python: Path
    module: str
    paths: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)


def main() -> int:
    """Fill three databases, ask each site in turns, print, and give the exit status."""
    ours, theirs = Path(sys.executable), peers()
    # No static files are served here, of which the gallery would warn.
    environment = {
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(gunicorn()))),
        "PYTHONWARNINGS": "ignore",
    }
    with tempfile.TemporaryDirectory() as folder:
        environment["BENCH_FOLDER"] = folder
        print(f"filling three databases with {IMAGES:,} images each ...", flush=True)
        token = json.loads(run(ours, "api_photosky", environment, "prepare", str(IMAGES)))
        run(theirs, "api_wagtail", environment, str(IMAGES))
        run(ours, "api_plain", environment, str(IMAGES))
        sites = _sites(ours, theirs, token)
        taken = _measure(sites, environment)
        parts = json.loads(run(ours, "api_photosky", environment, "where", token))
    return _report(taken, parts)


def _sites(ours: Path, theirs: Path, token: str) -> list[Site]:
    asked = {"Authorization": f"Bearer {token}"}
    return [
        Site(
            ours,
            "api_photosky",
            {
                "PhotoSky": f"/api/images/?limit={PAGE}",
                "PhotoSky, only id and urls": f"/api/images/?limit={PAGE}&fields=id,urls",
                "PhotoSky, no addresses": f"/api/images/?limit={PAGE}&fields={ROW}",
            },
            asked,
        ),
        Site(
            theirs,
            "api_wagtail",
            {
                f"Wagtail {WAGTAIL}": f"/api/v2/images/?limit={PAGE}",
                f"Wagtail {WAGTAIL}, all its fields": f"/api/v2/images/?limit={PAGE}&fields=*",
            },
        ),
        Site(
            ours,
            "api_plain",
            {
                "plain ModelViewSet": "/api/pictures/",
                "plain ModelViewSet, page 900": "/api/pictures/?page=900",
                "plain ModelViewSet, no addresses": "/api/rows/",
            },
        ),
    ]


@dataclass(slots=True)
class Taken:
    """What asking one address gave: requests per second of each round, and the bytes of an answer."""

    rates: list[float] = field(default_factory=list)
    kib: float = 0.0


def _measure(sites: list[Site], environment: Mapping[str, str]) -> dict[str, Taken]:
    """Ask each address for some seconds a round; a first round warms the sites and is not counted."""
    taken: dict[str, Taken] = {name: Taken() for site in sites for name in site.paths}
    with contextlib.ExitStack() as stack:
        running = [
            (site, stack.enter_context(
                serving(site.python, site.module, environment, workers=1, pinned=lambda: _stay_on(min))
            ))
            for site in sites
        ]  # fmt: skip
        for turn in range(ROUNDS + 1):
            for site, port in running:
                for name, path in site.paths.items():
                    taken[name].kib = _look(port, path, site.headers)
                    rate = _rate(port, path, site.headers, SECONDS if turn else 1)
                    if turn:
                        taken[name].rates.append(rate)
    return taken


def _report(taken: Mapping[str, Taken], parts: Mapping[str, float]) -> int:
    print(f"{PAGE} images of {IMAGES:,}; medians of {ROUNDS} rounds of {SECONDS} s, asked by {_asker()}\n")
    rates = {name: median(one.rates) for name, one in taken.items()}
    rows = [
        [name, f"{rate:.1f}", f"{1000 / rate:.1f}", f"{taken[name].kib:.0f}"] for name, rate in rates.items()
    ]
    print_table(["list", "requests/s", "ms each", "KiB"], rows)
    print(f"\nWhere PhotoSky's time goes, {sum(parts.values()):.1f} ms without the server and the line:\n")
    print_table(["part", "ms"], [[part, f"{ms:.2f}"] for part, ms in parts.items()])
    rows_alone = rates["PhotoSky, no addresses"] / rates["plain ModelViewSet, no addresses"]
    print(
        f"\nOf rows alone, which is no bar: {rows_alone:.2f} x the plain ModelViewSet that shows no address."
    )
    ours = rates["PhotoSky"]
    return judge(
        [
            Bar("against Wagtail's images API", ours / rates[f"Wagtail {WAGTAIL}"], MIN_RATIO, "x", at_least=True),
            Bar("against a plain ModelViewSet", ours / rates["plain ModelViewSet"], MIN_RATIO, "x", at_least=True),
        ]
    )  # fmt: skip


def _stay_on(choose: Callable[[set[int]], int]) -> None:
    # Not on macOS; there the scheduler decides.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {choose(os.sched_getaffinity(0))})


def _look(port: int, path: str, headers: Mapping[str, str]) -> float:
    """Ask once, make sure that it is what it should be, and return its KiB."""
    connection = http.client.HTTPConnection(HOST, port, timeout=START_S)
    connection.request("GET", path, headers=dict(headers))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{path} answers {answer.status}: {body[:300]!r}")
    parsed = json.loads(body)
    if len(parsed.get("results") or parsed.get("items") or []) != PAGE:
        raise SystemExit(f"{path} does not list {PAGE} images")
    return len(body) / 1024


def _asker() -> str:
    return "wrk" if shutil.which("wrk") else "threads of Python (wrk is not installed)"


def _rate(port: int, path: str, headers: Mapping[str, str], seconds: int) -> float:
    """Return how many answers come in a second."""
    url = f"http://{HOST}:{port}{path}"
    if (wrk := shutil.which("wrk")) is None:
        return _by_threads(port, path, headers, seconds)
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", *given, url]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=True, preexec_fn=lambda: _stay_on(max)
    )
    found = re.search(r"Requests/sec:\s*([\d.]+)", ran.stdout)
    if found is None or "Non-2xx" in ran.stdout or re.search(r"Socket errors:.*read [1-9]", ran.stdout):
        raise SystemExit(f"{url} did not answer well:\n{ran.stdout}")
    return float(found[1])


def _by_threads(port: int, path: str, headers: Mapping[str, str], seconds: int) -> float:
    counts = [0] * CONNECTIONS
    end = time.monotonic() + seconds

    def ask(place: int) -> None:
        while time.monotonic() < end:
            connection = http.client.HTTPConnection(HOST, port, timeout=START_S)
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            answer.read()
            connection.close()
            counts[place] += answer.status == 200

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


if __name__ == "__main__":
    sys.exit(main())
