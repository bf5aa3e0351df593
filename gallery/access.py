"""Who may see or change what. Pages, API and admin ask here and nowhere else; a stranger gets 404."""

import uuid
from collections.abc import Iterable
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.http import Http404
from django.utils import timezone

from gallery.models import (
    Album,
    AlbumImage,
    AlbumMember,
    AlbumQuerySet,
    Image,
    ImageQuerySet,
    ShareLink,
    ShareLinkImage,
    ShareLinkQuerySet,
    Upload,
    UploadQuerySet,
    User,
)
from gallery.models.images import LONG_AGO
from photosky.database import atomic_retry

GONE = "There is no such thing here, or it is not yours to see."
# Up to so many, the rare are named one by one; more are met soon by reading a library from its newest photo on.
FEW = 1_000
M = TypeVar("M", bound=Model)
Person = User | AnonymousUser


def library_of(user: User) -> ImageQuerySet:
    """Return the user's own images, the archive included; without the bin and without what waits for review."""
    return Image.objects.owned_by(user).shown()


def timeline_of(user: User) -> ImageQuerySet:
    """Return what the user's timeline shows: without the archive, and of each stack its top alone."""
    return Image.objects.owned_by(user).in_timeline()


def favourites_of(user: User) -> ImageQuerySet:
    """Return the user's own images that are marked as favourites, the archive included."""
    # Compared, not taken for a condition of its own: so SQLite sees its index.
    return library_of(user).filter(is_favorite__in=[True])


def archive_of(user: User) -> ImageQuerySet:
    """Return the user's own images that are kept out of the timeline."""
    return library_of(user).filter(archived(user))


def archived(user: User) -> Q:
    """Return the condition that an image of the user's is kept out of the timeline.

    Where there are few, it names them: a page of them would else be looked for in the whole library. It is asked as a
    range, for which SQLite reads an index.
    """
    kept_out = (
        Image.objects.owned_by(user)
        .filter(archived_at__gt=LONG_AGO)
        .order_by("archived_at", "taken_at", "id")
    )
    keys = list(kept_out.values_list("pk", flat=True)[:FEW])
    there = Q(archived_at__gt=LONG_AGO)
    return there & Q(pk__in=keys) if len(keys) < FEW else there


def bin_of(user: User) -> ImageQuerySet:
    """Return the user's own images that are in the bin."""
    return Image.objects.owned_by(user).binned()


def images_visible_to(user: Person) -> ImageQuerySet:
    """Return what the user owns, was invited to see, or was brought into their albums; without the bin."""
    if not isinstance(user, User):
        return Image.objects.none()
    invited = AlbumImage.objects.filter(album__memberships__user=user).values("image_id")
    received = AlbumImage.objects.filter(album__owner=user).values("image_id")
    return Image.objects.shown().filter(Q(owner=user) | Q(id__in=invited) | Q(id__in=received))


def visible_image(user: Person, image_id: uuid.UUID) -> Image:
    """Return one image that the user may see; raise Http404 otherwise."""
    return _one(images_visible_to(user).select_related("owner"), image_id)


def changeable_image(user: Person, image_id: uuid.UUID) -> Image:
    """Return one image that the user may change, in or out of the bin; raise Http404 otherwise."""
    return _one(images_changeable_by(user), image_id)


def images_changeable_by(user: Person) -> ImageQuerySet:
    """Return what the user may change: their own images, the bin included."""
    return Image.objects.owned_by(user) if isinstance(user, User) else Image.objects.none()


def albums_visible_to(user: Person) -> AlbumQuerySet:
    """Return the user's own albums and those they were invited to."""
    if not isinstance(user, User):
        return Album.objects.none()
    invited = AlbumMember.objects.filter(user=user).values("album_id")
    return Album.objects.filter(Q(owner=user) | Q(id__in=invited))


