"""Albums beyond their pages: the tree, covers, neighbours in each order, and how people come and go."""

import hashlib

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from gallery import access, albums, covers, members, objectstore, search, tasks, uploads
from gallery.models import Album, AlbumImage, AlbumMember, Image, Upload, User
from tests.make import announced, make_album, make_image, make_user, photo_bytes, upload_photo

Role = AlbumMember.Role


def test_an_album_moves_with_what_is_inside_and_never_into_itself(alice: User) -> None:
    outer, other = make_album(alice, title="Outer"), make_album(alice, title="Other")
    inner = albums.create(alice, "Inner", outer)
    albums.move(outer, other)
    assert [album.title for album in albums.path(alice, inner)] == ["Other", "Outer"]
    for target in (outer, inner):
        with pytest.raises(albums.InsideItself):
            albums.move(outer, target)
    albums.move(inner, None)
    assert Album.objects.get(pk=inner.pk).parent is None


def test_an_album_moves_into_albums_of_its_owner_alone(alice: User, bob: User) -> None:
    with pytest.raises(Http404):
        albums.move(make_album(alice), make_album(bob))


def test_an_album_does_not_move_into_one_that_is_gone(alice: User) -> None:
    album, gone = make_album(alice), make_album(alice)
    Album.objects.filter(pk=gone.pk).delete()
    with pytest.raises(Http404):
        albums.move(album, gone)


def test_the_outline_leaves_out_an_album_and_what_lies_in_it(alice: User) -> None:
    one = albums.create(alice, "One")
    two = albums.create(alice, "Two")
    inner = albums.create(alice, "Inner", one)
    albums.create(alice, "Innermost", inner)
    assert [(depth, title) for _key, depth, title in albums.outline(alice)] == [
        (0, "One"), (1, "Inner"), (2, "Innermost"), (0, "Two"),
    ]  # fmt: skip
    assert [title for *_rest, title in albums.outline(alice, without=one)] == [two.title]


def test_an_album_without_photos_borrows_the_picture_of_an_inner_one(alice: User) -> None:
    image = make_image(alice)
    outer = make_album(alice, title="Outer")
    middle = albums.create(alice, "Middle", outer)
    empty = albums.create(alice, "Empty", outer)
    albums.add(albums.create(alice, "Inner", middle), [image.pk])
    found = covers.of(alice, [outer, middle, empty])
    assert {album: found_image.pk for album, found_image in found.items()} == {
        outer.pk: image.pk,
        middle.pk: image.pk,
    }


def test_a_picture_is_not_borrowed_from_an_album_that_the_person_may_not_see(
    alice: User, bob: User, shared_album: Album
) -> None:
    albums.add(albums.create(alice, "Private", shared_album), [make_image(alice).pk])
    assert covers.of(bob, [shared_album]) == {}
    assert shared_album.pk in covers.of(alice, [shared_album])


@pytest.mark.parametrize(("sort", "place"), [(None, 1), ("manual", 1), ("oldest", 2), ("newest", 0)])
def test_the_first_photo_is_the_cover_until_one_is_chosen_that_stays(
    alice: User, sort: str | None, place: int
) -> None:
    images = [make_image(alice) for _ in range(3)]
    album = make_album(alice, images[1], images[0], images[2])
    Album.objects.filter(pk=album.pk).update(sort=sort)
    assert covers.of(alice, [album])[album.pk] == images[place]
    albums.set_cover(album, images[2].pk)
    assert covers.of(alice, [album])[album.pk] == images[2]
    albums.remove(album, [images[2].pk])
    assert covers.of(alice, [album])[album.pk] != images[2]
    with pytest.raises(albums.NotInAlbum):
        albums.set_cover(album, images[2].pk)


@pytest.mark.parametrize("sort", ["manual", "oldest", "newest"])
def test_neighbours_follow_the_order_of_the_album(alice: User, sort: str) -> None:
    same = make_image(alice).taken_at
    images = [
        make_image(alice),
        make_image(alice, taken_at=same),
        make_image(alice, taken_at=same),
        make_image(alice),
    ]
    album = make_album(alice, *[images[place] for place in (2, 0, 3, 1)])
    album.sort = sort
    album.save()
    order = [
        entry.image for entry in albums.in_order(album, access.entries_of(album)).select_related("image")
    ]
    for place, image in enumerate(order):
        expected = (order[place - 1] if place else None, order[place + 1] if place < 3 else None)
        assert albums.neighbours(album, image, alice) == expected
    if sort == "manual":
        assert order == [images[place] for place in (2, 0, 3, 1)]


def test_neighbours_are_told_to_whoever_may_see_the_album(
    alice: User, stranger: User, shared_album: Album
) -> None:
    image = make_image(alice)
    albums.add(shared_album, [image.pk])
    with pytest.raises(Http404):
        albums.neighbours(shared_album, image, stranger)
    with pytest.raises(Http404):
        albums.neighbours(shared_album, make_image(alice), alice)


def test_deleting_an_album_takes_inner_ones_along_and_leaves_photos_and_uploads(alice: User) -> None:
    image, outer = make_image(alice), make_album(alice)
    inner = albums.create(alice, "Inner", outer)
    albums.add(albums.create(alice, "Innermost", inner), [image.pk])
    upload = Upload.objects.create(owner=alice, album=inner, key="originals/x", bytes=1, filename="x")
    albums.delete(outer)
    assert not Album.objects.exists()
    upload.refresh_from_db()
    assert upload.album is None
    assert Image.objects.filter(pk=image.pk).exists()


