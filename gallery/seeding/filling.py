"""Filling a database with a made-up library: who is in it, how it is written, and when that is refused."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from gallery.errors import GalleryError
from gallery.models import Album, Image, SmartAlbum, Tag, Upload, User
from gallery.seeding import pictures, writing
from gallery.seeding.library import Library, sizes
from gallery.seeding.rows import Row, Rows, everybody

CHUNK = 500
SMART = (("Favourites of the sea", "tag:beach is:favourite"), ("Old camera", "camera:a620"))
Progress = Callable[[int], None]


class NotEmpty(GalleryError):
    """There are photos or albums already, and nobody asked to add to them."""

    code = "not_empty"


class Unsupported(GalleryError):
    """It is not known how to write many rows to this engine."""

    code = "unsupported_engine"


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made: people by name, the one with most photos first; and rows by table."""

    people: Sequence[str]
    rows: Mapping[str, int]


def seed(
    images: int,
    people: int,
    *,
    add: bool = False,
    with_bytes: bool = False,
    password: str | None = None,
    number: int = 1,
    now: datetime | None = None,
    progress: Progress = lambda _done: None,
) -> Seeded:
    """Make `people` with `images` between them. Where there was nothing, the same number makes the same library.

    Raises NotEmpty where there are photos and nothing is to be added, Unsupported, and objectstore.Unavailable.
    """
    is_empty = not any(model.objects.exists() for model in (Image, Upload, Album, Tag))
    if not (is_empty or add):
        raise NotEmpty("This library is not empty.")
    if not writing.is_supported():
        raise Unsupported("Only SQLite and PostgreSQL can be seeded.")
    # With bytes, each row is written soon after what it stands for.
    alone = is_empty and not with_bytes
    with writing.into_empty() if alone else nullcontext(writing.write) as write:
        owners = _people(people, password)
        # Beside others it must be another one, for the checksums of photos are unique.
        chance = random.Random(number if is_empty else f"{number} {owners[0].pk}")  # noqa: S311  # no secret
        libraries = [
            Library(count, now or timezone.now(), random.Random(chance.random()))  # noqa: S311
            for count in sizes(images, people)
        ]
        rows = [
            Rows(
                owner,
                library,
                owners[(place + 1) % people] if people > 1 else None,
                pictures.stored(owner.pk.hex, library.photos) if with_bytes else None,
            )
            for place, (owner, library) in enumerate(zip(owners, libraries, strict=True))
        ]
        at_once = writing.AT_ONCE if alone else writing.BESIDE_OTHERS
        counted = _fill(rows, chance, at_once, write, progress)
    return Seeded([owner.username for owner in owners], counted)


def _people(count: int, password: str | None) -> list[User]:
    """Make people with names that nobody has, each with searches kept as albums."""
    hashed = make_password(password)
    taken = set(User.objects.filter(username__startswith="person").values_list("username", flat=True))
    names = (name for number in range(1, count + len(taken) + 1) if (name := f"person{number}") not in taken)
    people = [
        User(username=name, password=hashed, email=f"{name}@example.com")
        for name, _ in zip(names, range(count), strict=False)
    ]
    with transaction.atomic():
        User.objects.bulk_create(people, batch_size=CHUNK)
        kept = [
            SmartAlbum(owner=person, title=title, query=query) for person in people for title, query in SMART
        ]
        SmartAlbum.objects.bulk_create(kept, batch_size=CHUNK)
    return people


def _fill(
    rows: Sequence[Rows], chance: random.Random, at_once: int, write: writing.Write, progress: Progress
) -> dict[str, int]:
    counted: dict[str, int] = defaultdict(int)
    waiting = done = 0
    for person in everybody(rows, chance):
        for _ in person.photos():
            waiting += 1
            if waiting >= at_once:
                done += waiting
                waiting = 0
                _write(rows, counted, write)
                progress(done)
    _write(rows, counted, write)
    progress(done + waiting)
    return dict(counted)


def _write(rows: Sequence[Rows], counted: dict[str, int], write: writing.Write) -> None:
    together: dict[str, list[Row]] = defaultdict(list)
    for person in rows:
        for table, made in person.taken().items():
            together[table] += made
            counted[table] += len(made)
    used = {person.owner.pk.hex: person.bytes for person in rows if person.bytes}
    for person in rows:
        person.bytes = 0
    write(together, used)
