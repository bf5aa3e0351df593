"""The first page of 100 photos beside sigal's and thumbsup's pages of the same photos: weight, and time on a slow line.

Each page is opened in Chromium with nothing in its cache, from this computer, and looked at without scrolling: once
as it is, for what it weighs, and ROUNDS times over a slow line by a slow processor, for how soon it is there.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from bench.measured.static_galleries import StaticGallery, sigal, thumbsup
from bench.shape import Bar, judge, print_table, sample

PHOTOS = 100
ROUNDS = 5
CACHE = Path(__file__).resolve().parent / ".cache" / "pages"
# The profile of DESIGN.md's budget: 1.6 Mbit/s, 150 ms, a quarter of this processor.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 100_000}
SLOWER_BY = 4
QUIET_MS = 2_500
KINDS = ("Document", "Stylesheet", "Script", "Image")
MAX_LCP_MS, MAX_CLS, MAX_TBT_MS = 1_800, 0.02, 100
MAX_REQUESTS, MAX_IMAGE_KIB, MAX_CSS_KIB, MAX_JS_KIB, MAX_HTML_KIB = 45, 550, 8, 10, 20
SCREENS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1440, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 3,
        "is_mobile": True,
        "has_touch": True,
    },
}
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Largest contentful paint and layout shifts by their specifications; blocking time is what tasks take beyond 50 ms.
OBSERVE = """
window.seen = {lcp: 0, cls: 0, tbt: 0};
new PerformanceObserver((l) => { for (const e of l.getEntries()) seen.lcp = e.startTime; })
  .observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) seen.cls += e.value; })
  .observe({type: 'layout-shift', buffered: true});
new PerformanceObserver((l) => { for (const e of l.getEntries()) seen.tbt += Math.max(0, e.duration - 50); })
  .observe({type: 'longtask', buffered: true});
"""
SEEN = """() => ({...seen, ttfb: performance.getEntriesByType('navigation')[0].responseStart
  - performance.getEntriesByType('navigation')[0].requestStart})"""


@dataclass(frozen=True, slots=True)
class Weight:
    """What came over the line: how many answers, and their KiB by kind; what scripts brought once the page stood is "Later"."""

    requests: int
    kib: dict[str, float]

    @property
    def total(self) -> float:
        """All KiB."""
        return sum(self.kib.values())


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians in milliseconds; `lcp` as it was, `server` of it was the server's own time."""

    lcp: float
    cls: float
    tbt: float
    server: float


def main(arguments: list[str]) -> int:
    """Measure, print, and give the exit status; with `--draw FOLDER` be the child that draws the photographs."""
    if arguments[:1] == ["--draw"]:
        return _draw(Path(arguments[1]))
    photos = _photographs()
    rows, bars = [], []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        with _ours(Path(folder), photos) as (url, cookies):
            for screen in SCREENS:
                weight, speed = _measure(browser, url, screen, cookies)
                rows.append(_row("PhotoSky", screen, weight, speed))
                bars += _bars(screen, weight, speed)
        for peer in (sigal(), thumbsup()):
            with _static(peer, photos, Path(folder)) as url:
                rows += [_row(peer.name, screen, *_measure(browser, url, screen, [])) for screen in SCREENS]
        browser.close()
    print(f"{PHOTOS} photographs; time: medians of {ROUNDS}, 1.6 Mbit/s, 150 ms, processor / {SLOWER_BY}\n")
    head = [
        "page",
        "screen",
        "requests",
        "KiB",
        "HTML",
        "CSS",
        "JS",
        "images",
        "later",
        "LCP ms",
        "server ms",
        "CLS",
        "TBT ms",
    ]
    print_table(head, rows)
    return judge(bars)


def _bars(screen: str, weight: Weight, speed: Speed) -> list[Bar]:
    return [
        Bar(f"{screen}: requests", weight.requests, MAX_REQUESTS),
        Bar(f"{screen}: images", weight.kib["Image"], MAX_IMAGE_KIB, " KiB"),
        Bar(f"{screen}: HTML", weight.kib["Document"], MAX_HTML_KIB, " KiB"),
        Bar(f"{screen}: CSS", weight.kib["Stylesheet"], MAX_CSS_KIB, " KiB"),
        Bar(f"{screen}: JavaScript", weight.kib["Script"], MAX_JS_KIB, " KiB"),
        Bar(f"{screen}: LCP without the server's time", speed.lcp - speed.server, MAX_LCP_MS, " ms"),
        Bar(f"{screen}: CLS", speed.cls, MAX_CLS),
        Bar(f"{screen}: TBT", speed.tbt, MAX_TBT_MS, " ms"),
    ]


def _row(name: str, screen: str, weight: Weight, speed: Speed) -> list[str]:
    kinds = (f"{weight.kib[kind]:.1f}" for kind in (*KINDS, "Later"))
    times = (f"{speed.lcp:.0f}", f"{speed.server:.0f}", f"{speed.cls:.3f}", f"{speed.tbt:.0f}")
    return [name, screen, str(weight.requests), f"{weight.total:.0f}", *kinds, *times]


def _measure(browser: Browser, url: str, screen: str, cookies: list[Any]) -> tuple[Weight, Speed]:
    """Look once for the weight, and ROUNDS times over the slow line; each time with an empty cache."""
    with _visit(browser, screen, cookies) as (page, session):
        weight = _weigh(page, session, url)
    looks = []
    for _ in range(ROUNDS):
        with _visit(browser, screen, cookies) as (page, session):
            session.send("Network.emulateNetworkConditions", SLOW)
            session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_BY})
            page.add_init_script(OBSERVE)
            page.goto(url, wait_until="load", timeout=120_000)
            page.wait_for_timeout(QUIET_MS)
            looks.append(page.evaluate(SEEN))
    # The line's own delay is no server's fault; a first byte cannot come sooner than one round trip.
    server = max(median(look["ttfb"] for look in looks) - SLOW["latency"], 0)
    lcp, cls, tbt = (median(look[name] for look in looks) for name in ("lcp", "cls", "tbt"))
    return weight, Speed(lcp, cls, tbt, server)


