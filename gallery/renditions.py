"""Renditions: their names, their addresses, and making them. Rendering a page never asks the store for them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gallery import imaging, objectstore, transitions
from gallery.crashpoints import crash_point
from gallery.models import Image, Removal, new_token
from photosky.database import atomic_retry

# Names change when bytes change, so browsers and caches may keep what they have for a year (RFC 8246).
CACHE_CONTROL = "public, max-age=31536000, immutable"


class Altered(Exception):
    """An original is not what was uploaded; nothing is made of it."""


@dataclass(frozen=True, slots=True)
class Built:
    """What is known of a picture once its renditions stand in the store."""

    facts: imaging.Facts
    kind: imaging.Kind
    duration_s: float | None
    phash: int | None
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


def build(data: bytes, token: str, *, turn: int = 0) -> Built:
    """Make every rendition of an original, turned by so many degrees clockwise, and store it under the token.

    Safe to repeat: the same bytes and recipe give the same names and contents. Raises imaging.Refused where the
    bytes are no picture that can be shown.
    """
    processed = imaging.process(data, turn=turn)
    for rendition in processed.renditions:
        objectstore.put(
            key(token, imaging.RECIPE, rendition.name),
            rendition.data,
            content_type=rendition.content_type,
            cache_control=CACHE_CONTROL,
            if_absent=False,
        )
        crash_point("work.rendition_stored")
    return Built(
        facts=processed.facts,
        kind=processed.kind,
        duration_s=processed.duration_s,
        phash=processed.phash,
        color=processed.colour,
        thumbhash=processed.thumbhash,
        recipe=imaging.RECIPE,
    )


def rebuild(image: Image, *, turn: int | None = None) -> bool:
    """Make the renditions of an image anew from its original; return False where the image is gone or was changed.

    They are turned as the image is, or to `turn` degrees clockwise, which the row then keeps. By another recipe or
    another turn than before they get names of their own, and the former ones are removed later. Raises
    imaging.Refused, objectstore.NotFound, Altered where the original is not what was uploaded.
    """
    former_turn = image.rotation or 0
    turn = former_turn if turn is None else turn
    data = objectstore.read(image.original_key, max_bytes=image.bytes)
    if hashlib.sha256(data).hexdigest() != image.sha256:
        raise Altered(f"{image.original_key} holds other bytes than those that were uploaded.")
    # A name that is about to be removed is never used again, so another recipe takes another token; so does another
    # turn, since what a name holds is kept by browsers for ever.
    same = image.recipe == imaging.RECIPE and turn == former_turn
    token = image.rendition_token if same else new_token()
    built = build(data, token, turn=turn)
    crash_point("rebuild.stored")
    recorded = _record(image, built, token, turn)
    crash_point("rebuild.recorded")
    return recorded


@atomic_retry
def _record(image: Image, built: Built, token: str, turn: int) -> bool:
    same = Image.objects.filter(pk=image.pk, rendition_token=image.rendition_token, recipe=image.recipe)
    former = keys(image)
    recorded = same.update(
        rendition_token=token,
        recipe=built.recipe,
        rotation=turn or None,
        width=built.facts.width,
        height=built.facts.height,
        kind=built.kind,
        duration_s=built.duration_s,
        phash=built.phash,
        color=built.color,
        thumbhash=built.thumbhash,
    )
    current = names(token, built.recipe)
    if not recorded:
        # Purged, or rebuilt by another: nothing may be left of what was made for nobody.
        shown = Image.objects.filter(pk=image.pk).first()
        transitions.remove_later(
            [name for name in current if shown is None or name not in keys(shown)], Removal.Reason.REPLACED
        )
    elif former != current:
        transitions.remove_later(former, Removal.Reason.REPLACED)
    return bool(recorded)
