"""Webhooks: making one, whose secret is shown once, and looking after it."""

import uuid
from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gallery import reasons
from gallery.accounts.webhook_form import WebhookForm
from gallery.models import Webhook
from gallery.views.people import SignedIn
from gallery.webhooks import hooks

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]  # allauth is untyped
def webhooks(request: SignedIn) -> HttpResponse:
    form, plain, made = WebhookForm(request.POST or None), "", None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            # Shown by this very answer: to redirect first, the secret would have to be kept somewhere.
            made, plain = hooks.make(request.user, values["url"], values["events"], values["name"])
            form = WebhookForm()
        except hooks.InvalidWebhook as error:
            form.add_error(None, error.message)
    context = {"form": form, "plain": plain, "made": made, "webhooks": hooks.of(request.user)}
    return render(request, "account/webhooks.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def webhook(request: SignedIn, webhook_id: uuid.UUID) -> HttpResponse:
    hook = hooks.one(request.user, webhook_id)
    form = WebhookForm.of(hook, request.POST or None)
    if request.method == "POST" and form.is_valid():
        hooks.change(hook, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("account_webhook", webhook_id)
    rows = [(row, reasons.said(row.error)) for row in hooks.log_of(hook)[:SHOWN]]
    context = {"hook": hook, "form": form, "deliveries": rows}
    return render(request, "account/webhook.html", context, status=400 if form.errors else 200)


@require_POST
@login_required
def act(request: SignedIn, webhook_id: uuid.UUID) -> HttpResponse:
    """Switch a webhook, try it, or send messages again: what the button says."""
    hook, name = hooks.one(request.user, webhook_id), request.POST.get("act", "")
    do = ACTS.get(name)
    if do is None:
        messages.error(request, _("This was not understood: choose one of the buttons."))
        return redirect("account_webhook", webhook_id)
    try:
        messages.success(request, do(hook, request.POST))
    except hooks.InvalidWebhook as error:
        messages.error(request, error.message)
    return redirect("account_webhook", webhook_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def delete(request: SignedIn, webhook_id: uuid.UUID) -> HttpResponse:
    hook = hooks.one(request.user, webhook_id)
    if request.method != "POST":
        return render(request, "account/webhook_delete.html", {"hook": hook})
    hooks.delete(hook)
    messages.success(request, _("The webhook is deleted."))
    return redirect("account_webhooks")


def _ping(hook: Webhook, _sent: Any) -> str:
    hooks.ping(hook)
    return _("A message is on its way: look again in a moment.")


def _replay(hook: Webhook, sent: Any) -> str:
    chosen = None
    if text := sent.get("delivery", ""):
        try:
            chosen = [uuid.UUID(text)]
        except ValueError:
            chosen = []
    count = hooks.replay(hook, chosen)
    return ngettext("%(count)d message is sent again.", "%(count)d messages are sent again.", count) % {
        "count": count
    }


def _switch_on(hook: Webhook, _sent: Any) -> str:
    hooks.change(hook, active=True)
    return _("The webhook is switched on.")


def _switch_off(hook: Webhook, _sent: Any) -> str:
    hooks.change(hook, active=False)
    return _("The webhook is switched off.")


ACTS: dict[str, Callable[[Webhook, Any], str]] = {
    "ping": _ping,
    "replay": _replay,
    "on": _switch_on,
    "off": _switch_off,
}
