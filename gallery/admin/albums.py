"""Albums in the admin, with who is invited and what is inside."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gallery import audit, letting_go, waking
from gallery.admin.bases import EntryFormSet, EntryTable, InvitationFields, MemberFormSet, MemberTable
from gallery.admin.lists import Listed, NamedPeopleMixin, ReadOnlyMixin, thumbnail_url
from gallery.admin.words import FIELDS
from gallery.models import Album, AlbumImage, AlbumMember, User

SHOWN = 100


class FirstEntries(EntryFormSet):
    """The first SHOWN images of an album, of however many."""

    def get_queryset(self) -> QuerySet[AlbumImage]:
        if not hasattr(self, "first"):
            self.first = super().get_queryset()[:SHOWN]
        return self.first


class EntryInline(ReadOnlyMixin, EntryTable):
    """The images of an album, in its order."""

    model = AlbumImage
    formset = FirstEntries
    fields = ["picture", "photo", "position", "added_at"]
    readonly_fields = ["picture", "photo", "position", "added_at"]
    ordering = ["position", "id"]
    can_delete = False
    verbose_name_plural = format_lazy(gettext_lazy("Photos (the first {count})"), count=SHOWN)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlbumImage]:
        return super().get_queryset(request).select_related("image", "album").defer("image__metadata")

    @admin.display(description="")
    def picture(self, entry: AlbumImage) -> SafeString:
        return format_html(
            '<img class="thumbnail" src="{}" alt="" loading="lazy">', thumbnail_url(entry.image)
        )

    @admin.display(description=gettext_lazy("Photo"))
    def photo(self, entry: AlbumImage) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:gallery_image_change", args=[entry.image_id]), entry.image
        )


class Members(MemberFormSet):
    """Rows of members, whose boxes say what they are for: the heading of a column is no label."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Remove")


class InTable:
    """Fields of a table's row, each with a name of its own: the heading of a column is no label."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field of a column."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None:
            field.widget.attrs["aria-label"] = FIELDS[db_field.name]
        return field


class MemberInline(InTable, MemberTable):
    """Who is invited, and what they may do."""

    model = AlbumMember
    formset = Members
    verbose_name_plural = gettext_lazy("Members")
    # As plain text: a field to choose from asks the database for each row who is chosen.
    fields = ["person", "role"]
    readonly_fields = ["person"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlbumMember]:
        return super().get_queryset(request).select_related("user", "album")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Leave adding to the table below."""
        return False

    @admin.display(description=gettext_lazy("Person"))
    def person(self, member: AlbumMember) -> str:
        return member.user.get_username()


class InvitationForm(InvitationFields):
    """Somebody who is not invited yet. The framework leaves constraints over the album to the database."""

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        if AlbumMember.objects.filter(album_id=self.instance.album_id, user=user).exists():
            raise ValidationError(
                _("%(name)s is invited already.") % {"name": user.get_username()}, code="invited"
            )
        return user


class InvitationInline(InTable, NamedPeopleMixin, MemberTable):
    """The person to invite next."""

    model = AlbumMember
    form = InvitationForm
    fields = ["user", "role"]
    extra = max_num = 1
    can_delete = False
    verbose_name = gettext_lazy("Invite")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlbumMember]:
        """Return nobody: whoever is invited already is in the table above."""
        return super().get_queryset(request).none()


@admin.register(Album)
class AlbumAdmin(Listed):
    """Albums. Removing one leaves its images in the library."""

    list_display = ["title", "owner", "parent", "position", "created_at"]
    list_select_related = ["owner", "parent"]
    search_fields = ["title"]
    fields = ["title", "description", "owner", "parent", "cover", "position", "created_at", "updated_at"]
    readonly_fields = ["created_at", "updated_at"]
    inlines = [MemberInline, InvitationInline, EntryInline]
    # What is called here writes it down.
    notes_deletion = False
    view_on_site = False

    def get_readonly_fields(self, request: HttpRequest, obj: Album | None = None) -> list[str]:  # noqa: ARG002
        """Keep the tree and its owners as they are: moving an album has rules that a form does not know."""
        moved = ["parent", "cover"] if obj is None else ["owner", "parent", "cover"]
        return [*moved, "created_at", "updated_at"]

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Say what a removal does, without listing what may be thousands of entries."""
        allowed = self.has_delete_permission(request)
        words = _("%(album)s, and the albums inside it; their photos stay in the library")
        lines = [words % {"album": album} for album in objs]
        kind = ngettext("album", "albums", len(lines))
        return lines, {kind: len(lines)}, set() if allowed else {ngettext("album", "albums", 1)}, []

    def delete_model(self, request: HttpRequest, obj: Album) -> None:  # noqa: ARG002
        _let_go(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Album]) -> None:  # noqa: ARG002
        for album in list(queryset):
            # One may have gone with another that it lay in.
            if still_there := Album.objects.filter(pk=album.pk).first():
                _let_go(still_there)


def _let_go(album: Album) -> None:
    """Delete an album; by a job where more is in it than fits into the transaction of a form on every engine."""
    if letting_go.delete_album(album):
        # The job is the owner's: this line tells who asked for it.
        audit.note("row.deleted", album, owner=album.owner_id, name=album.title[:80])
        transaction.on_commit(waking.wake)
