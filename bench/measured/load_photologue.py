"""photologue's list of photos for bench.load: `application` for gunicorn, as its documentation sets it up, 100 to a page."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from bench.measured.serving import database

FOLDER = Path(os.environ["BENCH_FOLDER"])
BATCH, PAGE, SITE = 5_000, 100, 1
BASE = """<!doctype html><title>{% block title %}{% endblock %}</title>{% block content %}{% endblock %}"""

settings.configure(
    SECRET_KEY="only-for-benchmarks",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SITE_ID=SITE,
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
        "django.contrib.sites", "sortedm2m", "photologue",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    DATABASES={"default": database(FOLDER / "photologue.sqlite3")},
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    ("django.template.loaders.cached.Loader", [
                        ("django.template.loaders.locmem.Loader", {"base.html": BASE}),
                        "django.template.loaders.app_directories.Loader",
                    ])
                ]
            },
        }
    ],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    MEDIA_ROOT=FOLDER / "media",
    MEDIA_URL="/media/",
)  # fmt: skip
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.urls import include, path  # noqa: E402
from photologue.views import PhotoListView  # type: ignore[import-not-found]  # noqa: E402

urlpatterns = [
    path("photologue/photolist/", PhotoListView.as_view(paginate_by=PAGE)),
    path("photologue/", include("photologue.urls")),
]
application = WSGIHandler()


def prepare(count: int) -> None:
    """Make the tables and as many photos, and the files of the thumbnails that the page looks for."""
    from django.core.management import call_command
    from photologue.models import Photo, PhotoSize  # type: ignore[import-not-found]

    call_command("migrate", verbosity=0, interactive=False)
    PhotoSize.objects.get_or_create(name="thumbnail", defaults={"width": 400, "height": 267})
    latest = datetime(2026, 9, 14, 12, tzinfo=UTC)

    def photo(number: int) -> Any:
        name = f"IMG_{number:06}"
        added = latest - timedelta(minutes=number)
        return Photo(title=name, slug=name.lower(), image=f"photologue/photos/{name}.jpg", date_added=added)

    for begin in range(0, count, BATCH):
        made = Photo.objects.bulk_create(photo(number) for number in range(begin, min(begin + BATCH, count)))
        Photo.sites.through.objects.bulk_create(Photo.sites.through(photo=one, site_id=SITE) for one in made)
    thumbnails = FOLDER / "media" / "photologue" / "photos" / "cache"
    thumbnails.mkdir(parents=True, exist_ok=True)
    for number in range(PAGE):
        (thumbnails / f"IMG_{number:06}_thumbnail.jpg").touch()


if __name__ == "__main__":
    prepare(int(sys.argv[1]))
