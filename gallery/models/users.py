"""People, and how much they may keep."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from gallery.models.keys import new_id


class User(AbstractUser):
    """A person with a library of their own. Quota and use are in bytes; a quota of NULL means the site's default."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    quota_bytes = models.BigIntegerField(null=True, blank=True, help_text="Empty: the default of this site.")
    language = models.CharField(max_length=10, null=True, blank=True, help_text="Empty: as the browser says.")
    used_bytes = models.BigIntegerField(default=0, editable=False)

    class Meta(AbstractUser.Meta):
        abstract = False
        constraints = [
            models.CheckConstraint(condition=Q(used_bytes__gte=0), name="user_used_bytes_not_negative")
        ]

    @property
    def quota(self) -> int:
        """Bytes that this user may keep; 0 means without limit."""
        return settings.DEFAULT_QUOTA_BYTES if self.quota_bytes is None else self.quota_bytes
