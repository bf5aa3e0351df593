"""Eight processes change the same row forty times each, and every change is there afterwards."""

from pathlib import Path
from typing import Any

import pytest

from gallery.models import Image, ShareLink, User
from gallery.sharing import links
from tests.concurrency.actions import TIMES
from tests.concurrency.crowd import Crowd
from tests.make import make_album, make_image, make_user

PROCESSES = 8
ALL = PROCESSES * TIMES
RETRY = "as it is"


@pytest.fixture
def owner(database: Path) -> User:
    return make_user("alice")


def count_up(crowd: Crowd, database: Path, owner: User, retry: str) -> None:
    """Let all add to one number; raise AssertionError where one was refused, or is not in the sum."""
    found = crowd.run(database, None, *["increments"] * PROCESSES, owner=owner.pk, retry=retry)
    owner.refresh_from_db()
    assert (sum(one["refused"] for one in found), owner.used_bytes) == (0, ALL)


def collect(crowd: Crowd, database: Path, image: Image, retry: str) -> None:
    """Let all add to one set; raise AssertionError where a member was refused, or is not in it."""
    found = crowd.run(database, None, *["words"] * PROCESSES, image=image.pk, retry=retry)
    image.refresh_from_db()
    words: Any = image.metadata.get("words", [])
    assert (sum(one["refused"] for one in found), len(set(words))) == (0, ALL)


def test_no_increment_of_a_row_that_is_read_and_written_is_lost(
    crowd: Crowd, database: Path, owner: User
) -> None:
    count_up(crowd, database, owner, RETRY)


def test_no_member_of_a_set_that_is_read_and_written_is_lost(
    crowd: Crowd, database: Path, owner: User
) -> None:
    collect(crowd, database, make_image(owner), RETRY)


def test_no_visit_of_a_share_link_is_lost(crowd: Crowd, database: Path, owner: User) -> None:
    link, _token = links.make(owner, album=make_album(owner))
    found = crowd.run(database, None, *["visits"] * PROCESSES, link=link.pk)
    assert [one["refused"] for one in found] == [0] * PROCESSES
    assert ShareLink.objects.get(pk=link.pk).views == ALL


def test_no_tag_of_one_photo_is_lost_and_it_is_found_by_each(
    crowd: Crowd, database: Path, owner: User
) -> None:
    image = make_image(owner)
    found = crowd.run(database, None, *["tagging"] * PROCESSES, image=image.pk, owner=owner.pk)
    assert [one["refused"] for one in found] == [0] * PROCESSES

    left = {f"tag {number} {turn}" for number in range(PROCESSES) for turn in range(TIMES) if turn % 4}
    assert set(image.tags.values_list("name", flat=True)) == left | {"of all"}


@pytest.mark.parametrize("lost", [count_up, collect])
def test_this_suite_fails_without_transactions(crowd: Crowd, database: Path, owner: User, lost: Any) -> None:
    row = owner if lost is count_up else make_image(owner)
    with pytest.raises(AssertionError):
        lost(crowd, database, row, "no transaction")


@pytest.mark.parametrize("lost", [count_up, collect])
def test_this_suite_fails_without_the_retry(crowd: Crowd, database: Path, owner: User, lost: Any) -> None:
    row = owner if lost is count_up else make_image(owner)
    with pytest.raises(AssertionError):
        lost(crowd, database, row, "no retry")
