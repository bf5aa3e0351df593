"""The people of an album: who is in it, inviting, roles, and leaving."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import access, albums, invitations, members
from gallery.accounts.handing_over import link_to, send_invitation
from gallery.album_forms import ROLES, InviteForm, RoleForm
from gallery.errors import GalleryError
from gallery.models import Album
from gallery.views.albums import read_or_post
from gallery.views.people import SignedIn


@read_or_post
@login_required
def album_members(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    """Show who is in the album to everybody who is; let its owner invite."""
    album = access.visible_album(request.user, album_id)
    if request.method != "POST":
        return _page(request, album, InviteForm())
    album, form = access.own_album(request.user, album_id), InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, album, form)
    try:
        link = _invite(request, album, form)
    except GalleryError as error:
        form.add_error("who", error.message)
        return _page(request, album, form)
    return (
        _page(request, album, InviteForm(), link) if link else redirect("gallery:members", album_id=album.pk)
    )


@require_POST
@login_required
def set_role(request: SignedIn, album_id: uuid.UUID, member_id: uuid.UUID) -> HttpResponse:
    album = access.own_album(request.user, album_id)
    member, form = members.one(album, member_id), RoleForm(request.POST)
    if form.is_valid():
        members.set_role(member, form.cleaned_data["role"], inner=form.cleaned_data["inner"])
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Choose one of the roles."))
    return redirect("gallery:members", album_id=album.pk)


@read_or_post
@login_required
def remove_member(request: SignedIn, album_id: uuid.UUID, member_id: uuid.UUID) -> HttpResponse:
    album = access.own_album(request.user, album_id)
    member = members.one(album, member_id)
    if request.method == "POST":
        members.remove(album, member.user, inner="inner" in request.POST)
        messages.success(request, _("%(name)s is out of the album.") % {"name": member.user.get_username()})
        return redirect("gallery:members", album_id=album.pk)
    return _goodbye(request, album, member.user.pk, member=member)


@read_or_post
@login_required
def leave_album(request: SignedIn, album_id: uuid.UUID) -> HttpResponse:
    album = access.visible_album(request.user, album_id)
    if album.owner_id == request.user.pk:
        raise Http404(access.GONE)
    if request.method == "POST":
        keep = "keep" in request.POST
        members.remove(album, request.user, inner="inner" in request.POST, keep_photos=keep)
        messages.success(request, _("You have left “%(title)s”.") % {"title": album.title})
        return redirect("gallery:albums")
    return _goodbye(request, album, request.user.pk)


def _invite(request: SignedIn, album: Album, form: InviteForm) -> str:
    """Bring somebody in. Returns the link that lets an e-mail address in, whoever reads there; "" for a user name."""
    who, role, inner = (form.cleaned_data[name] for name in ("who", "role", "inner"))
    if "@" not in who:
        member = members.invite(album, who, role, inner=inner)
        messages.success(request, _("%(name)s is in the album.") % {"name": member.user.get_username()})
        return ""
    # The same for an address that has an account and for one that has none: nobody learns which it is.
    invitation, token = invitations.invite(request.user, who, album, role)
    link = link_to(request, token)
    send_invitation(invitation, link)
    return link


def _page(request: SignedIn, album: Album, form: InviteForm, link: str = "") -> HttpResponse:
    context = {
        "album": album,
        "path": [*albums.path(request.user, album), album],
        "mine": album.owner_id == request.user.pk,
        "members": list(members.of(album)),
        "roles": ROLES,
        "has_inner": album.children.exists(),
        "form": form,
        "link": link,
    }
    return render(request, "album_members.html", context, status=422 if form.errors else 200)


def _goodbye(request: SignedIn, album: Album, user_id: uuid.UUID, **context: object) -> HttpResponse:
    photos = members.brought(album, user_id)
    context |= {
        "album": album,
        "path": [*albums.path(request.user, album), album],
        "photos": photos,
        "has_inner": album.children.exists(),
    }
    return render(request, "album_leave.html", context)
