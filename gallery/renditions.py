"""Renditions: their names, their addresses, and making them. Rendering a page never asks the store for them."""

import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import IO

from django.conf import settings
from django.utils import timezone

from gallery import imaging, objectstore, originals, transitions
from gallery.crashpoints import crash_point
from gallery.models import HashBand, Image, Removal, new_token
from photosky.database import atomic_retry

# What else of a row is written when its renditions are made anew, by what the file says of itself.
Columns = Callable[[Image, imaging.Facts], dict[str, object]]

# Names change when bytes change, so browsers and caches may keep what they have for a year (RFC 8246).
CACHE_CONTROL = "public, max-age=31536000, immutable"
# Where an image's metadata tells which of its renditions moves.
MOVING = "moving"
_making = threading.Lock()


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
    return f"renditions/{token}/{recipe}/{rung}.{imaging.rung_of(rung, recipe).extension}"


def names(token: str, recipe: str = imaging.RECIPE) -> list[str]:
    """Return the names of all renditions that there may be under one token."""
    return [key(token, recipe, rung) for rung in (*imaging.LADDER, *imaging.MOVING)]


def keys(image: Image) -> list[str]:
    """Return the names of all renditions of one image."""
    return _keys(image.rendition_token, image.recipe, moving(image))


def _keys(token: str, recipe: str, moves: str) -> list[str]:
    return [key(token, recipe, rung) for rung in (*imaging.LADDER, *([moves] if moves else []))]


def moving(image: Image) -> str:
    """Return which rendition of an image moves: "clip" of a video, "anim" of an animation; "" where none does."""
    name = image.metadata.get(MOVING)
    return name if isinstance(name, str) and name in imaging.MOVING else ""


def parse(name: str) -> Name | None:
    """Return the parts of a rendition's name, None for any other key."""
    parts = name.split("/")
    if len(parts) != 4 or parts[0] != "renditions":
        return None
    return Name(parts[1], parts[2], parts[3].rpartition(".")[0])


def url(image: Image, rung: str) -> str:
    """Return the address of one rendition; derived, without asking the store."""
    return objectstore.media_url(key(image.rendition_token, image.recipe, rung))


def video_url(image: Image) -> str:
    """Return where a video is played from, by parts as the player asks for them; "" where browsers cannot play it."""
    return url(image, imaging.CLIP.name) if moving(image) == imaging.CLIP.name else ""


def animation_url(image: Image) -> str:
    """Return the address of an animation that moves; "" where it is too long, or none."""
    return url(image, imaging.ANIMATION.name) if moving(image) == imaging.ANIMATION.name else ""


def urls(images: Iterable[Image], rungs: Sequence[str]) -> list[dict[str, str]]:
    """Return for each image the addresses of the named rungs, signed in one go."""
    names = [[key(image.rendition_token, image.recipe, rung) for rung in rungs] for image in images]
    signed = iter(objectstore.media_urls([name for row in names for name in row]))
    return [{rung: next(signed) for rung in rungs} for _ in names]


def recipe() -> str:
    """Return the recipe by which every image is to be made in the end."""
    return imaging.AVIF_RECIPE if settings.AVIF else imaging.RECIPE


def build(file: IO[bytes], token: str, *, turn: int = 0, recipe: str = imaging.RECIPE) -> Built:
    """Make every rendition of an original, turned by so many degrees clockwise, and store it under the token.

    Safe to repeat: the same bytes and recipe give the same names and contents. Raises imaging.Refused where the
    bytes are no picture that can be shown, imaging.Unavailable where nothing can be decoded at all.
    """
    file.seek(0)
    kind = imaging.sniff(file.read(imaging.SNIFF_BYTES))
    if kind is not None and kind.is_video:
        return _build_video(file, kind, token, turn=turn, recipe=recipe)
    return _build_picture(file, token, turn=turn, recipe=recipe)


