"""Lambda's cold start, and the gallery's page of 100 photos when warm, with the real package under AWS's runtime client.

What is measured is this computer's time from the start of the runtime client to the answer. Lambda's throttled
processor and its loading of the package are not in it; the ratios are what carries over.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.shape import ROOT, ROUNDS, Bar, judge, print_table
from photosky.deployment.gateway import FrontEnd, Request
from photosky.deployment.runtime_api import LocalFunction, unpack
from tests.deployment import postgres

MAX_OF_STALE = 0.5
MAX_OF_BARE = 1.5
MAX_OF_CLIENT = 1.5
# Short turns: on a busy machine a long one meets another load than its counterpart.
WARM_TURNS, WARM_REQUESTS = 8, 15
ZIP_DATE = time.mktime((1980, 1, 1, 0, 0, 0, 0, 0, -1))
OURS = ("photosky", "gallery", "templates", "staticfiles")
BARE_SETTINGS = """\
DJANGO_SETTINGS = "bare.settings"
APP_TYPE = EXCEPTION_HANDLER = DOMAIN = BASE_PATH = SETTINGS_FILE = None
DEBUG = False
BINARY_SUPPORT = True
LOG_LEVEL = "INFO"
CONTEXT_HEADER_MAPPINGS = ENVIRONMENT_VARIABLES = AWS_EVENT_MAPPING = AWS_BOT_EVENT_MAPPING = COGNITO_TRIGGER_MAPPING = {}
API_STAGE = "production"
PROJECT_NAME = "bare"
ADDITIONAL_TEXT_MIMETYPES = []
"""
BARE_URLS = """\
from django.contrib import admin
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("admin/", admin.site.urls), path("", lambda request: HttpResponse("<h1>One page</h1>"))]
"""


def main() -> int:
    """Build what is compared, measure in turns, print, and give the exit status."""
    package, python = os.environ.get("PHOTOSKY_PACKAGE"), os.environ.get("PHOTOSKY_LAMBDA_PYTHON")
    if not package or not python or postgres.binaries() is None:
        sys.stderr.write("bench/coldstart: needs the package and PostgreSQL: run `make bench-coldstart`.\n")
        return 1
    runtime = [str(Path(python).absolute())]
    with tempfile.TemporaryDirectory(prefix="photosky-bench-") as name, postgres.running() as database:
        ours = unpack(Path(package), Path(name, "ours"))
        variables = _variables(database)
        cookie = _fill(ours, runtime, variables)
        return _measure(Path(name), ours, runtime, variables, cookie)


def _measure(folder: Path, ours: Path, runtime: list[str], variables: dict[str, str], cookie: str) -> int:
    home, gallery = Request("GET", "/"), Request("GET", "/", {"Cookie": cookie})
    with ExitStack() as running:

        def function(root: Path, handler: str) -> LocalFunction:
            return running.enter_context(LocalFunction(root, handler, runtime, variables))

        starts: dict[str, tuple[LocalFunction, Request]] = {
            "photosky": (function(ours, "photosky.lambda_web.handler"), gallery),
            "photosky, Zappa's default bytecode": (
                function(_stale(ours, folder / "stale", runtime), "photosky.lambda_web.handler"),
                gallery,
            ),
            "bare Django by Zappa": (
                function(_bare(ours, folder / "bare", runtime), "handler.lambda_handler"),
                home,
            ),
        }
        cold: dict[str, list[float]] = {name: [] for name in starts}
        for turn in range(ROUNDS + 1):
            for name, (started, request) in starts.items():
                started.stop()
                taken = _timed(started, request)
                if turn:
                    cold[name].append(taken)
        warm, client = _warm(starts["photosky"][0], gallery, ours, runtime, variables, cookie)
    return _report({name: median(times) for name, times in cold.items()}, warm, client)


def _report(cold: Mapping[str, float], warm: float, client: float) -> int:
    rows = [[name, f"{seconds * 1000:.0f}"] for name, seconds in cold.items()]
    rows += [
        ["warm, runtime client", f"{warm * 1000:.1f}"],
        ["warm, Django's test client", f"{client * 1000:.1f}"],
    ]
    print_table(["to the first page", "ms (median)"], rows)
    ours, stale, bare = cold.values()
    return judge(
        [
            Bar("cold start against stale bytecode", ours / stale, MAX_OF_STALE, "x"),
            Bar("cold start against bare Django", ours / bare, MAX_OF_BARE, "x"),
            Bar("warm page of 100 against Django's test client", warm / client, MAX_OF_CLIENT, "x"),
        ]
    )


def _variables(database: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database,
        "PHOTOSKY_SECRET_KEY": "only-for-the-benchmark-" + "x" * 40,
        "PHOTOSKY_BUCKET": "photos",
        # Signing addresses needs keys; no store is asked.
        "PHOTOSKY_S3_ACCESS_KEY": "none",
        "PHOTOSKY_S3_SECRET_KEY": "none",
        "MALLOC_ARENA_MAX": "1",
    }


def _child(root: Path, runtime: list[str], variables: Mapping[str, str], act: str, *arguments: str) -> str:
    """Run bench/measured/lambda_page.py with the Python and the package of the function; returns what it printed."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": "photosky-production",
        "AWS_REGION": "us-east-1",
        **variables,
    }
    script = ROOT / "bench" / "measured" / "lambda_page.py"
    done = subprocess.run(
        [*runtime, str(script), act, *arguments],
        env=environment,
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip().splitlines()[-1]


def _fill(root: Path, runtime: list[str], variables: Mapping[str, str]) -> str:
    return f"__Host-sessionid={_child(root, runtime, variables, 'fill')}"


def _stale(ours: Path, folder: Path, runtime: list[str]) -> Path:
    """Return a copy as Zappa packs a virtual environment that pip has compiled: bytecode, and sources dated 1980."""
    shutil.copytree(ours, folder, ignore=shutil.ignore_patterns("__pycache__"))
    now = time.time()
    for source in folder.rglob("*.py"):
        os.utime(source, (now, now))
    _compile(runtime, folder, "timestamp")
    for source in folder.rglob("*.py"):
        os.utime(source, (ZIP_DATE, ZIP_DATE))
    return folder


def _bare(ours: Path, folder: Path, runtime: list[str]) -> Path:
    """Return `django-admin startproject` with one page, under Zappa's own handler, with valid bytecode."""
    shutil.copytree(ours, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in OURS:
        shutil.rmtree(folder / name)
    (folder / "manage.py").unlink()
    command = [*runtime, "-m", "django", "startproject", "bare", str(folder)]
    subprocess.run(command, env={"PYTHONPATH": str(folder), "PATH": os.environ["PATH"]}, check=True)
    settings = folder / "bare" / "settings.py"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("DEBUG = True", "DEBUG = False").replace("ALLOWED_HOSTS = []", 'ALLOWED_HOSTS = ["*"]'),
        encoding="utf-8",
    )
    (folder / "bare" / "urls.py").write_text(BARE_URLS, encoding="utf-8")
    (folder / "zappa_settings.py").write_text(BARE_SETTINGS, encoding="utf-8")
    shutil.copy(folder / "zappa" / "handler.py", folder / "handler.py")
    _compile(runtime, folder, "unchecked-hash")
    return folder


def _compile(runtime: list[str], folder: Path, mode: str) -> None:
    """Compile with the function's Python, which need not be this one. Templates of code in it do not compile."""
    subprocess.run(
        [*runtime, "-m", "compileall", "-qq", "-f", "--invalidation-mode", mode, str(folder)], check=False
    )


def _timed(function: LocalFunction, request: Request) -> float:
    front = FrontEnd()
    started = time.perf_counter()
    response = front.response(function.invoke(front.event(request)))
    taken = time.perf_counter() - started
    if response.status != 200:
        raise SystemExit(f"{request.path} answered {response.status}:\n{function.log_text()[-3000:]}")
    return taken


def _warm(
    function: LocalFunction,
    request: Request,
    root: Path,
    runtime: list[str],
    variables: Mapping[str, str],
    cookie: str,
) -> tuple[float, float]:
    """Return the medians of the warm page by the runtime client and by Django's test client, taken in turns."""
    by_runtime, by_client = [], []
    for _ in range(WARM_TURNS):
        by_runtime += [_timed(function, request) for _ in range(WARM_REQUESTS)]
        by_client += json.loads(_child(root, runtime, variables, "client", cookie, str(WARM_REQUESTS)))
    return median(by_runtime), median(by_client)


if __name__ == "__main__":
    sys.exit(main())
