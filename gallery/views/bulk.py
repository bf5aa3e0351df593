"""What is done with the photos that a person has selected: by a script in place, or by forms and pages without one."""

import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from gallery import access, albums, archives, tags
from gallery import bulk as library
from gallery.errors import GalleryError
from gallery.forms_photo import LocalMomentField
from gallery.models import Album, User
from gallery.views import choices, fragments
from gallery.views.people import SignedIn

Keys = list[uuid.UUID]
LONGEST_SHIFT_DAYS = 40_000


class Done(NamedTuple):
    """What came of an action, what to say of it, and the action that takes it back."""

    outcome: library.Outcome
    message: str
    undo: str = ""


class ActionForm(forms.Form):
    """What an action needs to know beside the photos. `act` does it."""

    heading: Any = ""
    submit: Any = _("Save")

    def __init__(self, data: Any, user: User) -> None:
        super().__init__(data, auto_id="bulk_%s")
        self.user = user

    def act(self, keys: Keys) -> Done:
        """Do it with valid data."""
        raise NotImplementedError


class AlbumChoice(ActionForm):
    """An album that there is, or the title of a new one."""

    heading, submit = _("Add to an album"), _("Add")

    album = forms.ModelChoiceField(
        Album.objects.none(), label=_("Album"), required=False, empty_label=_("A new album")
    )
    title = forms.CharField(label=_("Title of a new album"), max_length=200, required=False)

    def __init__(self, data: Any, user: User) -> None:
        super().__init__(data, user)
        self.fields["album"].queryset = access.albums_contributable_by(user).in_order()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("album") and not self.cleaned_data.get("title") and not self.errors:
            self.add_error("title", _("Choose an album, or give a new one a title."))
        return self.cleaned_data

    def act(self, keys: Keys) -> Done:
        album = self.cleaned_data["album"] or albums.create(self.user, self.cleaned_data["title"])
        outcome = library.add_to_album(self.user, keys, album)
        words = ngettext(
            "%(count)s photo added to %(album)s.", "%(count)s photos added to %(album)s.", len(outcome.done)
        )
        return Done(outcome, words % {"count": len(outcome.done), "album": album.title})


