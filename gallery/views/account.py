"""The account: what there is, how much it holds, and the way to everything about it."""

from typing import Any

from allauth.usersessions import views
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gallery import reasons
from gallery.accounts import exports, language
from gallery.accounts.forms import ProfileForm
from gallery.models import Album, User
from gallery.views.people import SignedIn
from photosky.database import atomic_retry


@require_safe
@login_required
def hub(request: SignedIn) -> HttpResponse:
    return render(request, "account/hub.html", _context(request, ProfileForm(instance=request.user)))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request: SignedIn) -> HttpResponse:
    if request.method != "POST":
        return redirect("account")
    form = ProfileForm(request.POST, instance=request.user)
    if not form.is_valid():
        return render(request, "account/hub.html", _context(request, form), status=400)
    values = {**form.cleaned_data, "language": form.cleaned_data["language"] or None}
    # These fields alone: a whole row would undo what uploads count meanwhile.
    User.objects.filter(pk=request.user.pk).update(**values)
    with language.spoken(values["language"], request):
        messages.success(request, _("Saved."))
    answer = redirect("account")
    language.remember(answer, values["language"] or "", secure=request.is_secure())
    return answer


@login_required
def sessions(request: SignedIn) -> HttpResponseBase:
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        # It began before sessions were listed.
        atomic_retry(UserSession.objects.create_from_request)(request)
    answer: HttpResponseBase = views.list_usersessions(request)
    return answer


def _context(request: SignedIn, form: ProfileForm) -> dict[str, Any]:
    user = request.user
    user.refresh_from_db(fields=["used_bytes", "quota_bytes"])
    export = exports.latest(user)
    return {
        "form": form,
        "used": user.used_bytes,
        "quota": user.quota,
        "left": max(user.quota - user.used_bytes, 0),
        "export": export,
        "export_reason": reasons.said(export.reason) if export else "",
        "may_invite": user.is_staff or Album.objects.owned_by(user).exists(),
    }
