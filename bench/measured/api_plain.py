"""Plain ModelViewSets of Django REST framework with page numbers over many images for bench.api, for gunicorn.

One shows what is in the row and no more. The other shows as much as the gallery's list: tags, and addresses of four
renditions, which django-storages signs. Everybody may read both.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
from django.conf import settings

FOLDER = Path(os.environ["BENCH_FOLDER"])
BATCH = 5_000

settings.configure(
    SECRET_KEY="only-for-benchmarks",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
        "rest_framework",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "plain.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    MEDIA_URL="/media/",
    STORAGES={
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": "photos", "endpoint_url": "http://127.0.0.1:9", "region_name": "us-east-1",
                "access_key": "AKIABENCH", "secret_key": "only-for-benchmarks", "signature_version": "s3v4",
            },
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
        "PAGE_SIZE": 100,
    },
)  # fmt: skip
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import include, path  # noqa: E402
from rest_framework import routers, serializers, viewsets  # noqa: E402


class Picture(models.Model):
    """What the gallery shows of an image."""

    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    filename = models.CharField(max_length=255)
    h240 = models.FileField()
    h480 = models.FileField()
    l1280 = models.FileField()
    l2560 = models.FileField()
    # In the row, which spares the peer a query.
    tags = models.JSONField(default=list)
    bytes = models.BigIntegerField()
    content_type = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    color = models.CharField(max_length=7)
    thumbhash = models.CharField(max_length=40, blank=True)
    taken_at = models.DateTimeField()
    taken_offset_minutes = models.SmallIntegerField(null=True)
    taken_source = models.CharField(max_length=8)
    camera_make = models.CharField(max_length=80, blank=True)
    camera_model = models.CharField(max_length=80, blank=True)
    lens = models.CharField(max_length=120, blank=True)
    f_number = models.FloatField(null=True)
    exposure_s = models.FloatField(null=True)
    iso = models.PositiveIntegerField(null=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    place = models.CharField(max_length=120, null=True)
    country = models.CharField(max_length=2, null=True)
    is_favorite = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    binned_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "plain"
        ordering = ["-taken_at", "-id"]
        indexes = [models.Index(fields=["taken_at", "id"], name="timeline")]

    def __str__(self) -> str:
        return self.filename


class RowSerializer(serializers.ModelSerializer[Picture]):
    """What is in the row."""

    class Meta:
        model = Picture
        exclude = ("h240", "h480", "l1280", "l2560", "tags")


class PictureSerializer(serializers.ModelSerializer[Picture]):
    """All of it."""

    class Meta:
        model = Picture
        fields = "__all__"


class RowViewSet(viewsets.ModelViewSet[Picture]):
    """As the framework's tutorial writes it."""

    queryset = Picture._default_manager.all()
    serializer_class = RowSerializer


class PictureViewSet(viewsets.ModelViewSet[Picture]):
    """The same, of all of it."""

    queryset = Picture._default_manager.all()
    serializer_class = PictureSerializer


router = routers.DefaultRouter()
router.register("rows", RowViewSet, basename="row")
router.register("pictures", PictureViewSet)
urlpatterns = [path("api/", include(router.urls))]
application = WSGIHandler()


def prepare(count: int) -> None:
    """Make the tables and as many rows."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    with connection.schema_editor() as editor:
        editor.create_model(Picture)
    latest = datetime(2026, 9, 14, 12, tzinfo=UTC)

    def picture(number: int) -> Picture:
        return Picture(
            filename=f"IMG_{number:06}.jpg", h240=f"renditions/{number:032x}/r1/h240.webp",
            h480=f"renditions/{number:032x}/r1/h480.webp", l1280=f"renditions/{number:032x}/r1/l1280.webp",
            l2560=f"renditions/{number:032x}/r1/l2560.webp", bytes=4_000_000, content_type="image/jpeg", sha256=f"{number:064x}",
            width=6000, height=4000, color="#6a7b5c", thumbhash="1QcSHQRnh493V4dIh4eXh1h4kJUI",
            taken_at=latest - timedelta(minutes=number), taken_offset_minutes=120, taken_source="exif",
            camera_make="Fujifilm", camera_model="X-T5", lens="XF 16-55mm", f_number=5.6, exposure_s=0.004, iso=200,
            latitude=43.15, longitude=-4.62, place="Potes", country="ES", created_at=latest,
        )  # fmt: skip

    for begin in range(0, count, BATCH):
        Picture._default_manager.bulk_create(
            picture(number) for number in range(begin, min(begin + BATCH, count))
        )


if __name__ == "__main__":
    prepare(int(sys.argv[1]))
