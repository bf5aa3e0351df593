"""Who may see and change what: the owner, the invited, the stranger and those not signed in."""

import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from gallery import access
from gallery.models import Album, AlbumMember, User
from tests.make import make_image


def test_owner_sees_and_changes_their_image(alice: User) -> None:
    image = make_image(alice)

    assert access.visible_image(alice, image.pk) == image
    assert access.changeable_image(alice, image.pk) == image


def test_invited_person_sees_the_album_s_images_and_no_others(
    alice: User, bob: User, shared_album: Album
) -> None:
    shown, hidden = make_image(alice), make_image(alice)
    shared_album.add([shown.pk])

    assert access.visible_image(bob, shown.pk) == shown
    with pytest.raises(Http404):
        access.visible_image(bob, hidden.pk)


def test_invited_viewer_changes_nothing(alice: User, bob: User, shared_album: Album) -> None:
    image = make_image(alice)
    shared_album.add([image.pk])

    with pytest.raises(Http404):
        access.changeable_image(bob, image.pk)
    with pytest.raises(Http404):
        access.changeable_album(bob, shared_album.pk)


def test_invited_editor_arranges_the_album_but_not_the_photos(
    alice: User, bob: User, shared_album: Album
) -> None:
    AlbumMember.objects.update(role=AlbumMember.Role.EDITOR)
    image = make_image(alice)
    shared_album.add([image.pk])

    assert access.changeable_album(bob, shared_album.pk) == shared_album
    with pytest.raises(Http404):
        access.changeable_image(bob, image.pk)


def test_image_in_the_bin_is_gone_for_the_invited(alice: User, bob: User, shared_album: Album) -> None:
    from gallery import bin as photo_bin
    from gallery.models import Image

    image = make_image(alice)
    shared_album.add([image.pk])
    photo_bin.put(Image.objects.filter(pk=image.pk))

    with pytest.raises(Http404):
        access.visible_image(bob, image.pk)


@pytest.mark.parametrize("ask", [access.visible_image, access.changeable_image])
def test_stranger_and_anonymous_get_404_for_an_image(alice: User, stranger: User, ask: object) -> None:
    image = make_image(alice)

    for person in (stranger, AnonymousUser()):
        with pytest.raises(Http404):
            ask(person, image.pk)  # type: ignore[operator]


@pytest.mark.parametrize("ask", [access.visible_album, access.changeable_album])
def test_stranger_and_anonymous_get_404_for_an_album(
    shared_album: Album, stranger: User, ask: object
) -> None:
    for person in (stranger, AnonymousUser()):
        with pytest.raises(Http404):
            ask(person, shared_album.pk)  # type: ignore[operator]


def test_what_does_not_exist_and_what_is_not_yours_look_the_same(alice: User, stranger: User) -> None:
    image = make_image(alice)

    with pytest.raises(Http404) as foreign:
        access.visible_image(stranger, image.pk)
    with pytest.raises(Http404) as absent:
        access.visible_image(stranger, uuid.uuid4())

    assert str(foreign.value) == str(absent.value)
