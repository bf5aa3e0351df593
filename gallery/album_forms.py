"""What people fill in about albums, their members, tags and smart albums."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gallery import smart_albums, tags
from gallery.errors import GalleryError
from gallery.models import Album, AlbumMember

AS_WRITTEN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
TITLE_LENGTH = 200
ROLES = [
    (AlbumMember.Role.VIEWER, _("Viewer: looks")),
    (AlbumMember.Role.CONTRIBUTOR, _("Contributor: adds photos of their own")),
    (AlbumMember.Role.EDITOR, _("Editor: arranges the album")),
]


class EditAlbumForm(forms.Form):
    """What an album is called, what is said of it, and how its photos are ordered."""

    title = forms.CharField(
        label=_("Title"), max_length=TITLE_LENGTH, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    sort = forms.ChoiceField(
        label=_("Order of the photos"),
        choices=[
            (Album.Sort.MANUAL, _("Arranged by hand")),
            (Album.Sort.OLDEST, _("Oldest first")),
            (Album.Sort.NEWEST, _("Newest first")),
        ],
    )


class InviteForm(forms.Form):
    """Somebody to bring into an album, and what they may do there."""

    who = forms.CharField(
        label=_("User name or e-mail address"), max_length=254, widget=forms.TextInput(attrs=AS_WRITTEN)
    )
    role = forms.ChoiceField(label=_("Role"), choices=ROLES)
    inner = forms.BooleanField(label=_("In the albums inside this one, too"), required=False)

    def clean_who(self) -> str:
        """Return a user name, or an e-mail address that could be one."""
        who = str(self.cleaned_data["who"]).strip()
        return str(forms.EmailField().clean(who)) if "@" in who else who


class RoleForm(forms.Form):
    """What a member may do."""

    role = forms.ChoiceField(choices=ROLES)
    inner = forms.BooleanField(required=False)


class TagForm(forms.Form):
    """What a tag is called."""

    name = forms.CharField(
        label=_("Name"), max_length=tags.MAX_LENGTH, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def clean_name(self) -> str:
        """Return the name as it is kept."""
        try:
            return tags.clean(str(self.cleaned_data["name"]))
        except tags.InvalidTag as error:
            raise forms.ValidationError(error.message, code=error.code) from error


class SmartAlbumForm(forms.Form):
    """A search that is kept, and what it is called."""

    title = forms.CharField(
        label=_("Title"), max_length=TITLE_LENGTH, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    query = forms.CharField(
        label=_("Search"), max_length=smart_albums.MAX_QUERY, widget=forms.TextInput(attrs=AS_WRITTEN)
    )

    def clean_query(self) -> str:
        """Return a search that can be understood."""
        query = " ".join(str(self.cleaned_data["query"]).split())
        try:
            smart_albums.check(query)
        except GalleryError as error:
            raise forms.ValidationError(error.message, code=error.code) from error
        return query
