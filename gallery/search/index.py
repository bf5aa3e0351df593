"""The words by which each image is found, gathered in SearchEntry; the engines index them from there (migration 0006).

A word is stored behind its owner's namespace and the letter of its field; a bar stands between texts, so that no phrase
reaches from one into the next.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from django.db.models import F

from gallery.models import AlbumImage, Image, ImageTag, SearchEntry
from gallery.places import countries
from gallery.search import folding
from photosky.database import atomic_retry

STEP = 500
# A description of a book's length is found by its beginning.
MAX_WORDS = 2_000
# Letters that no hexadecimal number has: an image's id is a word of the index, too (migration 0006).
ANY, CAMERA, LENS, PLACE, KIND = "w", "k", "l", "p", "x"
BAR = "z"
# Where each word lies between two spaces, a phrase is found by containment.
EDGE = " "


def refresh(image_ids: Iterable[uuid.UUID]) -> None:
    """Gather the words of these images anew; ids of images that are gone are passed over.

    To be called in the transaction of the change. More than 500 images are taken in transactions of that many.
    """
    keys = list(dict.fromkeys(image_ids))
    for start in range(0, len(keys), STEP):
        _refresh(keys[start : start + STEP])


def without_words(limit: int = STEP) -> list[uuid.UUID]:
    """Return up to `limit` images whose words were never gathered: those of before there was a search.

    An image that arrives brings its words. So those without are the oldest, below the first entry of all, and are
    found without reading the library.
    """
    first = SearchEntry.objects.order_by("image_id").values_list("image_id", flat=True).first()
    rest = Image.objects.filter(pk__lt=first) if first else Image.objects.all()
    return list(rest.order_by("-pk").values_list("pk", flat=True)[:limit])


@atomic_retry
def _refresh(keys: Sequence[uuid.UUID]) -> None:
    images = Image.objects.filter(pk__in=keys)
    tags = _names(ImageTag.objects.filter(image__in=keys).values_list("image_id", "tag__name"))
    # An album that somebody else put the photo into is theirs to name.
    inside = AlbumImage.objects.filter(image__in=keys, album__owner=F("image__owner"))
    albums = _names(inside.values_list("image_id", "album__title"))
    entries = [
        SearchEntry(image=image, owner_id=image.owner_id, text=_text(image, tags[image.pk], albums[image.pk]))
        for image in images
    ]
    SearchEntry.objects.bulk_create(
        entries, update_conflicts=True, unique_fields=["image"], update_fields=["owner", "text"]
    )


def _names(rows: Iterable[tuple[uuid.UUID, str]]) -> dict[uuid.UUID, list[str]]:
    named: dict[uuid.UUID, list[str]] = defaultdict(list)
    for key, name in rows:
        named[key].append(name)
    return named


def _text(image: Image, tags: Sequence[str], albums: Sequence[str]) -> str:
    prefix = folding.namespace(image.owner_id)
    found: list[str] = []
    for letter, text in _texts(image, tags, albums):
        if parts := folding.words(text):
            found += [*(prefix + letter + word for word in parts), BAR]
    return EDGE + EDGE.join(found[:MAX_WORDS]) + EDGE


def _texts(image: Image, tags: Sequence[str], albums: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the texts of an image, each with the letter of the field that is searched for it."""
    camera = f"{image.camera_make} {image.camera_model}"
    places = [image.place or "", image.region or "", *countries.spoken(image.country)]
    yield KIND, image.kind or Image.Kind.PHOTO
    yield from ((CAMERA, camera), (LENS, image.lens))
    yield from ((PLACE, text) for text in places)
    for text in (image.title, *tags, *albums, *places, camera, image.lens, PurePath(image.filename).stem):
        yield ANY, text
    # What the file brought: its keywords are searched for whether or not they became tags.
    for name in (*_strings(image, "keywords"), *_people(image)):
        yield ANY, name
    yield ANY, image.description


def _strings(image: Image, name: str) -> list[str]:
    found = image.metadata.get(name)
    return [word for word in found if isinstance(word, str)] if isinstance(found, list) else []


def _people(image: Image) -> list[str]:
    found = image.metadata.get("people")
    people = found if isinstance(found, list) else []
    return [str(person["name"]) for person in people if isinstance(person, dict) and "name" in person]
