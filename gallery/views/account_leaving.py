"""Taking everything along, and deleting the account."""

import uuid

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.access import GONE
from gallery.accounts import closing, exports
from gallery.accounts.forms import DeleteAccountForm
from gallery.models import Job
from gallery.views.people import SignedIn


@require_POST
@login_required
def export(request: SignedIn) -> HttpResponse:
    exports.start(request.user)
    messages.success(request, _("Your export is being made. Come back in a while."))
    return redirect("account")


@require_safe
@never_cache
@login_required
def exported(request: SignedIn, job_id: uuid.UUID) -> HttpResponse:
    job = exports.latest(request.user)
    if job is None or job.pk != job_id or job.state != Job.State.DONE:
        raise Http404(GONE)
    return HttpResponseRedirect(exports.address(job))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth is untyped
def delete(request: SignedIn) -> HttpResponse:
    user = request.user
    form = DeleteAccountForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            closing.close(user)
        except closing.LastSuperuser as error:
            form.add_error(None, error.message)
        else:
            logout(request)
            messages.success(request, _("Your account is closed."))
            return redirect("account_login")
    context = {"form": form, "holdings": closing.holdings(user), "bin_days": settings.BIN_DAYS}
    return render(request, "account/delete.html", context, status=400 if form.errors else 200)
