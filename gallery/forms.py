"""What people fill in on the pages."""

from typing import Any

from django import forms
from django.db.models import Q

from gallery import access
from gallery.models import Album, AlbumMember, Image, User


class ImageForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The owner's own words about a photo."""

    class Meta:
        model = Image
        fields = ("title", "description")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}


class AlbumForm(forms.Form):
    """A new album."""

    title = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class AddToAlbumForm(forms.Form):
    """One of the albums that the user may arrange."""

    album = forms.ModelChoiceField(Album.objects.none(), empty_label="Choose an album")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        edits = AlbumMember.objects.filter(user=user, role=AlbumMember.Role.EDITOR).values("album_id")
        mine = access.albums_visible_to(user).filter(Q(owner=user) | Q(pk__in=edits))
        self.fields["album"].queryset = mine.in_order()  # type: ignore[attr-defined]


class DeleteAllForm(forms.Form):
    """The words by which an owner confirms that the whole library is to go to the bin."""

    WORDS = "delete all photos"

    words = forms.CharField(
        max_length=100,
        label=f"To confirm, type: {WORDS}",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def clean_words(self) -> str:
        words = " ".join(str(self.cleaned_data["words"]).lower().split())
        if words != self.WORDS:
            raise forms.ValidationError(f"These are other words. Type: {self.WORDS}")
        return words
