"""The audit log in the administration, and what of it concerns one row."""

import json
import uuid
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gallery import audit
from gallery.admin.lists import Listed, ReadOnlyMixin
from gallery.models import AuditEntry, User

# Of one row.
SHOWN = 50


class ActionFilter(admin.SimpleListFilter):
    """By what was done; the codes are known, so that the table is not asked for them."""

    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(code, code) for code in audit.ACTIONS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:  # noqa: ARG002
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyMixin, Listed):
    """Who did what; nobody changes or deletes it by hand."""

    list_display = ["at", "who", "way", "action", "subject", "owner", "address", "more"]
    list_select_related = ["actor", "owner"]
    list_filter = [ActionFilter]
    # Its presence gives the list a search field; what is searched stands in get_search_results.
    search_fields = ["=actor_name"]
    search_help_text = _(
        "A whole user name (who acted), or a whole id: of a thing, of a person, of one act with many things."
    )
    fields = ["at", "who", "way", "address", "action", "subject", "owner", "details_shown", "batch_link"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse: the log is forgotten by its age alone."""
        return False

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[AuditEntry],
        search_term: str,
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """Find by an index: an id is anything's, everything else is a name."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            key = uuid.UUID(term)
        except ValueError:
            return queryset.filter(actor_name=term), False
        return queryset.filter(Q(subject_id=key) | Q(batch=key) | Q(actor=key) | Q(owner=key)), False

    @admin.display(description=_("Who"))
    def who(self, entry: AuditEntry) -> str:
        return entry.actor_name or "-"

    @admin.display(description=_("By way of"))
    def way(self, entry: AuditEntry) -> str:
        return f"{entry.get_via_display()} {entry.via_name}".strip()

    @admin.display(description=_("Thing"))
    def subject(self, entry: AuditEntry) -> SafeString | str:
        return linked(entry)

    @admin.display(description=_("Details"))
    def more(self, entry: AuditEntry) -> str:
        return in_words(entry.details)

    @admin.display(description=_("Details"))
    def details_shown(self, entry: AuditEntry) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(entry.details, indent=2, ensure_ascii=False))

    @admin.display(description=_("One act with many things"))
    def batch_link(self, entry: AuditEntry) -> SafeString | str:
        if entry.batch is None:
            return "-"
        url = reverse("admin:gallery_auditentry_changelist")
        return format_html('<a href="{}?q={}">{}</a>', url, entry.batch, entry.batch)


def linked(entry: AuditEntry) -> SafeString | str:
    """Return the thing of an entry with a link to its page; what is gone is answered by the page itself."""
    if entry.subject_id is None:
        return entry.subject_type or "-"
    try:
        url = reverse(f"admin:gallery_{entry.subject_type}_change", args=[entry.subject_id])
    except NoReverseMatch:
        return f"{entry.subject_type} {entry.subject_id}"
    return format_html('<a href="{}">{} …{}</a>', url, entry.subject_type, entry.subject_id.hex[-8:])


def in_words(details: dict[str, Any]) -> str:
    """Return details in one line."""
    parts = []
    for name, value in details.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        parts.append(f"{name}: {text}")
    return "; ".join(parts)[:200]


def of(row: Model) -> SafeString:
    """Return what is known to have happened to a row: the audit log, and what Django keeps of its own forms."""
    entries = AuditEntry.objects.about(row.pk).select_related("actor")[:SHOWN]
    log = LogEntry.objects.filter(
        object_id=str(row.pk),
        content_type__app_label=row._meta.app_label,
        content_type__model=row._meta.model_name,
    )
    forms = log.select_related("user", "content_type").order_by("-action_time")[:SHOWN]
    context = {"entries": [(entry, in_words(entry.details)) for entry in entries], "forms": forms}
    return SafeString(render_to_string("admin/_history.html", context))


def url_of(person: User) -> str:
    """Return the address of what happened to a person's things, and of what they did."""
    return f"{reverse('admin:gallery_auditentry_changelist')}?q={person.pk}"
