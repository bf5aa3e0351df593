"""The watch over what is written (tests/plugins/retries.py) sees transactions that nobody begins again, and no others."""

from django.db import transaction

from gallery import albums
from gallery.models import Album, User
from tests.plugins import retries


def test_a_transaction_that_nobody_begins_again_is_found(alice: User) -> None:
    with transaction.atomic():
        albums.create(alice, "Summer")
    assert {place.split(":")[0] for place in retries.found()} == {"gallery/albums.py"}


def test_what_is_begun_again_and_what_tests_make_is_not_found(alice: User) -> None:
    albums.create(alice, "Summer")
    with transaction.atomic():
        Album.objects.create(owner=alice, title="Winter")
    assert retries.found() == []
