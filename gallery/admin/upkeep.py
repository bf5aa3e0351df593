"""Upkeep in the admin: what the last inspections found, and which objects are about to go or are set aside."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.admin.lists import Listed, ReadOnlyMixin
from gallery.models import Inspection, Removal


@admin.register(Inspection)
class InspectionAdmin(ReadOnlyMixin, Listed):
    """Results of `manage.py fsck`, the latest first."""

    list_display = ["started_at", "finished_at", "repairing", "problems", "found"]
    fields = ["started_at", "finished_at", "repairing", "problems", "whole_report"]

    @admin.display(description=_("Found"))
    def found(self, inspection: Inspection) -> str:
        counts = inspection.report.get("counts", {})
        return ", ".join(
            f"{number['found']} {kind.replace('_', ' ')}" for kind, number in counts.items()
        ) or gettext("nothing")

    @admin.display(description=_("Report"))
    def whole_report(self, inspection: Inspection) -> str:
        return format_html("<pre>{}</pre>", json.dumps(inspection.report, indent=2, ensure_ascii=False))


@admin.register(Removal)
class RemovalAdmin(ReadOnlyMixin, Listed):
    """Objects to which nothing refers any more; those without a time are set aside until a person decides."""

    list_display = ["key", "reason", "not_before", "attempts", "created_at"]
    list_filter = ["reason"]
    search_fields = ["=key"]
    search_help_text = _("A whole key.")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse: without the row the object would be unknown, not kept."""
        return False
