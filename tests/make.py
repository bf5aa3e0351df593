"""Plain functions that make what tests need, with good defaults: rows, and the bytes of small photographs."""

import contextlib
import hashlib
import io
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from PIL import Image as PillowImage

from gallery import imaging, objectstore, tasks, uploads
from gallery.models import Album, Image, Upload, User, new_token

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


def count_anew() -> None:
    """Begin to number photos from one: what a photo says and when it was taken is the same whatever ran before."""
    global _numbers
    _numbers = itertools.count(1)


def make_user(username: str, **values: Any) -> User:
    """Make a user whose password is PASSWORD."""
    return User.objects.create_user(username, f"{username}@example.com", PASSWORD, **values)


def make_image(owner: User, *, save: bool = True, **values: Any) -> Image:
    """Make the row of a processed image, without any bytes in the object store."""
    number = next(_numbers)
    taken_at = values.pop("taken_at", datetime(2026, 9, 14, 12, tzinfo=UTC) - timedelta(minutes=number))
    offset = values.pop("taken_offset_minutes", None)
    fields: dict[str, Any] = {
        "owner": owner,
        "original_key": f"originals/test/{new_token()}.jpg",
        "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
        "bytes": 4_000_000 + number,
        "filename": f"IMG_{number:04}.jpg",
        "content_type": "image/jpeg",
        "width": 6000,
        "height": 4000,
        "rendition_token": new_token(),
        "recipe": imaging.RECIPE,
        "color": "#6a7b5c",
    }
    image = Image(**{**fields, **values})
    image.set_taken(taken_at, offset, Image.TakenSource.EXIF)
    if save:
        image.save(force_insert=True)
    return image


@contextlib.contextmanager
def deleted_meanwhile(row: Image | Album) -> Iterator[None]:
    """Delete the row for good between the moment it is read and the moment it is written."""
    deleting = False

    def delete_first(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        nonlocal deleting
        if sql.startswith(f'UPDATE "{row._meta.db_table}"') and not deleting:
            # The deletion itself lets go of what refers to the row.
            deleting = True
            type(row).objects.filter(pk=row.pk).delete()
        return execute(sql, *rest)

    with connection.execute_wrapper(delete_first):
        yield


def make_album(owner: User, *images: Image, title: str = "Summer") -> Album:
    """Make an album that holds the images in the given order."""
    album = Album.objects.create(owner=owner, title=title)
    album.add([image.pk for image in images])
    return album


def photo_bytes(
    width: int = 160,
    height: int = 120,
    *,
    kind: str = "JPEG",
    taken: str = "2026:09:14 19:42:11",
    offset: str = "+02:00",
    shade: int | None = None,
) -> bytes:
    """Return the bytes of a small photograph; each call gives another picture, so that no two are duplicates."""
    number = next(_numbers) if shade is None else shade
    picture = PillowImage.linear_gradient("L").resize((width, height))
    picture = PillowImage.merge(
        "RGB", (picture, picture.rotate(180), PillowImage.new("L", (width, height), number % 256))
    )
    exif = PillowImage.Exif()
    if taken:
        ifd = exif.get_ifd(0x8769)
        ifd[0x9003], ifd[0x9011] = taken, offset
        exif[0x010F], exif[0x0110] = "Fujifilm", "X-T5"
        exif[0x010E] = f"Picture {number}"
    buffer = io.BytesIO()
    picture.save(buffer, kind, exif=exif)
    return buffer.getvalue()


def announced(data: bytes, filename: str = "IMG_0001.jpg", **values: Any) -> uploads.File:
    """Return the announcement of these bytes, as an honest browser makes it."""
    return uploads.File(filename, len(data), hashlib.sha256(data).hexdigest(), **values)


def upload_photo(
    owner: User, data: bytes | None = None, filename: str = "IMG_0001.jpg", **values: Any
) -> Upload:
    """Bring a photograph all the way into the library through the real object store."""
    data = photo_bytes() if data is None else data
    started = uploads.start(owner, [announced(data, filename)], **values)[0]
    assert started.upload is not None
    objectstore.put(
        started.upload.key, data, content_type=started.upload.content_type, if_absent=True,
        sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    upload = uploads.finish(started.upload)
    tasks.process(upload.pk)
    upload.refresh_from_db()
    return upload
