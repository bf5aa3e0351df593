"""manage.py seed_library: a made-up library is as real ones are, whole or not there, and never among people's photos unasked."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, F, Sum
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from gallery import objectstore, search, seeding, timeline
from gallery.models import (
    Album,
    AlbumImage,
    HashBand,
    Image,
    ImageTag,
    SearchEntry,
    SimilarPair,
    Tag,
    Upload,
    User,
)
from gallery.places import cells
from gallery.search import index
from photosky.env import S3Settings
from tests.make import make_image

pytestmark = pytest.mark.django_db(transaction=True)
PHOTOS, PEOPLE = 2_000, 5


def seeded(*arguments: str, images: int = PHOTOS, users: int = PEOPLE) -> str:
    """Run the command and return what it says."""
    said = io.StringIO()
    call_command("seed_library", f"--images={images}", f"--users={users}", *arguments, stdout=said)
    return said.getvalue()


def schema() -> dict[str, Any]:
    """Return all constraints and indexes, those of the engine's own search included."""
    introspection = connection.introspection
    with connection.cursor() as cursor:
        return {
            table: introspection.get_constraints(cursor, table)
            for table in introspection.table_names(cursor)
            if table.startswith("gallery_")
        }


def test_everybody_has_photos_and_some_have_many_more_than_others() -> None:
    said = seeded()
    counted = list(
        Image.objects.values_list("owner__username").annotate(count=Count("pk")).order_by("-count")
    )
    assert sum(count for _, count in counted) == PHOTOS == Upload.objects.filter(state="ready").count()
    assert len(counted) == PEOPLE
    assert counted[0][0] == "person1"
    assert counted[0][1] > 3 * counted[-1][1]
    assert "image: 2,000" in said
    assert "person1 has the most photos" in said


def test_what_people_use_counts_the_bytes_of_their_photos() -> None:
    seeded()
    used = dict(User.objects.values_list("pk", "used_bytes"))
    assert used == dict(Image.objects.values_list("owner").annotate(sum=Sum("bytes")))


def test_photos_are_spread_over_years_cameras_places_and_states() -> None:
    seeded()
    images = Image.objects.all()
    assert len(set(images.values_list("month", flat=True))) > 60
    assert len(set(images.values_list("camera_model", flat=True))) == 6
    assert len(set(images.values_list("country", flat=True))) > 10
    assert 0 < images.filter(archived_at=None).count() < PHOTOS
    assert 0 < images.binned().count() < PHOTOS // 20
    assert images.filter(is_favorite=True).exists()
    assert images.filter(stack_kind="burst", stacked_under__owner__isnull=False).exists()
    assert images.filter(kind="video", duration_s__gt=0, content_type="video/mp4").exists()
    assert ImageTag.objects.exists()
    assert AlbumImage.objects.exists()
    assert SimilarPair.objects.exists()
    assert HashBand.objects.count() == 4 * PHOTOS


def test_each_row_says_what_the_gallery_would_have_written() -> None:
    seeded()
    texts = dict(SearchEntry.objects.values_list("image_id", "text"))
    assert len(texts) == PHOTOS
    for image in Image.objects.all():
        month, place = image.month, image.cell
        image.set_taken(image.taken_at, image.taken_offset_minutes, Image.TakenSource.EXIF)
        assert image.month == month
        located = image.latitude is not None and image.longitude is not None
        assert place == (cells.cell(image.latitude, image.longitude) if located else None)  # type: ignore[arg-type]
        assert image.country is None or located
        image.clean_fields(exclude=["owner", "stacked_under"])
    index.refresh(texts)
    again = dict(SearchEntry.objects.values_list("image_id", "text"))
    assert {key: sorted(text.split()) for key, text in texts.items()} == {
        key: sorted(text.split()) for key, text in again.items()
    }


def test_nothing_lies_with_another_owner() -> None:
    seeded()
    assert not ImageTag.objects.exclude(tag__owner=F("image__owner")).exists()
    assert not AlbumImage.objects.exclude(album__owner=F("image__owner")).exists()
    assert not Image.objects.exclude(stacked_under=None).exclude(stacked_under__owner=F("owner")).exists()
    assert Album.objects.exclude(memberships=None).exists()


