"""What is inside an album: choosing photos for it, arranging them, taking them out; and the order of albums."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gallery import access, ordering
from gallery import albums as library
from gallery.models import Album, AlbumImage
from gallery.views import cards, cursors, tiles
from gallery.views.albums import entries_page, key, read_or_post
from gallery.views.people import SignedIn

# More than a page can show, and what every engine writes in a few steps.
MAX_CHOSEN = 500


@read_or_post
@login_required
def choose_photos(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    album = access.contributable_album(request.user, album_id)
    if request.method == "POST":
        return _add(request, album)
    inside = AlbumImage.objects.filter(album=album, image=OuterRef("pk"))
    images = access.library_of(request.user).annotate(is_inside=Exists(inside))
    page = cursors.timeline(images, request.GET)
    shown = tiles.tiles(page.rows)
    context = {
        "album": album,
        "path": [*library.path(request.user, album), album],
        "tiles": shown,
        "page": page,
    }
    return render(request, "album_choose.html", context)


@read_or_post
@login_required
def arrange_album(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    album = access.visible_album(request.user, album_id)
    edits = access.albums_changeable_by(request.user).filter(pk=album.pk).exists()
    removable = access.entries_removable_by(request.user, album)
    if not edits and not removable.exists() and not access.may_contribute(request.user, album):
        raise Http404(access.GONE)
    by_hand = edits and album.sort in {None, Album.Sort.MANUAL}
    if request.method == "POST":
        if not edits:
            raise Http404(access.GONE)
        return _arrange(request, album, by_hand=by_hand)
    page = entries_page(album, request.GET.get("before", ""))
    chosen = {entry.pk for entry in page.rows}
    mine = set(removable.filter(pk__in=chosen).values_list("pk", flat=True))
    shown = tiles.tiles([entry.image for entry in page.rows])
    rows = access.entries_of(album).order_by("position", "id")
    start = ordering.place_of(rows, page.rows[0].pk) if by_hand and page.rows else 1
    context = {
        "album": album,
        "path": [*library.path(request.user, album), album],
        "edits": edits,
        "by_hand": by_hand,
        "items": [
            {"entry": entry, "tile": tile, "place": place, "removable": entry.pk in mine}
            for place, (entry, tile) in enumerate(zip(page.rows, shown, strict=True), start=start)
        ],
        "page": page,
    }
    return render(request, "album_arrange.html", context)


@require_POST
@login_required
def remove_photos(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    album = access.album_to_take_from(request.user, album_id)
    keys = _chosen(request.POST)
    removed = library.withdraw(request.user, album, keys)
    if not keys:
        messages.error(request, _("Choose photos first."))
    elif not removed:
        raise Http404(access.GONE)
    else:
        messages.success(
            request,
            ngettext(
                "%(count)s photo is out of the album. It stays in its library.",
                "%(count)s photos are out of the album. They stay in their library.",
                removed,
            )
            % {"count": removed},
        )
    return _after_removing(request, album, keys)


def _after_removing(request: SignedIn, album: Album, keys: list[uuid.UUID]) -> HttpResponse:
    """Lead back to the photo where it was taken out on its own page and is still to be seen, else to the album."""
    if request.POST.get("from") == "photo" and len(keys) == 1:
        photo = access.images_visible_to(request.user).filter(pk=keys[0]).first()
        if photo is not None:
            return redirect(photo)
    if not access.albums_visible_to(request.user).filter(pk=album.pk).exists():
        return redirect("gallery:albums")
    if request.POST.get("from") == "photo":
        return redirect(album)
    return redirect("gallery:arrange_album", album_id=album.pk)


@read_or_post
@login_required
def arrange_albums(request: SignedIn, album_id: uuid.UUID | None = None) -> HttpResponse:
    """Arrange the albums inside one, or those on top."""
    outer = access.own_album(request.user, album_id) if album_id else None
    rows = Album.objects.owned_by(request.user).filter(parent=outer).in_order()
    if request.method == "POST":
        moved = _move(request.POST, rows, rows)
        here = request.get_full_path()
        return _moved(request, here, moved)
    page = cards.page(rows, request.GET.get("before", ""))
    start = ordering.place_of(rows, page.rows[0].pk) if page.rows else 1
    context = {
        "album": outer,
        "path": [*library.path(request.user, outer), outer] if outer else [],
        "items": [
            {"card": card, "place": place}
            for place, card in enumerate(cards.cards(request.user, page.rows), start=start)
        ],
        "page": page,
    }
    return render(request, "album_arrange_albums.html", context)


def _add(request: SignedIn, album: Album) -> HttpResponse:
    keys = _chosen(request.POST)
    own = set(access.library_of(request.user).filter(pk__in=keys).values_list("pk", flat=True))
    if not own:
        messages.error(request, _("Choose photos first."))
        return redirect("gallery:choose_photos", album_id=album.pk)
    library.add(album, [image for image in keys if image in own], by=request.user)
    messages.success(
        request,
        ngettext("%(count)s photo added.", "%(count)s photos added.", len(own)) % {"count": len(own)},
    )
    return redirect(album)


def _arrange(request: SignedIn, album: Album, *, by_hand: bool) -> HttpResponse:
    here = request.get_full_path()
    if not by_hand:
        messages.error(request, _("This album is ordered by date: choose “Arranged by hand” to move photos."))
        return redirect(reverse("gallery:edit_album", args=[album.pk]))
    everything = AlbumImage.objects.filter(album=album).order_by("position", "id")
    shown = access.entries_of(album).order_by("position", "id")
    return _moved(request, here, _move(request.POST, everything, shown))


def _move(asked: QueryDict, rows: ordering.Rows, shown: ordering.Rows) -> bool:
    """Move one row as the form says: one place on or back, to a place by its number, or before another row."""
    row = key(asked.get("earlier") or asked.get("later") or asked.get("row", ""))
    if "earlier" in asked or "later" in asked:
        ordering.step(rows, shown, row, -1 if "earlier" in asked else 1)
    elif "before" in asked:
        before = asked.get("before", "")
        ordering.put_before(rows, row, key(before) if before else None)
    elif (place := asked.get("place", "")).isdecimal() and len(place) < 8:
        ordering.put_at(rows, shown, row, int(place))
    else:
        return False
    return True


def _moved(request: SignedIn, here: str, moved: bool) -> HttpResponse:  # noqa: FBT001
    if not moved:
        messages.error(request, _("Write the place as a number, counted from 1."))
    row = request.POST.get("earlier") or request.POST.get("later") or request.POST.get("row", "")
    # The fragment brings the reader back to the row, where they may want to go on.
    return redirect(f"{here}#r{key(row)}" if moved else here)


def _chosen(asked: QueryDict) -> list[uuid.UUID]:
    return list(dict.fromkeys(key(text) for text in asked.getlist("photo")))[:MAX_CHOSEN]
