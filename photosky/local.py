"""The gallery on one's own computer: `make run`, and `manage.py` beside it. Secrets are made once and kept in var/."""

import argparse
import contextlib
import getpass
import json
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from photosky import process
from photosky.embedded_s3 import EmbeddedS3, EmbeddedS3Error

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
BUCKET = "photosky"
# Commands that read or write photographs: beside a stopped gallery they start its store for as long as they run.
STORE_COMMANDS = frozenset(
    {"import_photos", "work", "fsck", "rebuild_renditions", "export_library", "import_library"}
)


def data_dir() -> Path:
    """Return the folder of this computer's gallery."""
    here = Path(__file__).resolve().parent.parent / "var"
    return Path(os.environ.get("PHOTOSKY_DATA_DIR") or here).resolve()


def state_path() -> Path:
    """Return the file that holds the local secrets; readable by its owner only."""
    return data_dir() / "local.json"


def _state() -> dict[str, Any]:
    """Return the local secrets, made on the first call."""
    path = state_path()
    if path.exists():
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return state
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = {
        "secret_key": secrets.token_urlsafe(64),
        "s3_access_key": secrets.token_hex(10).upper(),
        "s3_secret_key": secrets.token_urlsafe(30),
    }
    _keep(made)
    return made


def _keep(state: dict[str, Any]) -> None:
    temporary = state_path().with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(state, indent=2), encoding="utf-8")
    temporary.replace(state_path())


def _configure(state: dict[str, Any], endpoint: str) -> None:
    """Set what the settings read; whatever the person has set themselves stays."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "photosky.settings")
    os.environ.setdefault("PHOTOSKY_LOCAL", "true")
    os.environ.setdefault("PHOTOSKY_SECRET_KEY", state["secret_key"])
    if endpoint:
        os.environ.update(
            PHOTOSKY_BUCKET=BUCKET,
            PHOTOSKY_S3_ENDPOINT=endpoint,
            PHOTOSKY_S3_ACCESS_KEY=state["s3_access_key"],
            PHOTOSKY_S3_SECRET_KEY=state["s3_secret_key"],
        )


@contextlib.contextmanager
def _store(state: dict[str, Any]) -> Iterator[str]:
    """Run the embedded S3 server, or use the bucket that the environment names; yield the embedded one's address."""
    if os.environ.get("PHOTOSKY_BUCKET"):
        yield ""
        return
    with EmbeddedS3(data_dir() / "s3", state["s3_access_key"], state["s3_secret_key"]) as server:
        state["s3_endpoint"] = server.endpoint
        _keep(state)
        yield server.endpoint


@contextlib.contextmanager
def for_command(argv: Sequence[str]) -> Iterator[None]:
    """Set up one management command on this computer's gallery, where one exists and no other is configured."""
    configured = os.environ.get("PHOTOSKY_SECRET_KEY") or os.environ.get("PHOTOSKY_SECRET_KEY_FILE")
    if configured or not state_path().exists():
        yield
        return
    state = _state()
    with contextlib.ExitStack() as stack:
        endpoint = state.get("s3_endpoint", "") if not os.environ.get("PHOTOSKY_BUCKET") else ""
        if endpoint and len(argv) > 1 and argv[1] in STORE_COMMANDS and not _listens(endpoint):
            try:
                endpoint = stack.enter_context(_store(state))
            except EmbeddedS3Error as error:
                sys.exit(f"{error}")
        _configure(state, endpoint)
        yield


def _listens(endpoint: str) -> bool:
    host, port = endpoint.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def _listen(port: int | None) -> socket.socket:
    """Bind the asked port; without one the usual port, or a free one where that is taken."""
    wanted = [port] if port else [DEFAULT_PORT, 0]
    for candidate in wanted:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, candidate))
            # The port is ours only once somebody listens: two galleries may start at the same moment.
            listener.listen(1)
        except OSError as error:
            listener.close()
            if candidate == wanted[-1]:
                sys.exit(
                    f"Port {candidate} cannot be used: {error.strerror}. Choose another: make run PORT=8080"
                )
        else:
            return listener
    raise AssertionError("unreachable")


def _first_user() -> str:
    """Make the owner of a new gallery; return what to print about it, once."""
    from gallery.models import User

    if User.objects.exists():
        return ""
    name, password = getpass.getuser(), secrets.token_urlsafe(12)
    User.objects.create_superuser(name, password=password)
    return f"  Sign in as {name} with the password {password}\n  (shown this once; `./manage.py changepassword {name}` sets another)\n"


def _prepare(port: int, *, own_store: bool) -> str:
    """Bring database, bucket and owner up to date; return the words about a new owner.

    A bucket that somebody else set up is used as it is: its rules may serve a site as well.
    """
    import django

    django.setup()
    from django.core.management import call_command

    from gallery import objectstore

    call_command("migrate", verbosity=0, interactive=False)
    if own_store:
        objectstore.ensure_bucket([f"http://{name}:{port}" for name in (HOST, "localhost")])
    elif problem := objectstore.check():
        sys.exit(problem)
    return _first_user()


def _bring_examples(stop: threading.Event) -> None:
    """Fill the owner's library with example photos while the page is open already."""
    from gallery.importing import Found, Importer
    from gallery.models import User
    from photosky import demo

    importer = Importer(User.objects.earliest("date_joined"), make_albums=True)
    for path in demo.paint_into(data_dir() / "examples"):
        if stop.is_set():
            return
        list(importer.run([Found(path, (path.parent.name,))]))


def _serve(listener: socket.socket, welcome: str, *, with_examples: bool) -> None:
    import waitress

    from gallery import tasks, waking
    from photosky.wsgi import application

    stop = threading.Event()
    threads = [threading.Thread(target=tasks.work, args=(stop,), name="worker")]
    if with_examples:
        threads.append(threading.Thread(target=_bring_examples, args=(stop,), name="examples"))
    server = waitress.create_server(application, sockets=[listener], threads=8, channel_timeout=120)
    try:
        # From here on an interrupt at any line ends the threads; one that were left would keep the process alive.
        for thread in threads:
            thread.start()
        sys.stdout.write(
            f"\n  PhotoSky is at http://{HOST}:{listener.getsockname()[1]}/\n{welcome}  Ctrl-C stops it.\n\n"
        )
        sys.stdout.flush()
        server.run()
    finally:
        stop.set()
        waking.wake()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
        server.close()


def _on_terminate(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the gallery until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m photosky.local", description=__doc__)
    parser.add_argument("--port", type=int, help=f"the page's port (default: {DEFAULT_PORT}, or a free one)")
    parser.add_argument("--demo", action="store_true", help="fill the library with example photos")
    options = parser.parse_args()
    process.settle()
    # Said for both: a shell starts background programs with the interrupt ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _on_terminate)
    state = _state()
    try:
        listener = _listen(options.port)
        with _store(state) as endpoint:
            _configure(state, endpoint)
            welcome = _prepare(listener.getsockname()[1], own_store=bool(endpoint))
            _serve(listener, welcome, with_examples=options.demo)
    except EmbeddedS3Error as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        # Before the web server runs; it takes the interrupt itself once it does.
        pass
    sys.stdout.write("\n  Stopped. Your photos are kept.\n")


if __name__ == "__main__":
    main()