def test_its_photos_are_found_and_counted_by_month() -> None:
    seeded()
    person = User.objects.get(username="person1")
    tag = Tag.objects.filter(owner=person).annotate(count=Count("images")).order_by("-count").first()
    assert tag is not None
    tagged = Image.objects.filter(owner=person, binned_at=None, tags=tag)
    assert set(search.run(person, tag.name)) >= set(tagged)
    in_timeline = Image.objects.owned_by(person).in_timeline()
    assert sum(month.photos for month in timeline.months(person)) == in_timeline.count()


def test_indexes_and_constraints_are_as_they_were() -> None:
    before = schema()
    seeded(images=50, users=2)
    assert schema() == before


def test_the_same_number_makes_the_same_library() -> None:
    seeded(images=60, users=2)
    first = list(Image.objects.order_by("filename", "sha256").values_list("sha256", "camera_model", "bytes"))
    for model in (Upload, ImageTag, AlbumImage, SimilarPair, HashBand, SearchEntry, Image, Album, Tag):
        model.objects.all().delete()
    seeded(images=60, users=2)
    again = list(Image.objects.order_by("filename", "sha256").values_list("sha256", "camera_model", "bytes"))
    assert again == first


def test_a_library_that_has_photos_is_refused_and_stays_as_it_was(alice: User) -> None:
    make_image(alice)
    with pytest.raises(CommandError, match=r"not empty.*--add"):
        seeded(images=10, users=1)
    assert Image.objects.count() == 1
    assert User.objects.count() == 1


def test_people_are_added_beside_those_who_are_there(alice: User) -> None:
    mine = make_image(alice)
    before = schema()
    seeded("--add", images=130, users=2)
    seeded("--add", images=20, users=1)
    assert schema() == before
    assert Image.objects.count() == 151
    assert list(Image.objects.filter(owner=alice)) == [mine]
    assert set(User.objects.values_list("username", flat=True)) == {"alice", "person1", "person2", "person3"}


def test_breaking_off_leaves_nothing_behind() -> None:
    before = schema()

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seeding.seed(40, 2, progress=stop)
    assert not User.objects.exists()
    assert not Image.objects.exists()
    assert schema() == before


def test_a_public_site_is_seeded_only_when_that_is_said(settings: Settings) -> None:
    settings.LOCAL = False
    with pytest.raises(CommandError, match="public site"):
        seeded(images=5, users=1)
    assert not User.objects.exists()
    seeded("--public-site", images=5, users=1)
    assert Image.objects.count() == 5


@pytest.mark.parametrize("wrong", ["--images=0", "--images=many", "--users=0", "--users=10001"])
def test_a_number_that_makes_no_library_is_refused_with_words(wrong: str) -> None:
    with pytest.raises(CommandError, match=re.escape("write a whole number from 1 to")):
        call_command("seed_library", *({"--images=5", wrong} if "users" in wrong else {wrong}))


def test_more_people_than_photos_is_a_library_too() -> None:
    seeded(images=3, users=6)
    assert Image.objects.count() == 3
    assert User.objects.count() == 6


def test_nobody_signs_in_without_a_password_and_everybody_with_it(client: Client) -> None:
    seeded("--password=harbour lantern 9", images=6, users=2)
    assert client.login(username="person2", password="harbour lantern 9")
    seeded("--add", images=6, users=1)
    assert not User.objects.get(username="person3").has_usable_password()


def test_pages_show_it(signed_in: Callable[[User], Client], signing: None) -> None:
    seeded(images=300, users=2)
    browser = signed_in(User.objects.get(username="person1"))
    for name in ("timeline", "months", "albums", "tags", "places", "duplicates", "favourites", "archive"):
        assert browser.get(reverse(f"gallery:{name}")).status_code == 200, name


def test_bytes_stand_in_the_store_where_they_are_asked_for(s3: S3Settings) -> None:
    seeded("--with-bytes", images=12, users=2)
    for image in Image.objects.all():
        kept = objectstore.head(image.original_key)
        assert kept is not None
        assert (kept.size, kept.sha256) == (image.bytes, image.sha256)
        assert objectstore.head(f"renditions/{image.rendition_token}/{image.recipe}/h240.webp") is not None
