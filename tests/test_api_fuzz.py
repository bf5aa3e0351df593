"""schemathesis over the whole description, with all of its checks: as the owner, as a stranger and as nobody.

A bounded, repeatable part of it here; `make fuzz-api` sets PHOTOSKY_FUZZ to the number of examples for each operation.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live_gallery import ROOT, LiveGallery

CONFIG = Path(__file__).parent / "schemathesis.toml"
EXAMPLES = int(os.environ.get("PHOTOSKY_FUZZ", "0"))
CSRF = "a" * 32
TIMEOUT_S = 3_600 if EXAMPLES else 1_200
# Rows of everything that an address can name, of the first person and shared with nobody.
SEED = """
import json
from django.utils import timezone
from gallery.models import *
from tests.make import make_album, make_image
owner = User.objects.get(username="root")
stranger = User.objects.create_user("stranger", "stranger@example.com", "correct horse battery staple")
images = [make_image(owner, latitude=43.1, longitude=-4.6, country="ES", place="Potes") for _ in range(6)]
albums = [make_album(owner, *images, title=f"Album {n}") for n in range(4)]
members = [AlbumMember.objects.create(album=album, user=stranger) for album in albums[:1]]
tags = [Tag.objects.create(owner=owner, name=f"tag {n}") for n in range(4)]
smart = [SmartAlbum.objects.create(owner=owner, title=f"Smart {n}", query="fog") for n in range(4)]
uploads = [
    Upload.objects.create(owner=owner, filename="a.jpg", content_type="image/jpeg", bytes=10, key=f"originals/{n}")
    for n in range(4)
]
jobs = [Job.objects.create(kind="zip", owner=owner, state="failed", payload={"title": "x", "link": "", "count": 1}) for _ in range(3)]
links = []
for album in albums:
    link = ShareLink(owner=owner, album=album)
    link.new_token()
    link.save()
    links.append(link)
tokens = [ApiToken.issue(owner, "other", ["read"])[0] for _ in range(3)]
keys = lambda rows: [str(row.pk) for row in rows]
print(json.dumps({
    "albums": keys(albums), "images": keys(images), "tags": keys(tags), "smart-albums": keys(smart),
    "uploads": keys(uploads), "jobs": keys(jobs), "zips": keys(jobs), "share-links": keys(links),
    "tokens": keys(tokens), "users": [str(stranger.pk)], "members": keys(members),
    "stranger": ApiToken.issue(stranger, "test", list(ApiToken.Scope))[1],
}))
"""
# Phases, and how many examples of each operation: what is repeated as somebody else is who may, not what may be sent.
SIZES = {
    "owner": ("examples,coverage,stateful", 2),
    "stranger": ("examples,fuzzing", 2),
    "nobody": ("examples,fuzzing", 1),
}


class Target:
    """A gallery to ask, who may ask it, and what is in it."""

    def __init__(self, gallery: LiveGallery) -> None:
        self.gallery = gallery
        self.session = gallery.session_cookie()["value"]
        self.seeded: dict[str, Any] = json.loads(gallery.shell(SEED))

    def headers(self, who: str) -> dict[str, str]:
        """Return what says who asks. A session reaches what no token does."""
        if who == "owner":
            return {"Cookie": f"sessionid={self.session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}
        return {"Authorization": f"Bearer {self.seeded['stranger']}"} if who == "stranger" else {}

    def config(self) -> str:
        """Return the configuration: of two addresses with an id, one names what is there."""
        parts = [CONFIG.read_text(encoding="utf-8")]
        for name, keys in self.seeded.items():
            if isinstance(keys, list):
                parts.append(f'[dictionaries."{name}"]\nvalues = {json.dumps(keys)}\n')
                at = f"/api/albums/.*/{name}/" if name == "members" else f"/api/{name}/"
                for parameter in ("id", "album_pk", "job_pk"):
                    whose = "albums" if parameter == "album_pk" else name
                    if (parameter == "job_pk") != (name == "zips") or (
                        parameter == "album_pk" and name != "albums"
                    ):
                        continue
                    parts.append(
                        f'[[operations]]\ninclude-path-regex = "^{at}.*{{{parameter}}}"\n'
                        f'parameters = {{ "path.{parameter}" = {{ dictionary = "{whose}", probability = 0.6 }} }}\n'
                    )
        return "\n".join(parts)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    gallery = LiveGallery(
        tmp_path_factory.mktemp("gallery"),
        PHOTOSKY_API_REQUESTS_PER_MINUTE="0",
        PHOTOSKY_API_REQUESTS_PER_MINUTE_UNKNOWN="0",
    )
    gallery.start()
    try:
        yield Target(gallery)
    finally:
        gallery.stop()


# The owner comes last: an owner may shut the stranger out.
@pytest.mark.long
@pytest.mark.parametrize("who", ["nobody", "stranger", "owner"])
def test_nothing_that_the_description_allows_or_forbids_finds_a_fault(
    who: str, target: Target, tmp_path: Path
) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(target.config(), encoding="utf-8")
    phases, examples = ("examples,coverage,fuzzing,stateful", EXAMPLES) if EXAMPLES else SIZES[who]
    headers = [
        part for name, value in target.headers(who).items() for part in ("--header", f"{name}: {value}")
    ]
    schemathesis = str(Path(sys.executable).with_name("schemathesis"))

    ran = subprocess.run(
        [
            schemathesis, "--config-file", str(config), "run", f"{target.gallery.url}/api/schema/?format=json", *headers,
            "--phases", phases, "--max-examples", str(examples), "--checks", "all", "--generation-deterministic",
            "--suppress-health-check", "all", "--continue-on-failure", "--no-color", "--output-sanitize", "true",
        ],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip

    log = (target.gallery.folder / "gallery.log").read_text(encoding="utf-8", errors="replace")
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    assert "unforeseen error" not in log
    assert "Internal Server Error" not in log
