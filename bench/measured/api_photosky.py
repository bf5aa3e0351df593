"""A gallery of many images for bench.api and bench.load, set up as a public site is, but without the redirection to https.

`application` is for gunicorn. bench.api calls `prepare` for its database and `where` for its time; bench.load calls
`library` for made-up photos of one person, and `visitor` for what they send.
"""

import io
import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

FOLDER = Path(os.environ["BENCH_FOLDER"])
PATH, QUERY = "/api/images/", "limit=100"
BATCH = 5_000
REQUESTS = 200
SAMPLE_S = 0.001
# A look at the stack counts for the part in which its innermost known frame lies.
PARTS = {
    "signing addresses": ("gallery/objectstore/media.py", "gallery/renditions.py"),
    "writing JSON": ("rest_framework/renderers.py", "rest_framework/utils/"),
    "counting requests": ("photosky/counting.py",),
    "who is asking": ("gallery/api/tokens.py",),
    "rows to fields, with their tags": ("gallery/api/image_rows.py",),
    "reading rows": ("gallery/api/pagination.py",),
    "filters and the view": ("rest_framework/", "django_filters/", "gallery/api/"),
    "middleware": ("photosky/security.py", "csp/", "django/middleware/", "corsheaders/", "whitenoise/", "allauth/"),
}  # fmt: skip
os.environ.update(
    DJANGO_SETTINGS_MODULE="photosky.settings",
    DATABASE_URL=os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{FOLDER}/photosky.sqlite3",
    PHOTOSKY_DATA_DIR=str(FOLDER),
    PHOTOSKY_SECRET_KEY="only-for-benchmarks-" + "x" * 40,
    PHOTOSKY_SITE_URL="https://photos.test",
    PHOTOSKY_ALLOWED_HOSTS="127.0.0.1,photos.test",
    PHOTOSKY_SSL_REDIRECT="false",
    PHOTOSKY_BUCKET="photos",
    # Nobody asks it anything: addresses are signed here.
    PHOTOSKY_S3_ENDPOINT="http://127.0.0.1:9",
    PHOTOSKY_S3_ACCESS_KEY="AKIABENCH",
    PHOTOSKY_S3_SECRET_KEY="only-for-benchmarks",
    PHOTOSKY_API_REQUESTS_PER_MINUTE="1000000000",
    PHOTOSKY_LOG_LEVEL="WARNING",
)

from photosky.wsgi import application  # noqa: E402

__all__ = ["application"]


def prepare(count: int) -> str:
    """Make the tables and as many images; return a token that may read them."""
    from django.core.management import call_command

    from gallery import imaging
    from gallery.models import ApiToken, Image, User, new_token

    call_command("migrate", verbosity=0, interactive=False)
    owner = User.objects.create_user("bench")
    latest = datetime(2026, 9, 14, 12, tzinfo=UTC)

    def image(number: int) -> Image:
        made = Image(
            owner=owner, original_key=f"originals/bench/{new_token()}.jpg", sha256=f"{number:064x}", bytes=4_000_000,
            filename=f"IMG_{number:06}.jpg", content_type="image/jpeg", width=6000, height=4000,
            rendition_token=new_token(), recipe=imaging.RECIPE, color="#6a7b5c", thumbhash="1QcSHQRnh493V4dIh4eXh1h4kJUI",
            camera_make="Fujifilm", camera_model="X-T5", lens="XF 16-55mm", f_number=5.6, exposure_s=0.004, iso=200,
            latitude=43.15, longitude=-4.62, place="Potes", country="ES",
        )  # fmt: skip
        made.set_taken(latest - timedelta(minutes=number), 120, Image.TakenSource.EXIF)
        return made

    for begin in range(0, count, BATCH):
        Image.objects.bulk_create(image(number) for number in range(begin, min(begin + BATCH, count)))
    return ApiToken.issue(owner, "bench", ["read"])[1]


def library(count: int) -> None:
    """Make the tables, and a library of one person."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("seed_library", images=count, users=1, public_site=True, stdout=sys.stderr)


def visitor() -> dict[str, str]:
    """Return the cookie and a new token of the person whose library it is."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from gallery.models import ApiToken, User

    # Each time: the project's may have changed since the library was made.
    call_command("collectstatic", interactive=False, verbosity=0)
    owner = User.objects.get()
    browser = Client()
    browser.force_login(owner)
    cookie = settings.SESSION_COOKIE_NAME
    return {
        "cookie": f"{cookie}={browser.cookies[cookie].value}",
        "token": ApiToken.issue(owner, "bench", ["read"])[1],
    }


def where(token: str) -> dict[str, float]:
    """Return the milliseconds of one answer by part, as a thread sees them that looks at the stack all the time."""
    ask = _asking(token)
    for _ in range(20):
        ask()
    seen: Counter[str] = Counter()
    done, main = threading.Event(), threading.get_ident()

    def look() -> None:
        while not done.wait(SAMPLE_S):
            seen[_part(sys._current_frames()[main])] += 1

    watcher = threading.Thread(target=look)
    sys.setswitchinterval(SAMPLE_S / 10)
    watcher.start()
    start = time.thread_time()
    for _ in range(REQUESTS):
        ask()
    each_ms = (time.thread_time() - start) / REQUESTS * 1000
    done.set()
    watcher.join()
    total = sum(seen.values())
    return {part: count / total * each_ms for part, count in seen.most_common()}


def _part(frame: FrameType | None) -> str:
    while frame is not None:
        file = frame.f_code.co_filename
        for part, places in PARTS.items():
            if any(place in file for place in places):
                return part
        frame = frame.f_back
    return "the rest"


def _asking(token: str) -> Callable[[], None]:
    def ask() -> None:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET", "PATH_INFO": PATH, "QUERY_STRING": QUERY, "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": f"Bearer {token}",
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
        }  # fmt: skip
        answer: Any = application(environ, _started)
        for _ in answer:
            pass
        answer.close()

    return ask


def _started(status: str, *_: Any) -> Callable[[bytes], object]:
    if not status.startswith("200"):
        raise SystemExit(f"The list answers {status}.")
    return sys.stdout.buffer.write


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["prepare", rows]:
            print(json.dumps(prepare(int(rows))))
        case ["library", rows]:
            library(int(rows))
        case ["visitor"]:
            print(json.dumps(visitor()))
        case ["where", token]:
            print(json.dumps(where(token)))
