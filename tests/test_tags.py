"""Tags: words put on images, taken off, renamed, merged and deleted; each owner's are their own."""

import uuid

import pytest
from django.http import Http404

from gallery import tags
from gallery.models import AuditEntry, Image, ImageTag, Tag, User
from tests.make import make_image


def names_of(image: Image) -> set[str]:
    return set(image.tags.values_list("name", flat=True))


def counted(owner: User) -> list[tuple[str, int]]:
    found = list(tags.of(owner))
    return [(tag.name, tags.counts(found)[tag.pk]) for tag in found]


def test_a_tag_is_made_when_it_is_first_put_on_an_image(alice: User) -> None:
    first, second = make_image(alice), make_image(alice)
    assert tags.add(alice, [first.pk, second.pk], ["Mountains", "snow"]) == 2
    assert names_of(first) == names_of(second) == {"Mountains", "snow"}


def test_adding_again_changes_nothing_and_keeps_the_first_spelling(alice: User) -> None:
    image = make_image(alice)
    tags.add(alice, [image.pk], ["Été"])
    tags.add(alice, [image.pk], ["  été ", "E\u0301TE\u0301"])
    assert names_of(image) == {"Été"}
    assert ImageTag.objects.count() == 1


def test_images_of_others_are_passed_over(alice: User, bob: User) -> None:
    theirs, mine = make_image(bob), make_image(alice)
    assert tags.add(alice, [theirs.pk, mine.pk], ["sea"]) == 1
    tags.add(bob, [theirs.pk], ["sea"])
    tags.remove(alice, [theirs.pk], ["sea"])
    assert names_of(theirs) == {"sea"}
    assert Tag.objects.count() == 2


def test_taking_tags_off_tells_only_of_images_that_carried_them(alice: User, bob: User) -> None:
    mine, bare, theirs = make_image(alice), make_image(alice), make_image(bob)
    tags.add(alice, [mine.pk], ["sea", "sand"])
    tags.add(bob, [theirs.pk], ["sea"])
    tags.remove(alice, [mine.pk, bare.pk, theirs.pk, uuid.uuid4()], ["sea", "sand"], noted=True)
    told = AuditEntry.objects.filter(action="photo.untagged")
    assert list(told.values_list("subject_id", flat=True)) == [mine.pk]


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "needs a name"), (" \u202e ", "needs a name"), ("x" * 61, "too long"), ("ß" * 31, "too long"), ("a,b", "comma")],
    ids=["empty", "unseen", "long", "long when folded", "comma"],
)  # fmt: skip
def test_a_name_that_cannot_be_is_refused_before_anything_is_written(
    alice: User, name: str, words: str
) -> None:
    image = make_image(alice)
    with pytest.raises(tags.InvalidTag) as refused:
        tags.add(alice, [image.pk], ["fine", name])
    assert words in refused.value.message
    assert not Tag.objects.exists()


def test_too_many_names_at_once_are_refused(alice: User) -> None:
    with pytest.raises(tags.InvalidTag) as refused:
        tags.add(alice, [make_image(alice).pk], [f"tag {number}" for number in range(51)])
    assert "at most 50" in refused.value.message


def test_emoji_of_several_parts_stay_whole() -> None:
    assert tags.clean(" 👨\u200d👩\u200d👧  family\u202e\x00 ") == "👨\u200d👩\u200d👧 family"


def test_replacing_leaves_exactly_the_given_tags(alice: User) -> None:
    image = make_image(alice)
    tags.add(alice, [image.pk], ["old", "Kept"])
    tags.replace(image, ["kept", "new"])
    assert names_of(image) == {"Kept", "new"}
    tags.replace(image, [])
    assert names_of(image) == set()


def test_counts_leave_out_the_bin_and_what_waits_for_review(alice: User, bob: User) -> None:
    shown, binned, held = (
        make_image(alice),
        make_image(alice, binned_at="2026-09-14T12:00Z"),
        make_image(alice, held_at="2026-09-14T12:00Z"),
    )
    tags.add(alice, [shown.pk, binned.pk, held.pk], ["sea"])
    tags.add(alice, [binned.pk], ["Alps"])
    tags.add(bob, [make_image(bob).pk], ["sea"])
    assert counted(alice) == [("Alps", 0), ("sea", 1)]


def test_a_renamed_tag_stays_on_its_images(alice: User) -> None:
    image = make_image(alice)
    tags.add(alice, [image.pk], ["sae"])
    tags.rename(Tag.objects.get(), "Sea")
    tags.rename(Tag.objects.get(), "SEA")
    assert names_of(image) == {"SEA"}


def test_a_tag_cannot_take_the_name_of_another(alice: User) -> None:
    tags.add(alice, [make_image(alice).pk], ["sea", "ocean"])
    with pytest.raises(tags.TagExists):
        tags.rename(Tag.objects.get(name="ocean"), "Sea")


def test_merging_puts_each_image_under_the_other_tag_once(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "CHUNK", 4)
    only, both = [make_image(alice) for _ in range(5)], make_image(alice)
    tags.add(alice, [image.pk for image in [*only, both]], ["ocean"])
    tags.add(alice, [both.pk], ["sea"])
    tags.merge(Tag.objects.get(name="ocean"), Tag.objects.get(name="sea"))
    assert counted(alice) == [("sea", 6)]


def test_merging_into_a_tag_that_was_deleted_loses_nothing(alice: User) -> None:
    image = make_image(alice)
    tags.add(alice, [image.pk], ["ocean", "sea"])
    ocean, sea = Tag.objects.get(name="ocean"), Tag.objects.get(name="sea")
    tags.delete(sea)
    with pytest.raises(Http404):
        tags.merge(ocean, sea)
    assert names_of(image) == {"ocean"}


def test_a_deleted_tag_leaves_its_images(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "CHUNK", 2)
    images = [make_image(alice) for _ in range(5)]
    tags.add(alice, [image.pk for image in images], ["sea"])
    tags.delete(Tag.objects.get())
    assert not Tag.objects.exists()
    assert Image.objects.count() == 5
