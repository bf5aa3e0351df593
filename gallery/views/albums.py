"""Albums: the list, one album, and making a new one."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery, UUIDField
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
    page = _album_page(top, request.GET.get("before", ""))
    context = {"cards": _cards(request.user, page.rows), "page": page, "form": AlbumForm()}
    return render(request, "albums.html", context)


@require_safe
@login_required
def album(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    found = access.visible_album(request.user, album_id)
    visible = access.albums_visible_to(request.user)
    inner = _album_page(visible.filter(parent=found), request.GET.get("albums", ""))
    page = _page(_entries(request.user, found), request.GET.get("before", ""))
    context = {
        "album": found,
        "mine": found.owner_id == request.user.pk,
        "parent": visible.filter(pk=found.parent_id).first() if found.parent_id else None,
        "cards": _cards(request.user, inner.rows),
        # Photos turn their pages by the other name.
        "more_albums": inner.older.replace("before", "albums", 1),
        "tiles": tiles.tiles([entry.image for entry in page.rows], query=f"?album={found.pk}"),
        "page": page,
        "form": AlbumForm(),
    }
    return render(request, "album.html", context)


@require_POST
@login_required
def create_album(request: SignedIn) -> HttpResponse:
    parent = request.POST.get("parent")
    inside = access.own_album(request.user, _key(parent)) if parent else None
    form = AlbumForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the album a title of at most 200 characters.")
        return redirect(inside or "gallery:albums")
    return redirect(library.create(request.user, form.cleaned_data["title"], parent=inside))


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


def _album_page(albums: AlbumQuerySet, before: str) -> cursors.Page[Album]:
    if before:
        place = cursors.read(before)
        title = albums.filter(pk=place.key).values_list("title", flat=True).first()
        # Of an album that was removed meanwhile the title is not known: its equals are shown once more, none is missed.
        further = Q(title__gt=title) | Q(title=title, pk__gt=place.key) if title else Q()
        albums = albums.filter(Q(position__gt=place.place) | Q(position=place.place) & further)
    rows = list(albums.in_order()[: cursors.PAGE_SIZE + 1])
    return cursors.onward(rows, lambda album: cursors.Cursor(album.position, album.pk))


def _cards(user: User, found: Sequence[Album]) -> list[dict[str, object]]:
    """Return what the list shows of each album: its cover, or its first photo, and how many photos it holds."""
    visible = access.images_visible_to(user)
    inside = AlbumImage.objects.filter(album__in=found, image__in=visible)
    sums: dict[uuid.UUID, tuple[int, datetime | None]] = {
        album: (count, since)
        for album, count, since in inside.values_list("album").annotate(Count("pk"), Min("image__taken_at"))
    }
    in_order = AlbumImage.objects.filter(album=OuterRef("pk"), image__in=visible).order_by("position", "pk")
    # Named, or SQLite would answer with text.
    first = Subquery(in_order.values("image_id")[:1], output_field=UUIDField())
    keys = [row.pk for row in found]
    firsts = dict(Album.objects.filter(pk__in=keys).values_list("pk", first))
    covers = _covers(visible, {key for row in found for key in (row.cover_id, firsts.get(row.pk)) if key})
    cards: list[dict[str, object]] = []
    for row in found:
        count, since = sums.get(row.pk, (0, None))
        cover = covers.get(row.cover_id) or covers.get(firsts.get(row.pk))
        cards.append({"album": row, "count": count, "since": since, "cover": cover})
    return cards


def _covers(
    visible: QuerySet[Image], keys: Collection[uuid.UUID]
) -> dict[uuid.UUID | None, dict[str, object]]:
    images = list(visible.filter(pk__in=keys).defer("metadata"))
    addresses = renditions.urls(images, ("h240", "h480"))
    return {
        image.pk: {"srcset": tiles.srcset(image, urls), "color": image.color}
        for image, urls in zip(images, addresses, strict=True)
    }
