"""Takes the screenshots of this folder: every page, on a desk and a phone, light and dark (`make screenshots`).

A gallery of its own is started in a temporary folder with painted photographs, the same every time, filled with albums,
tags, links and whatever else the pages show, and ended again. `--check` takes the pages that show nothing of the hour
and compares them with the pictures that are here: to the pixel by the browser and fonts that drew those (drawn-by.txt),
else in outline.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# A file that is run finds what lies beside it, and not the project.
sys.path.insert(0, str(ROOT))

from tests.live_gallery import LiveGallery, running  # noqa: E402

QUALITY = 60
# What --check compares, how much a pixel may differ by (of 255, for it is compressed), and how many of them may differ more.
STEADY = ("photos", "photo", "albums", "album", "tags", "search", "map", "sign-in")
MAX_DIFFERENCE, MAX_SHARE = 40, 0.002
# In outline: of squares of so many pixels, by their mean.
SQUARE, MAX_SQUARES = 16, 0.05
DRAWN_BY = HERE / "drawn-by.txt"
DIFFERENT = ROOT / "build" / "screenshots"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
# The name of the picture, and the page: {…} stands for what FILL made. What follows "#" is done on the page first.
PAGES = {
    "photos": "/",
    "photos-selected": "/#select",
    "months": "/photos/months/",
    "year": "/photos/{year}/",
    "month": "/photos/{month}/",
    "day": "/photos/{day}/",
    "viewer": "/#open",
    "viewer-information": "/#open,i",
    "photo": "/p/{image}/",
    "albums": "/albums/",
    "album": "/albums/{album}/",
    "album-arrange": "/albums/{album}/arrange/",
    "album-edit": "/albums/{album}/edit/",
    "album-members": "/albums/{album}/members/",
    "album-add": "/albums/{album}/add/",
    "album-move": "/albums/{album}/move/",
    "album-delete": "/albums/{album}/delete/",
    "tags": "/tags/",
    "tag": "/tags/{tag}/",
    "tag-edit": "/tags/{tag}/edit/",
    "tag-delete": "/tags/{tag}/delete/",
    "smart-album": "/smart/{smart}/",
    "smart-edit": "/smart/{smart}/edit/",
    "search": "/search/?q=picos",
    "map": "/map/",
    "places": "/places/",
    "country": "/places/{country}/",
    "favourites": "/favourites/",
    "archive": "/archive/",
    "on-this-day": "/on-this-day/",
    "duplicates": "/duplicates/",
    "bin": "/bin/",
    "bin-empty": "/bin/empty/",
    "delete-all": "/bin/delete-all/",
    "upload": "/upload/",
    "share-new": "/share/new/?album={album}",
    "share-links": "/share/",
    "share-link": "/share/{share}/",
    "share-end": "/share/{share}/revoke/",
    "share-review": "/share/review/",
    "shared-album": "{link}",
    "shared-photo": "{link}#follow",
    "shared-closed": "{closed}",
    "shared-add": "{link}add/",
    "shared-embed": "{link}embed/",
    "menu": "/menu/",
    "keys": "/menu/keys/",
    "account": "/account/",
    "tokens": "/account/tokens/",
    "webhooks": "/account/webhooks/",
    "invitations": "/account/invitations/",
    "sessions": "/accounts/sessions/",
    "password": "/accounts/password/change/",
    "email": "/accounts/email/",
    "passkeys": "/accounts/passkeys/",
    "two-factor": "/accounts/2fa/",
    "delete-account": "/account/delete/",
    "admin": "/admin/",
    "admin-photos": "/admin/gallery/image/",
    "admin-photo": "/admin/gallery/image/{image}/change/",
    "admin-log": "/admin/gallery/auditentry/",
    "api": "/api/",
    "api-docs": "/api/docs/",
    "sign-in": "/accounts/login/",
    "password-lost": "/accounts/password/reset/",
    "offline": "/offline/",
}
SIGNED_OUT = {
    "sign-in", "password-lost", "shared-album", "shared-photo", "shared-closed", "shared-add", "shared-embed",
}  # fmt: skip


def main(wanted: list[str]) -> int:
    """Take the named pictures, or all; give the exit status. Raises SystemExit naming the pages that fail."""
    checks = "--check" in wanted
    wanted = [name for name in wanted if name != "--check"] or list(STEADY if checks else PAGES)
    if unknown := set(wanted) - set(PAGES):
        raise SystemExit(f"no such page: {', '.join(sorted(unknown))}. There are: {', '.join(PAGES)}")
    failed = []
    into = DIFFERENT if checks else HERE
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running(LiveGallery(Path(folder))) as gallery:
        made = _fill(gallery)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
            drawn_by = _drawn_by(browser)
            for screen in SCREENS:
                for scheme in ("light", "dark"):
                    failed += _take(browser, gallery, made, (screen, scheme), wanted, into)
            browser.close()
    if checks:
        failed += _different(wanted, exactly=DRAWN_BY.read_text(encoding="utf-8").strip() == drawn_by)
    elif set(STEADY) <= set(wanted):
        DRAWN_BY.write_text(f"{drawn_by}\n", encoding="utf-8")
    if failed:
        raise SystemExit("\n".join(failed))
    return 0


def _take(
    browser: Browser,
    gallery: LiveGallery,
    made: dict[str, str],
    look: tuple[str, str],
    names: list[str],
    into: Path,
) -> list[str]:
    screen, scheme = look
    cookie: Any = gallery.session_cookie()
    failed = []
    for signed_in in (True, False):
        context = browser.new_context(**SCREENS[screen], color_scheme=scheme, service_workers="block")  # type: ignore[arg-type]
        if signed_in:
            context.add_cookies([cookie])
        page = context.new_page()
        for name in names:
            if signed_in == (name not in SIGNED_OUT):
                path, _, acts = PAGES[name].format(**made).partition("#")
                answer = page.goto(f"{gallery.url}{path}")
                if answer is None or not answer.ok:
                    failed.append(f"{name}: {path} answered {answer and answer.status}")
                    continue
                _act(page, acts.split(",") if acts else [])
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(500)
                page.screenshot(path=into / f"{name}-{screen}-{scheme}.jpg", quality=QUALITY, type="jpeg")
        context.close()
    return failed


def _drawn_by(browser: Browser) -> str:
    """Return what decides how a page is drawn: the browser, and its fonts by how wide a text is in them."""
    page = browser.new_page()
    page.set_content(
        "".join(
            f"<span style='font: 100px {font}'>PhotoSky 0123</span>" for font in ("system-ui", "monospace")
        )
    )
    widths = page.locator("span").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    page.close()
    return f"Chromium {browser.version}, fonts {' '.join(f'{width:.0f}' for width in widths)}"


def _different(names: list[str], *, exactly: bool) -> list[str]:
    """Return what to say of each page that no longer looks as it did; the pictures of all others are removed again."""
    said = []
    for taken in sorted(path for name in names for path in DIFFERENT.glob(f"{name}-*-*.jpg")):
        with Image.open(taken) as new, Image.open(HERE / taken.name) as old:
            share = _share(new.convert("L"), old.convert("L"), 1 if exactly else SQUARE)
        if share > (MAX_SHARE if exactly else MAX_SQUARES):
            said.append(
                f"{taken.name}: {share:.1%} of it differs; look at {taken.relative_to(ROOT)}."
                " If it should look so: make screenshots"
            )
        else:
            taken.unlink()
    return said


def _share(new: Image.Image, old: Image.Image, square: int) -> float:
    """Return what part of the squares, of so many pixels a side, differ more than compression explains."""
    if new.size != old.size:
        return 1.0
    apart = ImageChops.difference(new.reduce(square), old.reduce(square))
    return sum(apart.histogram()[MAX_DIFFERENCE + 1 :]) / (apart.width * apart.height)


def _act(page: Page, acts: list[str]) -> None:
    for act in acts:
        if act == "open":
            page.locator(".grid a").first.click()
            page.wait_for_selector(".pswp--open")
        elif act == "follow":
            page.goto(page.locator(".grid a").first.evaluate("link => link.href"))
        elif act == "select":
            page.locator(".grid a").first.focus()
            page.keyboard.press("x")
        else:
            page.keyboard.press(act)


def _fill(gallery: LiveGallery) -> dict[str, str]:
    """Import photographs and make what the pages show; return what addresses are made of."""
    from photosky import demo

    with tempfile.TemporaryDirectory() as temporary:
        # Its name becomes that of an album.
        painted = Path(temporary, "Summer")
        painted.mkdir()
        list(demo.paint_into(painted))
        command = [sys.executable, "manage.py", "import_photos", str(painted), "--albums"]
        subprocess.run(command, cwd=ROOT, env=gallery.environment, check=True, stdout=subprocess.DEVNULL)
    made: dict[str, str] = json.loads(gallery.shell(FILL).splitlines()[-1])
    return made


FILL = """
import json
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from gallery import albums, tags
from gallery import bin as photo_bin
from gallery.models import Album, Image, ShareLink, SmartAlbum, Tag, User

