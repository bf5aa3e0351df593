"""What an owner says of a photo: words, the time taken, tags, place, heart and archive. Pages and API write it here."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import audit, tags
from gallery.access import GONE
from gallery.errors import GalleryError
from gallery.models import Image
from gallery.places import naming
from gallery.search import index
from photosky.database import atomic_retry

# What a photo is found by.
FOUND_BY = {"title", "description", "tags", "place", "position"}


class Changes(TypedDict):
    """What is to be changed; what is not named stays. `taken_at` carries the offset of the place, or none."""

    title: NotRequired[str]
    description: NotRequired[str]
    taken_at: NotRequired[datetime]
    tags: NotRequired[list[str]]
    place: NotRequired[str]
    position: NotRequired[tuple[float, float] | None]
    is_favorite: NotRequired[bool]
    is_archived: NotRequired[bool]


class ChangedMeanwhile(GalleryError):
    """Somebody else changed the photo since the sender read it."""

    code = "changed_meanwhile"
    status = 412


def version(image: Image) -> str:
    """Return what differs after every change of the row: a strong entity tag (RFC 9110, section 8.8.3)."""
    return f'"{int(image.updated_at.timestamp() * 1_000_000):x}"'


@atomic_retry
def change(image: Image, changes: Changes, *, if_match: Iterable[str] = ()) -> None:
    """Write the changes and nothing else, so that two people's changes at a time do not undo each other.

    With `if_match`, only where the row still has one of these versions; raises ChangedMeanwhile otherwise. Raises
    Http404 where the image was deleted for good meanwhile, and tags.InvalidTag before anything is written.
    """
    rows = Image.objects.filter(pk=image.pk)
    wanted = list(if_match)
    if wanted and wanted != ["*"]:
        _require(image, wanted)
        rows = rows.filter(updated_at=image.updated_at)
    # Never the same moment twice, however coarse the clock: it is the version.
    moment = max(timezone.now(), image.updated_at + timedelta(microseconds=1))
    values = {**_columns(image, changes), "updated_at": moment}
    if not rows.update(**values):
        if Image.objects.filter(pk=image.pk).exists():
            raise _changed()
        raise Http404(GONE)
    if "tags" in changes:
        tags.replace(image, changes["tags"])
    if changes.keys() & FOUND_BY:
        index.refresh([image.pk])
    if changed := sorted(changes.keys() - {"is_favorite"}):
        audit.note("photo.changed", image, owner=image.owner_id, fields=changed)
    for name, value in values.items():
        setattr(image, name, value)


def _require(image: Image, versions: list[str]) -> None:
    if version(image) not in versions:
        raise _changed()


def _changed() -> ChangedMeanwhile:
    return ChangedMeanwhile(_("The photo was changed meanwhile. Read it again, then make your change."))


def _columns(image: Image, changes: Changes) -> dict[str, object]:
    """Return the columns to write, with those that follow from what a person said."""
    plain = ("title", "description", "is_favorite")
    values: dict[str, object] = {name: changes[name] for name in plain if name in changes}  # type: ignore[literal-required]
    if "is_archived" in changes and changes["is_archived"] != bool(image.archived_at):
        values["archived_at"] = timezone.now() if changes["is_archived"] else None
    if "taken_at" in changes:
        values |= _taken(changes["taken_at"])
    if changes.keys() & {"place", "position"}:
        values |= _where(image, changes)
    return values


def _taken(moment: datetime) -> dict[str, object]:
    offset = moment.utcoffset()
    scratch = Image()
    minutes = None if offset is None else int(offset.total_seconds()) // 60
    scratch.set_taken(moment, minutes, Image.TakenSource.PERSON)
    names = ("taken_at", "taken_offset_minutes", "taken_source", "month")
    return {name: getattr(scratch, name) for name in names}


def _where(image: Image, changes: Changes) -> dict[str, object]:
    """Return place and position; where no person names the place, the gazetteer does."""
    names = ("latitude", "longitude", "altitude_m", "place", "region", "country", "place_by_person")
    there = Image(**{name: getattr(image, name) for name in names})
    if "position" in changes:
        # The camera's height belongs to the camera's place.
        there.latitude, there.longitude = changes["position"] or (None, None)
        there.altitude_m = None
    if "place" in changes:
        there.place, there.place_by_person = changes["place"] or None, True if changes["place"] else None
    naming.locate(there)
    return {name: getattr(there, name) for name in (*names, "cell")}
