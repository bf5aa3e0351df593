"""What a photo's own words become as it arrives: columns, tags, and words to search for."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from PIL import Image as PillowImage
from pytest_django import Settings

from gallery import search
from gallery.models import Image, User
from tests.make import photo_bytes, upload_photo

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("s3")]

PACKET = """<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='4'>
<dc:title><rdf:Alt><rdf:li>At the lake</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li>Zoë rows</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag><rdf:li>Été</rdf:li><rdf:li>boats, oars</rdf:li><rdf:li>{long}</rdf:li></rdf:Bag></dc:subject>
<i:PersonInImage xmlns:i='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'><rdf:Bag><rdf:li>Zoë Quill</rdf:li></rdf:Bag>
</i:PersonInImage></rdf:Description></rdf:RDF></x:xmpmeta>"""


def told(shade: int = 1) -> bytes:
    buffer = io.BytesIO()
    packet = PACKET.format(long="x" * 90).encode()
    PillowImage.new("RGB", (40, 30), (shade, 90, 90)).save(buffer, "JPEG", xmp=packet)
    return buffer.getvalue()


def arrived(owner: User, data: bytes, filename: str = "a.jpg", **values: Any) -> Image:
    upload = upload_photo(owner, data, filename, **values)
    assert upload.image is not None, upload.reason
    return upload.image


def test_words_of_the_file_become_title_description_stars_and_tags(alice: User) -> None:
    image = arrived(alice, told())

    assert (image.title, image.description, image.rating) == ("At the lake", "Zoë rows", 4)
    assert sorted(tag.name for tag in image.tags.all()) == ["boats", "oars", "Été"]


def test_keywords_stay_words_of_the_search_where_they_are_not_to_be_tags(
    alice: User, settings: Settings
) -> None:
    settings.KEYWORDS_TO_TAGS = False
    image = arrived(alice, told())

    assert not image.tags.exists()
    for query in ("oars", "ete", '"Zoë Quill"'):
        assert list(search.run(alice, query)) == [image], query


def test_the_files_name_tells_the_time_where_nothing_else_does(
    alice: User, signed_in: Callable[[User], Client]
) -> None:
    image = arrived(alice, photo_bytes(taken=""), "IMG_20240531_180359.jpg")

    assert image.taken_source == Image.TakenSource.NAME
    assert (image.month, image.taken_local.strftime("%d %H:%M:%S")) == (202405, "31 18:03:59")
    assert "(from the file&#x27;s name)" in signed_in(alice).get(image.get_absolute_url()).content.decode()


def test_people_are_told_to_the_owner_of_the_photo(alice: User, signed_in: Callable[[User], Client]) -> None:
    image = arrived(alice, told(2))

    page = signed_in(alice).get(image.get_absolute_url()).content.decode()

    assert "Zoë Quill" in page
    assert "★★★★" in page
