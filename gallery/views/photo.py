"""One photo: its page, its original, and what its owner does with it."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.views.decorators.http import require_POST, require_safe

from gallery import access, albums, imaging, objectstore, renditions
from gallery import bin as photo_bin
from gallery.forms import AddToAlbumForm, ImageForm
from gallery.models import Image
from gallery.views import tiles
from gallery.views.facts import facts
from gallery.views.neighbours import around
from gallery.views.people import SignedIn

# Long enough to click; the address must not outlive the right to it by much.
DOWNLOAD_S = 300
VIEWER_RUNGS = ("l1280", "l2560")


@require_safe
@login_required
def photo(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.visible_image(request.user, image_id)
    return _page(request, image, ImageForm(instance=image))


@require_safe
@login_required
def original(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    # An original tells where it was taken, so that only its owner gets it as it is.
    image = access.changeable_image(request.user, image_id)
    return HttpResponseRedirect(
        objectstore.presign_get(image.original_key, expires_s=DOWNLOAD_S, filename=image.filename)
    )


@require_POST
@login_required
def favourite(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    image.is_favorite = request.POST.get("favourite") == "yes"
    access.save_changes(image, ["is_favorite"])
    return _back(request, image)


@require_POST
@login_required
def edit(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    form = ImageForm(request.POST, instance=image)
    if not form.is_valid():
        return _page(request, access.changeable_image(request.user, image_id), form, status=422)
    access.save_changes(image, form.cleaned_data)
    messages.success(request, "Saved.")
    return _back(request, image)


@require_POST
@login_required
def add_to_album(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    form = AddToAlbumForm(request.POST, user=request.user)
    if form.is_valid():
        album = form.cleaned_data["album"]
        albums.add(album, [image.pk])
        messages.success(request, f"Added to {album.title}.")
    else:
        messages.error(request, "Choose an album to add the photo to.")
    return _back(request, image)


@require_POST
@login_required
def bin_photo(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    place = around(request.user, image, request.GET.get("album", ""))
    photo_bin.put(access.images_changeable_by(request.user).filter(pk=image.pk))
    # The extra tag is the address at which the message offers to undo.
    undo = reverse("gallery:restore_photo", args=[image.pk])
    messages.success(request, "Moved to the bin.", extra_tags=undo)
    onward = place.older or place.newer
    return _back(request, onward) if onward else redirect(place.back)


@require_POST
@login_required
def restore_photo(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    photo_bin.restore(access.bin_of(request.user).filter(pk=image.pk))
    messages.success(request, "Back in your library.")
    return redirect("gallery:bin") if request.POST.get("stay") else _back(request, image)


def _page(request: SignedIn, image: Image, form: ImageForm, status: int = 200) -> HttpResponse:
    mine = image.owner_id == request.user.pk
    place = around(request.user, image, request.GET.get("album", ""))
    urls = renditions.urls([image], VIEWER_RUNGS)[0]
    width, height = imaging.rung_size("l2560", image.width, image.height)
    context = {
        "image": image,
        "mine": mine,
        "alt": tiles.alt_text(image),
        # Formatted here: the template's filter would turn local time into the site's.
        "heading": image.title or date_format(image.taken_local, "l j F Y"),
        "src": urls["l1280"],
        "srcset": tiles.srcset(image, urls),
        "width": width,
        "height": height,
        "ratio": f"{width / height:.4f}",
        "facts": facts(image, with_place=mine),
        "place": place,
        "newer_srcset": _srcset(place.newer),
        "older_srcset": _srcset(place.older),
        "form": form,
        "album_form": AddToAlbumForm(user=request.user) if mine else None,
    }
    return render(request, "photo.html", context, status=status)


def _srcset(image: Image | None) -> str:
    return tiles.srcset(image, renditions.urls([image], VIEWER_RUNGS)[0]) if image else ""


def _back(request: SignedIn, image: Image) -> HttpResponse:
    """Lead back to the photo, in the album in which it was looked at."""
    album = request.GET.get("album", "")
    query = f"?{urlencode({'album': album})}" if album else ""
    return redirect(f"{image.get_absolute_url()}{query}")
