"""Tags, share links, smart albums and invitations in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gallery import audit, invitations, jobs, letting_go, tags, waking
from gallery.admin.bases import TagFields
from gallery.admin.lists import Listed, ReadOnlyMixin
from gallery.admin.noting import NotedMixin
from gallery.models import ImageTag, Invitation, ShareLink, SmartAlbum, Tag, User
from gallery.sharing import links

# Of one action; a page shows no more.
AT_ONCE = 100


class TagForm(TagFields):
    """A tag by its name, which follows the same rules as everywhere."""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        owner = values.get("owner") or getattr(self.instance, "owner", None)
        if "name" not in values or owner is None:
            return values
        try:
            values["name"] = tags.clean(values["name"])
        except tags.InvalidTag as error:
            raise ValidationError({"name": error.message}) from error
        same = Tag.objects.filter(owner=owner, slug=values["name"].casefold())
        if same.exclude(pk=self.instance.pk).exists():
            raise ValidationError(
                {
                    "name": _("There is a tag “%(name)s” already: merge the two instead.")
                    % {"name": values["name"]}
                }
            )
        return values


@admin.register(Tag)
class TagAdmin(Listed):
    """Tags; the form by which they are found follows the name. The photos that carry one are found by the new name."""

    form = TagForm
    # What is called here writes it down.
    notes_deletion = False
    list_display = ["name", "owner"]
    list_select_related = ["owner"]
    search_fields = ["slug"]
    fields = ["name", "owner"]

    def get_readonly_fields(self, request: HttpRequest, obj: Tag | None = None) -> list[str]:  # noqa: ARG002
        """Keep a tag with its owner: it is on their photos."""
        return ["owner"] if obj else []

    def save_model(self, request: HttpRequest, obj: Tag, form: "ModelForm[Tag]", change: bool) -> None:  # noqa: FBT001
        """Rename as owners do, which dates the photos and lets them be found by the new name."""
        if not change:
            super().save_model(request, obj, form, change)
        elif form.changed_data:
            tags.rename(Tag.objects.get(pk=obj.pk), obj.name)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave the log to what renames."""
        return super(NotedMixin, self).log_change(request, obj, message)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Say what a deletion does, without listing what may be thousands of photos."""
        allowed = self.has_delete_permission(request)
        words = _("%(tag)s, which is taken off its photos; they stay in the library")
        lines = [words % {"tag": tag} for tag in objs]
        kind = ngettext("tag", "tags", len(lines))
        return lines, {kind: len(lines)}, set() if allowed else {ngettext("tag", "tags", 1)}, []

    def delete_model(self, request: HttpRequest, obj: Tag) -> None:  # noqa: ARG002
        _let_go(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Tag]) -> None:  # noqa: ARG002
        for tag in list(queryset.select_related("owner")):
            _let_go(tag)


@admin.register(ShareLink)
class ShareLinkAdmin(Listed):
    """Share links. What opens them is shown to nobody, since only its hash is kept."""

    list_display = [
        "prefix",
        "owner",
        "album",
        "image",
        "has_password",
        "expires_at",
        "revoked_at",
        "created_at",
    ]
    list_select_related = ["owner", "album", "image"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    actions = ["revoke"]
    fields = [
        "owner", "album", "image", "has_password", "allow_download", "allow_originals", "show_location", "show_camera", "allow_upload",
        "upload_limit_bytes", "upload_bytes", "views", "expires_at", "revoked_at",
        "created_at",
    ]  # fmt: skip
    readonly_fields = [
        "owner", "album", "image", "has_password", "allow_upload", "upload_bytes", "views", "revoked_at", "created_at",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Refuse: a link is shown once to the person who makes it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ShareLink | None = None) -> bool:  # noqa: ARG002
        """Refuse: links are revoked, which their owner's programs are told."""
        return False

    @admin.display(description=gettext_lazy("Password"), boolean=True)
    def has_password(self, link: ShareLink) -> bool:
        return bool(link.password)

    @admin.action(description=gettext_lazy("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ShareLink]) -> None:
        """Close links for good; one that is closed keeps its date."""
        ended = sum(links.revoke(link) for link in queryset.order_by("-id")[:AT_ONCE])
        self.message_user(request, _("%(count)s revoked.") % {"count": ended}, messages.SUCCESS)


@admin.register(SmartAlbum)
class SmartAlbumAdmin(ReadOnlyMixin, Listed):
    """Searches that people keep as albums."""

    list_display = ["title", "owner", "query", "updated_at"]
    list_select_related = ["owner"]
    search_fields = ["title", "=owner__username"]
    fields = ["title", "owner", "query", "created_at", "updated_at"]
    view_on_site = False


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyMixin, Listed):
    """Invitations. What accepts them is shown to nobody, since only its hash is kept."""

    list_display = [
        "invited_by",
        "email",
        "album",
        "role",
        "expires_at",
        "accepted_by",
        "revoked_at",
        "created_at",
    ]
    list_select_related = ["invited_by", "album", "accepted_by"]
    list_filter = [("accepted_at", admin.EmptyFieldListFilter), ("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["=email", "=invited_by__username"]
    actions = ["revoke"]
    fields = [
        "invited_by", "email", "album", "role", "expires_at", "accepted_at", "accepted_by", "revoked_at", "created_at",
    ]  # fmt: skip

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Let those take back who may change, although nothing else of it is changed by hand."""
        return request.user.has_perm("gallery.change_invitation")

    @admin.action(description=gettext_lazy("Take back"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """Close invitations that nobody has accepted yet."""
        ended = 0
        for invitation in queryset.order_by("-id")[:AT_ONCE]:
            ended += isinstance(request.user, User) and invitations.revoke(request.user, invitation.pk)
        self.message_user(request, _("%(count)s taken back.") % {"count": ended}, messages.SUCCESS)


def _let_go(tag: Tag) -> None:
    """Delete a tag; by a job where more photos carry it than fit into the transaction of a form on every engine."""
    carried = ImageTag.objects.filter(tag=tag).order_by()[: AT_ONCE + 1].count()
    if carried <= AT_ONCE:
        tags.delete(tag)
        return
    audit.note("row.deleted", tag, owner=tag.owner_id, name=tag.name)
    jobs.start(letting_go.TAG, tag.owner, {"tag": str(tag.pk)})
    transaction.on_commit(waking.wake)
