"""Albums: the list, one album, and its title, cover, place and end."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery import access, covers, letting_go, members, smart_albums
from gallery import albums as library
from gallery.album_forms import EditAlbumForm
from gallery.errors import GalleryError
from gallery.forms import AlbumForm
from gallery.models import Album, AlbumImage, AlbumMember, SmartAlbum
from gallery.views import cards, cursors, selecting, tiles
from gallery.views.people import SignedIn

# How many names stand under an album's title before the rest becomes a number.
NAMES = 4
read_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@login_required
def albums(request: SignedIn) -> HttpResponse:
    own = Album.objects.filter(owner=request.user, parent=None)
    invited = access.albums_received_by(request.user)
    # What lies inside another shared album is found there.
    received = invited.exclude(parent__in=access.albums_visible_to(request.user).values("pk"))
    page = cards.page(own, request.GET.get("before", ""))
    shared = cards.page(received.select_related("owner"), request.GET.get("shared", ""))
    smart = _smart_page(request)
    context = {
        "cards": cards.cards(request.user, page.rows),
        "page": page,
        "shared_cards": cards.cards(request.user, shared.rows),
        "more_shared": shared.older.replace("before", "shared", 1),
        "smart_albums": smart.rows,
        "more_smart": smart.older.replace("before", "smart", 1),
        "further": bool(request.GET),
        "form": AlbumForm(),
    }
    return render(request, "albums.html", context)


@require_safe
@login_required
def album(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    found = access.visible_album(request.user, album_id)
    inside = access.albums_visible_to(request.user).filter(parent=found)
    inner = cards.page(inside, request.GET.get("albums", ""))
    page = entries_page(found, request.GET.get("before", ""))
    role = access.role_in(request.user, found)
    may = _may(role)
    photos = [entry.image for entry in page.rows]
    takes = may["edits"] or access.entries_removable_by(request.user, found).exists()
    context = {
        "album": found,
        **may,
        "takes": takes,
        "path": library.path(request.user, found),
        "summary": covers.summaries(request.user, [found])[found.pk],
        "cover": cards.pictures(request.user, [found]).get(found.pk),
        **_people(found),
        "cards": cards.cards(request.user, inner.rows),
        # Photos turn their pages by the other name.
        "more_albums": inner.older.replace("before", "albums", 1),
        "tiles": tiles.tiles(photos, query=f"?album={found.pk}", density=selecting.density(request)),
        "page": page,
        "older": selecting.onward(request, page.older),
        **selecting.context(request, "album", found if takes else None),
        "form": AlbumForm(),
    }
    return render(request, "album.html", context)


@require_POST
@login_required
def create_album(request: SignedIn) -> HttpResponse:
    parent = request.POST.get("parent")
    inside = access.own_album(request.user, key(parent)) if parent else None
    form = AlbumForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give the album a title of at most 200 characters."))
        return redirect(inside or "gallery:albums")
    return redirect(library.create(request.user, form.cleaned_data["title"], parent=inside))


@read_or_post
@login_required
def edit_album(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    found = access.changeable_album(request.user, album_id)
    said = {
        "title": found.title,
        "description": found.description,
        "sort": found.sort or Album.Sort.MANUAL,
    }
    form = EditAlbumForm(request.POST or None, initial=said)
    if request.method != "POST" or not form.is_valid():
        return _form(request, "album_edit.html", found, form=form)
    library.change(found, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect(found)


@require_POST
@login_required
def set_cover(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    found = access.changeable_album(request.user, album_id)
    chosen = request.POST.get("photo")
    try:
        library.set_cover(found, key(chosen) if chosen else None)
    except GalleryError as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request, _("This is the cover now.") if chosen else _("The cover is the first photo now.")
        )
    return redirect(found)


@read_or_post
@login_required
def move_album(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    found = access.own_album(request.user, album_id)
    if request.method != "POST":
        # No-break spaces, which an option keeps.
        outline = [
            (row, "\u00a0\u00a0\u00a0" * depth + title)
            for row, depth, title in library.outline(request.user, without=found)
        ]
        return _form(request, "album_move.html", found, outline=outline)
    parent = request.POST.get("parent")
    try:
        library.move(found, access.own_album(request.user, key(parent)) if parent else None)
    except GalleryError as error:
        messages.error(request, error.message)
        return redirect("gallery:move_album", album_id=found.pk)
    messages.success(request, _("Moved."))
    return redirect(found)


@read_or_post
@login_required
def delete_album(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    found = access.own_album(request.user, album_id)
    if request.method != "POST":
        photos = covers.summaries(request.user, [found])[found.pk].photos
        return _form(request, "album_delete.html", found, photos=photos, inner=len(library.inner(found)))
    parent = found.parent
    if letting_go.delete_album(found):
        messages.success(
            request,
            _("The album is being deleted, which takes some minutes. Its photos stay where they were."),
        )
    else:
        messages.success(request, _("The album is deleted. Its photos stay where they were."))
    return redirect(parent or "gallery:albums")


def key(text: str) -> uuid.UUID:
    """Return the id, or one that nobody has: a damaged id is an unknown one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def entries_page(album: Album, before: str) -> cursors.Page[AlbumImage]:
    """Return a page of what the album shows, in its order, from the place that `before` names."""
    entries = access.entries_of(album).select_related("image").defer("image__metadata")
    by_time = album.sort in {Album.Sort.OLDEST, Album.Sort.NEWEST}
    if before:
        place = cursors.read(before)
        there = library.Place(place.moment if by_time else place.place, place.key)
        found = library.beyond(album, entries, there)
    else:
        found = library.in_order(album, entries)
    cursor: Callable[[AlbumImage], cursors.Cursor] = (
        (lambda entry: cursors.at(entry.image.taken_at, entry.image_id))
        if by_time
        else (lambda entry: cursors.Cursor(entry.position, entry.pk))
    )
    return cursors.onward(list(found[: cursors.PAGE_SIZE + 1]), cursor)


def _may(role: str) -> dict[str, object]:
    """Return what the page offers to somebody with this role."""
    edits = role in {"owner", AlbumMember.Role.EDITOR}
    return {
        "mine": role == "owner",
        "edits": edits,
        "adds": edits or role == AlbumMember.Role.CONTRIBUTOR,
        "role": role,
    }


def _people(album: Album) -> dict[str, object]:
    """Return the first names of who is in the album, and how many more there are."""
    total = members.of(album).count()
    return {
        "people": [member.user for member in members.of(album)[:NAMES]],
        "more_people": max(total - NAMES, 0),
    }


def _smart_page(request: SignedIn) -> cursors.Page[SmartAlbum]:
    found = smart_albums.of(request.user)
    if before := request.GET.get("smart", ""):
        # Ordered by title, which a cursor does not hold: the album itself is asked.
        last = found.filter(pk=cursors.read(before).key).first()
        if last is None:
            raise Http404("There is no such page: the link to it is damaged.")
        found = smart_albums.after(found, last)
    rows = list(found[: cursors.PAGE_SIZE + 1])
    return cursors.onward(rows, lambda smart: cursors.Cursor(0, smart.pk))


def _form(request: SignedIn, template: str, album: Album, **context: object) -> HttpResponse:
    """Return a page about one album; with 422 where what was sent cannot be taken."""
    status = 422 if request.method == "POST" else 200
    around = [*library.path(request.user, album), album]
    return render(request, template, {"album": album, "path": around, **context}, status=status)
