"""Wagtail's images API over many images for bench.api and bench.load, as its documentation sets it up, and a page of them.

`application` is for gunicorn; the page shows the newest as a template does that uses Wagtail's tag for images.
"""

import os
import sys
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from bench.measured.serving import database

FOLDER = Path(os.environ["BENCH_FOLDER"])
BATCH, PAGE = 5_000, 100
# The renditions of the page, which Wagtail's documentation asks to prefetch.
SHOWN = "width-400"
TEMPLATE = (
    """{% load wagtailimages_tags %}<!doctype html><title>Gallery</title>{% for photo in page %}"""
    """<a href="{{ photo.file.url }}">{% image photo width-400 loading="lazy" %}</a>{% endfor %}"""
    """{% if page.has_next %}<a href="?page={{ page.next_page_number }}">Next</a>{% endif %}"""
)

settings.configure(
    SECRET_KEY="only-for-benchmarks",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "wagtail.contrib.redirects", "wagtail.embeds", "wagtail.sites", "wagtail.users", "wagtail.documents",
        "wagtail.images", "wagtail.search", "wagtail.admin", "wagtail.api.v2", "wagtail", "modelcluster", "taggit",
        "rest_framework", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.messages", "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "django.middleware.security.SecurityMiddleware", "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    ],
    DATABASES={"default": database(FOLDER / "wagtail.sqlite3")},
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    ("django.template.loaders.cached.Loader", [
                        ("django.template.loaders.locmem.Loader", {"gallery.html": TEMPLATE}),
                        "django.template.loaders.app_directories.Loader",
                    ])
                ]
            },
        }
    ],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    MEDIA_ROOT=FOLDER / "media",
    MEDIA_URL="/media/",
    STATIC_URL="/static/",
    WAGTAIL_SITE_NAME="Bench",
    WAGTAILADMIN_BASE_URL="http://127.0.0.1",
    WAGTAILAPI_LIMIT_MAX=100,
)  # fmt: skip
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.paginator import Paginator  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402
from wagtail.api.v2.router import WagtailAPIRouter  # type: ignore[import-not-found]  # noqa: E402
from wagtail.images.api.v2.views import ImagesAPIViewSet  # type: ignore[import-not-found]  # noqa: E402
from wagtail.images.models import Image, Rendition  # type: ignore[import-not-found]  # noqa: E402


def gallery(request: HttpRequest) -> HttpResponse:
    """Show the newest images, and others by the number of the page."""
    newest = Image.objects.prefetch_renditions(SHOWN).order_by("-created_at", "-id")
    return render(
        request, "gallery.html", {"page": Paginator(newest, PAGE).get_page(request.GET.get("page"))}
    )


router = WagtailAPIRouter("wagtailapi")
router.register_endpoint("images", ImagesAPIViewSet)
urlpatterns = [path("api/v2/", router.urls), path("gallery/", gallery)]
application = WSGIHandler()


def prepare(count: int) -> None:
    """Make the tables and as many images, each with its rendition."""
    from django.core.management import call_command
    from wagtail.models import Collection  # type: ignore[import-not-found]

    call_command("migrate", verbosity=0, interactive=False)
    root = Collection.get_first_root_node()

    def image(number: int) -> Any:
        return Image(
            title=f"IMG_{number:06}", file=f"original_images/IMG_{number:06}.jpg", width=6000, height=4000,
            file_size=4_000_000, file_hash=f"{number:040x}", collection=root,
        )  # fmt: skip

    for begin in range(0, count, BATCH):
        images = [image(number) for number in range(begin, min(begin + BATCH, count))]
        Rendition.objects.bulk_create(
            Rendition(
                image=made, filter_spec=SHOWN, file=f"images/{made.title}.{SHOWN}.jpg", width=400, height=267
            )
            for made in Image.objects.bulk_create(images)
        )


if __name__ == "__main__":
    prepare(int(sys.argv[1]))
