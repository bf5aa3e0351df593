"""Albums: the list, one album, and making a new one."""

import uuid
from collections.abc import Iterable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from gallery import access, renditions
from gallery import albums as library
from gallery.forms import AlbumForm
from gallery.models import Album, AlbumImage, AlbumQuerySet, Image, User
from gallery.views import cursors, tiles
from gallery.views.people import SignedIn


@require_safe
@login_required
def albums(request: SignedIn) -> HttpResponse:
    found = access.albums_visible_to(request.user)
    top = found.filter(Q(parent=None) | ~Q(owner=request.user))
    context = {"cards": _cards(request.user, top), "form": AlbumForm()}
    return render(request, "albums.html", context)


@require_safe
@login_required
def album(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    found = access.visible_album(request.user, album_id)
    visible = access.albums_visible_to(request.user)
    page = _page(_entries(request.user, found), request.GET.get("before", ""))
    context = {
        "album": found,
        "mine": found.owner_id == request.user.pk,
        "parent": visible.filter(pk=found.parent_id).first() if found.parent_id else None,
        "cards": _cards(request.user, visible.filter(parent=found)),
        "tiles": tiles.tiles([entry.image for entry in page.rows], query=f"?album={found.pk}"),
        "page": page,
        "form": AlbumForm(),
    }
    return render(request, "album.html", context)


@require_POST
@login_required
def create_album(request: SignedIn) -> HttpResponse:
    parent = request.POST.get("parent")
    inside = access.changeable_album(request.user, _key(parent)) if parent else None
    form = AlbumForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the album a title of at most 200 characters.")
        return redirect(inside or "gallery:albums")
    owner = inside.owner if inside else request.user
    return redirect(library.create(owner, form.cleaned_data["title"], parent=inside))


def _key(text: str) -> uuid.UUID:
    """Return the id, or one that nobody has: a damaged id is an unknown one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def _entries(user: User, album: Album) -> QuerySet[AlbumImage]:
    """Return the places in an album that the user may see, in the album's order."""
    visible = access.images_visible_to(user)
    entries = AlbumImage.objects.filter(album=album, image__in=visible).select_related("image")
    return entries.defer("image__metadata").order_by("position", "pk")


def _page(entries: QuerySet[AlbumImage], before: str) -> cursors.Page[AlbumImage]:
    if before:
        place = cursors.read(before)
        further = Q(position__gt=place.place) | Q(pk__gt=place.key)
        entries = entries.filter(position__gte=place.place).filter(further)
    rows = list(entries[: cursors.PAGE_SIZE + 1])
    return cursors.onward(rows, lambda entry: cursors.Cursor(entry.position, entry.pk))


def _cards(user: User, albums: AlbumQuerySet) -> list[dict[str, object]]:
    """Return what the list shows of each album: its cover, or its first photo, and how many photos it holds."""
    visible = access.images_visible_to(user)
    seen = Q(images__in=visible)
    first = AlbumImage.objects.filter(album=OuterRef("pk"), image__in=visible).order_by("position", "pk")
    rows = albums.in_order().annotate(
        count=Count("images", filter=seen, distinct=True),
        since=Min("images__taken_at", filter=seen),
        first_id=Subquery(first.values("image_id")[:1]),
    )
    found = list(rows)
    covers = _covers(visible, [key for row in found for key in (row.cover_id, row.first_id) if key])
    return [
        {
            "album": row,
            "count": row.count,
            "since": row.since,
            "cover": covers.get(row.cover_id or row.first_id),
        }
        for row in found
    ]


def _covers(visible: QuerySet[Image], keys: Iterable[uuid.UUID]) -> dict[uuid.UUID | None, dict[str, object]]:
    images = list(visible.filter(pk__in=set(keys)).defer("metadata"))
    addresses = renditions.urls(images, ("h240", "h480"))
    return {
        image.pk: {"src": urls["h240"], "srcset": tiles.srcset(image, urls), "color": image.color}
        for image, urls in zip(images, addresses, strict=True)
    }
