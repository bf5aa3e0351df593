"""Personal tokens, by which programs act for a person within the scopes that the person chose."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone as django_timezone

from gallery.models.keys import new_id
from gallery.models.users import User

# Says in a log or a leaked file whose token it is; scanners for secrets look for such a beginning.
MARK = "photosky_"
# Of the random part, how much may be shown to tell tokens apart.
SHOWN = 8
# A row is not written at every request: "last used" is exact to this.
USE_NOTED_EVERY = timedelta(hours=1)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Questions about tokens."""

    def matching(self, plain: str) -> Self:
        """Keep the token that is written so."""
        return self.filter(token_sha256=_hashed(plain))

    def called(self, text: str) -> Self:
        """Keep the tokens of this name, and the one that begins or is written so."""
        return self.filter(models.Q(name=text) | models.Q(prefix=text) | models.Q(token_sha256=_hashed(text)))

    def revoke(self, now: datetime) -> int:
        """End these tokens for good; return how many were not ended before."""
        return self.filter(revoked_at=None).update(revoked_at=now)


class ApiToken(models.Model):
    """A token of one person. Only its hash is kept: 160 random bits need no slow one."""

    class Scope(models.TextChoices):
        """What a token allows.

        READ to see what its owner sees, UPLOAD to bring photos in, MANAGE to change and delete what its owner may,
        SHARE to make and end share links.
        """

        READ = "read"
        UPLOAD = "upload"
        MANAGE = "manage"
        SHARE = "share"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="Where it is used.")
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=20, editable=False, help_text="How the token begins.")
    scopes = models.CharField(max_length=200, help_text="With spaces between them.")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        indexes = [models.Index(fields=["user", "id"], name="api_token_by_user")]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    @classmethod
    def issue(
        cls, user: User, name: str, scopes: Iterable[str], expires_at: datetime | None = None
    ) -> tuple[Self, str]:
        """Make a token; return its row and how it is written, which nobody can read again."""
        plain = MARK + secrets.token_hex(20)
        token = cls(
            user=user,
            name=name,
            token_sha256=_hashed(plain),
            prefix=plain[: len(MARK) + SHOWN],
            scopes=" ".join(sorted({cls.Scope(scope).value for scope in scopes})),
            expires_at=expires_at,
        )
        token.save(force_insert=True)
        return token, plain

    def allows(self, scope: str) -> bool:
        """Return whether the token was given the scope."""
        return scope in self.scopes.split()

    def note_use(self, now: datetime) -> None:
        """Write down that the token was used, unless that was written a short while ago."""
        if self.last_used_at is None or self.last_used_at < now - USE_NOTED_EVERY:
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)


def _hashed(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()
