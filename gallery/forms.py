"""What people fill in on the pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gallery import access
from gallery.models import Album, User


class AlbumForm(forms.Form):
    """A new album."""

    title = forms.CharField(
        label=_("Title"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class AddToAlbumForm(forms.Form):
    """One of the albums that the user may add photos to."""

    album = forms.ModelChoiceField(Album.objects.none(), label=_("Album"), empty_label=_("Choose an album"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        albums = access.albums_contributable_by(user).in_order()
        self.fields["album"].queryset = albums  # type: ignore[attr-defined]


class DeleteAllForm(forms.Form):
    """The words by which an owner confirms that the whole library is to go to the bin."""

    WORDS = _("delete all photos")

    words = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = _("To confirm, type: %(words)s") % {"words": self.WORDS}

    def clean_words(self) -> str:
        words = " ".join(str(self.cleaned_data["words"]).casefold().split())
        if words != self.WORDS.casefold():
            raise forms.ValidationError(
                _("These are other words. Type: %(words)s"), params={"words": self.WORDS}
            )
        return words
