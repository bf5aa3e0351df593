"""Invitations: who may invite whom, and how an invited person gets an account or joins an album."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import access, audit
from gallery.errors import GalleryError
from gallery.models import Album, AlbumMember, Invitation, InvitationQuerySet, User
from photosky.counting import count
from photosky.database import atomic_retry

KEPT_OPEN = timedelta(days=14)
A_DAY_S = 24 * 60 * 60
# Of one person, at a time: what nobody accepts is to be taken back, or ends.
MOST_OPEN = 100


class MayNotInvite(GalleryError):
    """The person may not invite anybody there."""

    code = "may_not_invite"
    status = 403


class TooManyInvitations(GalleryError):
    """The person made many invitations today, or has many that nobody accepted."""

    code = "too_many_invitations"
    status = 429


def may_invite(by: User, album: Album | None = None) -> bool:
    """Return whether the person may invite: staff to the gallery, an album's owner to that album."""
    return album.owner_id == by.pk if album is not None else by.is_staff


def may_bring_strangers(by: User) -> bool:
    """Return whether the person's invitations are mailed and make accounts; those of others are for who has one."""
    return by.is_staff or bool(settings.MEMBERS_INVITE)


def invite(
    by: User, email: str, album: Album | None = None, role: str = AlbumMember.Role.VIEWER
) -> tuple[Invitation, str]:
    """Make an invitation; return it and its token, which nobody can read again. Sends nothing.

    Whoever accepts it is a member of `album`, where one is given, with that role. `email` may be empty: the link is
    then handed over in another way. Raises MayNotInvite and TooManyInvitations.
    """
    if not may_invite(by, album):
        raise MayNotInvite(_("Only staff invite to the gallery, and only its owner invites to an album."))
    _hold_to_limits(by)
    invitation = Invitation(
        invited_by=by,
        email=email.strip(),
        album=album,
        role=AlbumMember.Role(role),
        expires_at=timezone.now() + KEPT_OPEN,
    )
    plain = invitation.new_token()
    _save(invitation)
    return invitation, plain


@atomic_retry
def _save(invitation: Invitation) -> None:
    invitation.save(force_insert=True)
    album = str(invitation.album_id) if invitation.album_id else ""
    audit.note("invitation.made", invitation, owner=invitation.invited_by_id, album=album)


def _hold_to_limits(by: User) -> None:
    if Invitation.objects.filter(invited_by=by).open_at(timezone.now())[:MOST_OPEN].count() >= MOST_OPEN:
        raise TooManyInvitations(
            _("%(number)s of your invitations are open: take back some of them first.")
            % {"number": MOST_OPEN}
        )
    if count(f"invite:{by.pk}", A_DAY_S).total > settings.INVITATIONS_A_DAY:
        raise TooManyInvitations(
            _("You may make %(number)s invitations a day: make this one tomorrow.")
            % {"number": settings.INVITATIONS_A_DAY}
        )


def address(plain: str) -> str:
    """Return the path of the page that accepts the invitation with this token."""
    from django.urls import reverse

    return reverse("accept_invitation", args=[plain])


def made_by(user: User) -> InvitationQuerySet:
    """Return the person's own invitations, the newest first; those of everybody for staff who may view them."""
    found = _within_reach(user, "gallery.view_invitation")
    return found.select_related("album", "invited_by", "accepted_by").order_by("-id")


@atomic_retry
def revoke(by: User, invitation_id: uuid.UUID) -> bool:
    """Take an invitation back; returns False where it was over already. Raises Http404 for one that is not theirs."""
    mine = _within_reach(by, "gallery.change_invitation")
    if not mine.filter(pk=invitation_id).exists():
        raise Http404(access.GONE)
    invitation, now = mine.get(pk=invitation_id), timezone.now()
    if not Invitation.objects.open_at(now).filter(pk=invitation_id).update(revoked_at=now):
        return False
    audit.note("invitation.revoked", invitation, owner=invitation.invited_by_id)
    return True


def _within_reach(user: User, permission: str) -> InvitationQuerySet:
    """Return everybody's invitations for staff with the permission, which the administration asks as well; else one's own."""
    if user.is_staff and user.has_perm(permission):
        return Invitation.objects.all()
    return Invitation.objects.filter(invited_by=user)


def open_by(plain: str) -> Invitation:
    """Return the open invitation of this token.

    Raises Http404 in the same words for one that is unknown, used, expired, taken back or whose inviter has left.
    """
    found = Invitation.objects.open_at(timezone.now()).matching(plain)
    invitation = found.filter(invited_by__is_active=True).select_related("invited_by", "album").first()
    if invitation is None or not may_invite(invitation.invited_by, invitation.album):
        raise Http404(access.GONE)
    return invitation


@atomic_retry
def accept(invitation: Invitation, person: Callable[[], User]) -> User:
    """Let the person in: an account that `person` makes, or one that it names. Each invitation works once.

    Raises Http404 where it was used or taken back meanwhile; then nothing was made.
    """
    now = timezone.now()
    if not Invitation.objects.open_at(now).filter(pk=invitation.pk).update(accepted_at=now):
        raise Http404(access.GONE)
    user = person()
    Invitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
    audit.note("invitation.accepted", invitation, owner=invitation.invited_by_id, by=user)
    if invitation.album is not None and invitation.album.owner_id != user.pk:
        _join(user, invitation.album, invitation.role)
    return user


def _join(user: User, album: Album, role: str) -> None:
    """Make the person a member; who is one already keeps the role, unless the new one allows more."""
    ranks = list(AlbumMember.Role)
    member = AlbumMember.objects.filter(album=album, user=user).first()
    if member is None:
        AlbumMember.objects.create(album=album, user=user, role=role)
    elif ranks.index(AlbumMember.Role(role)) > ranks.index(AlbumMember.Role(member.role)):
        AlbumMember.objects.filter(pk=member.pk).update(role=role)
