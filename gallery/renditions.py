"""Renditions: their names, their addresses, and making them. Rendering a page never asks the store for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gallery import imaging, objectstore
from gallery.crashpoints import crash_point
from gallery.models import Image

# Names change when bytes change, so browsers and caches may keep what they have for a year (RFC 8246).
CACHE_CONTROL = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Built:
    """What is known of a picture once its renditions stand in the store."""

    facts: imaging.Facts
    color: str
    thumbhash: str
    recipe: str


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of a rendition's name."""

    token: str
    recipe: str
    rung: str


def key(token: str, recipe: str, rung: str) -> str:
    """Return the name of one rendition in the store."""
    return f"renditions/{token}/{recipe}/{rung}.{imaging.LADDER[rung].extension}"


def names(token: str, recipe: str = imaging.RECIPE) -> list[str]:
    """Return the names of all renditions under one token."""
    return [key(token, recipe, rung) for rung in imaging.LADDER]


def keys(image: Image) -> list[str]:
    """Return the names of all renditions of one image."""
    return names(image.rendition_token, image.recipe)


def parse(name: str) -> Name | None:
    """Return the parts of a rendition's name, None for any other key."""
    parts = name.split("/")
    if len(parts) != 4 or parts[0] != "renditions":
        return None
    return Name(parts[1], parts[2], parts[3].rpartition(".")[0])


def url(image: Image, rung: str) -> str:
    """Return the address of one rendition; derived, without asking the store."""
    return objectstore.media_url(key(image.rendition_token, image.recipe, rung))


def urls(images: Iterable[Image], rungs: Sequence[str]) -> list[dict[str, str]]:
    """Return for each image the addresses of the named rungs, signed in one go."""
    names = [[key(image.rendition_token, image.recipe, rung) for rung in rungs] for image in images]
    signed = iter(objectstore.media_urls([name for row in names for name in row]))
    return [{rung: next(signed) for rung in rungs} for _ in names]


def build(data: bytes, token: str) -> Built:
    """Make every rendition of an original and store it under the token.

    Safe to repeat: the same bytes and recipe give the same names and contents. Raises imaging.Refused where the
    bytes are no picture that can be shown.
    """
    processed = imaging.process(data)
    for rendition in processed.renditions:
        objectstore.put(
            key(token, imaging.RECIPE, rendition.name),
            rendition.data,
            content_type=rendition.content_type,
            cache_control=CACHE_CONTROL,
            if_absent=False,
        )
        crash_point("work.rendition_stored")
    return Built(processed.facts, processed.colour, processed.thumbhash, imaging.RECIPE)
