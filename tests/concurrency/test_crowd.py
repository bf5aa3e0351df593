"""Eight people of one library at once, with workers: nothing is lost, and nobody meets an error."""

from collections import Counter
from pathlib import Path

from gallery.models import Album, ApiToken, Image
from tests.concurrency.actions import ROUNDS
from tests.concurrency.crowd import Crowd
from tests.faults.library import Store, check_invariants, check_settled, photos, settle
from tests.make import make_album, make_user, photo_bytes, upload_photo

PEOPLE = 8
WORKERS = 2


def test_eight_people_with_workers_lose_nothing_and_meet_no_error(
    crowd: Crowd, database: Path, store: Store
) -> None:
    alice = make_user("alice")
    _row, token = ApiToken.issue(alice, "test", ["upload", "read", "manage"])
    own = [upload_photo(alice, photo_bytes(shade=number)).image for number in range(PEOPLE)]
    shared = upload_photo(alice, photo_bytes(shade=500)).image
    assert shared is not None
    album = make_album(alice, shared)
    found = crowd.run(
        database, store.settings, *["person"] * PEOPLE, *["worker"] * WORKERS,
        token=token, album=album.pk, shared=shared.pk, own=[image.pk for image in own if image],
        expected=PEOPLE + 1 + PEOPLE * ROUNDS,
    )  # fmt: skip
    people = found[:PEOPLE]
    statuses: Counter[str] = sum((Counter(person["statuses"]) for person in people), Counter())
    assert all(status.startswith("2") for status in statuses), statuses

    brought = {sha256 for person in people for sha256 in person["brought"]}
    assert len(brought) == PEOPLE * ROUNDS
    assert brought <= set(photos(alice))
    album = Album.objects.get(pk=album.pk)
    inside = set(album.images.values_list("sha256", flat=True))
    assert brought <= inside
    assert album.description in {f"{number} {ROUNDS - 1}" for number in range(PEOPLE)}
    tagged = {name for person in people for name in person["tags"]} | {"of all"}
    assert set(shared.tags.values_list("name", flat=True)) == tagged
    for number, person in enumerate(people):
        image = Image.objects.get(pk=person["own"])
        assert image.title == f"Title {number} {ROUNDS - 1}"
        assert image.is_favorite
        assert (image.binned_at is None) == bool(number % 2)
        assert set(image.tags.values_list("name", flat=True)) == {*person["tags"], "of all"}
    check_invariants()
    settle()
    check_settled()