def _build_video(file: IO[bytes], kind: imaging.Format, token: str, *, turn: int, recipe: str) -> Built:
    """Make the ladder of a good frame, and where browsers can play the video a copy that is free of metadata."""
    from gallery.imaging import video

    found = video.inspect(file, kind)
    with tempfile.TemporaryFile(prefix="photosky-") as poster:
        poster.write(video.poster(found))
        poster.flush()
        built = _build_picture(poster, token, turn=turn, recipe=recipe)
    extra: dict[str, object] = {}
    with tempfile.TemporaryFile(prefix="photosky-") as clip:
        if video.clip(found, clip):
            objectstore.put_file(
                key(token, recipe, imaging.CLIP.name),
                clip,
                content_type=imaging.CLIP.content_type,
                cache_control=CACHE_CONTROL,
            )
            extra[MOVING] = imaging.CLIP.name
    width, height = found.facts.width, found.facts.height
    if turn in {90, 270}:
        width, height = height, width
    facts = replace(found.facts, width=width, height=height, extra=found.facts.extra | extra)
    return replace(built, facts=facts, kind="video", duration_s=found.duration_s)


def _build_picture(file: IO[bytes], token: str, *, turn: int, recipe: str) -> Built:
    with decoders().processed(file, turn=turn, recipe=recipe) as processed:
        for rendition in processed.renditions:
            objectstore.put(
                key(token, recipe, rendition.name),
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
        recipe=recipe,
    )


def decoders() -> imaging.Pool:
    """Return this process's decoding processes; none is started before it has a file to work on."""
    with _making:
        return _pool(
            settings.DECODERS, settings.DECODER_SECONDS, settings.DECODER_MEMORY_MB, settings.DECODER_MODULE
        )


@lru_cache(maxsize=1)
def _pool(size: int, seconds: int, memory_mb: int, module: str) -> imaging.Pool:
    limits = imaging.Limits(cpu_s=seconds, wall_s=2 * seconds, memory_mb=memory_mb)
    return imaging.Pool(size, limits, module=module)


def rebuild(image: Image, *, turn: int | None = None, columns: Columns | None = None) -> bool:
    """Make the renditions of an image anew from its original; return False where the image is gone or was changed.

    They are turned as the image is, or to `turn` degrees clockwise, which the row then keeps. By another recipe or
    another turn than before they get names of their own, and the former ones are removed later. `columns` says what else
    of the row is written, by what the file says of itself. Raises
    imaging.Refused, objectstore.NotFound, Altered where the original is not what was uploaded.
    """
    former_turn = image.rotation or 0
    turn = former_turn if turn is None else turn
    # A name that is about to be removed is never used again, so another recipe takes another token; so does another
    # turn, since what a name holds is kept by browsers for ever.
    same = image.recipe == recipe() and turn == former_turn
    token = image.rendition_token if same else new_token()
    with originals.fetched(image.original_key, max_bytes=image.bytes) as original:
        if original.sha256 != image.sha256:
            raise Altered(f"{image.original_key} holds other bytes than those that were uploaded.")
        built = build(original.file, token, turn=turn, recipe=recipe())
    crash_point("rebuild.stored")
    recorded = _record(image, built, token, turn, columns)
    crash_point("rebuild.recorded")
    return recorded


@atomic_retry
def _record(image: Image, built: Built, token: str, turn: int, columns: Columns | None) -> bool:
    same = Image.objects.filter(pk=image.pk, rendition_token=image.rendition_token, recipe=image.recipe)
    # Read once more: making them takes seconds, in which people go on changing what is said of it.
    image = same.first() or image
    more = columns(image, built.facts) if columns else {}
    former = keys(image)
    moves = built.facts.extra.get(MOVING, "")
    # Told anew: another version of the video's library may make of it what the former could not.
    metadata = {name: value for name, value in image.metadata.items() if name != MOVING}
    values: dict[str, object] = {
        "metadata": metadata | ({MOVING: moves} if moves else {}),
        "rendition_token": token,
        "recipe": built.recipe,
        "rotation": turn or None,
        "width": built.facts.width,
        "height": built.facts.height,
        "kind": built.kind,
        "duration_s": built.duration_s,
        "phash": built.phash,
        "color": built.color,
        "thumbhash": built.thumbhash,
        # Its pictures have other addresses now.
        "updated_at": timezone.now(),
    }
    recorded = same.update(**(values | more))
    current = _keys(token, built.recipe, str(moves))
    if not recorded:
        # Purged, or rebuilt by another: nothing may be left of what was made for nobody.
        shown = Image.objects.filter(pk=image.pk).first()
        transitions.remove_later(
            [name for name in current if shown is None or name not in keys(shown)], Removal.Reason.REPLACED
        )
    elif former != current:
        transitions.remove_later(former, Removal.Reason.REPLACED)
    if recorded and built.phash != image.phash:
        HashBand.look_again([image])
    return bool(recorded)
