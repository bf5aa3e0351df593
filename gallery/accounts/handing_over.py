"""Handing an invitation over: its whole address, and mailing it where mail works."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from gallery import invitations
from gallery.accounts.mail import send
from gallery.models import Invitation


def link_to(request: HttpRequest, plain: str) -> str:
    """Return the whole address of an invitation, by the site's own name where one is set."""
    path = invitations.address(plain)
    return settings.SITE_URL + path if settings.SITE_URL else request.build_absolute_uri(path)


def send_invitation(invitation: Invitation, link: str) -> str:
    """Mail the link where mail works, an address was given and the inviter may write to strangers.

    Returns the address it went to.
    """
    if not invitations.may_bring_strangers(invitation.invited_by):
        # Also not to those who have an account: whether it was mailed would tell that they do.
        return ""
    values = {
        "inviter": invitation.invited_by.get_full_name() or invitation.invited_by.get_username(),
        "album": invitation.album,
        "link": link,
        "expires_at": invitation.expires_at,
    }
    sent = send(invitation.email, _("You are invited"), "invitations/mail.txt", values)
    return invitation.email if sent else ""
