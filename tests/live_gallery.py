"""A whole gallery in processes of its own, as `make run` starts it, and a proxy that puts faults into the way to it."""

import contextlib
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
START_S = 60
HOST = "127.0.0.1"
# Made in one process, for each takes its time to start: the tokens that the tests need.
TOKENS = """
import json
from datetime import timedelta
from django.utils import timezone
from gallery.models import ApiToken, User
owner = User.objects.get()
issue = lambda *scopes, **values: ApiToken.issue(owner, "test", scopes, **values)[1]
past = timezone.now() - timedelta(days=1)
print(json.dumps({
    "upload": issue("upload"), "read": issue("read"), "both": issue("upload", "read"),
    "expired": issue("upload", expires_at=past),
}))
"""
# A session of its only user, as signing in makes one.
SESSION = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from gallery.models import User
owner = User.objects.get()
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(owner.pk), settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = owner.get_session_auth_hash()
session.save()
print(session.session_key)
"""
# The moment after the hour for which the killed worker had taken its upload: nobody waits that long in a test.
FORGET_LEASES = "from gallery.models import Upload; Upload.objects.update(lease_until=None)"


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


class LiveGallery:
    """One gallery on a folder of its own; `tokens` are of its only user."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.tokens: dict[str, str] = {}
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PHOTOSKY", "DJANGO"))
        }
        self._environment = {
            **kept, "PHOTOSKY_DATA_DIR": str(folder), "VIPS_CONCURRENCY": "1", "MALLOC_ARENA_MAX": "1", **environment,
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What its processes and its commands are started with."""
        return dict(self._environment)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "gallery.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "photosky.local", "--port", str(self.port)],
                cwd=ROOT, env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/healthz/").is_success:
                    break
            assert self._process.poll() is None, (self.folder / "gallery.log").read_text()
            assert time.monotonic() < deadline, "the gallery does not start"
            time.sleep(0.1)
        if not self.tokens:
            self.tokens = json.loads(self.shell(TOKENS))

    def shell(self, code: str) -> str:
        """Run Python within the gallery's Django and return what it printed."""
        command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
        ran = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def session_cookie(self) -> dict[str, str]:
        """Return the cookie of a browser in which its user is signed in, as Playwright takes it."""
        return {"name": "sessionid", "value": self.shell(SESSION).split()[-1], "url": self.url}

    @property
    def store(self) -> str:
        """The address of its object store."""
        state = json.loads((self.folder / "local.json").read_text(encoding="utf-8"))
        return str(state["s3_endpoint"])

    @property
    def store_pid(self) -> int:
        """The process of its object store."""
        state = json.loads((self.folder / "s3" / "server.json").read_text(encoding="utf-8"))
        return int(state["pid"])

    def kill(self) -> None:
        """Kill the gallery and its store at once, as a power cut would."""
        assert self._process is not None
        store = self.store_pid
        os.kill(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(store, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it cleanly."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)

    def get(self, path: str, **query: str) -> Any:
        """Ask the API as its user may read it."""
        answer = httpx.get(f"{self.url}/api/{path}", params=query, headers=self._reader, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def images(self) -> list[dict[str, Any]]:
        """Return every image of the library."""
        page, images = self.get("images/", limit="500"), []
        while True:
            images += page["results"]
            if not page["next"]:
                return images
            page = httpx.get(page["next"], headers=self._reader).json()

    def original_sha256(self, image: str) -> str:
        """Return the checksum of an original as it is read back."""
        answer = httpx.get(
            f"{self.url}/api/images/{image}/original/", headers=self._reader, follow_redirects=False
        )
        address = answer.headers.get("location") or answer.json()["url"]
        return hashlib.sha256(httpx.get(address).raise_for_status().content).hexdigest()

    @property
    def _reader(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['both']}", "Accept": "application/json"}


@dataclass(frozen=True)
class Fault:
    """What happens to one request: it gets a status (0 breaks the connection), and may take effect all the same."""

    requests: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    takes_effect: bool = False
    meanwhile: Callable[[], object] = lambda: None


class FaultProxy:
    """Passes requests on unchanged, unless a fault was planned for them; `seen` is every request that came."""

    def __init__(self) -> None:
        self.target = ""
        self.seen: list[str] = []
        self.headers_seen: list[str] = []
        self.faults: list[Fault] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer((HOST, 0), type("Handler", (_Handler,), {"proxy": self}))
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def plan(self, requests: str, status: int, times: int = 1, **how: Any) -> None:
        """Plan a fault for the next requests that match, such as "PUT /photosky/.*"."""
        self.faults += [Fault(requests, status, **how)] * times

    def count(self, requests: str) -> int:
        """Return how many requests came that match."""
        return sum(bool(re.fullmatch(requests, seen)) for seen in self.seen)

    def clear(self) -> None:
        """Forget what was planned and seen."""
        self.seen.clear()
        self.faults.clear()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def planned(self, request: str) -> Fault | None:
        """Note a request and take the fault that was planned for it."""
        with self._lock:
            self.seen.append(request)
            for fault in self.faults:
                if re.fullmatch(fault.requests, request):
                    self.faults.remove(fault)
                    return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: FaultProxy

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.proxy.headers_seen.append(str(self.headers))
        fault = self.proxy.planned(f"{self.command} {self.path}")
        if fault is None:
            self._reply(*self._pass_on(body))
            return
        if fault.takes_effect:
            self._pass_on(body)
        fault.meanwhile()
        if fault.status:
            self._reply(fault.status, fault.headers, fault.body)
        else:
            self.close_connection = True

    def _reply(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "connection", "transfer-encoding", "date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _pass_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        # The Host header stays as the client wrote it: signatures cover it.
        connection = http.client.HTTPConnection(self.proxy.target.removeprefix("http://"), timeout=60)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def log_message(self, *args: Any) -> None:
        pass


@contextlib.contextmanager
def running(gallery: LiveGallery) -> Iterator[LiveGallery]:
    """Run a gallery for the length of the block."""
    try:
        gallery.start()
        yield gallery
    finally:
        gallery.stop()
