"""Making and ending personal tokens, by pages, API, commands and administration alike."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from gallery import audit
from gallery.models import ApiToken, ApiTokenQuerySet, User
from photosky.database import atomic_retry


@atomic_retry
def issue(
    user: User, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token; return its row and how it is written, which nobody can read again."""
    token, plain = ApiToken.issue(user, name, scopes, expires_at)
    audit.note("token.made", token, owner=user, token=token.prefix, scopes=token.scopes)
    return token, plain


@atomic_retry
def revoke(tokens: ApiTokenQuerySet) -> int:
    """End tokens for good; return how many were not ended before."""
    chosen = list(tokens.filter(revoked_at=None).order_by("id")[: audit.CHUNK])
    for token in chosen:
        audit.note("token.revoked", token, owner=token.user_id, token=token.prefix)
    return ApiToken.objects.filter(pk__in=[token.pk for token in chosen]).revoke(timezone.now())
