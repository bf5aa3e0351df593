"""What people fill in about a webhook."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gallery.models import Webhook
from gallery.webhooks import posting
from gallery.webhooks.events import EVENTS

WORDS = {
    "photo.ready": _("A photo is new"),
    "photo.changed": _("A photo was changed"),
    "photo.binned": _("A photo was put into the bin"),
    "photo.deleted": _("A photo was deleted for good"),
    "album.created": _("An album is new"),
    "album.changed": _("An album was changed"),
    "album.deleted": _("An album was deleted"),
    "share.created": _("A share link is new"),
    "share.changed": _("A share link was changed or ended"),
    "share.deleted": _("A share link went with its photo or album"),
}


class WebhookForm(forms.Form):
    """Where to send, and of what."""

    url = forms.CharField(
        label=_("Address"),
        max_length=posting.MAX_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("It begins with https:// and is on the public internet."),
    )
    name = forms.CharField(label=_("What it is for"), max_length=100, required=False)
    events = forms.MultipleChoiceField(
        label=_("What it is told of"),
        choices=[(event, WORDS[event]) for event in EVENTS.values()],
        initial=["photo.ready"],
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_url(self) -> str:
        """Refuse where nothing is sent."""
        url = str(self.cleaned_data["url"])
        try:
            posting.target(url)
        except posting.InvalidAddress as error:
            raise ValidationError(error.message) from error
        return url

    @classmethod
    def of(cls, hook: Webhook, data: Any = None) -> "WebhookForm":
        """Return the form of a webhook that is there."""
        return cls(data, initial={"url": hook.url, "name": hook.name, "events": hook.events.split()})
