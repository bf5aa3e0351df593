"""Every way of reading a library of any size, and an upload, by Django's test client; prints their figures as JSON.

The library is that of `seed_library`, and who looks is the person with most photos in it. Each request is another one
where people's are: other months, other boxes of the map, other words. Time is that of the whole request in this process;
where the engine is a server of its own, its processor time is counted, too.
"""

import gzip
import hashlib
import json
import os
import random
import resource
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import django

WARM, ROUNDS = 3, 40
FORGETFUL = 12
GUESTS_PASSWORD = "only for benchmarks"
WORLD = "-180,-85,180,85"


class Paths:
    """The addresses that are asked, each as a list through which requests go in turn."""

    def __init__(self) -> None:
        from gallery.models import Album, Image, User

        self.chance = random.Random(11)
        self.owner = User.objects.order_by("-used_bytes").first()
        if self.owner is None:
            sys.exit("There is nobody in this library.")
        images = Image.objects.owned_by(self.owner)
        first = images.oldest_first().values_list("taken_at", flat=True).first()
        last = images.newest_first().values_list("taken_at", flat=True).first()
        if first is None or last is None:
            sys.exit("There is no photo in this library.")
        self.first, self.last = first, last
        self.spots = [
            row
            for moment in self.moments(60)
            for row in images.filter(taken_at__gte=moment, cell__isnull=False)
            .oldest_first()
            .values_list("latitude", "longitude", "country")[:1]
        ]
        self.album = Album.objects.filter(owner=self.owner, title="The best of all").first()

    def moments(self, count: int) -> Iterator[datetime]:
        """Yield moments between the first photo and the last."""
        return (self.first + (self.last - self.first) * self.chance.random() for _ in range(count))

    def reading(self) -> dict[str, list[str]]:
        """Return the addresses by the name of what is read."""
        from gallery.api import pagination
        from gallery.views import cursors

        deep = self.first + (self.last - self.first) * 0.1
        largest = uuid.UUID(int=2**128 - 1)
        inside = pagination.Cursor(backwards=False, moment=cursors.at(deep, largest).place, key=largest)
        return {
            "timeline, first page": ["/"],
            "timeline, deep page": [f"/?before={cursors.at(deep, largest)}"],
            "timeline, any page": [f"/?before={cursors.at(m, largest)}" for m in self.moments(60)],
            "months": ["/photos/months/"],
            "a month": [f"/photos/{m.year}/{m.month:02}/" for m in self.moments(60)],
            "album": [f"/albums/{self.album.pk}/"] if self.album else [],
            "albums": ["/albums/"],
            "tags": ["/tags/"],
            "search, common word": ["/search/?q=camera", *(f"/search/?q={w}" for w in self._common())],
            "search, rare word": [f"/search/?q={w}" for w in ("axolotl", "zeppelin", "narwhal", "quokka")],
            "search, no match": [f"/search/?q=nothing{number}" for number in range(20)],
            "search, all old": ["/search/?q=camera:a620"],
            "search, archived": ["/search/?q=is:archived"],
            "search, archived and no match": ["/search/?q=is:archived+is:favourite+has:description+tag:nosuch"],
            "map, world": [f"/api/map/clusters/?bbox={WORLD}&zoom=2"],
            "map, box": [
                f"/api/map/clusters/?bbox={_box(row, 8 / 2**zoom)}&zoom={zoom + 5}"
                for row in self.spots
                for zoom in (self.chance.randint(0, 9),)
            ],
            "map, photos of a box": [f"/map/photos/?bbox={_box(row, 0.2)}" for row in self.spots],
            "places": ["/places/"],
            "photos of a country": sorted({f"/places/{country}/photos/" for _, _, country in self.spots}),
            "duplicates": ["/duplicates/"],
            "favourites": ["/favourites/"],
            "archive": ["/archive/"],
            "bin": ["/bin/"],
            "API, images": ["/api/images/?limit=100"],
            "API, images, deep page": [f"/api/images/?limit=100&cursor={inside}"],
            "API, changes": ["/api/changes/"],
            "admin, photos": ["/admin/gallery/image/"],
            "admin, uploads": ["/admin/gallery/upload/"],
            "admin, albums": ["/admin/gallery/album/"],
            "admin, people": ["/admin/gallery/user/"],
        }  # fmt: skip

    def _common(self) -> list[str]:
        from gallery.models import Image

        rows = Image.objects.owned_by(self.owner).newest_first()  # type: ignore[arg-type]
        return [
            model.split()[-1] for model in dict.fromkeys(rows.values_list("camera_model", flat=True)[:2000])
        ]


class Clock:
    """Takes the time of calls, in milliseconds: by the wall, and of the processor, the database's server included."""

    def __init__(self) -> None:
        from django.db import connection

        self.server: Path | None = None
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.server = Path(f"/proc/{cursor.fetchone()[0]}/stat")
        self.wall: list[float] = []
        self.own: list[float] = []
        self.servers = 0.0

    def _of_server(self) -> float:
        """Return what the server has used for us, in milliseconds; it is told in hundredths of a second."""
        if self.server is None:
            return 0.0
        fields = self.server.read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1000

    def take(self, calls: "list[Callable[[], Any]]") -> None:
        """Call one after the other."""
        before = self._of_server()
        for call in calls:
            start, used = time.perf_counter(), time.process_time()
            call()
            self.own.append((time.process_time() - used) * 1000)
            self.wall.append((time.perf_counter() - start) * 1000)
        self.servers += self._of_server() - before

    def figures(self) -> dict[str, float]:
        """Return p50 and p95 of the time, and p50 of the processor's: for a server of its own, the mean is added."""
        p95 = quantiles(self.wall, n=20)[-1] if len(self.wall) > 1 else self.wall[0]
        cpu = median(self.own) + self.servers / len(self.own)
        return {"p50_ms": median(self.wall), "p95_ms": p95, "cpu_ms": cpu}


