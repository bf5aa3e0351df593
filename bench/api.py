"""The list of 100 images of 100,000 over HTTP, beside Wagtail's images API and a plain ModelViewSet with page numbers.

Each runs under gunicorn with one worker on SQLite, in turns, on one processor; whoever asks has another. Ours asks who
is asking, counts it, and signs four addresses for each image; the others are open to everybody and sign nothing.
"""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median

from bench.shape import PEERS, ROOT, ROUNDS, Bar, judge, print_table

WAGTAIL, GUNICORN = "8.0.1", "23.0.0"
IMAGES, PAGE = 100_000, 100
SECONDS, CONNECTIONS = 4, 4
MIN_RATIO = 2.0
HOST, START_S = "127.0.0.1", 60


@dataclass(frozen=True, slots=True)
class Site:
    """A program under gunicorn: by which Python, which module's application, and the addresses that are asked."""

    python: Path
    module: str
    paths: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)


def main() -> int:
    """Fill three databases, ask each site in turns, print, and give the exit status."""
    ours, theirs = Path(sys.executable), _peers()
    # No static files are served here, of which the gallery would warn.
    environment = {
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(_gunicorn()))),
        "PYTHONWARNINGS": "ignore",
    }
    with tempfile.TemporaryDirectory() as folder:
        environment["BENCH_FOLDER"] = folder
        print(f"filling three databases with {IMAGES:,} images each ...", flush=True)
        token = json.loads(_run(ours, "api_photosky", environment, "prepare", str(IMAGES)))
        for module in ("api_wagtail", "api_plain"):
            _run(theirs, module, environment, str(IMAGES))
        sites = _sites(ours, theirs, token)
        taken = _measure(sites, environment)
        parts = json.loads(_run(ours, "api_photosky", environment, "where", token))
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
            theirs,
            "api_plain",
            {
                "plain ModelViewSet": "/api/pictures/",
                "plain ModelViewSet, page 900": "/api/pictures/?page=900",
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
        running = [(site, stack.enter_context(_serving(site, environment))) for site in sites]
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
    ours = rates["PhotoSky"]
    return judge(
        [
            Bar("against Wagtail's images API", ours / rates[f"Wagtail {WAGTAIL}"], MIN_RATIO, "x", at_least=True),
            Bar("against a plain ModelViewSet", ours / rates["plain ModelViewSet"], MIN_RATIO, "x", at_least=True),
        ]
    )  # fmt: skip


@contextlib.contextmanager
def _serving(site: Site, environment: Mapping[str, str]) -> Iterator[int]:
    """Run one site on the first processor, and yield its port."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
    command = [
        str(site.python), "-m", "gunicorn", "--workers", "1", "--bind", f"{HOST}:{port}", "--log-level", "warning",
        f"bench.measured.{site.module}:application",
    ]  # fmt: skip
    child = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, preexec_fn=lambda: _stay_on(min)
    )
    try:
        deadline = time.monotonic() + START_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
                break
            if child.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{site.module} does not start")
            time.sleep(0.1)
        yield port
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(START_S)


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


def _peers() -> Path:
    """Install the peers with our versions of Django and its REST framework, once, and give their Python."""
    folder = PEERS / f"wagtail-{WAGTAIL}"
    python = folder / "bin" / "python"
    if not (folder / "bin" / "gunicorn").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        same = [f"{name}=={version(name)}" for name in ("django", "djangorestframework")]
        _pip(python, f"wagtail=={WAGTAIL}", *same, f"gunicorn=={GUNICORN}")
    return python


def _gunicorn() -> Path:
    folder = PEERS / f"gunicorn-{GUNICORN}"
    if not (folder / "gunicorn").exists():
        _pip(_peers(), "--target", str(folder), f"gunicorn=={GUNICORN}")
    return folder


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)


def _run(python: Path, module: str, environment: Mapping[str, str], *arguments: str) -> str:
    command = [str(python), "-m", f"bench.measured.{module}", *arguments]
    ran = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
    )
    return ran.stdout


if __name__ == "__main__":
    sys.exit(main())
