"""Smart albums: making one of a search, its page, changing and deleting it."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gallery import search, smart_albums
from gallery.album_forms import SmartAlbumForm
from gallery.views import cursors, selecting, tiles
from gallery.views.albums import read_or_post
from gallery.views.people import SignedIn


@require_safe
@login_required
def smart_album(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    album = smart_albums.one(request.user, album_id)
    context: dict[str, object] = {"smart": album}
    try:
        images = smart_albums.images(album)
    except search.QueryError as error:
        # Kept when it was understood: the language has changed since.
        context["error"] = error
    else:
        page = cursors.timeline(images, request.GET)
        # Photos turn to their neighbours among what the search finds.
        query = f"?{urlencode({'q': album.query})}"
        context |= {
            "tiles": tiles.tiles(page.rows, query=query, density=selecting.density(request)),
            "newer": selecting.onward(request, page.newer),
            "older": selecting.onward(request, page.older),
            **selecting.context(request, "search"),
        }
    return render(request, "smart.html", context)


@read_or_post
@login_required
def smart_new(request: SignedIn) -> HttpResponse:
    """Keep a search. From the search page comes `q` alone, to which a title is asked for."""
    asked = request.POST if request.method == "POST" else request.GET
    if request.method == "POST" and "q" not in asked:
        form = SmartAlbumForm(asked)
        if form.is_valid():
            album = smart_albums.create(request.user, **form.cleaned_data)
            messages.success(request, _("This album fills itself from now on."))
            return redirect(album)
    else:
        query = asked.get("q", "")[: smart_albums.MAX_QUERY]
        form = SmartAlbumForm(initial={"query": query, "title": query})
    return render(request, "smart_edit.html", {"form": form}, status=422 if form.errors else 200)


@read_or_post
@login_required
def edit_smart(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    album = smart_albums.one(request.user, album_id)
    form = SmartAlbumForm(request.POST or None, initial={"title": album.title, "query": album.query})
    if request.method == "POST" and form.is_valid():
        smart_albums.change(album, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect(album)
    context = {"smart": album, "form": form}
    return render(request, "smart_edit.html", context, status=422 if form.errors else 200)


@read_or_post
@login_required
def delete_smart(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    album = smart_albums.one(request.user, album_id)
    if request.method != "POST":
        return render(request, "smart_delete.html", {"smart": album})
    smart_albums.delete(album)
    messages.success(request, _("The smart album is deleted. Its photos stay."))
    return redirect("gallery:albums")
