"""Webhooks in the admin: whose they are, whether they work, and what was last delivered. Their secrets are not shown."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gallery.admin.lists import Listed, ReadOnlyMixin
from gallery.models import Webhook, WebhookDelivery


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyMixin, Listed):
    """Where people have changes told to; they make and change them themselves."""

    list_display = ["url", "owner", "events", "failures", "failing_since", "disabled_at", "disabled_for"]
    list_select_related = ["owner"]
    list_filter = [("disabled_at", admin.EmptyFieldListFilter)]
    search_fields = ["=owner__username"]
    search_help_text = _("Whose they are.")
    fields = [
        "owner", "name", "url", "events", "failures", "failing_since", "rest_until", "disabled_at", "disabled_for",
        "delivered_at", "created_at",
    ]  # fmt: skip

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse: its deliveries would have to go in steps first, which is its owner's page's business."""
        return False


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyMixin, Listed):
    """What was sent, and what was answered."""

    list_display = ["event", "webhook", "state", "status", "attempts", "error", "attempted_at", "created_at"]
    list_select_related = ["webhook"]
    list_filter = ["state"]
    fields = [
        "event", "webhook", "state", "status", "attempts", "error", "duration_ms", "not_before", "attempted_at",
        "created_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        return super().get_queryset(request).defer("body")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse: the log is forgotten by its age alone."""
        return False
