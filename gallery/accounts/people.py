"""What staff decide about people: how much they may keep, and whether they are let in."""

from django.utils.translation import gettext as _

from gallery import audit
from gallery.accounts import tokens
from gallery.accounts.closing import LastSuperuser, end_sessions
from gallery.errors import GalleryError
from gallery.models import ApiToken, User
from photosky.database import atomic_retry


class AboveYou(GalleryError):
    """Somebody who is staff would decide about a superuser."""

    code = "above_you"
    status = 403


class MayNotChangePeople(GalleryError):
    """Somebody who is staff has not the permission to change people."""

    code = "may_not_change_people"
    status = 403


class NotYourself(GalleryError):
    """Somebody would shut themselves out."""

    code = "not_yourself"
    status = 409


class Closed(GalleryError):
    """The account was closed by its owner, and `restore_account` alone opens it again."""

    code = "account_closed"
    status = 409


def may_see(by: User) -> bool:
    """Return whether the person is told who there is: by the same permission as in the administration."""
    return by.is_staff and by.has_perm("gallery.view_user")


def set_quota(by: User, person: User, quota_bytes: int | None) -> None:
    """Let the person keep so many bytes; 0 is without limit, None the site's default. Raises AboveYou and MayNotChangePeople."""
    _may_decide(by, person)
    _set_quota(person, quota_bytes)
    person.quota_bytes = quota_bytes


def set_active(by: User, person: User, *, active: bool) -> None:
    """Let the person in, or not any more: sessions end at once, tokens are ended for good; what is theirs stays.

    Raises AboveYou, MayNotChangePeople, NotYourself and LastSuperuser, and Closed for an account that is about to be
    deleted.
    """
    _may_decide(by, person)
    if by.pk == person.pk and not active:
        raise NotYourself(_("You cannot shut yourself out: ask somebody else of the staff."))
    _set_active(person, active)
    if not active:
        end_sessions(person)
    person.is_active = active


def _may_decide(by: User, person: User) -> None:
    if not (by.is_staff and by.has_perm("gallery.change_user")):
        raise MayNotChangePeople(_("You have not the permission to change people: ask a superuser for it."))
    if person.is_superuser and not by.is_superuser:
        raise AboveYou(_("Only a superuser decides about a superuser."))


@atomic_retry
def _set_quota(person: User, quota_bytes: int | None) -> None:
    User.objects.filter(pk=person.pk).update(quota_bytes=quota_bytes)
    audit.note("user.changed", person, owner=person, quota_bytes=quota_bytes)


@atomic_retry
def _set_active(person: User, active: bool) -> None:  # noqa: FBT001
    if active:
        if person.jobs.filter(kind="leave", state="waiting").exists():
            raise Closed(_("This account was closed by its owner: use manage.py restore_account."))
    elif person.is_superuser:
        others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk)
        if not others.exists():
            raise LastSuperuser(_("This is the only one who runs the gallery."))
    User.objects.filter(pk=person.pk).update(is_active=active)
    audit.note("user.changed", person, owner=person, is_active=active)
    while not active and tokens.revoke(ApiToken.objects.filter(user=person)):
        pass
