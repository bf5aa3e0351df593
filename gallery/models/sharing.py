"""Share links: what they open, to whom, and what their guests may do."""

import hashlib
import secrets
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone as django_timezone

from gallery.models.albums import Album
from gallery.models.images import Image
from gallery.models.keys import new_id
from gallery.models.users import User


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    """Questions about share links."""

    def owned_by(self, user: User) -> Self:
        """Keep the links that one person made."""
        return self.filter(owner=user)

    def open_at(self, now: datetime) -> Self:
        """Keep what is neither revoked nor expired."""
        return self.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=now))

    def matching(self, plain: str) -> Self:
        """Keep the link whose token is written so."""
        return self.filter(token_sha256=_hashed(plain))


class ShareLink(models.Model):
    """A link that opens an album, one image or a selection to whoever holds it. Only a hash of its token is kept.

    Without an album and without an image it opens the selection in `picks`. Guests see no place and no camera unless
    `show_location` and `show_camera` say so; `allow_originals` gives the bytes as they were uploaded, with all they
    tell. Bytes that guests bring are counted in `upload_bytes` against `upload_limit_bytes`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="share_links")
    album = models.ForeignKey(Album, models.CASCADE, null=True, blank=True, related_name="share_links")
    image = models.ForeignKey(Image, models.CASCADE, null=True, blank=True, related_name="share_links")
    picks: "models.ManyToManyField[Image, ShareLinkImage]" = models.ManyToManyField(
        Image, through="ShareLinkImage", related_name="+"
    )
    title = models.CharField(
        max_length=200, blank=True, help_text="Shown to guests; empty: the album's title."
    )
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=8, editable=False, help_text="How the token begins.")
    password = models.CharField(max_length=128, blank=True, editable=False)
    allow_download = models.BooleanField(default=True)
    allow_originals = models.BooleanField(default=False)
    show_location = models.BooleanField(default=False)
    show_camera = models.BooleanField(default=False)
    allow_upload = models.BooleanField(default=False)
    upload_limit_bytes = models.BigIntegerField(default=0, help_text="0: nothing may be uploaded.")
    upload_bytes = models.BigIntegerField(default=0, editable=False)
    views = models.PositiveIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)
    updated_at = models.DateTimeField(
        auto_now=True,
        null=True,
        editable=False,
        help_text="When its terms were last changed; views do not count.",
    )

    objects = ShareLinkQuerySet.as_manager()
    # The token as written in the address that opened the link, or as just made; no column.
    plain = ""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(album=None) | Q(image=None), name="share_link_opens_one_thing"
            ),
            models.CheckConstraint(
                condition=Q(allow_upload=False) | Q(album__isnull=False),
                name="share_link_uploads_to_an_album",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "id"], name="share_link_by_owner"),
            models.Index(fields=["owner", "updated_at", "id"], name="share_link_feed"),
        ]

    def __str__(self) -> str:
        return f"share link {self.prefix}…"

    def new_token(self) -> str:
        """Give the link a token of 128 random bits; return how it is written, which nobody can read again."""
        plain = secrets.token_urlsafe(16)
        self.token_sha256, self.prefix, self.plain = _hashed(plain), plain[:4], plain
        return plain


class ShareLinkImage(models.Model):
    """One image of a selection that a link opens, and its place."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    link = models.ForeignKey(ShareLink, models.CASCADE, related_name="pick_rows")
    image = models.ForeignKey(Image, models.CASCADE, related_name="+")
    position = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "image"], name="share_link_image_once")]

    def __str__(self) -> str:
        return f"{self.image_id} by {self.link_id}"


def _hashed(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()
