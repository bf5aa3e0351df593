"""How soon the viewer stands over the grid: from the click on a tile to the frame that shows it, its module loaded and not.

One gallery, started as `make run` does; each look is one click in Chromium, on the library's first page. "open" is the first
frame in which the viewer is there; before it the server has told what is known of the photo, which is "the server" with the
line. "at rest" is the frame in which nothing moves any more and the photo is there at the screen's size.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.pages import FLAGS, chromium
from bench.shape import ROUNDS, Bar, judge, print_table
from photosky import demo

PHOTOS = 24
MAX_OPEN_MS = 500
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}
# By how much the processor is slowed, and the line (1.6 Mbit/s, 150 ms) as well. The bar is of the first two.
LOOKS = {
    "desk": (DESK, 1),
    "phone": (PHONE, 1),
    "phone, processor / 4, 1.6 Mbit/s, 150 ms": (PHONE, 4),
}
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 100_000}
# The frame after the one that was asked for has been painted.
WATCH = """() => new Promise((done) => {
  const seen = {};
  let clicked = null;
  addEventListener('click', (event) => { clicked ??= event.timeStamp; }, { capture: true, once: true });
  const look = () => {
    const now = performance.now();
    const root = document.querySelector('.pswp--open');
    if (root && clicked !== null) {
      seen.open ??= now - clicked;
      const picture = root.querySelector('.pswp__item[aria-hidden=false] img.pswp__img:not(.pswp__img--placeholder)');
      const moves = document.getAnimations().some((one) => root.contains(one.effect.target) && one.playState === 'running');
      if (picture?.complete && picture.naturalWidth && !moves && document.activeElement === root) {
        const [part] = performance.getEntriesByType('resource').filter((one) => one.initiatorType === 'fetch' && one.startTime >= clicked);
        done({ ...seen, rest: now - clicked, server: part ? part.responseStart - part.requestStart : 0 });
        return;
      }
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


def main() -> int:
    """Measure, print, and give the exit status."""
    rows, bars = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        _gallery(Path(folder)) as gallery,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name, (screen, slower_by) in LOOKS.items():
            cold, warm = _measure(browser, gallery, screen, slower_by)
            rows += [_row(name, "first", cold), _row(name, "any other", warm)]
            if slower_by == 1:
                bars.append(Bar(f"{name}: open, module loaded", _middle(warm, "open"), MAX_OPEN_MS, " ms"))
        browser.close()
    print(f"milliseconds from the click, medians of {ROUNDS}\n")
    print_table(["look", "opening", "open", "of it the server", "at rest"], rows)
    return judge(bars)


def _measure(
    browser: Browser, gallery: tuple[str, Any], screen: dict[str, Any], slower_by: int
) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """Return what the first opening of a page took, and what opening another photo took after it, each ROUNDS times."""
    cold, warm = [], []
    for turn in range(ROUNDS + 1):
        context = browser.new_context(**screen, service_workers="block")
        context.add_cookies([gallery[1]])
        page = context.new_page()
        session = context.new_cdp_session(page)
        if slower_by > 1:
            session.send("Emulation.setCPUThrottlingRate", {"rate": slower_by})
            session.send("Network.enable")
            session.send("Network.emulateNetworkConditions", SLOW)
        page.goto(gallery[0], wait_until="networkidle")
        looks = []
        for place in (0, 5):
            looks.append(_open(page, place))
            page.keyboard.press("Escape")
            page.locator(".pswp").wait_for(state="detached")
        context.close()
        if turn:
            cold.append(looks[0])
            warm.append(looks[1])
    return cold, warm


def _open(page: Page, place: int) -> dict[str, float]:
    page.evaluate(f"() => {{ window.watching = ({WATCH})(); }}")
    page.locator(".grid > li > a").nth(place).click()
    found: dict[str, float] = page.evaluate("() => window.watching")
    return found


def _row(name: str, opening: str, looks: list[dict[str, float]]) -> list[str]:
    return [name, opening, *(f"{_middle(looks, figure):.0f}" for figure in ("open", "server", "rest"))]


def _middle(looks: list[dict[str, float]], figure: str) -> float:
    return median(look[figure] for look in looks)


@contextlib.contextmanager
def _gallery(folder: Path) -> Iterator[tuple[str, Any]]:
    """Run a gallery with photographs of PHOTOSKY_PHOTOS or painted ones; yield its address and a session's cookie."""
    # Without the assertions of the test suite's plugin nothing here needs pytest.
    from tests.live_gallery import LiveGallery, running

    photos = folder / "photos"
    photos.mkdir()
    if source := os.environ.get("PHOTOSKY_PHOTOS"):
        found = sorted(Path(source).glob("*.jpg"))
        for file in found[:PHOTOS]:
            shutil.copy(file, photos)
    else:
        list(demo.paint_into(photos, PHOTOS))
    data = folder / "gallery"
    data.mkdir()
    gallery = LiveGallery(data)
    with running(gallery):
        owner = gallery.shell("from gallery.models import User; print(User.objects.get().username)").strip()
        command = [sys.executable, "manage.py", "import_photos", str(photos), "--user", owner]
        subprocess.run(command, env=gallery.environment, check=True, stdout=subprocess.DEVNULL)
        yield f"{gallery.url}/", gallery.session_cookie()


if __name__ == "__main__":
    sys.exit(main())
