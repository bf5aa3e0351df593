"""Photos that look alike, side by side, and what their owner decides; and the stacks of a photo's strip."""

import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from gallery import access, duplicates, renditions, stacks
from gallery import bin as photo_bin
from gallery.errors import GalleryError
from gallery.models import Image
from gallery.views import facts, tiles
from gallery.views.people import SignedIn


@require_safe
@login_required
def review(request: SignedIn) -> HttpResponse:
    before = request.GET.get("before", "")
    page = duplicates.groups(request.user, _key(before) if before else None)
    signed = iter(
        renditions.urls([image for group in page.groups for image in group.images], ("h240", "h480"))
    )
    groups = [[_card(image, group, next(signed)) for image in group.images] for group in page.groups]
    return render(request, "duplicates.html", {"groups": groups, "before": page.before, "first": not before})


@require_POST
@login_required
def decide(request: SignedIn) -> HttpResponse:
    keys = [_key(text) for text in request.POST.getlist("photo")]
    kept = [_key(text) for text in request.POST.getlist("keep")]
    action = request.POST.get("action", "")
    try:
        if action == "keep":
            _keep(request, keys, kept)
        elif action == "stack":
            lying = duplicates.stack(request.user, keys, kept[0] if kept else None)
            messages.success(request, _stacked(lying))
        elif action == "dismiss":
            duplicates.dismiss(request.user, keys)
            messages.success(request, _("These photos are not shown as alike again."))
        else:
            return HttpResponseBadRequest(_("There is no such decision: take keep, stack or dismiss."))
    except GalleryError as error:
        messages.error(request, error.message)
    return redirect("gallery:duplicates")


@require_POST
@login_required
def undo(request: SignedIn) -> HttpResponse:
    keys = _unpacked(request.GET.get("photos", ""))
    restored = photo_bin.restore(access.bin_of(request.user).filter(pk__in=keys))
    words = ngettext(
        "%(count)s photo is back in your library.", "%(count)s photos are back in your library.", restored
    )
    messages.success(request, words % {"count": restored})
    return redirect("gallery:duplicates")


@require_POST
@login_required
def restack(request: SignedIn, image_id: uuid.UUID) -> HttpResponse:
    image = access.changeable_image(request.user, image_id)
    action = request.POST.get("action", "")
    if action == "top":
        stacks.raise_to_top(image)
        messages.success(request, _("This photo stands for its stack now."))
    elif action == "out":
        stacks.take_out(image)
        messages.success(request, _("This photo stands by itself now."))
    elif action == "all":
        top = access.changeable_image(request.user, image.stacked_under_id or image.pk)
        stacks.dissolve(top)
        messages.success(request, _("The photos of this stack stand by themselves now."))
    else:
        return HttpResponseBadRequest(_("There is no such change of a stack: take top, out or all."))
    return redirect(image)


def _keep(request: SignedIn, keys: Sequence[uuid.UUID], kept: Sequence[uuid.UUID]) -> None:
    binned = duplicates.keep(request.user, keys, kept)
    words = ngettext("%(count)s photo moved to the bin.", "%(count)s photos moved to the bin.", len(binned))
    # The extra tag is the address at which the message offers to undo.
    address = f"{reverse('gallery:duplicates_undo')}?photos={_packed(binned)}" if binned else ""
    messages.success(request, words % {"count": len(binned)}, extra_tags=address)


def _card(image: Image, group: duplicates.Group, urls: dict[str, str]) -> dict[str, Any]:
    taken = date_format(image.taken_local, pgettext("date format with the time", "j F Y, H:i"))
    albums = group.albums.get(image.pk, [])
    return {
        "image": image,
        "src": urls["h240"],
        "srcset": tiles.srcset(image, urls),
        "alt": tiles.alt_text(image),
        "best": image.pk == group.images[0].pk,
        "facts": [
            (_("Size"), facts.size(image)),
            (_("Bytes"), filesizeformat(image.bytes)),
            (_("Taken"), taken),
            (_("File"), image.filename),
            *([(_("Camera"), facts.camera(image))] if image.camera_model else []),
            *([(_("Albums"), ", ".join(albums))] if albums else []),
        ],
    }


def _stacked(lying: int) -> str:
    words = ngettext(
        "%(count)s photo lies under the other now.", "%(count)s photos lie under the other now.", lying
    )
    return words % {"count": lying}


def _packed(keys: Sequence[uuid.UUID]) -> str:
    return urlsafe_b64encode(b"".join(key.bytes for key in keys)).decode()


def _unpacked(text: str) -> list[uuid.UUID]:
    try:
        packed = urlsafe_b64decode(text.encode("ascii"))
        return [uuid.UUID(bytes=packed[at : at + 16]) for at in range(0, len(packed), 16)][
            : duplicates.MOST_IN_GROUP
        ]
    except ValueError as error:
        raise Http404("There is nothing to undo: the address is damaged.") from error


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404("There is no such photo: the address is damaged.") from error
