"""Lists: what one costs in queries is the same for ten rows and for a thousand, and no list counts or skips rows."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import (
    Album,
    AlbumImage,
    AlbumMember,
    ApiToken,
    Image,
    ImageTag,
    Invitation,
    Job,
    ShareLink,
    SimilarPair,
    SmartAlbum,
    Tag,
    Upload,
    User,
)
from tests.api_routes import operations
from tests.make import make_image

pytestmark = pytest.mark.usefixtures("signing")
SignedIn = Callable[[User], Client]
NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
FEW, MANY = 10, 1_000
KEY = uuid.UUID(int=1)


def images(owner: User, count: int, **values: object) -> list[Image]:
    """Make images of the Picos on one day of many years, each with a tag."""
    tag, _ = Tag.objects.get_or_create(owner=owner, name="ridge")
    made = Image.objects.bulk_create(
        [
            make_image(
                owner,
                save=False,
                taken_at=NOON.replace(year=2025 - number % 20) + timedelta(seconds=number),
                place=f"Place {number % 400}", country="ES", latitude=43.1 + number % 30 / 100, longitude=-4.8, cell=number * 2**40,
                **values,
            )
            for number in range(count)
        ]
    )  # fmt: skip
    ImageTag.objects.bulk_create([ImageTag(image=image, tag=tag) for image in made])
    return made


def library(owner: User, count: int) -> None:
    images(owner, count)


def binned(owner: User, count: int) -> None:
    images(owner, count, binned_at=timezone.now())


def held(owner: User, count: int) -> None:
    made = images(owner, count, held_at=timezone.now())
    Upload.objects.bulk_create(
        [
            Upload(
                owner=owner, filename="a", bytes=1, key=f"incoming/{image.pk}", image=image, guest_name="Zoe"
            )
            for image in made
        ]
    )


def alike(owner: User, count: int) -> None:
    made = images(owner, count)
    pairs = zip(made[::2], made[1::2], strict=True)
    SimilarPair.objects.bulk_create(
        [SimilarPair(owner=owner, first=one, second=other, distance=1) for one, other in pairs]
    )


def in_album(owner: User, count: int) -> None:
    album, _ = Album.objects.get_or_create(pk=KEY, owner=owner, title="All")
    AlbumImage.objects.bulk_create(
        [AlbumImage(album=album, image=image, position=at) for at, image in enumerate(images(owner, count))]
    )


def stacked(owner: User, count: int) -> None:
    top = Image.objects.filter(pk=KEY).first() or make_image(owner, id=KEY)
    images(owner, count, stacked_under=top)


def albums(owner: User, count: int) -> None:
    [image] = images(owner, 1)
    made = Album.objects.bulk_create([Album(owner=owner, title=f"Album {number}") for number in range(count)])
    AlbumImage.objects.bulk_create([AlbumImage(album=album, image=image) for album in made])


def people(count: int) -> list[User]:
    mark = uuid.uuid4().hex[:6]
    return User.objects.bulk_create([User(username=f"{mark}-{number}") for number in range(count)])


def members(owner: User, count: int) -> None:
    album, _ = Album.objects.get_or_create(pk=KEY, owner=owner, title="All")
    AlbumMember.objects.bulk_create([AlbumMember(album=album, user=user) for user in people(count)])


def tags(owner: User, count: int) -> None:
    [image] = images(owner, 1)
    mark = uuid.uuid4().hex[:6]
    names = [f"{mark} {number}" for number in range(count)]
    made = Tag.objects.bulk_create([Tag(owner=owner, name=name, slug=name) for name in names])
    ImageTag.objects.bulk_create([ImageTag(image=image, tag=tag) for tag in made])


def smart(owner: User, count: int) -> None:
    SmartAlbum.objects.bulk_create([SmartAlbum(owner=owner, title=f"{n}", query="fog") for n in range(count)])


def links(owner: User, count: int) -> None:
    album, _ = Album.objects.get_or_create(pk=KEY, owner=owner, title="All")
    rows = [ShareLink(owner=owner, album=album) for _ in range(count)]
    for row in rows:
        row.new_token()
    ShareLink.objects.bulk_create(rows)


def tokens(owner: User, count: int) -> None:
    rows = [
        ApiToken(user=owner, name="x", token_sha256=uuid.uuid4().hex, scopes="read") for _ in range(count)
    ]
    ApiToken.objects.bulk_create(rows)


def uploads(owner: User, count: int) -> None:
    Upload.objects.bulk_create(
        [
            Upload(owner=owner, filename="a.jpg", bytes=1, key=f"originals/{uuid.uuid4()}", image=image)
            for image in images(owner, count)
        ]
    )


def jobs(owner: User, count: int) -> None:
    Job.objects.bulk_create([Job(owner=owner, kind="turn", payload={}) for _ in range(count)])


def invitations(owner: User, count: int) -> None:
    rows = [Invitation(invited_by=owner, expires_at=NOON) for _ in range(count)]
    for row in rows:
        row.new_token()
    Invitation.objects.bulk_create(rows)


def accounts(owner: User, count: int) -> None:
    people(count)


LISTS: dict[str, tuple[str, Callable[[User, int], None]]] = {
    "albums_images": (f"albums/{KEY}/images/", in_album),
    "albums_list": ("albums/", albums),
    "album_members_list": (f"albums/{KEY}/members/", members),
    "bin_list": ("bin/", binned),
    "duplicates_list": ("duplicates/", alike),
    "guest_images_list": ("guest-images/", held),
    "images_list": ("images/", library),
    "images_stack": (f"images/{KEY}/stack/", stacked),
    "invitations_list": ("invitations/", invitations),
    "jobs_list": ("jobs/", jobs),
    "map_clusters": ("map/clusters/?bbox=-180,-90,180,90&zoom=2", library),
    "map_images": ("map/images/?bbox=-180,-90,180,90", library),
    "places_countries": ("places/", library),
    "places_images": ("places/ES/images/", library),
    "places_list": ("places/ES/", library),
    "search": ("search/?q=tag:ridge", library),
    "share_links_list": ("share-links/", links),
    "smart_albums_list": ("smart-albums/", smart),
    "tags_list": ("tags/", tags),
    "timeline_columns": ("timeline/columns/", library),
    "timeline_months": ("timeline/months/", library),
    "timeline_on_this_day": ("timeline/on-this-day/?date=2026-09-14", library),
    "tokens_list": ("tokens/", tokens),
    "uploads_list": ("uploads/", uploads),
    "users_list": ("users/", accounts),
}
# Not lists, though they answer with several things of one kind.
SINGLE = {"uploads_parts"}
# The feed and the log are measured by test_api_sync.py; nobody has a thousand webhooks.
ELSEWHERE = {"changes_list", "webhooks_deliveries", "webhooks_list"}


def many_of_something(operation: dict[str, object]) -> bool:
    return any(
        word in str(operation["summary"]) for word in ("List", "Search", "Cluster", "columns", "months")
    )


def test_every_list_of_the_api_is_measured() -> None:
    listed = {name for name, one in operations().items() if many_of_something(one)} - SINGLE - ELSEWHERE

    assert listed <= LISTS.keys()
    assert {name for name in operations() if name.endswith("_list")} <= LISTS.keys() | ELSEWHERE


@pytest.mark.parametrize("name", LISTS)
def test_queries_of_a_list_do_not_grow_with_its_rows(name: str, alice: User, signed_in: SignedIn) -> None:
    path, make = LISTS[name]
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    Album.objects.create(owner=alice, title="Hers")
    client, counts, sizes = signed_in(alice), [], []
    url = f"/api/{path}"

    for rows in (FEW, MANY - FEW):
        make(alice, rows)
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(url)
        assert answer.status_code == 200, answer.content[:300]
        counts.append(len(queries))
        sizes.append(len(answer.content))
        assert not [one["sql"] for one in queries if " OFFSET " in one["sql"]]

    assert counts[0] == counts[1]
    assert sizes[1] >= sizes[0]
    assert sizes[1] < 5 * 1024**2


PAGED = [
    name
    for name in LISTS
    if name != "timeline_columns"
    and "cursor" in {parameter["name"] for parameter in operations()[name].get("parameters", ())}
]


@pytest.mark.parametrize("name", PAGED)
def test_pages_of_a_list_hold_each_row_once(name: str, alice: User, signed_in: SignedIn) -> None:
    path, make = LISTS[name]
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    Album.objects.create(owner=alice, title="Hers")
    client = signed_in(alice)
    make(alice, 23)
    whole = [row["id"] for row in client.get(f"/api/{path}").json()["results"]]

    found, url = [], f"/api/{path}{'&' if '?' in path else '?'}limit=5"
    while url:
        page = client.get(url).json()
        found += [row["id"] for row in page["results"]]
        url = page["next"]

    assert found == whole
    assert len(set(found)) >= 20
