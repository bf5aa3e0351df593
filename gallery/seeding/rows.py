"""The rows of a made-up library: for each photo those that a real one has, as values that both engines read alike.

Keys are hexadecimal, times UTC without a zone, truth is 1 or 0: text that SQLite keeps as Django does and PostgreSQL
takes in a COPY.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from gallery import imaging, similar
from gallery.models import AlbumMember, Image, User
from gallery.search import folding
from gallery.seeding.library import Event, Library, Shot
from gallery.seeding.pictures import Picture
from gallery.seeding.vocabulary import COLORS, THUMBHASHES
from gallery.seeding.words import Words

Value = str | int | float | None
Row = tuple[Value, ...]

COLUMNS: dict[str, tuple[str, ...]] = {
    "gallery_tag": ("id", "owner_id", "name", "slug"),
    "gallery_album": (
        "id", "owner_id", "title", "description", "position", "sort", "created_at", "updated_at",
    ),
    "gallery_albummember": ("id", "album_id", "user_id", "role", "created_at"),
    "gallery_image": (
        "id", "owner_id", "original_key", "sha256", "bytes", "filename", "content_type", "width", "height",
        "rendition_token", "recipe", "color", "thumbhash", "taken_at", "taken_offset_minutes", "taken_source", "month",
        "camera_make", "camera_model", "lens", "f_number", "exposure_s", "iso", "focal_length_mm", "latitude",
        "longitude", "altitude_m", "orientation", "metadata", "kind", "duration_s", "rating", "phash", "place", "region",
        "country", "cell", "stacked_under_id", "stack_kind", "archived_at", "title", "description", "is_favorite",
        "created_at", "updated_at", "binned_at",
    ),
    "gallery_upload": (
        "id", "owner_id", "state", "filename", "content_type", "bytes", "sha256", "key", "rendition_token", "image_id",
        "code", "reason", "attempts", "created_at", "updated_at",
    ),
    "gallery_searchentry": ("image_id", "owner_id", "text"),
    "gallery_imagetag": ("id", "image_id", "tag_id"),
    "gallery_albumimage": ("id", "album_id", "image_id", "position", "added_at"),
    "gallery_hashband": ("image_id", "owner_id", "key"),
    "gallery_similarpair": ("id", "owner_id", "first_id", "second_id", "distance", "found_at"),
}  # fmt: skip
# The first photos came all at once, when their owner began: so long ago.
JOINED = timedelta(days=900)
BEST = "The best of all"
BITS = 64
TYPES = {
    "photo": ("image/jpeg", "jpg"),
    "animation": ("image/gif", "gif"),
    "video": ("video/mp4", "mp4"),
}


class Rows:
    """The rows of one person, in the order in which they may be written. `pictures` is what the store holds of bytes."""

    def __init__(
        self, owner: User, library: Library, guest: User | None, pictures: Iterator[Picture] | None
    ) -> None:
        self.owner, self.library, self.guest, self.pictures = owner, library, guest, pictures
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.bytes = 0
        self._chance = random.Random(library.chance.random())  # noqa: S311  # made up, not secret
        self._hex = owner.pk.hex
        self._words = Words(folding.namespace(owner.pk))
        self._joined = library.now - JOINED
        self._tags: dict[str, str] = {}
        self._positions: dict[str, int] = defaultdict(int)
        self._number = 0
        self._last: tuple[str, int] = ("", 0)
        self._best = self._album(BEST, self._joined)

    def taken(self) -> dict[str, list[Row]]:
        """Return the rows that were made since, and forget them."""
        made, self.rows = self.rows, defaultdict(list)
        return made

    def photos(self) -> Iterator[None]:
        """Make the rows of the next event, photo by photo; between two of them what is made may be written."""
        event = self.library.event()
        album = self._album(event.album, max(event.begins, self._joined)) if event.album else ""
        top = ""
        for shot in self.library.shots(event):
            key = self._image(event, shot, top if shot.burst > 1 else "", album)
            if shot.burst == 1:
                top = key
            yield

    def _image(self, event: Event, shot: Shot, top: str, album: str) -> str:
        arrived = max(shot.taken + timedelta(hours=6), self._joined + timedelta(seconds=self._number))
        self._number += 1
        picture = next(self.pictures) if self.pictures else self._unseen(event, shot)
        key, phash = self._key(arrived), self._phash(shot)
        moment = _written(arrived)
        name = f"{event.camera.stem}_{self._number:06}"
        self._write_image(event, shot, picture, (key, top, phash, name, moment))
        self.bytes += picture.bytes
        self._around(event, shot, (key, album, moment))
        inside = [*event.tags, *sorted([*([event.album] if album else []), *([BEST] if shot.best else [])])]
        town = event.town if shot.cell is not None else None
        text = self._words.of(event.camera, town, shot.kind, name, shot.title, shot.description, inside)
        self.rows["gallery_searchentry"].append((key, self._hex, text))
        if shot.alike and self._last[0]:
            self.rows["gallery_similarpair"].append(
                (self._key(arrived), self._hex, *sorted((self._last[0], key)), 2, moment)
            )
        self.rows["gallery_hashband"] += [(key, self._hex, band) for band in similar.keys(phash)]
        self._last = (key, phash)
        return key

    def _write_image(
        self, event: Event, shot: Shot, picture: Picture, named: tuple[str, str, int, str, str]
    ) -> None:
        key, top, phash, name, moment = named
        camera, town = event.camera, event.town if shot.cell is not None else None
        content_type, suffix = TYPES["photo" if self.pictures else shot.kind]
        kind = "photo" if self.pictures else shot.kind
        local = shot.taken + timedelta(minutes=event.town.offset)
        chance = self._chance
        self.rows["gallery_image"].append((
            key, self._hex, picture.key(self._hex), picture.sha256, picture.bytes, f"{name}.{suffix}", content_type,
            picture.width, picture.height, picture.token, imaging.RECIPE, picture.color, picture.thumbhash,
            _written(shot.taken), event.town.offset, Image.TakenSource.EXIF.value, local.year * 100 + local.month,
            camera.make, camera.model, camera.lens, chance.choice((1.8, 2.8, 4, 5.6, 8)),
            1 / chance.choice((30, 60, 125, 500, 1000)), chance.choice((100, 200, 400, 1600)), 23.0, shot.latitude,
            shot.longitude, None, 1, "{}", kind, 12.5 if kind == "video" else None, shot.rating, phash,
            town.name if town else None, town.region if town else None, town.country if town else None, shot.cell,
            top or None, Image.StackKind.BURST.value if top else None, moment if shot.archived else None, shot.title,
            shot.description, int(shot.favourite), moment, moment, moment if shot.binned else None,
        ))  # fmt: skip
        self.rows["gallery_upload"].append((
            self._key_like(key), self._hex, "ready", f"{name}.{suffix}", content_type, picture.bytes, picture.sha256,
            picture.key(self._hex), picture.token, key, "", "", 0, moment, moment,
        ))  # fmt: skip

    def _around(self, event: Event, shot: Shot, named: tuple[str, str, str]) -> None:
        """Make the rows that lay the photo into albums and put tags on it."""
        key, album, moment = named
        for tag in event.tags:
            self.rows["gallery_imagetag"].append((self._key_like(key), key, self._tag(tag)))
        for holder in ([album] if album else []) + ([self._best] if shot.best else []):
            self._positions[holder] += 1
            place = self._positions[holder]
            self.rows["gallery_albumimage"].append((self._key_like(key), holder, key, place, moment))

    def _album(self, title: str, made: datetime) -> str:
        key, moment = self._key(made), _written(made)
        place = self._positions["albums"]
        self._positions["albums"] += 1
        self.rows["gallery_album"].append((key, self._hex, title, "", place, None, moment, moment))
        if self.guest and place % 10 == 0:
            role = AlbumMember.Role.VIEWER.value
            self.rows["gallery_albummember"].append((self._key(made), key, self.guest.pk.hex, role, moment))
        return key

    def _tag(self, name: str) -> str:
        if name not in self._tags:
            self._tags[name] = self._key(self._joined)
            self.rows["gallery_tag"].append((self._tags[name], self._hex, name, name.casefold()))
        return self._tags[name]

    def _unseen(self, event: Event, shot: Shot) -> Picture:
        """Return what is told of bytes that are nowhere."""
        chance, camera = self._chance, event.camera
        tall = chance.random() < 0.3
        number = chance.getrandbits(256)
        return Picture(
            f"{number:064x}",
            chance.randint(20_000_000, 90_000_000)
            if shot.kind == "video"
            else chance.randint(2_000_000, 9_000_000),
            camera.height if tall else camera.width,
            camera.width if tall else camera.height,
            chance.choice(COLORS),
            chance.choice(THUMBHASHES),
            f"{chance.getrandbits(128):032x}",
            TYPES[shot.kind][1],
        )

    def _phash(self, shot: Shot) -> int:
        """Return a hash: of a burst, and of what is alike, nearly that of the photo before."""
        if self._last[0] and (shot.burst > 1 or shot.alike):
            return self._last[1] ^ 1 << self._chance.randrange(BITS - 1)
        return self._chance.getrandbits(BITS) - (1 << BITS - 1)

    def _key(self, moment: datetime) -> str:
        """Return a UUIDv7 of that time."""
        return self._key_of(int(moment.timestamp() * 1000))

    def _key_like(self, key: str) -> str:
        """Return another UUIDv7 of the time of this one."""
        return self._key_of(int(key[:12], 16))

    def _key_of(self, milliseconds: int) -> str:
        return f"{milliseconds:012x}7{self._chance.getrandbits(12):03x}{1 << 63 | self._chance.getrandbits(62):016x}"


def everybody(owners: Iterable[Rows], chance: random.Random) -> Iterator[Rows]:
    """Yield whose event is next until all have what they are to have: who has more left comes more often."""
    rest = [rows for rows in owners if rows.library.left]
    while rest:
        rows = chance.choices(rest, [rows.library.left for rows in rest])[0]
        yield rows
        if not rows.library.left:
            rest.remove(rows)


def _written(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ")
