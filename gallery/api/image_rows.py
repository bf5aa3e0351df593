"""Showing images: each field written by hand, and what a page of them needs, fetched in one go for the fields wanted.

The framework's own fields take a millisecond for an image; these take a twentieth of it. ImageSerializer describes them
and reads what is sent.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from django.urls import reverse
from rest_framework.request import Request

from gallery import renditions
from gallery.models import Image, ImageQuerySet, ImageTag
from gallery.models.images import zone_of

RUNGS = ("h240", "h480", "l1280", "l2560")
# Stands for an image in an address that is made once for all.
NIL = str(uuid.UUID(int=0))
CAMERA = {
    "make": "camera_make", "model": "camera_model", "lens": "lens", "f_number": "f_number", "exposure_s": "exposure_s",
    "iso": "iso", "focal_length_mm": "focal_length_mm", "focal_length_35mm": "focal_length_35mm",
}  # fmt: skip
PLACE = ("region", "country", "latitude", "longitude", "altitude_m")


@dataclass(slots=True)
class Around:
    """What the images of one answer have in common: who reads it, where the site is, what was signed for them."""

    reader: uuid.UUID | None
    links: tuple[str, str, str]
    only: frozenset[str] | None = None
    signed: Mapping[uuid.UUID, dict[str, str]] = field(default_factory=dict)
    # None where they were not gathered.
    tags: Mapping[uuid.UUID, list[str]] | None = None

    @classmethod
    def of(cls, request: Request, only: frozenset[str] | None = None) -> "Around":
        """Return it for an answer to this request."""
        names = ("api:image-detail", "gallery:photo", "api:image-original")
        site = request.build_absolute_uri("/").rstrip("/")
        detail, page, original = (site + reverse(name, args=[NIL]) for name in names)
        return cls(request.user.pk, (detail, page, original), only)


def utc(moment: datetime) -> str:
    """Write a moment in UTC, exact to the second."""
    return moment.astimezone(UTC).isoformat()[:19] + "Z"


_camera_of = attrgetter(*CAMERA.values())
_place_of = attrgetter("place", *PLACE)


def _camera(image: Image, around: Around) -> dict[str, Any]:  # noqa: ARG001
    return dict(zip(CAMERA, _camera_of(image), strict=True))


def _place(image: Image, around: Around) -> dict[str, Any] | None:
    if image.owner_id != around.reader or not (image.place or image.latitude is not None):
        return None
    return dict(zip(("name", *PLACE), _place_of(image), strict=True))


def _tags(image: Image, around: Around) -> list[str]:
    if image.owner_id != around.reader:
        return []
    if around.tags is None:
        return list(image.tags.order_by("slug").values_list("name", flat=True))
    return around.tags.get(image.pk, [])


def _urls(image: Image, around: Around) -> dict[str, str]:
    return around.signed.get(image.pk) or renditions.urls([image], RUNGS)[0]


def _links(image: Image, around: Around) -> dict[str, str | None]:
    key, links = str(image.pk), around.links
    original = links[2].replace(NIL, key) if image.owner_id == around.reader else None
    return {"self": links[0].replace(NIL, key), "page": links[1].replace(NIL, key), "original": original}


def _plain(column: str) -> Callable[[Image, Around], Any]:
    return lambda image, _around: getattr(image, column)


@dataclass(frozen=True, slots=True)
class Field:
    """How one field of an image is written, and the columns that this takes."""

    write: Callable[[Image, Around], Any]
    columns: tuple[str, ...]
    is_plain: bool = False


def _column(name: str) -> Field:
    return Field(_plain(name), (name,), is_plain=True)


FIELDS: dict[str, Field] = {
    "id": Field(lambda image, _: str(image.pk), ()),
    **{
        name: _column(name)
        for name in (
            "title", "description", "filename", "bytes", "content_type", "sha256", "width", "height",
        )
    },
    "ratio": Field(lambda image, _: round(image.width / image.height, 4), ("width", "height")),
    "color": _column("color"),
    "thumbhash": _column("thumbhash"),
    "taken_at": Field(lambda image, _: utc(image.taken_at), ("taken_at",)),
    "taken_local": Field(
        lambda image, _: image.taken_at.astimezone(zone_of(image.taken_offset_minutes)).isoformat()[:19],
        ("taken_at", "taken_offset_minutes"),
    ),
    "taken_offset_minutes": _column("taken_offset_minutes"),
    "taken_source": _column("taken_source"),
    "kind": Field(lambda image, _: image.kind or Image.Kind.PHOTO.value, ("kind",)),
    "duration_s": _column("duration_s"),
    "camera": Field(_camera, tuple(CAMERA.values())),
    "place": Field(_place, ("place", *PLACE)),
    "tags": Field(_tags, ()),
    "rotation": Field(lambda image, _: image.rotation or 0, ("rotation",)),
    "is_archived": Field(
        lambda image, around: image.archived_at is not None and image.owner_id == around.reader, ("archived_at",)
    ),
    "is_favorite": Field(
        lambda image, around: image.is_favorite and image.owner_id == around.reader, ("is_favorite",)
    ),
    "is_own": Field(lambda image, around: image.owner_id == around.reader, ()),
    "created_at": Field(lambda image, _: utc(image.created_at), ("created_at",)),
    "binned_at": Field(lambda image, _: utc(image.binned_at) if image.binned_at else None, ("binned_at",)),
    "urls": Field(_urls, ("rendition_token", "recipe")),
    "links": Field(_links, ()),
}  # fmt: skip


# What stands in the row as it is shown is taken out of it in one go.
PLAIN = tuple(name for name, one in FIELDS.items() if one.is_plain)
_plain_of = attrgetter(*PLAIN)
_MADE = [(name, one.write) for name, one in FIELDS.items() if name not in PLAIN]
_EMPTY = dict.fromkeys(FIELDS)


def shown(image: Image, around: Around) -> dict[str, Any]:
    """Return the image as the API shows it to the reader."""
    if around.only is not None:
        return {name: FIELDS[name].write(image, around) for name in FIELDS if name in around.only}
    # For their order.
    members: dict[str, Any] = _EMPTY.copy()
    members.update(zip(PLAIN, _plain_of(image), strict=True))
    for name, write in _MADE:
        members[name] = write(image, around)
    return members


def columns(images: ImageQuerySet, only: frozenset[str] | None, *needed: str) -> ImageQuerySet:
    """Read no more of each row than the fields take, and what is `needed` besides."""
    return images.defer("metadata") if only is None else images.only("id", *_taken(only, needed))


def bare(images: ImageQuerySet, only: frozenset[str] | None, *needed: str) -> Any:
    """Read the same as tuples that are called as the columns are: to make an Image of each would take twice the time."""
    return images.values_list("pk", *_taken(only, needed), named=True)


def _taken(only: frozenset[str] | None, needed: Iterable[str]) -> list[str]:
    taken = [column for name, one in FIELDS.items() if only is None or name in only for column in one.columns]
    return list(dict.fromkeys(("owner_id", *taken, *needed)))


def gather(images: Sequence[Image], around: Around) -> None:
    """Fetch what all of them need for the fields wanted: tags in one query, addresses signed in one go."""
    only = around.only
    if only is None or "tags" in only:
        around.tags = _tags_of([image.pk for image in images if image.owner_id == around.reader])
    if only is None or "urls" in only:
        signed = renditions.urls(images, RUNGS)
        around.signed = {image.pk: urls for image, urls in zip(images, signed, strict=True)}


def _tags_of(images: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    found: dict[uuid.UUID, list[str]] = {}
    on = ImageTag.objects.filter(image_id__in=images).order_by("tag__slug")
    for key, name in on.values_list("image_id", "tag__name"):
        found.setdefault(key, []).append(name)
    return found


def page(
    images: Iterable[Image], request: Request, only: frozenset[str] | None = None
) -> list[dict[str, Any]]:
    """Return images as the API shows them."""
    rows, around = list(images), Around.of(request, only)
    gather(rows, around)
    return [shown(image, around) for image in rows]