def test_photos_are_found_by_the_albums_title_as_it_is_now(alice: User) -> None:
    image, album = make_image(alice), make_album(alice, title="Sping")
    albums.add(album, [image.pk], by=alice)
    albums.change(album, title="Spring")
    assert list(search.run(alice, "spring")) == [image]
    assert not search.run(alice, "sping").exists()
    albums.remove(album, [image.pk])
    assert not search.run(alice, "spring").exists()


def test_people_are_invited_by_name_and_get_the_role_given_last(alice: User, bob: User) -> None:
    album = make_album(alice)
    inner = albums.create(alice, "Inner", album)
    members.invite(album, " BOB ", Role.VIEWER)
    members.invite(album, "bob", Role.EDITOR, inner=True)
    assert [(member.user, member.role) for member in members.of(album)] == [(bob, "editor")]
    assert access.role_in(bob, inner) == "editor"
    for name, error in (("nobody", members.NobodyThere), ("alice", members.IsOwner)):
        with pytest.raises(error):
            members.invite(album, name, Role.VIEWER)


def test_an_e_mail_address_is_not_a_name(alice: User, bob: User) -> None:
    with pytest.raises(members.NobodyThere):
        members.invite(make_album(alice), bob.email, Role.VIEWER)


@pytest.mark.parametrize("keep", [False, True])
def test_photos_leave_with_who_brought_them_unless_they_are_left_behind(
    alice: User, bob: User, keep: bool
) -> None:
    album, mine, theirs = make_album(alice), make_image(alice), make_image(bob)
    inner = albums.create(alice, "Inner", album)
    members.invite(album, "bob", Role.CONTRIBUTOR, inner=True)
    for place in (album, inner):
        albums.add(place, [mine.pk], by=alice)
        albums.add(place, [theirs.pk], by=bob)
    assert members.brought(album, bob.pk) == 2
    members.remove(album, bob, keep_photos=keep)
    for place in (album, inner):
        left = set(AlbumImage.objects.filter(album=place).values_list("image_id", flat=True))
        assert left == ({mine.pk, theirs.pk} if keep else {mine.pk})
        assert access.role_in(bob, place) == ""
    assert Image.objects.filter(pk=theirs.pk).exists()


def test_what_a_contributor_brings_everybody_in_the_album_sees_and_no_one_else(
    alice: User, bob: User, stranger: User, shared_album: Album
) -> None:
    carol, image = make_user("carol"), make_image(bob)
    members.invite(shared_album, "carol", Role.VIEWER)
    members.invite(shared_album, "bob", Role.CONTRIBUTOR)
    albums.add(shared_album, [image.pk], by=bob)
    for person in (alice, bob, carol):
        assert access.visible_image(person, image.pk) == image
    with pytest.raises(Http404):
        access.visible_image(stranger, image.pk)
    with pytest.raises(Http404):
        access.changeable_image(alice, image.pk)


def test_a_member_takes_back_what_is_theirs_and_nothing_else(
    alice: User, bob: User, shared_album: Album
) -> None:
    mine, theirs = make_image(alice), make_image(bob)
    albums.add(shared_album, [mine.pk], by=alice)
    albums.add(shared_album, [theirs.pk], by=bob)
    # Bob is a viewer by now; what he brought is his all the same.
    assert albums.withdraw(bob, shared_album, [mine.pk, theirs.pk]) == 1
    assert [entry.image_id for entry in shared_album.entries.all()] == [mine.pk]


def test_covers_and_sums_take_as_many_queries_for_a_thousand_albums_as_for_ten(alice: User) -> None:
    image, counts = make_image(alice), []
    for size in (10, 1000):
        made = Album.objects.bulk_create([Album(owner=alice, title=f"{n}") for n in range(size)])
        for start in range(0, size, 500):
            AlbumImage.objects.bulk_create(
                [AlbumImage(album=album, image=image) for album in made[start : start + 500]]
            )
        with CaptureQueriesContext(connection) as queries:
            assert len(covers.of(alice, made[:500])) == min(size, 500)
            assert covers.summaries(alice, made[:500])[made[0].pk].photos == 1
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.usefixtures("s3")
def test_what_a_contributor_uploads_enters_the_shared_album(alice: User, bob: User) -> None:
    album = make_album(alice)
    members.invite(album, bob.username, AlbumMember.Role.CONTRIBUTOR)
    upload = upload_photo(bob, album=album)
    image = Image.objects.get()
    assert upload.state == Upload.State.READY
    assert image.owner == bob
    assert list(album.images.all()) == [image]
    assert album.entries.get().added_by == bob


@pytest.mark.usefixtures("s3")
def test_what_was_announced_before_its_sender_was_removed_stays_out_of_the_album(
    alice: User, bob: User
) -> None:
    album, data = make_album(alice), photo_bytes()
    members.invite(album, bob.username, AlbumMember.Role.CONTRIBUTOR)
    started = uploads.start(bob, [announced(data)], album=album)[0]
    assert started.upload
    objectstore.put(
        started.upload.key, data, content_type=started.upload.content_type, if_absent=True,
        sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    members.remove(album, bob)
    tasks.process(uploads.finish(started.upload).pk)
    assert Image.objects.get().owner == bob
    assert not album.entries.exists()
