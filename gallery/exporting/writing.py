"""Writing an export: what is there already is not fetched again, what changed in words is written anew."""

import hashlib
import os
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gallery import objectstore, removals
from gallery.exporting import sidecars
from gallery.exporting.layout import (
    FORMAT,
    LIBRARY,
    ExportError,
    folder_of,
    free_name,
    part_of,
    read_json,
    side_cars,
    suffix_of,
    with_side_cars,
    write_bytes,
    write_json,
)
from gallery.models import Album, AlbumImage, Image, ImageTag, User


@dataclass(slots=True)
class Outcome:
    """How far an export is; `present` counts originals that were there already."""

    written: int = 0
    present: int = 0
    bytes: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    left: int = 0

    @property
    def seen(self) -> int:
        """Photos that are done with."""
        return self.written + self.present + len(self.failures)


class Exporter:
    """Exports the library of one owner, the bin included, into a folder."""

    def __init__(self, owner: User, root: Path) -> None:
        self.owner, self.root = owner, root
        self.outcome = Outcome()
        self._places: dict[uuid.UUID, Path] = {}
        self._names: dict[Path, set[str]] = defaultdict(set)

    @property
    def images(self) -> int:
        """How many photos there are to export."""
        return Image.objects.owned_by(self.owner).count()

    def run(self) -> Iterator[Outcome]:
        """Write everything, yielding the outcome so far after each photo. Failures are collected, not raised.

        Raises ExportError where the folder cannot be used at all.
        """
        self._read_places()
        for step in removals.in_steps(Image.objects.owned_by(self.owner)):
            tags = tags_of(step)
            for image in step:
                try:
                    self._one(image, tags[image.pk])
                except (objectstore.ObjectStoreError, OSError, _Altered) as error:
                    self.outcome.failures.append((f"{image.filename} ({image.pk})", str(error)))
                yield self.outcome
        self.outcome.left = len(self._places) - self.outcome.seen
        photos = self.outcome.written + self.outcome.present + self.outcome.left
        write_json(self.root / LIBRARY, library_document(self.owner, photos))

    def _read_places(self) -> None:
        """Learn from an earlier run where each photo lies, so that it stays there."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not (self.root / LIBRARY).exists() and any(
                entry.name != "photos" for entry in self.root.iterdir()
            ):
                raise ExportError(
                    f"{self.root} holds other files: name an empty folder, or an earlier export."
                )
        except OSError as error:
            raise ExportError(f"{self.root} cannot be written: {error}") from error
        for path in side_cars(self.root):
            place = path.with_suffix("").relative_to(self.root)
            self._places[uuid.UUID(read_json(path)["id"])] = place
            self._names[place.parent].update(with_side_cars(place.name))

    def _one(self, image: Image, tags: list[str]) -> None:
        place = self._places.get(image.pk)
        if place is None:
            folder = folder_of(image)
            place = folder / free_name(image.filename, suffix_of(image), self._names[folder])
            self._places[image.pk] = place
            self._names[folder].update(with_side_cars(place.name))
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if _is_whole(path, image):
            self.outcome.present += 1
        else:
            _fetch(image, path)
            self.outcome.written += 1
            self.outcome.bytes += image.bytes
        # The side-car comes last: where it stands the photo is whole.
        write_bytes(path.with_name(f"{path.name}.xmp"), sidecars.as_xmp(image, tags))
        write_json(path.with_name(f"{path.name}.json"), sidecars.as_json(image, tags))


class _Altered(Exception):
    """The bytes in the bucket are not those that were uploaded."""


def _is_whole(path: Path, image: Image) -> bool:
    """Say whether the original lies there with the very bytes that were uploaded."""
    if not path.exists() or path.stat().st_size != image.bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == image.sha256


def _fetch(image: Image, path: Path) -> None:
    """Write an original and prove it while it comes; its file carries the time taken."""
    temporary, digest = part_of(path), hashlib.sha256()
    with temporary.open("wb") as file:
        for data in objectstore.stream(image.original_key):
            digest.update(data)
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != image.sha256:
        temporary.unlink()
        raise _Altered("the bytes in the bucket are not those that were uploaded: run `manage.py fsck`")
    taken = image.taken_at.timestamp()
    os.utime(temporary, (taken, taken))
    temporary.replace(path)


def tags_of(images: list[Image]) -> dict[uuid.UUID, list[str]]:
    """Return the names of the tags on each image, in order."""
    tags: dict[uuid.UUID, list[str]] = {image.pk: [] for image in images}
    carried = ImageTag.objects.filter(image_id__in=list(tags)).order_by("tag__slug")
    for image_id, name in carried.values_list("image_id", "tag__name"):
        tags[image_id].append(name)
    return tags


def library_document(owner: User, photos: int) -> dict[str, Any]:
    """Return what library.json says: the albums, their order and covers, and how many photos the export holds."""
    own = Album.objects.owned_by(owner).order_by("id")
    return {
        "format": FORMAT,
        "owner": owner.username,
        "photos": photos,
        "albums": [_album(album) for album in own],
    }


def _album(album: Album) -> dict[str, Any]:
    entries = AlbumImage.objects.filter(album=album, image__owner_id=album.owner_id).order_by(
        "position", "id"
    )
    return {
        "id": str(album.pk),
        "parent": str(album.parent_id) if album.parent_id else None,
        "title": album.title,
        "description": album.description,
        "position": album.position,
        "cover": str(album.cover_id) if album.cover_id else None,
        "created_at": sidecars.written(album.created_at),
        "updated_at": sidecars.written(album.updated_at),
        "images": [
            {"id": str(image_id), "position": position, "added_at": sidecars.written(added_at)}
            for image_id, position, added_at in entries.values_list("image_id", "position", "added_at")
        ],
    }
