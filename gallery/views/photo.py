"""One photo: its page, the part of it that the viewer shows, and its original."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from gallery import access, objectstore, renditions, rotation
from gallery.forms import AddToAlbumForm
from gallery.forms_photo import ImageForm
from gallery.models import Image
from gallery.views import fragments, slides, tiles
from gallery.views.facts import facts
from gallery.views.neighbours import Around, around, place_query
from gallery.views.people import SignedIn

# Long enough to click; the address must not outlive the right to it by much.
DOWNLOAD_S = 300
# A stack of a burst may hold hundreds; its strip is a way to the others, not a grid.
STRIP = 60
# In so many albums a photo can be told to lie.
ALBUMS = 100


@require_safe
@login_required
@vary_on_headers(fragments.HEADER)
def photo(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    return show(request, access.visible_image(request.user, image_id))


@require_safe
@login_required
def original(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    # An original tells where it was taken, so that only its owner gets it as it is.
    image = access.changeable_image(request.user, image_id)
    return HttpResponseRedirect(
        objectstore.presign_get(image.original_key, expires_s=DOWNLOAD_S, filename=image.filename)
    )


def show(
    request: SignedIn, image: Image, form: ImageForm | None = None, *, said: str = "", status: int = 200
) -> HttpResponse:
    """Return the photo's page, or to a script the part that it shows; `said` is what has just happened to it."""
    place = around(request.user, image, request.GET)
    context = {**_about(request, image, form), "said": said, "place": place}
    if fragments.wanted(request):
        return render(request, "_photo.html", context, status=status)
    return render(request, "photo.html", {**context, **_turns(place)}, status=status)


def _about(request: SignedIn, image: Image, form: ImageForm | None) -> dict[str, Any]:
    """Return what page and part have in common. Who does not own the photo learns neither place nor original."""
    mine = image.owner_id == request.user.pk
    live, others = _stack(request, image)
    original = reverse("gallery:original", args=[image.pk]) if mine else ""
    wanted, failure = rotation.outlook(image) if mine else (None, "")
    return {
        "image": image,
        "mine": mine,
        "slide": slides.slide(image, original=original, live=live),
        "heading": image.title or tiles.long_date(image.taken_local),
        "facts": facts(image, with_place=mine),
        "tags": sorted(image.tags.all(), key=lambda tag: tag.slug) if mine else [],
        "strip": others,
        "inside": _inside(request, image),
        "turn": (wanted - (image.rotation or 0)) % 360 if wanted is not None else None,
        "turn_failure": failure,
        "can_turn": mine and rotation.can_turn(image),
        "form": (form or ImageForm(image)) if mine else None,
        "album_form": AddToAlbumForm(user=request.user) if mine else None,
        "share": _share(image) if mine else "",
        "query": place_query(request.GET),
    }


def _inside(request: SignedIn, image: Image) -> list[dict[str, Any]]:
    """Return the albums that the reader may take the photo out of; one that they left is told without its title."""
    entries = access.removable_entries_of(request.user, image).select_related("album__owner")
    found = list(entries.order_by("album__title", "album_id")[:ALBUMS])
    keys = [entry.album_id for entry in found]
    seen = (
        set(access.albums_visible_to(request.user).filter(pk__in=keys).values_list("pk", flat=True))
        if keys
        else set()
    )
    return [{"album": entry.album, "seen": entry.album_id in seen} for entry in found]


def _turns(place: Around) -> dict[str, str]:
    return {"newer_srcset": slides.srcset(place.newer), "older_srcset": slides.srcset(place.older)}


def _stack(request: SignedIn, image: Image) -> tuple[Image | None, list[dict[str, Any]]]:
    """Return the video that lies under a live photo, and the other members of the stack that the reader may see."""
    top = image.stacked_under_id or image.pk
    members = access.images_visible_to(request.user).filter(stacked_under_id=top).defer("metadata")
    found = list(members.oldest_first()[:STRIP])
    live = next((member for member in found if _is_live(member)), None)
    if image.stacked_under_id:
        found = [*access.images_visible_to(request.user).filter(pk=top), *found]
    shown = [member for member in found if not _is_live(member)]
    if len(shown) + (top == image.pk) < 2:
        return live, []
    if top == image.pk:
        shown = [image, *shown]
    urls = renditions.urls(shown, ["h240"])
    strip = [
        {
            "image": member,
            "src": address["h240"],
            "alt": tiles.alt_text(member),
            "here": member.pk == image.pk,
        }
        for member, address in zip(shown, urls, strict=True)
    ]
    return live, strip


def _is_live(member: Image) -> bool:
    return member.stack_kind == Image.StackKind.LIVE and member.is_video


def _share(image: Image) -> str:
    """Return where a link to the photo is made, where this installation makes links."""
    try:
        return f"{reverse('gallery:share_new')}?ids={image.pk}"
    except NoReverseMatch:
        return ""
