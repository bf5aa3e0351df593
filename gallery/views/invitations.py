"""Invitations: making and ending them, and the page on which an invited person joins."""

import uuid

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gallery import invitations as inviting
from gallery.access import GONE
from gallery.accounts.forms import InvitationForm, JoinForm
from gallery.accounts.handing_over import link_to, send_invitation
from gallery.errors import GalleryError
from gallery.models import Album, Invitation, User
from gallery.views.people import SignedIn
from photosky.counting import count

SHOWN = 200
# Tokens have 128 random bits: the limit spares the database, not the secret.
TRIES, TRIES_WITHIN_S = 30, 300


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def invitations(request: SignedIn) -> HttpResponse:
    if not (request.user.is_staff or Album.objects.owned_by(request.user).exists()):
        raise Http404(GONE)
    form = InvitationForm(request.POST or None, by=request.user, initial={"album": request.GET.get("album")})
    link = sent_to = ""
    if request.method == "POST" and form.is_valid():
        try:
            invitation, plain = inviting.invite(request.user, **form.cleaned_data)
        except GalleryError as error:
            form.add_error(None, error.message)
        else:
            link = link_to(request, plain)
            sent_to = send_invitation(invitation, link)
            form = InvitationForm(by=request.user)
    context = {
        "form": form,
        "link": link,
        "sent_to": sent_to,
        "invitations": inviting.made_by(request.user)[:SHOWN],
        "now": timezone.now(),
    }
    return render(request, "invitations/list.html", context, status=400 if form.errors else 200)


@require_POST
@login_required
def revoke(request: SignedIn, invitation_id: uuid.UUID) -> HttpResponse:
    if inviting.revoke(request.user, invitation_id):
        messages.success(request, _("The invitation is taken back."))
    return redirect("invitations")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    # Anybody who holds the link: it makes the account by which to sign in.
    tries = count(f"join:{request.META.get('REMOTE_ADDR', '')}", TRIES_WITHIN_S)
    if tries.total > TRIES:
        answer = render(request, "429.html", status=429)
        answer["Retry-After"] = str(tries.left_s)
        return answer
    try:
        invitation = inviting.open_by(token)
        if isinstance(request.user, User):
            return _join(request, request.user, invitation)
        return _make_account(request, invitation)
    except Http404:
        return render(request, "account/no_invitation.html", status=404)


def _join(request: HttpRequest, user: User, invitation: Invitation) -> HttpResponse:
    """Let a person with an account join the album."""
    if invitation.album is None:
        messages.info(request, _("You have an account already; the invitation stays open."))
        return redirect("account")
    if request.method != "POST":
        return render(request, "invitations/join.html", {"invitation": invitation})
    inviting.accept(invitation, lambda: user)
    return redirect(invitation.album)


def _make_account(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if not inviting.may_bring_strangers(invitation.invited_by):
        status = 403 if request.method == "POST" else 200
        return render(request, "invitations/accept.html", {"invitation": invitation}, status=status)
    form = JoinForm(request.POST or None, initial={"email": invitation.email})
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "invitation": invitation}
        return render(request, "invitations/accept.html", context, status=400 if form.errors else 200)
    values = form.cleaned_data
    user = inviting.accept(
        invitation, lambda: User.objects.create_user(values["username"], values["email"], values["password"])
    )
    where = invitation.album.get_absolute_url() if invitation.album else None
    answer: HttpResponse = perform_login(request, user, email_verification="none", redirect_url=where)
    return answer