def _weigh(page: Page, session: CDPSession, url: str) -> Weight:
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    asked: dict[str, float] = {}
    stood: list[float] = []
    session.on(
        "Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event["timestamp"]})
    )
    session.on("Page.loadEventFired", lambda event: stood.append(event["timestamp"]))
    session.send("Page.enable")
    page.goto(url, wait_until="load")
    page.wait_for_timeout(QUIET_MS)
    kib = dict.fromkeys((*KINDS, "Later"), 0.0)
    for request, size in sizes.items():
        kind = kinds.get(request, "Other")
        kind = "Later" if asked[request] > stood[0] and kind != "Image" else kind
        kib[kind] = kib.get(kind, 0.0) + size / 1024
    return Weight(len(sizes), kib)


@contextlib.contextmanager
def _visit(browser: Browser, screen: str, cookies: list[Any]) -> Iterator[tuple[Page, CDPSession]]:
    context: BrowserContext = browser.new_context(**SCREENS[screen])
    context.add_cookies(cookies)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    yield page, session
    context.close()


@contextlib.contextmanager
def _ours(folder: Path, photos: Path) -> Iterator[tuple[str, list[Any]]]:
    """Run a gallery as `make run` does, import the photographs, and yield its address and a session's cookie."""
    # Without the assertions of the test suite's plugin nothing here needs pytest.
    from tests.live_gallery import LiveGallery, running

    data = folder / "gallery"
    data.mkdir()
    # As it is deployed, and as the peers are served below: compressed.
    static = {"PHOTOSKY_STATIC_ROOT": str(folder / "static")}
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
    subprocess.run(collect, env={**os.environ, **static}, check=True)
    gallery = LiveGallery(data, **static)
    with running(gallery):
        owner = gallery.shell("from gallery.models import User; print(User.objects.get().username)").strip()
        environment = {**os.environ, "PHOTOSKY_DATA_DIR": str(data)}
        command = [sys.executable, "manage.py", "import_photos", str(photos), "--user", owner]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        yield f"{gallery.url}/", [gallery.session_cookie()]


@contextlib.contextmanager
def _static(peer: StaticGallery, photos: Path, folder: Path) -> Iterator[str]:
    """Build a peer's pages and serve them compressed, as a well-kept web server would."""
    import waitress
    from whitenoise import WhiteNoise
    from whitenoise.compress import main as compress

    pages = folder / peer.name.partition(" ")[0]
    subprocess.run(peer.building(photos, pages), check=True, stdout=subprocess.DEVNULL, cwd=folder)
    compress(["--quiet", str(pages)])
    application = WhiteNoise(_nothing, root=pages, index_file=True)
    server = waitress.create_server(application, host="127.0.0.1", port=0, threads=8)
    threading.Thread(target=server.run, daemon=True).start()
    url = f"http://127.0.0.1:{server.effective_port}/"
    urllib.request.urlopen(url).read()
    yield url
    server.close()


def _nothing(environ: dict[str, Any], start_response: Any) -> list[bytes]:  # noqa: ARG001
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b""]


def _photographs() -> Path:
    """Return a folder of PHOTOS photographs: pieces of those in PHOTOSKY_PHOTOS, or painted ones."""
    kind = "real" if os.environ.get("PHOTOSKY_PHOTOS") else "painted"
    folder = CACHE / kind
    if len(list(folder.glob("*.jpg"))) < PHOTOS:
        sample([sys.executable, "-m", "bench.pages", "--draw", str(folder)])
    # Ten days in ten months: with headings between the rows, and the months at the side.
    for number, photo in enumerate(sorted(folder.glob("*.jpg"))):
        taken = datetime(2025, 10 - number * 10 // PHOTOS, 14, 12, tzinfo=UTC) - timedelta(minutes=number)
        os.utime(photo, (taken.timestamp(), taken.timestamp()))
    return folder


def _draw(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    source = os.environ.get("PHOTOSKY_PHOTOS")
    draw = _pieces(sorted(Path(source).glob("*.jpg"))) if source else _paintings()
    for number, data in zip(range(PHOTOS), draw, strict=False):
        (folder / f"IMG_{number:04}.jpg").write_bytes(data)
    return 0


def _paintings() -> Iterator[bytes]:
    from photosky.demo import paint, scenes

    yield from map(paint, scenes(PHOTOS))


def _pieces(sources: list[Path]) -> Iterator[bytes]:
    """Cut pieces in the shapes of photographs, each at another place and size, and scale them to 3,000 pixels."""
    import random

    import pyvips

    chance = random.Random(7)  # the same pieces every time
    while True:
        for source in sources:
            picture = pyvips.Image.new_from_file(str(source)).autorot()
            ratio = chance.choice((1.5, 1.5, 4 / 3, 2 / 3, 3 / 4, 1))
            width = min(picture.width, int(picture.height * ratio)) * chance.uniform(0.55, 0.95)
            height = width / ratio
            left = chance.uniform(0, picture.width - width)
            top = chance.uniform(0, picture.height - height)
            piece = picture.crop(int(left), int(top), int(width), int(height))
            scaled = piece.thumbnail_image(3000, height=3000)
            yield scaled.jpegsave_buffer(Q=90, keep="icc")


def chromium() -> str:
    """Return the browser that is installed; raises SystemExit naming the remedy."""
    import shutil

    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    raise SystemExit("Chromium is missing: install it (Debian: apt install chromium)")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
