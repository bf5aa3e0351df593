"""Personal tokens: making one, which is shown once, and ending it."""

import uuid

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gallery.access import GONE
from gallery.accounts import tokens as keeping
from gallery.accounts.forms import TokenForm
from gallery.models import ApiToken
from gallery.views.people import SignedIn

SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]  # allauth is untyped
def tokens(request: SignedIn) -> HttpResponse:
    form = TokenForm(request.POST or None)
    plain = ""
    if request.method == "POST" and form.is_valid():
        lifetime = form.lifetime
        expires_at = timezone.now() + lifetime if lifetime else None
        # Shown by this very answer: to redirect first, it would have to be kept somewhere.
        _token, plain = keeping.issue(
            request.user, form.cleaned_data["name"], form.cleaned_data["scopes"], expires_at
        )
        form = TokenForm()
    own = ApiToken.objects.filter(user=request.user, revoked_at=None).order_by("-id")[:SHOWN]
    context = {"form": form, "plain": plain, "tokens": own, "now": timezone.now()}
    return render(request, "account/tokens.html", context, status=400 if form.errors else 200)


@require_POST
@login_required
def revoke(request: SignedIn, token_id: uuid.UUID) -> HttpResponse:
    own = ApiToken.objects.filter(user=request.user, pk=token_id)
    if not own.exists():
        raise Http404(GONE)
    keeping.revoke(own)
    messages.success(request, _("The token is ended."))
    return redirect("account_tokens")