def read(browser: Any, addresses: list[str], rounds: int) -> dict[str, float]:
    """Ask the addresses in turn and return the figures; ends the program where one does not answer with 200."""
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    cache.clear()
    answer = browser.get(addresses[0])
    if answer.status_code != 200:
        sys.exit(f"{addresses[0]} answers {answer.status_code}.")
    with CaptureQueriesContext(connection) as asked:
        browser.get(addresses[0])
    # Counted now: the next request clears the list.
    queries = len(asked)
    for number in range(WARM):
        browser.get(addresses[number % len(addresses)])
    clock = Clock()
    clock.take([lambda at=number: browser.get(addresses[at % len(addresses)]) for number in range(rounds)])  # type: ignore[misc]
    packed = len(gzip.compress(answer.content, 6)) / 1024
    anew = _forgetful(browser, addresses, min(rounds, FORGETFUL))
    forgetful = {"anew_ms": anew["p50_ms"], "anew_cpu_ms": anew["cpu_ms"]}
    return {**clock.figures(), **forgetful, "queries": queries, "kb": packed}


def _forgetful(browser: Any, addresses: list[str], rounds: int) -> dict[str, float]:
    """Return the figures of requests for which nothing was remembered."""
    from django.core.cache import cache

    clock = Clock()
    for number in range(rounds):
        cache.clear()
        clock.take([lambda at=number: browser.get(addresses[at % len(addresses)])])  # type: ignore[misc]
    return clock.figures()


def upload(browser: Any, owner: Any, rounds: int) -> dict[str, dict[str, float]]:
    """Announce files, send their bytes, finish them, and give them up again; return what start and finish took."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from gallery import objectstore
    from gallery.models import Upload, User

    files = [f"{number} {time.time_ns()}".encode() * 50 for number in range(rounds + 1)]
    announced = [
        {"filename": "IMG.jpg", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "content_type": "image/jpeg"}
        for data in files
    ]  # fmt: skip

    def post(address: str, body: Any) -> Any:
        answer = browser.post(address, json.dumps(body), content_type="application/json")
        if answer.status_code >= 300:
            sys.exit(f"{address} answers {answer.status_code}: {answer.content[:300]!r}")
        return answer

    used = User.objects.values_list("used_bytes", flat=True).get(pk=owner.pk)
    with CaptureQueriesContext(connection) as asked:
        started = post("/api/uploads/", {"files": [announced[0]]})
    announcing = len(asked)
    starting, finishing = Clock(), Clock()
    starting.take([lambda one=one: post("/api/uploads/", {"files": [one]}) for one in announced[1:]])  # type: ignore[misc]
    found = Upload.objects.filter(owner=owner, state=Upload.State.PENDING).order_by("-pk")[: rounds + 1]
    rows = {row.sha256: row for row in found}
    for data, one in zip(files, announced, strict=True):
        objectstore.put(
            rows[str(one["sha256"])].key,
            data,
            content_type="image/jpeg",
            if_absent=True,
            sha256=str(one["sha256"]),
        )
    keys = [row.pk for row in rows.values()]
    with CaptureQueriesContext(connection) as asked:
        post(f"/api/uploads/{keys[0]}/finish/", {})
    confirming = len(asked)
    finishing.take([lambda key=key: post(f"/api/uploads/{key}/finish/", {}) for key in keys[1:]])  # type: ignore[misc]
    # The library is kept for the next run as it was.
    Upload.objects.filter(pk__in=keys).delete()
    User.objects.filter(pk=owner.pk).update(used_bytes=used)
    size = len(gzip.compress(started.content, 6)) / 1024
    return {
        "upload, start": {**starting.figures(), "queries": announcing, "kb": size},
        "upload, finish": {**finishing.figures(), "queries": confirming, "kb": 0.0},
    }


def _box(row: Any, half: float) -> str:
    latitude, longitude, _ = row
    west, east = max(longitude - half, -180), min(longitude + half, 180)
    return f"{west:.4f},{max(latitude - half, -85):.4f},{east:.4f},{min(latitude + half, 85):.4f}"


def main(rounds: int, only: str) -> None:
    """Measure all of it, or what begins with the given words."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "photosky.settings")
    django.setup()
    from django.contrib.auth.hashers import make_password
    from django.test import Client
    from django.test.utils import setup_test_environment

    from gallery.models import User

    setup_test_environment()
    paths = Paths()
    browser, staff = Client(), Client()
    browser.force_login(paths.owner)  # type: ignore[arg-type]
    chief, _ = User.objects.get_or_create(
        username="chief",
        defaults={"is_staff": True, "is_superuser": True, "password": make_password(GUESTS_PASSWORD)},
    )
    staff.force_login(chief)
    figures: dict[str, dict[str, float]] = {}
    for name, addresses in paths.reading().items():
        if addresses and name.startswith(only):
            figures[name] = read(staff if name.startswith("admin") else browser, addresses, rounds)
            print(f"  {name}: {figures[name]['p50_ms']:.1f} ms", file=sys.stderr, flush=True)
    if "upload".startswith(only):
        figures |= upload(browser, paths.owner, rounds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "peak_mb": peak, "paths": figures}))


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS,
        sys.argv[2] if len(sys.argv) > 2 else "",
    )
