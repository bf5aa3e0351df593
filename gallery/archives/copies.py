"""What guests may keep of a photo: its original where that is allowed, else a copy without private metadata."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache

from gallery import imaging, objectstore, originals, renditions
from gallery.archives.stripping import CannotStrip, strip
from gallery.models import Image, Removal, new_token
from gallery.transitions import remove_later

logger = logging.getLogger(__name__)

# What is stripped is read into memory at once: photos are smaller, and what is not goes as its largest rendition.
MAX_BYTES = 200 * 1024**2
# How long a copy is offered again, and when it is removed: well after the last address that was signed for it.
OFFERED = timedelta(hours=12)
KEPT = timedelta(hours=30)
FALLBACK = "l2560"
_STRIPPED = frozenset({"image/jpeg", "image/png", "image/webp"})
# Degrees clockwise by which each EXIF orientation turns what is stored; the mirrored ones are mirrored first.
_TURNS = {1: 0, 6: 90, 3: 180, 8: 270}
_MIRRORED = {2: 0, 7: 90, 4: 180, 5: 270}


@dataclass(frozen=True, slots=True)
class Copy:
    """The bytes of a copy, and of which type they are."""

    data: bytes
    content_type: str

    @property
    def extension(self) -> str:
        """The ending of a file that holds them."""
        return {"image/jpeg": "jpg", "image/png": "png", "image/avif": "avif"}.get(self.content_type, "webp")


def stored_key(image: Image) -> str:
    """Return the rendition that is the copy of what moves, or of a video that no browser plays; "" for all else."""
    if rung := renditions.moving(image) or (FALLBACK if image.is_video else ""):
        return renditions.key(image.rendition_token, image.recipe, rung)
    return ""


def copy_of(image: Image) -> Copy:
    """Return a picture's copy without private metadata, of full size: without loss where that is possible.

    Else it is encoded anew, and where that cannot be done, it is the largest rendition. For the worker: it may decode.
    Raises objectstore.NotFound where the original is gone.
    """
    return _stripped(image) or _encoded(image) or _largest(image)


def copy_key(image: Image) -> str:
    """Return where such a copy stands in the bucket for the next hours; "" where one has to be decoded for, by the worker."""
    if key := stored_key(image) or cache.get(_known(image)):
        return str(key)
    made = _stripped(image)
    return _put(image, made) if made else ""


def made_key(image: Image) -> str:
    """Return the same, made with all the worker's means."""
    return copy_key(image) or _put(image, copy_of(image))


def _stripped(image: Image) -> Copy | None:
    if image.content_type not in _STRIPPED or image.bytes > MAX_BYTES:
        return None
    data = objectstore.read(image.original_key, max_bytes=image.bytes)
    try:
        return Copy(strip(data, image.content_type, turned(image)), image.content_type)
    except CannotStrip as reason:
        logger.info("copy is not the picture as stored image=%s reason=%s", image.pk, reason)
        return None


def _encoded(image: Image) -> Copy | None:
    """Decode the original where a file can do no harm, and encode all of it."""
    whole, turn = imaging.WHOLE, image.rotation or 0
    try:
        with (
            originals.fetched(image.original_key, max_bytes=image.bytes) as original,
            renditions.decoders().processed(original.file, turn=turn, recipe=whole.name) as made,
        ):
            return Copy(next(iter(made.renditions)).data, whole.content_type)
    except imaging.Refused as reason:
        logger.info("copy is a rendition image=%s reason=%s", image.pk, reason.code)
        return None


def _largest(image: Image) -> Copy:
    key = renditions.key(image.rendition_token, image.recipe, FALLBACK)
    content_type = imaging.rung_of(FALLBACK, image.recipe).content_type
    return Copy(objectstore.read(key, max_bytes=MAX_BYTES), content_type)


def _known(image: Image) -> str:
    return f"guest-copy:{image.pk}:{turned(image)}"


def _put(image: Image, made: Copy) -> str:
    key = f"exports/{new_token()}.{made.extension}"
    # Before the object, so that nothing stays for ever that a crash leaves behind.
    remove_later([key], Removal.Reason.EXPORT, after=KEPT)
    objectstore.put(key, made.data, content_type=made.content_type, if_absent=True)
    cache.set(_known(image), key, OFFERED.total_seconds())
    return key


def turned(image: Image) -> int:
    """Return the EXIF orientation that shows the stored picture as the gallery does: the camera's and a person's."""
    for turns in (_TURNS, _MIRRORED):
        if image.orientation in turns:
            degrees = (turns[image.orientation] + (image.rotation or 0)) % 360
            return next(code for code, turn in turns.items() if turn == degrees)
    return 1


def guest_name(number: int, extension: str) -> str:
    """Return a file name that tells neither a date nor a camera nor a person."""
    return f"photo-{number:03}.{extension}"
