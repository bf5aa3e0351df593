"""What an owner fills in about one photo."""

from datetime import datetime, timedelta, timezone
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from gallery import editing, tags
from gallery.imaging import YEARS
from gallery.models import Image

LOCAL_FORMAT = "%Y-%m-%dT%H:%M:%S"


def _degrees(limit: int) -> forms.NumberInput:
    return forms.NumberInput(attrs={"step": "any", "min": -limit, "max": limit, "inputmode": "decimal"})


class LocalMomentField(forms.CharField):
    """A time as the clocks showed it somewhere, without an offset; a naive datetime."""

    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local", "step": 1, "max": "2200-12-31T23:59:59"}, format=LOCAL_FORMAT
    )

    def to_python(self, value: Any) -> Any:
        """Return the naive datetime; the empty text is left to `required`."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            moment = parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None or moment.year not in YEARS:
            raise forms.ValidationError(
                _(
                    "Write the date and time like 2026-09-14 18:03:00, the year between %(first)s and %(last)s."
                ),
                params={"first": YEARS[0], "last": YEARS[-1]},
            )
        return moment.replace(tzinfo=None)


class ImageForm(forms.Form):
    """What an owner says of a photo. A field that was not sent stays as it is, so that a page may send a part."""

    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    description = forms.CharField(
        label=_("Description"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    taken = LocalMomentField(
        label=_("Taken"), required=False, error_messages={"required": _("Give the date and the time.")}
    )
    offset = forms.RegexField(
        r"^[+-]?\d\d?(:?\d\d)?$|^Z$",
        label=_("Offset from UTC"),
        required=False,
        help_text=_("Of the place's clocks, such as +02:00. Empty where it is not known."),
        error_messages={"invalid": _("Write the offset like +02:00.")},
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off", "size": 7}),
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        help_text=_("With commas between them."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    place = forms.CharField(label=_("Place"), max_length=120, required=False)
    latitude = forms.FloatField(
        label=_("Latitude"), required=False, min_value=-90, max_value=90, widget=_degrees(90)
    )
    longitude = forms.FloatField(
        label=_("Longitude"), required=False, min_value=-180, max_value=180, widget=_degrees(180)
    )

    def __init__(self, image: Image, data: Any = None) -> None:
        super().__init__(data, initial=_said(image), auto_id="photo_%s")

    def clean_taken(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["taken"]
        if moment is None and "taken" in self.data:
            raise forms.ValidationError(self.fields["taken"].error_messages["required"])
        return moment

    def clean_offset(self) -> int | None:
        """Return minutes east of Greenwich."""
        text: str = self.cleaned_data["offset"]
        if not text:
            return None
        digits = text.lstrip("+-").replace(":", "") if text != "Z" else "0"
        hours, minutes = (int(digits), 0) if len(digits) < 3 else (int(digits[:-2]), int(digits[-2:]))
        total = (hours * 60 + minutes) * (-1 if text.startswith("-") else 1)
        if minutes > 59 or not -12 * 60 <= total <= 14 * 60:
            raise forms.ValidationError(_("Clocks run between -12:00 and +14:00."))
        return total

    def clean_tags(self) -> list[str]:
        """Return the names as they are kept."""
        try:
            return [tags.clean(name) for name in tags.split(self.cleaned_data["tags"])]
        except tags.InvalidTag as error:
            raise forms.ValidationError(error.message) from error

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if (given.get("latitude") is None) != (given.get("longitude") is None) and not self.errors:
            lonely = "longitude" if given.get("longitude") is None else "latitude"
            self.add_error(lonely, _("Give both the latitude and the longitude, or neither."))
        return given

    def changes(self) -> editing.Changes:
        """Return what differs from what the page showed."""
        given = self.cleaned_data
        changed = {name for name in self.changed_data if name in self.data}
        found = editing.Changes()
        for name in changed & {"title", "description", "tags", "place"}:
            found[name] = given[name]  # type: ignore[literal-required]
        if changed & {"taken", "offset"} and given["taken"] is not None:
            minutes = given["offset"]
            zone = None if minutes is None else timezone(timedelta(minutes=minutes))
            found["taken_at"] = given["taken"].replace(tzinfo=zone)
        if changed & {"latitude", "longitude"}:
            there = (given["latitude"], given["longitude"])
            found["position"] = None if there[0] is None else there
        return found


def _said(image: Image) -> dict[str, Any]:
    """Return what is said of the photo now, as the form shows it."""
    return {
        "title": image.title,
        "description": image.description,
        "taken": image.taken_local.strftime(LOCAL_FORMAT),
        "offset": offset_text(image.taken_offset_minutes),
        "tags": ", ".join(sorted((tag.name for tag in image.tags.all()), key=str.casefold)),
        "place": image.place or "",
        "latitude": image.latitude,
        "longitude": image.longitude,
    }


def offset_text(minutes: int | None) -> str:
    """Return an offset from UTC as it is written: +02:00."""
    if minutes is None:
        return ""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
