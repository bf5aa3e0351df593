"""Smart albums: searches that people keep under a title, and find among their albums."""

import uuid

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from gallery import search
from gallery.access import GONE
from gallery.models import ImageQuerySet, SmartAlbum, User
from photosky.database import atomic_retry

MAX_QUERY = 500


def of(user: User) -> QuerySet[SmartAlbum]:
    """Return the user's own smart albums, by title."""
    return SmartAlbum.objects.filter(owner=user).order_by("title", "id")


def one(user: User, key: uuid.UUID) -> SmartAlbum:
    """Return one of the user's own; raises Http404."""
    found = of(user).filter(pk=key).first()
    if found is None:
        raise Http404(GONE)
    return found


def after(found: QuerySet[SmartAlbum], album: SmartAlbum) -> QuerySet[SmartAlbum]:
    """Return those that follow one in the order by title."""
    further = Q(title__gt=album.title) | Q(pk__gt=album.pk)
    return found.filter(title__gte=album.title).filter(further)


def check(query: str) -> None:
    """Raise search.QueryError where a search cannot be understood."""
    search.parse(query)


def create(owner: User, title: str, query: str) -> SmartAlbum:
    """Keep a search under a title. Raises search.QueryError."""
    check(query)
    return SmartAlbum.objects.create(owner=owner, title=title, query=query)


@atomic_retry
def change(album: SmartAlbum, title: str, query: str) -> None:
    """Call it otherwise, or search for something else. Raises search.QueryError, or Http404 where it is gone."""
    check(query)
    changed = SmartAlbum.objects.filter(pk=album.pk)
    if not changed.update(title=title, query=query, updated_at=timezone.now()):
        raise Http404(GONE)
    album.title, album.query = title, query


@atomic_retry
def delete(album: SmartAlbum) -> None:
    """Forget the search; what it finds stays."""
    album.delete()


def images(album: SmartAlbum) -> ImageQuerySet:
    """Return what the search finds for the album's owner. Raises search.QueryError: what is understood may have changed."""
    return search.run(album.owner, album.query)