owner = User.objects.get()
newest = list(Image.objects.owned_by(owner).newest_first())
keys = [image.pk for image in newest]
# Photos come in as they are ready: without an order of their own albums would show another picture each time.
for position, imported in enumerate(Album.objects.order_by("title")):
    Album.objects.filter(pk=imported.pk).update(position=position, sort=Album.Sort.OLDEST)
album = albums.create(owner, "Picos de Europa", description="A week on the ridges.")
albums.add(album, keys[: len(keys) // 2])
tags.add(owner, keys[:9], ["ridge", "evening"])
tags.add(owner, keys[5:20], ["family"])
Image.objects.filter(pk__in=keys[1:12:3]).update(is_favorite=True)
Image.objects.filter(pk__in=keys[-6:-3]).update(archived_at=timezone.now())
photo_bin.put(Image.objects.filter(pk__in=keys[-3:]))
smart = SmartAlbum.objects.create(owner=owner, title="Evenings", query="tag:evening")
link = ShareLink(owner=owner, album=album, allow_upload=True, upload_limit_bytes=1024**3)
token = link.new_token()
link.save()
closed = ShareLink(owner=owner, album=album, password=make_password("open sesame"))
closed_token = closed.new_token()
closed.save()
day = newest[0].taken_local
print(json.dumps({
    "image": str(keys[0]), "album": str(album.pk), "tag": str(Tag.objects.get(slug="ridge").pk),
    "smart": str(smart.pk), "year": f"{day:%Y}", "month": f"{day:%Y/%m}", "day": f"{day:%Y/%m/%d}",
    "country": Image.objects.exclude(country=None).exclude(country="").values_list("country", flat=True).first(),
    "link": f"/s/{token}/", "closed": f"/s/{closed_token}/", "share": str(link.pk),
}))
"""


def _chromium() -> str:
    for name in CHROMIUM:
        if found := shutil.which(name):
            return found
    raise SystemExit("Chromium is missing: install it (Debian: apt install chromium)")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
