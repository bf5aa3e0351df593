"""What guests may keep of a photo: its original where that is allowed, else a copy without private metadata."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache

from gallery import objectstore, renditions
from gallery.archives.stripping import CannotStrip, strip
from gallery.models import Image, Removal, new_token
from gallery.transitions import remove_later

logger = logging.getLogger(__name__)

# Read at once into memory: photos are smaller, and what is not goes as its largest rendition.
MAX_BYTES = 200 * 1024**2
# How long a copy is offered again, and when it is removed: well after the last address that was signed for it.
OFFERED = timedelta(hours=12)
KEPT = timedelta(hours=30)
FALLBACK = "l2560"
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
        return {"image/jpeg": "jpg", "image/png": "png"}.get(self.content_type, "webp")


def copy_of(image: Image) -> Copy:
    """Return a copy without private metadata: of full size where that is possible without loss, else a rendition.

    Raises objectstore.NotFound where the original is gone.
    """
    if image.content_type in {"image/jpeg", "image/png", "image/webp"} and image.bytes <= MAX_BYTES:
        data = objectstore.read(image.original_key, max_bytes=image.bytes)
        try:
            return Copy(strip(data, image.content_type, turned(image)), image.content_type)
        except CannotStrip as reason:
            logger.info("copy is a rendition image=%s reason=%s", image.pk, reason)
    key = renditions.key(image.rendition_token, image.recipe, FALLBACK)
    return Copy(objectstore.read(key, max_bytes=MAX_BYTES), "image/webp")


def copy_key(image: Image) -> str:
    """Return where such a copy stands in the bucket for the next hours; makes it where none does."""
    known = f"guest-copy:{image.pk}:{turned(image)}"
    if (key := cache.get(known)) is not None:
        return str(key)
    made = copy_of(image)
    key = f"exports/{new_token()}.{made.extension}"
    # Before the object, so that nothing stays for ever that a crash leaves behind.
    remove_later([key], Removal.Reason.EXPORT, after=KEPT)
    objectstore.put(key, made.data, content_type=made.content_type, if_absent=True)
    cache.set(known, key, OFFERED.total_seconds())
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
