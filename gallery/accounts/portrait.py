"""All that is kept about a person beside their photos, as JSON: no secret is in it, and nothing about anybody else."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps

from gallery.models import (
    AlbumMember,
    ApiToken,
    Invitation,
    Job,
    ShareLink,
    SmartAlbum,
    Tag,
    Upload,
    User,
    Webhook,
)

PERSON = ("username", "first_name", "last_name", "email", "language", "date_joined", "last_login")
BYTES = ("used_bytes", "quota")


def portrait(user: User) -> dict[str, Any]:
    """Return what the gallery keeps about the person."""
    return {
        **{name: getattr(user, name) for name in (*PERSON, *BYTES)},
        "email_addresses": _rows(EmailAddress.objects.filter(user=user), "email", "verified", "primary"),
        "passkeys_and_second_factors": _rows(
            Authenticator.objects.filter(user=user), "type", "created_at", "last_used_at"
        ),
        "sessions": _rows(UserSession.objects.filter(user=user), "ip", "user_agent", "created_at"),
        "single_sign_on": _connected(user),
        "tokens": _rows(
            ApiToken.objects.filter(user=user),
            "name", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at",
        ),
        "share_links": _rows(
            ShareLink.objects.owned_by(user),
            "title", "prefix", "album_id", "image_id", "views", "created_at", "expires_at", "revoked_at",
        ),
        "webhooks": _rows(
            Webhook.objects.owned_by(user), "name", "url", "events", "created_at", "delivered_at", "disabled_at",
        ),
        "invitations": _rows(
            Invitation.objects.filter(invited_by=user),
            "email", "album_id", "role", "created_at", "accepted_at", "revoked_at",
        ),
        "member_of": _rows(AlbumMember.objects.filter(user=user), "album__title", "role", "created_at"),
        "smart_albums": _rows(SmartAlbum.objects.filter(owner=user), "title", "query"),
        "tags": list(Tag.objects.filter(owner=user).order_by("id").values_list("name", flat=True)),
        "unfinished_uploads": _rows(
            Upload.objects.filter(owner=user).exclude(state=Upload.State.READY), "filename", "state", "created_at"
        ),
        "jobs": _rows(Job.objects.owned_by(user), "kind", "state", "created_at", "finished_at"),
    }  # fmt: skip


def _rows(rows: Any, *names: str) -> list[dict[str, Any]]:
    return list(rows.order_by("pk").values(*names))


def _connected(user: User) -> list[dict[str, Any]]:
    """Return the accounts elsewhere; their table is there only where single sign-on is configured."""
    if not apps.is_installed("allauth.socialaccount"):
        return []
    return _rows(_model("socialaccount.SocialAccount").filter(user=user), "provider", "uid")


def _model(name: str) -> Any:
    return apps.get_model(name)._default_manager
