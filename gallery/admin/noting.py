"""What staff change in forms of the administration, written into the audit log in the form's own transaction."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from gallery import audit
from photosky.database import atomic_retry

# What has a word of its own in the log; the rest are rows.
WORDS = {"image": "photo", "album": "album", "sharelink": "link", "user": "user"}
MOST_FIELDS = 20


class NotedMixin:
    """Writes additions, changes and deletions down, beside what Django keeps of them for its own pages."""

    # Where deleting goes through a function that writes it down itself.
    notes_deletion = True

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Write down that the row was made."""
        _note("made", obj, {})
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Write down which fields were changed; a form that was sent unchanged leaves no line."""
        fields = _fields(message)
        if fields:
            _note("changed", obj, {"fields": fields})
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Write down what is about to be deleted."""
        if self.notes_deletion:
            for row in list(queryset):
                _note("deleted", row, {"name": str(row)[:80]})
        return atomic_retry(super().log_deletions)(request, queryset)  # type: ignore[misc]


def _note(act: str, row: Model, details: dict[str, Any]) -> None:
    word = WORDS.get(row._meta.model_name or "", "row")
    code = f"{word}.{act}"
    audit.note(code if code in audit.ACTIONS else f"row.{act}", row, owner=_owner(row), **details)


def _owner(row: Model) -> Any:
    for name in ("owner_id", "user_id", "invited_by_id"):
        if hasattr(row, name):
            return getattr(row, name)
    return None


def _fields(message: Any) -> list[str]:
    """Return what Django's message says was changed: labels of fields, and the kinds of rows that hang on it."""
    if isinstance(message, str):
        return [message[:80]] if message else []
    found = []
    for part in message:
        for act, what in part.items():
            names = [str(name) for name in what.get("fields", [])] if act == "changed" else []
            found += [f"{what['name']} {act}"] if "name" in what else names
    return found[:MOST_FIELDS]
