"""Invitations, by which a person gets an account while sign-up is closed."""

import hashlib
import secrets
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone as django_timezone

from gallery.models.albums import Album, AlbumMember
from gallery.models.keys import new_id
from gallery.models.users import User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Questions about invitations."""

    def open_at(self, now: datetime) -> Self:
        """Keep what was neither used, taken back nor outlived."""
        return self.filter(accepted_at=None, revoked_at=None).filter(Q(expires_at__gt=now))

    def matching(self, plain: str) -> Self:
        """Keep the invitation whose token is written so."""
        return self.filter(token_sha256=_hashed(plain))


class Invitation(models.Model):
    """A link by which one person may make an account, and is then a member of `album` where one is named."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invited_by = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    email = models.EmailField(blank=True)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    album = models.ForeignKey(Album, models.CASCADE, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=12, choices=AlbumMember.Role, default=AlbumMember.Role.VIEWER)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["invited_by", "id"], name="invitation_by_inviter")]

    def __str__(self) -> str:
        return f"invitation {self.id}"

    def new_token(self) -> str:
        """Give the invitation a token of 128 random bits; return how it is written, which nobody can read again."""
        plain = secrets.token_urlsafe(16)
        self.token_sha256 = _hashed(plain)
        return plain


def _hashed(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()
