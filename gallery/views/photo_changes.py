"""What an owner does with one photo. A script gets the photo's new part back, a form is led back to the page."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import access, albums, editing, rotation
from gallery import bin as photo_bin
from gallery.forms import AddToAlbumForm
from gallery.forms_photo import ImageForm
from gallery.models import Image
from gallery.views import fragments, photo
from gallery.views.neighbours import around, place_query
from gallery.views.people import SignedIn


@require_POST
@login_required
def favourite(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    liked = request.POST.get("favourite") == "yes"
    editing.change(image, {"is_favorite": liked})
    return _done(request, image, _("A favourite now.") if liked else _("No favourite any more."), quiet=True)


@require_POST
@login_required
def archive(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    away = request.POST.get("archive") == "yes"
    editing.change(image, {"is_archived": away})
    return _done(request, image, _("Archived.") if away else _("Back in the timeline."))


@require_POST
@login_required
def edit(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    form = ImageForm(image, request.POST)
    if not form.is_valid():
        return photo.show(request, image, form, status=422)
    editing.change(image, form.changes())
    return _done(request, image, _("Saved."))


@require_POST
@login_required
def rotate(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    degrees = request.POST.get("degrees", "")
    try:
        rotation.turn(image, int(degrees) if degrees in {"90", "180", "270"} else 0)
    except rotation.CannotTurn as error:
        messages.error(request, error.message)
        return _back(request, image)
    return _done(request, image, _("The photo will be turned in a moment."))


@require_POST
@login_required
def add_to_album(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    form = AddToAlbumForm(request.POST, user=request.user)
    if form.is_valid():
        album = form.cleaned_data["album"]
        albums.add(album, [image.pk], by=request.user)
        return _done(request, image, _("Added to %(album)s.") % {"album": album.title})
    text = _("Choose an album to add the photo to.")
    if fragments.wanted(request):
        return photo.show(request, image, said=text, status=422)
    messages.error(request, text)
    return _back(request, image)


@require_POST
@login_required
def bin_photo(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    place = around(request.user, image, request.GET)
    photo_bin.put(access.images_changeable_by(request.user).filter(pk=image.pk))
    undo = reverse("gallery:restore_photo", args=[image.pk])
    text = _("Moved to the bin.")
    if fragments.wanted(request):
        return render(request, "_binned.html", {"said": text, "undo": undo})
    # The extra tag is the address at which the message offers to undo.
    messages.success(request, text, extra_tags=undo)
    onward = place.older or place.newer
    return _back(request, onward) if onward else redirect(place.back)


@require_POST
@login_required
def restore_photo(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    photo_bin.restore(access.bin_of(request.user).filter(pk=image.pk))
    if request.POST.get("stay"):
        messages.success(request, _("Back in your library."))
        return redirect("gallery:bin")
    image.binned_at = None
    return _done(request, image, _("Back in your library."))


def _done(request: SignedIn, image: Image, said: str, *, quiet: bool = False) -> HttpResponse:
    """Answer after a change. Quiet is what the page itself shows to the eye."""
    if not fragments.wanted(request):
        if not quiet:
            messages.success(request, said)
        return _back(request, image)
    try:
        return photo.show(request, access.visible_image(request.user, image.pk), said=said)
    except Http404:
        # In the bin, or where it does not belong any more: its page tells.
        return HttpResponse(status=204)


def _back(request: SignedIn, image: Image) -> HttpResponse:
    """Lead back to the photo, in the place in which it was looked at."""
    return redirect(f"{image.get_absolute_url()}{place_query(request.GET)}")
