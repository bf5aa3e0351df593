"""Reading an export back: each original through the same door as an upload, then what was said of it."""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from gallery import objectstore, removals, rotation
from gallery.errors import GalleryError, InBin
from gallery.exporting import sidecars
from gallery.exporting.layout import LIBRARY, ExportError, read_json, side_cars
from gallery.importing import bring_in
from gallery.models import Album, AlbumImage, Image, ImageTag, Tag, User
from gallery.search import index
from photosky.database import atomic_retry


@dataclass(slots=True)
class Outcome:
    """How far a restoration is; `present` counts photos that were there already."""

    restored: int = 0
    present: int = 0
    albums: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """Photos that are done with."""
        return self.restored + self.present + len(self.failures)


class Restorer:
    """Restores an export into the library of one owner."""

    def __init__(self, owner: User, root: Path, *, merge: bool = False) -> None:
        self.owner, self.root, self._merge = owner, root, merge
        self.outcome = Outcome()
        if not (root / LIBRARY).exists():
            raise ExportError(f"{root} holds no {LIBRARY}: name the folder of a finished export.")
        self._library = read_json(root / LIBRARY)
        self._said = [(path, read_json(path)) for path in side_cars(root)]
        self._images: dict[str, uuid.UUID] = {}

    @property
    def images(self) -> int:
        """How many photos the export holds."""
        return len(self._said)

    def strangers(self) -> int:
        """Return how many photos of the library are not in the export: it is not the first to fill this library."""
        known = {said["sha256"] for _, said in self._said}
        own = Image.objects.owned_by(self.owner).values_list("sha256", flat=True)
        return sum(sha256 not in known for sha256 in own.iterator())

    def run(self) -> Iterator[Outcome]:
        """Restore everything, yielding the outcome so far after each photo. Failures are collected, not raised."""
        for path, said in self._said:
            try:
                is_new = self._one(path.with_suffix(""), said)
            except (OSError, GalleryError, objectstore.ObjectStoreError, ExportError) as error:
                self.outcome.failures.append((str(path.with_suffix("")), str(error)))
            else:
                self.outcome.restored += is_new
                self.outcome.present += not is_new
            yield self.outcome
        self._count()
        self._albums()

    def _count(self) -> None:
        """Note it as a failure where the folder holds fewer photos than were exported: a copy may have left some out."""
        told, held = self._library["photos"], len(self._said)
        if held < told:
            reason = (
                f"{LIBRARY} tells of {told} photos, the folder holds {held}: copy the whole export again."
            )
            self.outcome.failures.append((str(self.root), reason))

    def _one(self, path: Path, said: dict[str, Any]) -> bool:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != said["sha256"]:
            raise ExportError("The file is not the one that was exported: its bytes have changed.")
        try:
            is_new = bring_in(self.owner, data, said["filename"])
        except InBin:
            is_new = False
        image = Image.objects.owned_by(self.owner).get(sha256=said["sha256"])
        _describe(image, said, may_bin=is_new or not self._merge)
        self._images[said["id"]] = image.pk
        return is_new

    def _albums(self) -> None:
        made: dict[str, Album] = {}
        waiting = list(self._library["albums"])
        while waiting:
            ready = [said for said in waiting if said["parent"] is None or said["parent"] in made]
            if not ready:
                raise ExportError(f"{LIBRARY} names albums whose parents it does not hold.")
            for said in ready:
                made[said["id"]] = self._album(said, made[said["parent"]] if said["parent"] else None)
            waiting = [said for said in waiting if said["id"] not in made]
        self.outcome.albums = len(made)

    def _album(self, said: dict[str, Any], parent: Album | None) -> Album:
        album = _album_like(self.owner, said, parent)
        entries = [entry for entry in said["images"] if entry["id"] in self._images]
        for start in range(0, len(entries), removals.CHUNK):
            self._fill(album, entries[start : start + removals.CHUNK])
        Album.objects.filter(pk=album.pk).update(
            description=said["description"],
            cover_id=self._images.get(said["cover"] or ""),
            updated_at=timezone.now(),
        )
        return album

    @atomic_retry
    def _fill(self, album: Album, entries: list[dict[str, Any]]) -> None:
        AlbumImage.objects.bulk_create(
            [
                AlbumImage(
                    album=album,
                    image_id=self._images[entry["id"]],
                    position=entry["position"],
                    added_at=datetime.fromisoformat(entry["added_at"]),
                )
                for entry in entries
            ],
            ignore_conflicts=True,
        )
        index.refresh(self._images[entry["id"]] for entry in entries)


@atomic_retry
def _describe(image: Image, said: dict[str, Any], *, may_bin: bool) -> None:
    """Set all that the side-car says, and nothing that follows from the bytes.

    What was in the bin has its days anew, for the export may be older than they are; without `may_bin` what is live
    stays so.
    """
    taken_at = sidecars.read_moment(said["taken_at"])
    if taken_at is None:
        raise ExportError("The side-car names no time taken.")
    image.set_taken(taken_at, said["taken_offset_minutes"], Image.TakenSource(said["taken_source"]))
    Image.objects.filter(pk=image.pk).update(
        filename=said["filename"],
        taken_at=image.taken_at,
        taken_offset_minutes=image.taken_offset_minutes,
        taken_source=image.taken_source,
        month=image.month,
        **{name: said[name] for name in sidecars.PLAIN},
        **{name: said[name] for name in sidecars.LATER if name in said and name != "rotation"},
        archived_at=sidecars.read_moment(said.get("archived_at")),
        created_at=sidecars.read_moment(said["created_at"]),
        # Of this library, whose readers are to hear of it.
        updated_at=timezone.now(),
    )
    if not said["binned_at"]:
        Image.objects.filter(pk=image.pk).update(binned_at=None)
    elif may_bin:
        Image.objects.live().filter(pk=image.pk).update(binned_at=timezone.now())
    _tag(image, said["tags"])
    index.refresh([image.pk])
    by = ((said.get("rotation") or 0) - (image.rotation or 0)) % 360
    if by and rotation.pending(image) is None:
        rotation.turn(image, by)


def _tag(image: Image, names: list[str]) -> None:
    slugs = {" ".join(name.split()).casefold(): name for name in names}
    for slug, name in slugs.items():
        own = Tag.objects.filter(owner_id=image.owner_id, slug=slug)
        tag = own.first() or Tag.objects.create(owner_id=image.owner_id, name=name)
        if not ImageTag.objects.filter(image=image, tag=tag).exists():
            ImageTag.objects.create(image=image, tag=tag)
    ImageTag.objects.filter(image=image).exclude(tag__slug__in=list(slugs)).delete()


@atomic_retry
def _album_like(owner: User, said: dict[str, Any], parent: Album | None) -> Album:
    """Return the album that an earlier run made of these words, or make it."""
    same = {
        "parent": parent,
        "title": said["title"],
        "position": said["position"],
        "created_at": sidecars.read_moment(said["created_at"]),
    }
    return Album.objects.owned_by(owner).filter(**same).first() or Album.objects.create(owner=owner, **same)