class TagNames(ActionForm):
    """The names of tags."""

    heading, submit = _("Add tags"), _("Add")

    tags = forms.CharField(
        label=_("Tags"),
        help_text=_("With commas between them."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def clean_tags(self) -> list[str]:
        try:
            names = [tags.clean(name) for name in tags.split(self.cleaned_data["tags"])]
        except tags.InvalidTag as error:
            raise forms.ValidationError(error.message) from error
        if not names:
            raise forms.ValidationError(_("Give at least one tag."))
        return names

    def act(self, keys: Keys) -> Done:
        return _done(library.add_tags(self.user, keys, self.cleaned_data["tags"]), _changed)


class FewerTags(TagNames):
    """The names of tags to take off."""

    heading, submit = _("Remove tags"), _("Remove")

    def act(self, keys: Keys) -> Done:
        return _done(library.remove_tags(self.user, keys, self.cleaned_data["tags"]), _changed)


class Moment(ActionForm):
    """A time for all of the photos, or by how much their times are wrong."""

    heading = _("Change date and time")

    taken = LocalMomentField(label=_("All were taken at"), required=False)
    days = forms.IntegerField(
        label=_("Or later by days"),
        required=False,
        min_value=-LONGEST_SHIFT_DAYS,
        max_value=LONGEST_SHIFT_DAYS,
    )
    hours = forms.IntegerField(label=_("hours"), required=False, min_value=-10_000, max_value=10_000)
    minutes = forms.IntegerField(
        label=_("minutes"),
        required=False,
        min_value=-100_000,
        max_value=100_000,
        help_text=_("With a minus sign: earlier. Each photo keeps its offset from UTC."),
    )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        shift = any(given.get(name) for name in ("days", "hours", "minutes"))
        if bool(given.get("taken")) == shift and not self.errors:
            self.add_error("taken", _("Give either a time for all, or by how much the times are wrong."))
        return given

    def act(self, keys: Keys) -> Done:
        given = self.cleaned_data
        if given["taken"]:
            return _done(library.set_time(self.user, keys, given["taken"]), _changed)
        minutes = ((given["days"] or 0) * 24 + (given["hours"] or 0)) * 60 + (given["minutes"] or 0)
        return _done(library.shift_time(self.user, keys, minutes), _changed)


class Place(ActionForm):
    """Where the photos were taken."""

    heading = _("Set the place")

    place = forms.CharField(label=_("Name of the place"), max_length=120, required=False)
    latitude = forms.FloatField(
        label=_("Latitude"),
        required=False,
        min_value=-90,
        max_value=90,
        widget=forms.NumberInput({"step": "any"}),
    )
    longitude = forms.FloatField(
        label=_("Longitude"),
        required=False,
        min_value=-180,
        max_value=180,
        widget=forms.NumberInput({"step": "any"}),
    )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if (given.get("latitude") is None) != (given.get("longitude") is None) and not self.errors:
            lonely = "longitude" if given.get("longitude") is None else "latitude"
            self.add_error(lonely, _("Give both the latitude and the longitude, or neither."))
        elif not given.get("place") and given.get("latitude") is None and not self.errors:
            self.add_error("place", _("Give a name, a position, or both."))
        return given

    def act(self, keys: Keys) -> Done:
        given = self.cleaned_data
        position = None if given["latitude"] is None else (given["latitude"], given["longitude"])
        place = given["place"] or None
        return _done(library.set_place(self.user, keys, place=place, position=position), _changed)


class Confirmation(ActionForm):
    """A person without a script is asked once more: there is no bar in which to take it back at once."""

    heading, submit = _("Move to the bin"), _("Move to the bin")

    def act(self, keys: Keys) -> Done:
        return _bin(self.user, keys)


FORMS: dict[str, type[ActionForm]] = {
    "album": AlbumChoice,
    "tag": TagNames,
    "untag": FewerTags,
    "time": Moment,
    "place": Place,
}


def _changed(count: int) -> str:
    return ngettext("%(count)s photo changed.", "%(count)s photos changed.", count)


def _binned(count: int) -> str:
    return ngettext("%(count)s photo moved to the bin.", "%(count)s photos moved to the bin.", count)


def _restored(count: int) -> str:
    return ngettext("%(count)s photo back in your library.", "%(count)s photos back in your library.", count)


def _archived(count: int) -> str:
    return ngettext("%(count)s photo archived.", "%(count)s photos archived.", count)


def _unarchived(count: int) -> str:
    return ngettext("%(count)s photo back in the timeline.", "%(count)s photos back in the timeline.", count)


def _liked(count: int) -> str:
    return ngettext("%(count)s photo is a favourite now.", "%(count)s photos are favourites now.", count)


def _unliked(count: int) -> str:
    return ngettext(
        "%(count)s photo is no favourite any more.", "%(count)s photos are no favourites any more.", count
    )


def _done(outcome: library.Outcome, words: Callable[[int], str], undo: str = "") -> Done:
    count = len(outcome.done)
    return Done(outcome, words(count) % {"count": count}, undo)


def _bin(user: User, keys: Keys) -> Done:
    return _done(library.to_bin(user, keys), _binned, "restore")


PLAIN: dict[str, Callable[[User, Keys], Done]] = {
    "favourite": lambda user, keys: _done(library.favourite(user, keys), _liked, "unfavourite"),
    "unfavourite": lambda user, keys: _done(library.favourite(user, keys, on=False), _unliked, "favourite"),
    "archive": lambda user, keys: _done(library.archive(user, keys), _archived, "unarchive"),
    "unarchive": lambda user, keys: _done(library.archive(user, keys, on=False), _unarchived, "archive"),
    "bin": _bin,
    "restore": lambda user, keys: _done(library.restore(user, keys), _restored, "bin"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def bulk(request: SignedIn) -> HttpResponse:
    if request.method != "POST":
        if not fragments.wanted(request):
            return redirect(f"{reverse('gallery:timeline')}?select=1")
        return fragments.answer(request, "_bulk_bar.html", "_bulk_bar.html", _bar(request))
    keys = [_key(text) for text in request.POST.getlist("photo")]
    action = request.POST.get("action", "")
    if action not in FORMS and action not in PLAIN and action not in {"unalbum", "download", "share"}:
        return HttpResponseBadRequest(gettext("There is no such action for the photos that are selected."))
    if not keys:
        return _refused(request, gettext("Select photos first."), 422)
    try:
        library.check_size(keys)
        return _act(request, action, keys)
    except GalleryError as error:
        return _refused(request, error.message, error.status)


def _bar(request: SignedIn) -> dict[str, object]:
    """Return what the bar over the selection offers on the page that asks for it."""
    place = request.GET.get("place", "")
    return {
        "scripted": True,
        "place": place,
        "selection_album": _album_to_empty(request),
        "unselect_url": request.path,
    }


def _album_to_empty(request: SignedIn) -> str:
    """Return the album of the page where the reader may, at this moment, take any photo out of it; else nothing."""
    if not (key := request.GET.get("album", "")):
        return ""
    album = access.albums_visible_to(request.user).filter(pk=_key(key)).first()
    if album is None or not access.entries_removable_by(request.user, album).exists():
        return ""
    return str(album.pk)


def _act(request: SignedIn, action: str, keys: Keys) -> HttpResponse:
    if action in {"download", "share"}:
        return _onward(request, action, keys)
    kind = FORMS.get(action)
    if action == "bin" and not fragments.wanted(request):
        kind = Confirmation
    if kind is None:
        return _answer(request, _plain(request, action, keys))
    form = kind(request.POST if "ready" in request.POST else None, request.user)
    if form.is_valid():
        return _answer(request, form.act(keys))
    context = {"form": form, "action": action, "keys": keys, "back": choices.way_back(request)}
    status = 422 if form.is_bound else 200
    return fragments.answer(request, "bulk.html", "_bulk_form.html", context, status=status)


def _onward(request: SignedIn, action: str, keys: Keys) -> HttpResponse:
    """Lead to the page where the photos are packed, or to that which shares them."""
    if action == "share":
        ids = ",".join(str(key) for key in library.chosen(request.user, keys).done)
        address = f"{reverse('gallery:share_new')}?ids={ids}"
    else:
        job = archives.start(request.user, keys, gettext("Photos"))
        address = reverse("gallery:download", args=[job.pk])
    return JsonResponse({"location": address}) if fragments.wanted(request) else redirect(address)


def _plain(request: SignedIn, action: str, keys: Keys) -> Done:
    if action != "unalbum":
        return PLAIN[action](request.user, keys)
    album = access.visible_album(request.user, _key(request.POST.get("album", "")))
    outcome = library.remove_from_album(request.user, keys, album)
    words = ngettext(
        "%(count)s photo taken out of %(album)s.",
        "%(count)s photos taken out of %(album)s.",
        len(outcome.done),
    )
    return Done(outcome, words % {"count": len(outcome.done), "album": album.title})


def _answer(request: SignedIn, done: Done) -> HttpResponse:
    message = done.message
    if missing := len(done.outcome.missing):
        words = ngettext(
            "%(count)s was not found among your photos.",
            "%(count)s were not found among your photos.",
            missing,
        )
        message = f"{message} {words % {'count': missing}}"
    if not fragments.wanted(request):
        messages.success(request, message)
        return redirect(choices.way_back(request))
    undo = done.undo if done.outcome.done else ""
    return JsonResponse(
        {"message": message, "done": done.outcome.done, "missing": done.outcome.missing, "undo": undo}
    )


def _refused(request: SignedIn, message: str, status: int) -> HttpResponse:
    if fragments.wanted(request):
        return JsonResponse({"message": message}, status=status)
    messages.error(request, message)
    return redirect(choices.way_back(request))


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404("There is no such photo: the list of those selected is damaged.") from error
