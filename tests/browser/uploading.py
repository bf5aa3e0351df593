"""What journeys of uploads share: giving the page files, being the worker, and watching what is sent."""

import base64
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, Request, Route

from gallery import tasks
from gallery.models import Upload
from tests.make import photo_bytes

# Gives the page files as a drop or the clipboard does; Playwright cannot drag them in from outside.
GIVE = """async ([kind, files]) => {
  const transfer = new DataTransfer();
  for (const [name, bytes] of files) {
    transfer.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name, { type: 'image/jpeg' }));
  }
  const options = { bubbles: true, cancelable: true };
  if (kind === 'paste') document.body.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: transfer }));
  else for (const type of ['dragover', 'drop']) dispatchEvent(new DragEvent(type, { ...options, dataTransfer: transfer }));
}"""


def give(page: Page, files: dict[str, bytes], kind: str = "drop") -> None:
    """Drop files onto the window, or paste them."""
    page.evaluate(GIVE, [kind, [[name, base64.b64encode(data).decode()] for name, data in files.items()]])


def drop_folder(page: Page, folder: Path) -> None:
    """Drop a folder onto the page, as the system's file manager does."""
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 400, "data": data})


def choose(page: Page, *files: Path) -> None:
    """Choose files on the upload page."""
    page.locator('[data-input="files"]').set_input_files([str(file) for file in files])


def photos(folder: Path, count: int) -> list[Path]:
    """Write so many small photographs into a folder of the disk."""
    folder.mkdir()
    made = [folder / f"IMG_{number:03}.jpg" for number in range(count)]
    for path in made:
        path.write_bytes(photo_bytes(96, 64))
    return made


def process(page: Page, count: int) -> None:
    """Be the worker, once this many uploads have arrived."""
    wait_until_arrived(page, count)
    while tasks.work_once():
        pass


def wait_until_arrived(page: Page, count: int) -> None:
    """Wait until this many uploads are with the workers."""
    arrived = Upload.objects.filter(state=Upload.State.PROCESSING)
    until = time.monotonic() + 60
    while arrived.count() < count and time.monotonic() < until:
        page.wait_for_timeout(100)


@dataclass
class Line:
    """The line from a page to the store: what went over it, and a valve that lets so many requests through.

    `sent` holds the addresses of requests with bytes that were answered.
    """

    page: Page
    open_for: int | None = None
    sent: list[str] = field(default_factory=list)
    held: list[Route] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("requestfinished", self._ended)
        if self.open_for is not None:
            self.page.route("**/originals/**", self._pass)

    def _pass(self, route: Route) -> None:
        if route.request.method != "PUT" or self.open_for is None or self.open_for > 0:
            if route.request.method == "PUT" and self.open_for is not None:
                self.open_for -= 1
            route.continue_()
        else:
            self.held.append(route)

    def _ended(self, request: Request) -> None:
        if request.method == "PUT":
            self.sent.append(request.url)

    def wait_until_sent(self, count: int) -> list[str]:
        """Wait until so many were answered, which a bar of sent bytes runs ahead of; return them."""
        until = time.monotonic() + 60
        while len(self.sent) < count and time.monotonic() < until:
            self.page.wait_for_timeout(50)
        return list(self.sent)

    def most_at_once(self) -> int:
        """Return how many requests to the store were under way at the same time, by the browser's own clock."""
        spans = self.page.evaluate(
            "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/originals/'))"
            ".map(({ startTime, responseEnd }) => [startTime, responseEnd])"
        )
        return max(sum(1 for start, end in spans if start <= moment < end) for moment, _ in spans)

    def open(self) -> None:
        """Let everything through from now on; what was held back is lost."""
        self.open_for = None
        for route in self.held:
            route.abort()
        self.held.clear()
