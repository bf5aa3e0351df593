"""Members of albums: inviting people, what they may do there, and how they go.

A photo that a member added stays theirs, and everybody in the album sees it. It leaves the album with them: who leaves
may choose otherwise, who is removed is not asked and so takes it along.
"""

import uuid
from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from gallery import access, albums, audit
from gallery.errors import GalleryError
from gallery.models import Album, AlbumImage, AlbumMember, User
from gallery.models.albums import CHUNK
from photosky import database
from photosky.database import atomic_retry

Role = AlbumMember.Role


class NobodyThere(GalleryError):
    """No account has this user name."""

    code = "no_such_person"


class IsOwner(GalleryError):
    """The owner cannot be a member of their own album."""

    code = "is_owner"


def of(album: Album) -> QuerySet[AlbumMember]:
    """Return the members of an album by name, with who they are."""
    return AlbumMember.objects.filter(album=album).select_related("user").order_by("user__username", "pk")


def one(album: Album, member_id: uuid.UUID) -> AlbumMember:
    """Return one member of the album; raises Http404."""
    found = of(album).filter(pk=member_id).first()
    if found is None:
        raise Http404(access.GONE)
    return found


def invite(album: Album, username: str, role: str, *, inner: bool = False) -> AlbumMember:
    """Make the person with this user name a member; who is one gets the role. Raises NobodyThere and IsOwner.

    With `inner` the same goes for the albums that lie inside by now. People are told by their names alone: whether
    an e-mail address has an account is nobody's to find out, so addresses get gallery.invitations.
    """
    person = User.objects.filter(username__iexact=username.strip(), is_active=True).first()
    if person is None:
        raise NobodyThere(
            _("Nobody here is called “%(name)s”: check the user name, or invite by e-mail.")
            % {"name": username.strip()[:150]}
        )
    if person.pk == album.owner_id:
        raise IsOwner(_("This is the owner of the album."))
    _let_in(_reach(album, inner=inner), person, Role(role))
    return of(album).get(user=person)


def set_role(member: AlbumMember, role: str, *, inner: bool = False) -> None:
    """Let the member do more or less; with `inner` in the albums inside, too, where they become a member."""
    _let_in(_reach(member.album, inner=inner), member.user, Role(role))
    member.role = role


def remove(album: Album, user: User, *, inner: bool = True, keep_photos: bool = False) -> None:
    """End a membership; unless `keep_photos`, what the member brought leaves the album. Harmless to repeat."""
    for key in _reach(album, inner=inner):
        _end(key, album.owner_id, user)
        if keep_photos:
            continue
        theirs = AlbumImage.objects.filter(_brought_by(user.pk), album=key)
        while entries := list(theirs.values_list("pk", flat=True)[:CHUNK]):
            database.delete(AlbumImage.objects.filter(pk__in=entries))
            Album.objects.filter(pk=key).touch()


def brought(album: Album, user_id: uuid.UUID) -> int:
    """Return how many photos of the album, and of those inside it, would leave with the person."""
    return sum(
        AlbumImage.objects.filter(_brought_by(user_id), album__in=chunk).count()
        for chunk in [[album.pk], albums.inner(album)]
    )


def _brought_by(user_id: uuid.UUID) -> Q:
    return Q(added_by=user_id) | Q(image__owner=user_id)


def _reach(album: Album, *, inner: bool) -> list[uuid.UUID]:
    return [album.pk, *(albums.inner(album) if inner else [])]


def _let_in(album_ids: Iterable[uuid.UUID], user: User, role: Role) -> None:
    for key in album_ids:
        _let_into(key, user, role)


@atomic_retry
def _end(album_id: uuid.UUID, owner_id: uuid.UUID, user: User) -> None:
    if AlbumMember.objects.filter(album=album_id, user=user).delete()[0]:
        Album.objects.filter(pk=album_id).touch()
        audit.note("member.removed", Album(pk=album_id), owner=owner_id, person=str(user.pk))


@atomic_retry
def _let_into(album_id: uuid.UUID, user: User, role: Role) -> None:
    if not AlbumMember.objects.filter(album=album_id, user=user).update(role=role):
        AlbumMember.objects.bulk_create(
            [AlbumMember(album_id=album_id, user=user, role=role)], ignore_conflicts=True
        )
    Album.objects.filter(pk=album_id).touch()
    owner = Album.objects.filter(pk=album_id).values_list("owner_id", flat=True).first()
    audit.note("member.set", Album(pk=album_id), owner=owner, person=str(user.pk), role=str(role))
