"""A guest's photo is nowhere until its owner has looked at it; then it is where it belongs, with its other half."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery import access, archives, covers, jobs, objectstore, search, sharing, stacks, tags
from gallery.models import Album, Image, ImageTag, SearchEntry, Tag, Upload, User
from gallery.places import clusters, listing
from gallery.places.cells import Box, cell
from gallery.search import index
from tests.make import make_album, make_image, upload_photo

pytestmark = pytest.mark.usefixtures("s3")
WORLD = Box(-180.0, -85.0, 180.0, 85.0)
NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)


@pytest.fixture
def album(alice: User) -> Album:
    return make_album(alice, title="Wedding")


def held(owner: User, album: Album, **values: Any) -> Image:
    """Return a photo that waits for review, whatever else the library says of it already."""
    image = make_image(
        owner,
        **{
            "held_at": timezone.now(),
            "title": "Zanzibar",
            "latitude": 43.2,
            "longitude": -4.8,
            "cell": cell(43.2, -4.8),
            "country": "ES",
            "place": "Potes",
            **values,
        },
    )
    link, _ = sharing.make(owner, album=album, allow_upload=True, upload_limit_bytes=10**9)
    Upload.objects.create(
        owner=owner, album=album, share_link=link, guest_name="Ada", image=image, state=Upload.State.READY,
        filename="a.jpg", content_type="image/jpeg", bytes=1, key=f"incoming/{image.pk}",
    )  # fmt: skip
    ImageTag.objects.create(image=image, tag=Tag.objects.create(owner=owner, name="Dance"))
    # As if it had got there by some other way.
    album.add([image.pk])
    index.refresh([image.pk])
    return image


@pytest.fixture
def waiting(alice: User, album: Album) -> Image:
    return held(alice, album)


def by_search(owner: User, _: Album) -> int:
    return search.run(owner, "zanzibar").count() + search.run(owner, "tag:dance").count()


def by_album_search(owner: User, _: Album) -> int:
    return search.run(owner, "album:wedding").count()


def on_the_map(owner: User, _: Album) -> int:
    return len(clusters.clusters(owner, WORLD, 2)) + clusters.in_box(owner, WORLD).count()


def among_places(owner: User, _: Album) -> int:
    return len(list(listing.countries_of(owner)))


def counted_by_tag(owner: User, _: Album) -> int:
    return tags.counts(list(tags.of(owner))).total()


def counted_in_album(owner: User, album: Album) -> int:
    return access.entries_of(album).count() + covers.summaries(owner, [album])[album.pk].photos


def as_cover(owner: User, album: Album) -> int:
    return len(covers.of(owner, [album]))


def in_the_feed(owner: User, album: Album) -> int:
    link, _ = sharing.make(owner, album=album)
    return Client().get(f"/s/{link.plain}/feed/").content.decode().count("<item>")


def in_the_preview(owner: User, album: Album) -> int:
    link, _ = sharing.make(owner, album=album)
    return int(Client().get(f"/s/{link.plain}/preview/").status_code == 302)


def in_a_zip(owner: User, album: Album) -> int:
    link, _ = sharing.make(owner, album=album)
    try:
        return int(archives.start_for_guests(link).payload["count"])
    except archives.TooMany:
        return 0


def in_a_zip_of_ones_own(owner: User, album: Album) -> int:
    try:
        return int(
            archives.start(owner, list(album.images.values_list("pk", flat=True)), "").payload["count"]
        )
    except archives.TooMany:
        return 0


@pytest.mark.parametrize(
    "seen",
    [
        by_search, by_album_search, on_the_map, among_places, counted_by_tag, counted_in_album, as_cover,
        in_the_feed, in_the_preview, in_a_zip, in_a_zip_of_ones_own,
    ],
)  # fmt: skip
def test_photo_that_waits_is_nowhere_and_once_approved_it_is_there(
    alice: User, album: Album, waiting: Image, seen: Callable[[User, Album], int]
) -> None:
    assert seen(alice, album) == 0
    assert sharing.approve(alice, [waiting.pk]) == 1
    assert seen(alice, album) > 0


def test_zip_asked_for_before_leaves_out_what_waits(alice: User, album: Album) -> None:
    image, other = (upload_photo(alice).image for _ in range(2))
    assert image is not None
    assert other is not None
    job = archives.start(alice, [image.pk, other.pk], "")
    Image.objects.filter(pk=image.pk).update(held_at=timezone.now())
    assert jobs.work_once()
    job.refresh_from_db()
    packed = zipfile.ZipFile(io.BytesIO(objectstore.read(job.result["key"], max_bytes=10**8)))
    assert (len(packed.namelist()), job.result["missing"]) == (1, 1)


def test_approval_makes_the_words_by_which_it_is_found(alice: User, album: Album, waiting: Image) -> None:
    SearchEntry.objects.all().delete()
    album.images.remove(waiting)
    sharing.approve(alice, [waiting.pk])
    assert list(search.run(alice, "zanzibar wedding")) == [waiting]


def test_approved_film_lies_under_the_still_it_belongs_to(alice: User, album: Album) -> None:
    still = make_image(alice, filename="IMG_7.HEIC", content_type="image/heic", taken_at=NOON)
    film = held(
        alice, album, filename="IMG_7.MOV", content_type="video/quicktime", kind=Image.Kind.VIDEO,
        taken_at=NOON, duration_s=2.5,
    )  # fmt: skip
    assert stacks.join(film) == 0
    sharing.approve(alice, [film.pk])
    film.refresh_from_db()
    assert (film.stacked_under_id, film.stack_kind) == (still.pk, Image.StackKind.LIVE)
