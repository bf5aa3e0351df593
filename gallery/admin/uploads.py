"""Uploads in the admin: what waits, what failed and why, and the way to try again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery import objectstore, waking
from gallery.admin.buttons import retry_upload
from gallery.admin.lists import Listed, ReadOnlyMixin, size
from gallery.errors import GalleryError
from gallery.models import Upload

# Each one asks the store whether its bytes are there, within the seconds that a request may take.
TRIED_AT_ONCE = 100


@admin.register(Upload)
class UploadAdmin(ReadOnlyMixin, Listed):
    """The outbox of the workers, as it is; nothing of it is written by hand."""

    list_display = [
        "filename", "owner", "state", "code", "reason", "attempts", "lease_until", "weight", "updated_at",
    ]  # fmt: skip
    list_select_related = ["owner"]
    list_filter = ["state"]
    search_fields = ["filename", "=code", "=sha256"]
    search_help_text = _("Part of a file name, a code, or a whole SHA-256.")
    actions = ["try_again"]
    fields = [
        "filename", "owner", "state", "code", "reason", "attempts", "lease_until", "weight", "content_type", "sha256",
        "key", "album", "image", "file_modified_at", "created_at", "updated_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        return super().get_queryset(request).defer("parts")

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """Follow the index of the outbox where one state is asked for: to find a few among a million is no sorting."""
        return ["-lease_until", "-id"] if "state__exact" in request.GET else ["-id"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse: without the row nobody knows that its bytes are in the store."""
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may change uploads at all; rows stay read-only to forms."""
        return request.user.has_perm("gallery.change_upload")

    @admin.display(description=_("Size"))
    def weight(self, upload: Upload) -> str:
        return size(upload.bytes)

    @admin.action(description=_("Try again"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        """Give rejected and stuck uploads back to the workers; what a worker holds, or is ready, is left alone."""
        chosen = list(queryset.select_related("owner").order_by("-id")[: TRIED_AT_ONCE + 1])
        if len(chosen) > TRIED_AT_ONCE:
            words = gettext("Choose at most %(most)s uploads at a time.") % {"most": TRIED_AT_ONCE}
            self.message_user(request, words, messages.ERROR)
            return
        handed = 0
        for upload in chosen:
            try:
                handed += retry_upload(upload)
            except (GalleryError, objectstore.ObjectStoreError) as error:
                self.message_user(request, f"{upload.filename}: {error}", messages.WARNING)
        waking.wake()
        words = gettext("%(count)s of %(all)s given to the workers.") % {"count": handed, "all": len(chosen)}
        self.message_user(request, words, messages.SUCCESS)
