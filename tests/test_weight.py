"""How much a page of a hundred photos weighs, as sent: the budgets of docs and design, in bytes after gzip."""

import gzip
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from gallery.models import Image, User
from tests.make import make_image
from tests.pages import UNREACHABLE, links, tags

KIB = 1024
STATIC = Path(__file__).parent.parent / "gallery" / "static" / "gallery"
AWS = replace(UNREACHABLE, bucket="photosky-media-123456789012", endpoint="")
# As long as those that a role on Lambda signs with.
ROLE = replace(
    AWS, session_token="".join(random.Random(7).choices("abcdefghijkLMNOPQRSTU0123456789+/", k=1000))
)


class _Plain:
    """A page as it reads after gzip is taken off."""

    def __init__(self, packed: bytes) -> None:
        self.content = gzip.decompress(packed)


@pytest.fixture
def library(alice: User) -> User:
    """Return a user with a hundred photos of ten days, of the shapes that cameras make."""
    shapes = random.Random(7)
    rows = []
    for number in range(100):
        image = make_image(alice, save=False, color=f"#{shapes.randrange(1 << 24):06x}")
        image.width, image.height = shapes.choice([(6000, 4000), (4000, 6000), (4032, 3024), (3024, 4032)])
        image.set_taken(image.taken_at - timedelta(days=number // 10), 120, Image.TakenSource.EXIF)
        rows.append(image)
    Image.objects.bulk_create(rows)
    return alice


@pytest.mark.parametrize("store", [AWS, ROLE], ids=["key", "role"])
def test_a_page_of_a_hundred_photos_is_at_most_20_kib(
    library: User, signed_in: Callable[[User], Client], settings: Settings, store: object
) -> None:
    settings.S3 = store
    response = signed_in(library).get("/", headers={"accept-encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(links(_Plain(response.content), "/p/")) == 100
    assert len(response.content) <= 20 * KIB


def test_by_a_cdn_whose_addresses_are_not_signed_it_is_at_most_12_kib_and_100_kb_before_gzip(
    library: User, signed_in: Callable[[User], Client], settings: Settings
) -> None:
    settings.S3 = replace(ROLE, media_base_url="https://d111111abcdef8.cloudfront.net")
    packed = signed_in(library).get("/", headers={"accept-encoding": "gzip"}).content
    page = _Plain(packed)
    assert b"d111111abcdef8.cloudfront.net" in page.content
    assert b"X-Amz-" not in page.content
    assert len(packed) <= 12 * KIB
    assert len(page.content) <= 100_000


@pytest.mark.parametrize("url", ["/", "/albums/", "/bin/", "/upload/"])
def test_style_sheets_of_a_page_are_at_most_8_kib(
    library: User, signed_in: Callable[[User], Client], settings: Settings, url: str
) -> None:
    settings.S3 = AWS
    page = signed_in(library).get(url)
    sheets = [tag["href"] for tag in tags(page, "link") if tag.get("rel") == "stylesheet"]
    assert sheets
    # The list of uploads brings its own when it is needed.
    assert ("upload" in " ".join(sheets)) == (url == "/upload/")
    files = {STATIC.parent / sheet.removeprefix("/static/") for sheet in sheets} | {STATIC / "css/upload.css"}
    assert sum(_weight(file) for file in files) <= 8 * KIB


def test_scripts_that_the_library_loads_at_once_are_at_most_10_kib(
    library: User, signed_in: Callable[[User], Client], settings: Settings
) -> None:
    settings.S3 = AWS
    scripts = [tag["src"] for tag in tags(signed_in(library).get("/"), "script")]
    files = [STATIC.parent / script.removeprefix("/static/") for script in scripts]
    assert files
    # What they import would be loaded at once as well.
    assert not any(line.startswith("import ") for file in files for line in file.read_text().splitlines())
    assert sum(_weight(file) for file in files) <= 10 * KIB


def test_the_upload_modules_together_are_at_most_15_kib() -> None:
    modules = sorted((STATIC / "upload").glob("*.js"))
    assert len(modules) > 5
    assert sum(_weight(module) for module in modules) <= 15 * KIB


def test_what_opening_the_viewer_fetches_is_at_most_20_kib_of_scripts() -> None:
    own = [STATIC / "js" / name for name in ("viewer.js", "part.js")]
    # Everything else is fetched when it is first wanted.
    imported = re.findall(r"^import .+ from '(.+)';", own[0].read_text(), re.MULTILINE)
    assert imported == ["../../vendor/photoswipe/photoswipe.js", "./part.js"]
    assert (
        sum(_weight(file) for file in (*own, STATIC.parent / "vendor/photoswipe/photoswipe.js")) <= 20 * KIB
    )


def test_scripts_of_others_say_which_version_they_are_and_under_which_license() -> None:
    scripts = list((STATIC.parent / "vendor").rglob("*.js"))
    assert scripts
    for script in scripts:
        assert re.match(r"/\*! .+ \d+\.\d+\.\d+\b.*, .+ license", script.read_text())
        assert (script.parent / "LICENSE").is_file()


def _weight(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 6))
