"""Making a photo anew from its original: the renditions, and what the file says of itself.

What a person said stays: title and description, and the time where a person set it. So does the position, of which nobody
knows any more whether the file or a person gave it.
"""

from gallery import audit, imaging, renditions, similar
from gallery.models import Image
from gallery.search import index
from photosky.database import atomic_retry

FROM_FILE = (
    "content_type", "camera_make", "camera_model", "lens", "f_number", "exposure_s", "iso", "focal_length_mm",
    "focal_length_35mm", "orientation", "flash", "rating",
)  # fmt: skip
TIME = ("taken_at", "taken_offset_minutes", "taken_source", "month")


def reprocess(image: Image) -> bool:
    """Make the photo anew; return False where it is gone or was changed meanwhile.

    Raises what renditions.rebuild does, and then everything is as before.
    """
    if not renditions.rebuild(image, columns=_columns):
        return False
    fresh = Image.objects.filter(pk=image.pk).first()
    if fresh is None:
        return False
    _note(fresh)
    similar.note(fresh)
    return True


@atomic_retry
def _note(image: Image) -> None:
    index.refresh([image.pk])
    audit.note("photo.reprocessed", image, owner=image.owner_id)


def _columns(image: Image, facts: imaging.Facts) -> dict[str, object]:
    """Return what is read from the file once more."""
    values: dict[str, object] = {name: getattr(facts, name) for name in FROM_FILE}
    values["metadata"] = dict(facts.extra)
    scratch, source = Image(), Image.TakenSource
    if image.taken_source == source.PERSON:
        return values
    if facts.taken_at is not None:
        scratch.set_taken(
            facts.taken_at, facts.taken_offset_minutes, source(facts.taken_source or source.EXIF)
        )
    elif (named := imaging.taken_by_name(image.filename)).at is not None:
        scratch.set_taken(named.at, named.offset_minutes, source.NAME)
    else:
        return values
    return values | {name: getattr(scratch, name) for name in TIME}
