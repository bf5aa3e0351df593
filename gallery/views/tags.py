"""Tags: all of them, the photos of one, and its name, merging and end."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gallery import access, letting_go
from gallery import tags as words
from gallery.album_forms import TagForm
from gallery.errors import GalleryError
from gallery.models import Tag
from gallery.views import cursors, selecting, tiles
from gallery.views.albums import key, read_or_post
from gallery.views.people import SignedIn

# Words are short: a page holds more of them than photos.
PER_PAGE = 1000


@require_safe
@login_required
def all_tags(request: SignedIn) -> HttpResponse:
    found = words.of(request.user)
    if start := request.GET.get("from", ""):
        found = found.filter(slug__gte=start.casefold())
    rows = list(found[: PER_PAGE + 1])
    more = rows[PER_PAGE].slug if len(rows) > PER_PAGE else ""
    carried = words.counts(rows[:PER_PAGE])
    context = {"tags": [(tag, carried[tag.pk]) for tag in rows[:PER_PAGE]], "more": more}
    return render(request, "tags.html", context)


@require_safe
@login_required
def tag(request: SignedIn, tag_id: uuid.UUID) -> HttpResponse:
    found = words.one(request.user, tag_id)
    page = cursors.timeline(access.library_of(request.user).filter(tags=found), request.GET)
    # A quotation mark has no way into a phrase: such a tag's photos turn to their neighbours in the library.
    asked = {} if '"' in found.name else {"q": f'tag:"{found.name}"'}
    query = f"?{urlencode(asked)}" if asked else ""
    context = {
        "tag": found,
        "tiles": tiles.tiles(page.rows, query=query, density=selecting.density(request)),
        "newer": selecting.onward(request, page.newer),
        "older": selecting.onward(request, page.older),
        **selecting.context(request, "tag"),
    }
    return render(request, "tag.html", context)


@read_or_post
@login_required
def edit_tag(request: SignedIn, tag_id: uuid.UUID) -> HttpResponse:
    """Rename the tag; on the same page stand merging and deleting, which change it as a whole."""
    found = words.one(request.user, tag_id)
    form = TagForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        try:
            words.rename(found, form.cleaned_data["name"])
        except GalleryError as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("gallery:tag", tag_id=found.pk)
    others = Tag.objects.filter(~Q(pk=found.pk), owner=request.user).order_by("slug")
    context = {"tag": found, "form": form, "others": others}
    return render(request, "tag_edit.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def merge_tag(request: SignedIn, tag_id: uuid.UUID) -> HttpResponse:
    found = words.one(request.user, tag_id)
    into = words.one(request.user, key(request.POST.get("into", "")))
    if into.pk == found.pk:
        messages.error(request, _("Choose another tag to merge this one into."))
        return redirect("gallery:edit_tag", tag_id=found.pk)
    names = {"one": found.name, "other": into.name}
    if letting_go.merge_tag(found, into):
        messages.success(request, _("“%(one)s” becomes “%(other)s”, which takes some minutes.") % names)
    else:
        messages.success(request, _("“%(one)s” is “%(other)s” now.") % names)
    return redirect("gallery:tag", tag_id=into.pk)


@read_or_post
@login_required
def delete_tag(request: SignedIn, tag_id: uuid.UUID) -> HttpResponse:
    found = words.one(request.user, tag_id)
    if request.method != "POST":
        photos = access.library_of(request.user).filter(tags=found).count()
        return render(request, "tag_delete.html", {"tag": found, "photos": photos})
    if letting_go.delete_tag(found):
        messages.success(request, _("The tag is being deleted, which takes some minutes. Its photos stay."))
    else:
        messages.success(request, _("The tag is deleted. Its photos stay."))
    return redirect("gallery:tags")
