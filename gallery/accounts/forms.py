"""What people fill in about their account."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.forms import UsernameField
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gallery.models import Album, AlbumMember, ApiToken, User


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A person's name and language."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "language")
        labels = {"first_name": _("First name"), "last_name": _("Last name")}

    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["language"]
        field.choices = [("", _("As the browser says")), *settings.LANGUAGES]


class TokenForm(forms.Form):
    """A new personal token."""

    EXPIRIES = (("30", _("30 days")), ("90", _("90 days")), ("365", _("One year")), ("0", _("Never")))
    SCOPES = (
        (ApiToken.Scope.READ, _("Read: see what you see")),
        (ApiToken.Scope.UPLOAD, _("Upload: bring photos in, and make the albums they go into")),
        (ApiToken.Scope.MANAGE, _("Manage: change and delete what you may")),
        (ApiToken.Scope.SHARE, _("Share: make and end share links, and let people into albums")),
    )

    name = forms.CharField(label=_("Where it is used"), max_length=100)
    scopes = forms.MultipleChoiceField(
        label=_("What it allows"),
        choices=SCOPES,
        initial=[ApiToken.Scope.READ],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(label=_("How long it holds"), choices=EXPIRIES, initial="365")

    @property
    def lifetime(self) -> timedelta | None:
        """How long the token is to hold; None for ever."""
        days = int(self.cleaned_data["days"])
        return timedelta(days=days) if days else None


class InvitationForm(forms.Form):
    """Whom to invite, and to what."""

    email = forms.EmailField(
        label=_("E-mail"), required=False, help_text=_("May stay empty: you hand over the link yourself.")
    )
    album = forms.ModelChoiceField(Album.objects.none(), label=_("Album"), required=False)
    role = forms.ChoiceField(
        label=_("May there"),
        choices=(
            (AlbumMember.Role.VIEWER, _("look")),
            (AlbumMember.Role.CONTRIBUTOR, _("look and add photos")),
            (AlbumMember.Role.EDITOR, _("look, add and arrange")),
        ),
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["album"]
        field.queryset = Album.objects.owned_by(by).in_order()
        field.empty_label = _("None: the gallery alone") if by.is_staff else None
        field.required = not by.is_staff


class JoinForm(forms.Form):
    """The account of a person who was invited."""

    username = UsernameField(label=_("User name"), max_length=150, validators=[User.username_validator])
    email = forms.EmailField(label=_("E-mail"), required=False)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters, and not a common password."),
    )

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(_("This name is taken: choose another."))
        return name

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        if email and User.objects.filter(email__iexact=email).exists():
            raise ValidationError(
                _("An account has this address already: sign in with it, or leave it empty.")
            )
        return email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        user = User(username=cleaned.get("username", ""), email=cleaned.get("email", ""))
        if password := cleaned.get("password"):
            try:
                password_validation.validate_password(password, user)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class DeleteAccountForm(forms.Form):
    """The user name, typed once more."""

    username = forms.CharField(
        max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["username"].label = _("To confirm, type your user name: %(name)s") % {
            "name": user.username
        }

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"]).strip()
        if name != self.user.username:
            raise ValidationError(_("That is not your user name. Nothing was deleted."))
        return name
