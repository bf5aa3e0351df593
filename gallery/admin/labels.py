"""Tags and share links in the admin."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from gallery.admin.lists import Listed
from gallery.models import ShareLink, Tag


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
        open_ones = ShareLink.objects.filter(pk__in=queryset.order_by().values("pk"), revoked_at=None)
        self.message_user(
            request, f"{open_ones.update(revoked_at=timezone.now())} revoked.", messages.SUCCESS
        )
