"""Taking everything along: a zip of all that is known of a person, with addresses from which the originals are fetched.

The zip is laid out as `export_library` writes a folder. The originals are not copied into it, which would double what is
stored: `curl --config originals.curl` fetches them into their places, and `import_library` reads the whole back.
"""

import json
import os
import tempfile
import zipfile
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import jobs, objectstore, removals, transitions
from gallery.accounts.portrait import portrait
from gallery.exporting import sidecars
from gallery.exporting.layout import LIBRARY, folder_of, free_name, suffix_of, with_side_cars
from gallery.exporting.writing import library_document, tags_of
from gallery.models import Image, Job, Removal, User, new_token

KIND = "export"
# How long the zip is offered, and what it says the originals are; a role's credentials may end earlier.
OFFERED = timedelta(hours=24)
KEPT = timedelta(hours=30)
FETCH = "originals.curl"


def start(user: User) -> Job:
    """Have an export made; one that is under way is returned as it is."""
    present = latest(user)
    if present is not None and present.state == Job.State.WAITING:
        return present
    return jobs.start(KIND, user, {})


def latest(user: User) -> Job | None:
    """Return the person's last export, unless it is over."""
    job = Job.objects.owned_by(user).filter(kind=KIND).order_by("-id").first()
    over = job is not None and job.finished_at is not None and job.finished_at < timezone.now() - OFFERED
    return None if over else job


def address(job: Job) -> str:
    """Return the address of a finished zip, for a browser."""
    return objectstore.presign_get(job.result["key"], expires_s=300, filename="photosky-export.zip")


def pack(job: Job, turn: jobs.Round) -> dict[str, Any]:
    """Make the zip of one person; the job's function."""
    total = Image.objects.owned_by(job.owner).count()
    key = f"exports/{new_token()}/photosky-export.zip"
    # Before the object: whatever happens after this line, it goes.
    transitions.remove_later([key], Removal.Reason.EXPORT, after=KEPT)
    # A file from the first byte: what is large need not fit into memory.
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            photos = _Photos(archive)
            for step in removals.in_steps(Image.objects.owned_by(job.owner)):
                photos.write(step)
                turn.report(photos.count, max(total, photos.count))
            archive.writestr(FETCH, "".join(photos.fetches))
            _write(archive, LIBRARY, library_document(job.owner, photos.count))
            _write(archive, "account.json", portrait(job.owner))
            archive.writestr("README.txt", _readme())
        size = _put(key, file)
    return {"key": key, "photos": photos.count, "bytes": size}


class _Photos:
    """Writes side-cars, and where each original is to lie."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.count = 0
        self.fetches = ["create-dirs\nfail\n"]
        self._names: dict[Path, set[str]] = defaultdict(set)

    def write(self, images: list[Image]) -> None:
        """Write what is known of some photos."""
        tags = tags_of(images)
        for image in images:
            place = self._place(image)
            _write(self.archive, f"{place}.json", sidecars.as_json(image, tags[image.pk]))
            self.archive.writestr(f"{place}.xmp", sidecars.as_xmp(image, tags[image.pk]))
            url = objectstore.presign_get(image.original_key, expires_s=int(OFFERED.total_seconds()))
            self.fetches.append(f'url = "{url}"\noutput = {_quoted(str(place))}\n')
            self.count += 1

    def _place(self, image: Image) -> Path:
        folder = folder_of(image)
        name = free_name(image.filename, suffix_of(image), self._names[folder])
        self._names[folder].update(with_side_cars(name))
        return folder / name


def _quoted(text: str) -> str:
    """Write a value as curl's configuration takes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _write(archive: zipfile.ZipFile, name: str, value: dict[str, Any]) -> None:
    archive.writestr(name, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def _put(key: str, file: IO[bytes]) -> int:
    size = file.seek(0, os.SEEK_END)
    objectstore.put_file(key, file, content_type="application/zip")
    return size


def _readme() -> str:
    return _(
        "account.json: what is kept about you.\n"
        "library.json and the files under photos/: your albums, and what is known of each photo.\n"
        "originals.curl: the addresses of your photos as you uploaded them. They hold for a day at most. To fetch them\n"
        "into their places, run in this folder:\n\n"
        "    curl --config originals.curl\n\n"
        "Any PhotoSky reads the folder back with `manage.py import_library`.\n"
    )