def albums_received_by(user: User) -> AlbumQuerySet:
    """Return the albums of others that the user was invited to; asked of their own, an engine would read all of these."""
    invited = AlbumMember.objects.filter(user=user).values("album_id")
    return Album.objects.filter(id__in=invited).exclude(owner=user)


def visible_album(user: Person, album_id: uuid.UUID) -> Album:
    """Return one album that the user may see; raise Http404 otherwise."""
    return _one(albums_visible_to(user).select_related("owner"), album_id)


def album_to_take_from(user: Person, album_id: uuid.UUID) -> Album:
    """Return one album that the user may see, or in which photos of theirs lie; raise Http404 otherwise."""
    if not isinstance(user, User):
        raise Http404(GONE)
    own = AlbumImage.objects.filter(album=album_id, image__owner=user)
    found = Album.objects.filter(pk=album_id) if own.exists() else albums_visible_to(user)
    return _one(found.select_related("owner"), album_id)


def albums_changeable_by(user: Person) -> AlbumQuerySet:
    """Return the albums that the user may arrange, as owner or editor."""
    return _albums_by_role(user, AlbumMember.Role.EDITOR)


def changeable_album(user: Person, album_id: uuid.UUID) -> Album:
    """Return one album that the user may arrange, as owner or editor; raise Http404 otherwise."""
    return _one(albums_changeable_by(user).select_related("owner"), album_id)


def albums_contributable_by(user: Person) -> AlbumQuerySet:
    """Return the albums that the user may add photos of their own to, as owner, editor or contributor."""
    return _albums_by_role(user, AlbumMember.Role.EDITOR, AlbumMember.Role.CONTRIBUTOR)


def contributable_album(user: Person, album_id: uuid.UUID) -> Album:
    """Return one album that the user may add photos of their own to; raise Http404 otherwise."""
    return _one(albums_contributable_by(user).select_related("owner"), album_id)


def may_contribute(user: Person, album: Album) -> bool:
    """Return whether the user may add photos of their own to the album."""
    return albums_contributable_by(user).filter(pk=album.pk).exists()


def own_album(user: Person, album_id: uuid.UUID) -> Album:
    """Return one album that the user may move, share or remove, as its owner; raise Http404 otherwise."""
    return _one(albums_visible_to(user).filter(owner_id=user.pk), album_id)


def role_in(user: Person, album: Album) -> str:
    """Return "owner", the member's role, or "" for somebody who is neither."""
    if not isinstance(user, User):
        return ""
    if album.owner_id == user.pk:
        return "owner"
    return AlbumMember.objects.filter(album=album, user=user).values_list("role", flat=True).first() or ""


def entries_of(album: Album) -> QuerySet[AlbumImage]:
    """Return the places in an album that everybody sees who may see the album."""
    return AlbumImage.objects.filter(album=album, image__binned_at=None, image__held_at=None)


def entries_removable_by(user: Person, album: Album) -> QuerySet[AlbumImage]:
    """Return the places that the user may clear: owner and editors all of them, others those of their own photos.

    What somebody added is theirs, and they can take it back whatever their role is by now; photos of their own also
    when they have left the album.
    """
    entries, role = entries_of(album), role_in(user, album)
    if role in {"owner", AlbumMember.Role.EDITOR}:
        return entries
    if not isinstance(user, User):
        return entries.none()
    own = Q(image__owner=user)
    return entries.filter(own | Q(added_by=user) if role else own)


def removable_entries_of(user: Person, image: Image) -> QuerySet[AlbumImage]:
    """Return the places of one image that the user may clear, in whichever album: by the rule of entries_removable_by."""
    if not isinstance(user, User):
        return AlbumImage.objects.none()
    brought = Q(added_by=user, album__in=albums_visible_to(user).values("pk"))
    arranged = Q(album__in=albums_changeable_by(user).values("pk"))
    places = AlbumImage.objects.filter(image=image, image__binned_at=None, image__held_at=None)
    return places.filter(Q(image__owner=user) | brought | arranged)


