"""Tags, share links, smart albums and invitations in the admin."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from gallery import invitations
from gallery.admin.lists import Listed, ReadOnlyMixin
from gallery.models import Invitation, ShareLink, SmartAlbum, Tag, User
from gallery.sharing import links

# Of one action; a page shows no more.
AT_ONCE = 100


@admin.register(Tag)
class TagAdmin(Listed):
    """Tags; the form by which they are found follows the name."""

    list_display = ["name", "owner"]
    list_select_related = ["owner"]
    search_fields = ["slug"]
    autocomplete_fields = ["owner"]
    fields = ["name", "owner"]

    def get_readonly_fields(self, request: HttpRequest, obj: Tag | None = None) -> list[str]:  # noqa: ARG002
        """Keep a tag with its owner: it is on their photos."""
        return ["owner"] if obj else []


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

    @admin.display(description="Password", boolean=True)
    def has_password(self, link: ShareLink) -> bool:
        return bool(link.password)

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ShareLink]) -> None:
        """Close links for good; one that is closed keeps its date."""
        ended = sum(links.revoke(link) for link in queryset.order_by("-id")[:AT_ONCE])
        self.message_user(request, f"{ended} revoked.", messages.SUCCESS)


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

    @admin.action(description="Take back", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """Close invitations that nobody has accepted yet."""
        ended = 0
        for invitation in queryset.order_by("-id")[:AT_ONCE]:
            ended += isinstance(request.user, User) and invitations.revoke(request.user, invitation.pk)
        self.message_user(request, f"{ended} taken back.", messages.SUCCESS)
