"""Share links."""

from django.db import models
from django.db.models import Q
from django.utils import timezone as django_timezone

from gallery.models.albums import Album
from gallery.models.images import Image
from gallery.models.keys import new_id
from gallery.models.users import User


class ShareLink(models.Model):
    """A link that opens one album or one image to whoever holds it. Only a hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="share_links")
    album = models.ForeignKey(Album, models.CASCADE, null=True, blank=True, related_name="share_links")
    image = models.ForeignKey(Image, models.CASCADE, null=True, blank=True, related_name="share_links")
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    password = models.CharField(max_length=128, blank=True, editable=False)
    allow_download = models.BooleanField(default=True)
    show_location = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(album=None, image__isnull=False) | Q(album__isnull=False, image=None),
                name="share_link_has_one_target",
            )
        ]

    def __str__(self) -> str:
        return f"share link {self.id}"