def must_exist(rows: QuerySet[M]) -> None:
    """Raise Http404 where there is none of these."""
    if not rows.exists():
        raise Http404(GONE)


def _albums_by_role(user: Person, *roles: AlbumMember.Role) -> AlbumQuerySet:
    if not isinstance(user, User):
        return Album.objects.none()
    theirs = AlbumMember.objects.filter(user=user, role__in=roles).values("album_id")
    return Album.objects.filter(Q(owner=user) | Q(id__in=theirs))


def uploads_of(user: Person) -> UploadQuerySet:
    """Return the user's own uploads."""
    return Upload.objects.filter(owner=user) if isinstance(user, User) else Upload.objects.none()


def own_upload(user: Person, upload_id: uuid.UUID) -> Upload:
    """Return one of the user's own uploads; raise Http404 otherwise."""
    return _one(uploads_of(user), upload_id)


def link_opened_by(token: str) -> ShareLink:
    """Return the share link that this token opens. Raises Http404 for an unknown, an expired and a revoked one alike."""
    links = ShareLink.objects.matching(token).open_at(timezone.now()).filter(owner__is_active=True)
    link = links.select_related("owner", "album", "image").first()
    if link is None:
        raise Http404(GONE)
    link.plain = token
    return link


def images_opened_by(link: ShareLink) -> ImageQuerySet:
    """Return what a link's guests may see, in the link's order, which `rank` and `tie` of each row decide.

    Of an album that is all that lies in it now, without the bin and without what waits for review; of a single photo
    and of a selection what the link's owner still owns.
    """
    shown = Image.objects.shown()
    if link.album_id:
        inside = shown.filter(entries__album=link.album_id)
        if link.album is None or link.album.sort in {None, Album.Sort.MANUAL}:
            placed = inside.annotate(rank=F("entries__position"), tie=F("entries__id"))
        else:
            placed = inside.annotate(rank=F("taken_at"), tie=F("id"))
            if link.album.sort == Album.Sort.NEWEST:
                return placed.order_by("-rank", "-tie")
        return placed.order_by("rank", "tie")
    own = shown.filter(owner=link.owner_id)
    if link.image_id:
        return own.filter(pk=link.image_id).annotate(rank=Value(0), tie=F("id"))
    picks = ShareLinkImage.objects.filter(link=link)
    position = Subquery(picks.filter(image=OuterRef("pk")).values("position")[:1])
    picked = own.filter(pk__in=picks.values("image_id")).annotate(rank=position, tie=F("id"))
    return picked.order_by("rank", "tie")


def links_of(user: Person) -> ShareLinkQuerySet:
    """Return the share links that the user made."""
    return ShareLink.objects.owned_by(user) if isinstance(user, User) else ShareLink.objects.none()


def own_link(user: Person, link_id: uuid.UUID) -> ShareLink:
    """Return one of the user's own share links; raise Http404 otherwise."""
    return _one(links_of(user).select_related("owner", "album", "image"), link_id)


def held_for(user: User) -> ImageQuerySet:
    """Return what guests brought the user and nobody has looked at yet."""
    return Image.objects.owned_by(user).live().exclude(held_at=None)


@atomic_retry
def save_changes(row: Image | Album, names: Iterable[str]) -> None:
    """Write these fields of a row and no others; raise Http404 where it was deleted for good meanwhile.

    A plain save() would write a deleted row anew, and undo what others changed since it was read.
    """
    row.updated_at = timezone.now()
    values = {name: getattr(row, name) for name in {"updated_at", *names}}
    if not type(row)._base_manager.filter(pk=row.pk).update(**values):
        raise Http404(GONE)


def _one(rows: QuerySet[M], key: uuid.UUID) -> M:
    found = rows.filter(pk=key).first()
    if found is None:
        raise Http404(GONE)
    return found
