"""The forms of sharing: what a link allows, and what guests fill in."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models import ShareLink

MB = 1024**2
# The link ends at the next day's beginning, which must be a day as well, in every time zone.
LAST_DAY = date(9998, 12, 31)
LIFETIMES = (
    ("never", _("Never")),
    ("7", _("In 7 days")),
    ("30", _("In 30 days")),
    ("date", _("On a day that I choose")),
)


class LinkForm(forms.Form):
    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        required=False,
        help_text=_("What guests read above the photos. Empty: the title of the album."),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Guests must give it before they see anything. Empty: no password."),
    )
    lifetime = forms.ChoiceField(label=_("Ends"), choices=LIFETIMES, initial="never")
    until = forms.DateField(
        label=_("Last day"),
        required=False,
        validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date", "max": LAST_DAY.isoformat()}, format="%Y-%m-%d"),
    )
    allow_download = forms.BooleanField(label=_("Guests may download"), required=False, initial=True)
    allow_originals = forms.BooleanField(
        label=_("Downloads are the originals, as uploaded"),
        required=False,
        help_text=_(
            "Originals tell where and when a photo was taken, with which camera and its serial number, "
            "and whatever else its file holds. Without this, guests get copies from which all of that was removed."
        ),
    )
    show_camera = forms.BooleanField(label=_("Show time and camera"), required=False)
    show_location = forms.BooleanField(label=_("Show where photos were taken"), required=False)
    allow_upload = forms.BooleanField(
        label=_("Guests may add photos"),
        required=False,
        help_text=_("You look at what they add before anybody else sees it."),
    )
    upload_limit_mb = forms.IntegerField(
        label=_("How much guests may add, in MB"),
        min_value=1,
        max_value=1024 * 1024,
        initial=1024,
        required=False,
    )

    def __init__(self, *args: Any, link: ShareLink | None = None, has_album: bool, **kwargs: Any) -> None:
        if link is not None:
            kwargs["initial"] = _initial(link)
        super().__init__(*args, **kwargs)
        if not has_album:
            del self.fields["allow_upload"], self.fields["upload_limit_mb"]
            self.fields["title"].help_text = _("What guests read above the photos.")
        if link is not None and link.password:
            self.fields["password"].help_text = _("Empty: the password stays as it is.")
            self.fields["no_password"] = forms.BooleanField(label=_("Take the password away"), required=False)
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"help-{name}"

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("lifetime") == "date":
            day = values.get("until")
            if day is None or day < timezone.localdate():
                self.add_error("until", _("Choose today or a later day."))
        if values.get("allow_upload") and not values.get("upload_limit_mb"):
            self.add_error("upload_limit_mb", _("Say how much guests may add."))
        return values

    def terms(self, link: ShareLink | None = None) -> dict[str, Any]:
        """Return what sharing.make and sharing.change take; the password as None where it stays."""
        values = self.cleaned_data
        limit = (values.get("upload_limit_mb") or 0) * MB
        terms = {name: values[name] for name in ("title", "allow_download", "allow_originals")}
        terms |= {name: values[name] for name in ("show_camera", "show_location")}
        terms |= {
            "allow_upload": bool(values.get("allow_upload")),
            "upload_limit_bytes": limit,
            "expires_at": self._expires_at(),
            "password": values["password"],
        }
        if link is not None:
            terms["password"] = "" if values.get("no_password") else values["password"] or None
        return terms

    def _expires_at(self) -> datetime | None:
        chosen = self.cleaned_data["lifetime"]
        if chosen == "never":
            return None
        if chosen != "date":
            return timezone.now() + timedelta(days=int(chosen))
        day = self.cleaned_data["until"]
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


class GuestForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=60, required=False)


def _initial(link: ShareLink) -> dict[str, Any]:
    names = ("title", "allow_download", "allow_originals", "show_camera", "show_location", "allow_upload")
    return {name: getattr(link, name) for name in names} | {
        "lifetime": "date" if link.expires_at else "never",
        "until": timezone.localdate(link.expires_at - timedelta(seconds=1)) if link.expires_at else None,
        "upload_limit_mb": link.upload_limit_bytes // MB or 1024,
    }
