"""What is done with chosen photos from their list: first a page that asks, then a job that shows how far it is."""

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gallery import bin as photo_bin
from gallery import chosen
from gallery.admin.work import ACTS
from gallery.models import Image, Job, User

# More than these are a job's.
AT_ONCE = 500
SHOWN = 12


class NewOwner(forms.Form):
    """To whom the photos go."""

    owner = forms.CharField(
        label=gettext_lazy("New owner"),
        help_text=gettext_lazy("The user name."),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def clean_owner(self) -> User:
        """Return the person; one whose account is closed receives nothing."""
        name = self.cleaned_data["owner"].strip()
        found = User.objects.filter(username=name, is_active=True).first()
        if found is None:
            raise forms.ValidationError(
                _("Nobody here is called “%(name)s”: write the user name as it stands in the list of users.")
                % {"name": name}
            )
        return found


class Number(forms.Form):
    """The number of photos that are deleted for good, typed."""

    number = forms.CharField(
        label=gettext_lazy("Number of photos"),
        max_length=9,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, wanted: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = wanted
        self.fields["number"].help_text = _("Type %(number)s to confirm.") % {"number": wanted}

    def clean_number(self) -> int:
        """Compare; what was binned or restored meanwhile changes the number."""
        typed = self.cleaned_data["number"].strip()
        if typed != str(self.wanted):
            raise forms.ValidationError(
                _(
                    "Of the chosen photos %(wanted)s are in the bin, not %(typed)s: look again, then type that number."
                )
                % {"wanted": self.wanted, "typed": typed}
            )
        return self.wanted


class ActionsMixin:
    """The actions of the list of photos."""

    @admin.action(description=gettext_lazy("Put into the bin"), permissions=["delete"])
    def put_into_bin(self, request: HttpRequest, queryset: QuerySet[Image]) -> HttpResponse | None:
        """Put a few into the bin at once, and many by a job, which is asked for first."""
        keys = _keys(self, request, queryset)
        if keys is None:
            return None
        if len(keys) > AT_ONCE:
            return _asked(self, request, "put_into_bin", "put", keys)
        moved = photo_bin.put(Image.objects.filter(pk__in=keys))
        words = ngettext("%(count)s put into the bin.", "%(count)s put into the bin.", moved)
        _say(request, words % {"count": moved})
        return None

    @admin.action(description=gettext_lazy("Take out of the bin"), permissions=["change"])
    def take_out_of_bin(self, request: HttpRequest, queryset: QuerySet[Image]) -> HttpResponse | None:
        """Restore a few at once, and many by a job, which is asked for first."""
        keys = _keys(self, request, queryset)
        if keys is None:
            return None
        if len(keys) > AT_ONCE:
            return _asked(self, request, "take_out_of_bin", "restore", keys)
        count = photo_bin.restore(Image.objects.filter(pk__in=keys))
        _say(request, _("%(count)s taken out of the bin.") % {"count": count})
        return None

    @admin.action(description=gettext_lazy("Reprocess: renditions and facts anew…"), permissions=["change"])
    def reprocess(self, request: HttpRequest, queryset: QuerySet[Image]) -> HttpResponse | None:
        keys = _keys(self, request, queryset)
        return None if keys is None else _asked(self, request, "reprocess", "reprocess", keys)

    @admin.action(description=gettext_lazy("Move to another owner…"), permissions=["change"])
    def move_owner(self, request: HttpRequest, queryset: QuerySet[Image]) -> HttpResponse | None:
        keys = _keys(self, request, queryset)
        return None if keys is None else _asked(self, request, "move_owner", "move", keys)

    @admin.action(description=gettext_lazy("Delete for good, from the bin…"), permissions=["delete"])
    def purge(self, request: HttpRequest, queryset: QuerySet[Image]) -> HttpResponse | None:
        """Ask for the number of those that are in the bin; the others are left alone."""
        keys = _keys(self, request, queryset)
        if keys is None:
            return None
        binned = [
            key
            for start in range(0, len(keys), AT_ONCE)
            for key in Image.objects.binned()
            .filter(pk__in=keys[start : start + AT_ONCE])
            .values_list("pk", flat=True)
        ]
        if not binned:
            messages.error(request, _("None of these photos is in the bin: put them there first."))
            return None
        return _asked(self, request, "purge", "purge", binned)


def _keys(model_admin: Any, request: HttpRequest, queryset: QuerySet[Image]) -> list[uuid.UUID] | None:
    """Return the chosen photos; None, and a message, where they are more than one job takes."""
    keys = list(queryset.order_by("-id").values_list("pk", flat=True)[: chosen.MOST + 1])
    if len(keys) <= chosen.MOST:
        return keys
    words = _("These are more than %(most)s photos: filter the list, or choose fewer.") % {
        "most": f"{chosen.MOST:,}"
    }
    model_admin.message_user(request, words, messages.ERROR)
    return None


def _asked(
    model_admin: Any, request: HttpRequest, action: str, act: str, keys: Sequence[uuid.UUID]
) -> HttpResponse:
    """Show the page that asks; once it is confirmed, begin the job and show its page.

    Where all that the list finds were chosen, they must be those of which the page told.
    """
    across, meant = request.POST.get("select_across") == "1", _digest(keys)
    asked = request.POST.get("confirmed") == "yes"
    confirmed = asked and (not across or request.POST.get("meant") == meant)
    if asked and not confirmed:
        messages.error(request, _("The list finds other photos by now: look again, then confirm."))
    form = _form(act, request, keys, confirmed=confirmed)
    if confirmed and (form is None or form.is_valid()) and isinstance(request.user, User):
        to = form.cleaned_data["owner"] if isinstance(form, NewOwner) else None
        job = chosen.start(act, request.user, keys, to)
        return _to_job(job)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": ACTS[act],
        "opts": model_admin.opts,
        "action": action,
        "act": act,
        "count": len(keys),
        "form": form,
        "across": across,
        "meant": meant,
        "checkbox": ACTION_CHECKBOX_NAME,
        # Where all were chosen one key stands for them, as in Django's own list.
        "keys": [str(key) for key in (keys[:1] if across else keys)],
        "examples": Image.objects.filter(pk__in=keys[:SHOWN])
        .select_related("owner")
        .defer("metadata")
        .order_by("-id"),
        "back": request.get_full_path(),
    }
    refused = asked != confirmed or (form is not None and form.errors)
    return TemplateResponse(
        request, "admin/gallery/image/confirm.html", context, status=400 if refused else 200
    )


def _digest(keys: Sequence[uuid.UUID]) -> str:
    return hashlib.sha256(b"".join(key.bytes for key in keys)).hexdigest()


def _form(
    act: str, request: HttpRequest, keys: Sequence[uuid.UUID], *, confirmed: bool
) -> NewOwner | Number | None:
    data = request.POST if confirmed else None
    if act == "move":
        return NewOwner(data)
    return Number(data, wanted=len(keys)) if act == "purge" else None


def _to_job(job: Job) -> HttpResponse:
    return redirect("admin:gallery_job_change", job.pk)


def _say(request: HttpRequest, words: str) -> None:
    messages.success(request, words)
