"""A Lambda function on this computer: AWS's own runtime client runs the package against a small Runtime API server.

The server speaks the Runtime API of the Lambda Developer Guide ("Using the Lambda runtime API", version 2018-06-01):
one instance of the function, one invocation at a time, its limits on payloads included. What it cannot show: the
throttled processor, the read-only file system and the network of Lambda itself.
"""

import base64
import json
import os
import queue
import subprocess
import tempfile
import threading
import time
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

API = "/2018-06-01/runtime"
# Lambda quotas, "Invocation payload": what the service really counts for 6 MB.
MAX_PAYLOAD = 6_291_556
ACCOUNT = "123456789012"
LOG_TAIL = 4096


class FunctionError(Exception):
    """The invocation failed in the function; `payload` is what AWS would answer, errorType and errorMessage in it."""

    def __init__(self, payload: Mapping[str, Any]) -> None:
        super().__init__(f"{payload.get('errorType')}: {payload.get('errorMessage')}")
        self.payload = payload


class PayloadTooLarge(Exception):
    """The event is larger than Lambda takes; it never reached the function."""


@dataclass
class _Invocation:
    id: str
    payload: bytes
    deadline: float
    done: threading.Event = field(default_factory=threading.Event)
    answer: bytes = b""
    failed: bool = False


def unpack(package: Path, folder: Path) -> Path:
    """Unpack a zip as Lambda does, with the times of its entries, by which Python judges ordinary bytecode."""
    with zipfile.ZipFile(package) as archive:
        for entry in archive.infolist():
            path = archive.extract(entry, folder)
            stamp = time.mktime((*entry.date_time, 0, 0, -1))
            os.utime(path, (stamp, stamp))
    return folder


class LocalFunction:
    """A deployed function: started at the first event, and again after it ended, as Lambda does.

    `runtime` is the command of a Python that has awslambdaric and, to be honest, nothing else.
    """

    def __init__(
        self,
        task_root: Path,
        handler: str,
        runtime: Sequence[str],
        environment: Mapping[str, str],
        *,
        name: str = "photosky-production",
        timeout_s: int = 30,
        region: str = "us-east-1",
    ) -> None:
        self.task_root, self.handler, self.runtime = task_root, handler, list(runtime)
        self.name, self.timeout_s, self.region = name, timeout_s, region
        self.environment = dict(environment)
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  closed in __exit__
        self.starts = 0
        self._events: queue.Queue[_Invocation | None] = queue.Queue()
        self._running: dict[str, _Invocation] = {}
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._server = _Server(self)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._server.shutdown()
        self._server.server_close()
        self.log.close()

    def stop(self) -> None:
        """End the instance, as Lambda does with one that idles; the next event finds a cold start."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def arn(self) -> str:
        """The function's ARN, in an account of the documentation's."""
        return f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{self.name}"

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Invoke the function and return its answer. Raises FunctionError, PayloadTooLarge."""
        payload = json.dumps(event).encode()
        if len(payload) > MAX_PAYLOAD:
            raise PayloadTooLarge(f"{len(payload)} bytes are more than {MAX_PAYLOAD}.")
        with self._turn:
            invocation = _Invocation(str(uuid.uuid4()), payload, time.time() + self.timeout_s)
            self._start()
            self._running[invocation.id] = invocation
            self._events.put(invocation)
            self._wait(invocation)
            del self._running[invocation.id]
        answer = json.loads(invocation.answer or b"null")
        if invocation.failed:
            raise FunctionError(answer)
        return answer

    def log_text(self) -> str:
        """Return everything that the function has logged."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def log_tail(self) -> str:
        """Return the end of the log as the Invoke API does with LogType=Tail: 4 KB, base64."""
        return base64.b64encode(self.log_text().encode()[-LOG_TAIL:]).decode()

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.starts += 1
        # The connection of an instance that has ended still waits for an event: it must not take the new one's.
        self._events.put(None)
        self._events = queue.Queue()
        self._process = subprocess.Popen(
            [*self.runtime, "-m", "awslambdaric", self.handler],
            cwd=self.task_root,
            env=self._environment(),
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def _environment(self) -> dict[str, str]:
        """Return Lambda's variables and the function's own; nothing of this computer's."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": str(self.task_root),
            "PYTHONPATH": str(self.task_root),
            # /var/task cannot be written.
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "_HANDLER": self.handler,
            **self.environment,
        }

    def _wait(self, invocation: _Invocation) -> None:
        process = self._process
        while not invocation.done.wait(0.02):
            if process is None or process.poll() is not None:
                if invocation.done.is_set():
                    return
                self._fail(invocation, "Runtime.ExitError", "Runtime exited before it answered.")
            elif time.time() > invocation.deadline:
                self.stop()
                self._fail(invocation, "Sandbox.Timedout", f"Task timed out after {self.timeout_s} seconds")

    @staticmethod
    def _fail(invocation: _Invocation, kind: str, message: str) -> None:
        invocation.answer = json.dumps({"errorType": kind, "errorMessage": message}).encode()
        invocation.failed = True
        invocation.done.set()

    # What the server asks of the function.

    def next_event(self) -> _Invocation | None:
        """Wait for the next invocation; None tells that the asking instance has ended."""
        return self._events.get()

    def answered(self, request_id: str, body: bytes, *, failed: bool) -> int:
        """Take an answer and return the HTTP status for the runtime client."""
        invocation = self._running.get(request_id)
        if invocation is None:
            return 400
        if len(body) > MAX_PAYLOAD:
            self._fail(
                invocation,
                "Function.ResponseSizeTooLarge",
                f"Response payload size exceeded {MAX_PAYLOAD} bytes",
            )
            return 413
        invocation.answer, invocation.failed = body, failed
        invocation.done.set()
        return 202

    def start_failed(self, body: bytes) -> None:
        """Take what the client reports of a module that cannot be imported: every waiting invocation fails with it."""
        for invocation in list(self._running.values()):
            invocation.answer, invocation.failed = body, True
            invocation.done.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, function: LocalFunction) -> None:
        self.function = function
        super().__init__(("127.0.0.1", 0), _Api)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: an instance that ends takes its connection with it."""


class _Api(BaseHTTPRequestHandler):
    """The four requests of the runtime client."""

    server: _Server
    protocol_version = "HTTP/1.1"
    # A delayed acknowledgement of the small packets of loopback would be measured as the function's time.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Hand out the next event."""
        invocation = self.server.function.next_event()
        if invocation is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.server.function.arn,
            "Content-Type": "application/json",
        }
        with suppress(OSError):
            self._answer(200, invocation.payload, headers)

    def do_POST(self) -> None:
        """Take an answer or an error."""
        body = self._body()
        path = self.path.removeprefix(API).strip("/").split("/")
        if path == ["init", "error"]:
            self.server.function.start_failed(body)
            status = 202
        else:
            status = self.server.function.answered(path[1], body, failed=path[2] == "error")
        with suppress(OSError):
            self._answer(status, b'{"status":"OK"}', {"Content-Type": "application/json"})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the function's own log is what counts."""
