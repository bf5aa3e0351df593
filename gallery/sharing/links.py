"""Making, changing and ending share links. Only named columns are written, so that no view and no upload is uncounted."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import access, audit
from gallery.errors import GalleryError
from gallery.models import Album, Image, ShareLink, ShareLinkImage, User
from photosky.database import atomic_retry

MAX_PICKS = 500
# What the owner decides of a link, beside the password.
TERMS = frozenset(
    {
        "title",
        "allow_download",
        "allow_originals",
        "show_location",
        "show_camera",
        "allow_upload",
        "upload_limit_bytes",
        "expires_at",
    }
)


class InvalidLink(GalleryError):
    """A link was asked for that cannot be: it opens nothing, too much, or what its maker does not own."""

    code = "invalid_share_link"


def make(
    owner: User,
    *,
    album: Album | None = None,
    images: Sequence[uuid.UUID] = (),
    password: str = "",
    **terms: Any,
) -> tuple[ShareLink, str]:
    """Make a link to an album or to photos of the owner's; return it with its token, which nobody can read again.

    Raises InvalidLink, also where one of the photos is not the owner's or in the bin.
    """
    keys = list(dict.fromkeys(images))
    if (album is None) == (not keys):
        raise InvalidLink(_("Name one album, or one or more photos, to share."))
    if album is not None and album.owner_id != owner.pk:
        raise InvalidLink(_("Only the owner of an album can share it by a link."))
    if len(keys) > MAX_PICKS:
        raise InvalidLink(
            _("A link opens at most %(most)d chosen photos: put more into an album and share that.")
            % {"most": MAX_PICKS}
        )
    if access.library_of(owner).filter(pk__in=keys).count() != len(keys):
        raise InvalidLink(_("You can share photos of your own that are not in the bin, and no others."))
    link = ShareLink(
        owner=owner,
        album=album,
        image_id=keys[0] if len(keys) == 1 else None,
        password=make_password(password) if password else "",
        **_checked(terms, has_album=album is not None),
    )
    token = link.new_token()
    _save(link, keys if len(keys) > 1 else [])
    return link, token


def change(link: ShareLink, *, password: str | None = None, **terms: Any) -> None:
    """Change what is named. A password is set, "" takes it away, None leaves it; whoever was let in must give the new one."""
    values = _checked(terms, has_album=link.album_id is not None)
    if password is not None:
        values["password"] = make_password(password) if password else ""
    _write(link, values)
    link.refresh_from_db()


@atomic_retry
def revoke(link: ShareLink) -> bool:
    """End a link for good. Returns whether it was open."""
    now = timezone.now()
    ended = ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now, updated_at=now)
    if ended:
        audit.note("link.revoked", link, owner=link.owner_id)
    return bool(ended)


@atomic_retry
def renew(link: ShareLink) -> str:
    """Give the link another token and return it: the former address opens nothing any more. Raises InvalidLink."""
    token = link.new_token()
    still = ShareLink.objects.filter(pk=link.pk, revoked_at=None)
    values = {"token_sha256": link.token_sha256, "prefix": link.prefix, "updated_at": timezone.now()}
    if not still.update(**values):
        raise InvalidLink(_("This link was ended: make a new one."))
    audit.note("link.renewed", link, owner=link.owner_id)
    return token


@atomic_retry
def _write(link: ShareLink, values: dict[str, Any]) -> None:
    if ShareLink.objects.filter(pk=link.pk).update(**values, updated_at=timezone.now()):
        audit.note("link.changed", link, owner=link.owner_id, fields=sorted(values))


@atomic_retry
def count_view(link: ShareLink) -> None:
    """Count one visit."""
    ShareLink.objects.filter(pk=link.pk).update(views=F("views") + 1)


def _checked(terms: dict[str, Any], *, has_album: bool) -> dict[str, Any]:
    if unknown := terms.keys() - TERMS:
        raise TypeError(f"No link has {sorted(unknown)}.")
    values = dict(terms)
    if values.get("allow_upload"):
        if not has_album:
            raise InvalidLink(_("Guests can add photos to an album only."))
        if not values.get("upload_limit_bytes"):
            raise InvalidLink(_("Say how much guests may add: a limit of more than nothing."))
    expires_at = values.get("expires_at")
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidLink(_("The link would have expired already: choose a later day."))
    return values


@atomic_retry
def _save(link: ShareLink, keys: Sequence[uuid.UUID]) -> None:
    link.save(force_insert=True)
    ShareLinkImage.objects.bulk_create(
        [ShareLinkImage(link=link, image=Image(pk=key), position=place) for place, key in enumerate(keys)]
    )
    target = {"album": str(link.album_id)} if link.album_id else {"photos": len(keys) or 1}
    audit.note("link.made", link, owner=link.owner_id, **target)
